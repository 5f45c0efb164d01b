// The order of `when` conditions: one that decides on a node comes before those that look at the node.
#include "rules_build.h"

namespace libyang_js {

// Conditions that depend on each other in a circle end up with some rank; the validation ends them.
void RulesBuilder::rank_conditions() {
    constexpr uint32_t most = 64;
    find_orders(nullptr);
    bool changed = true;
    for (uint32_t round = 0; changed && round < most; round++) {
        changed = false;
        for (const auto &[earlier, later] : orders_) {
            if (later->rank <= earlier->rank && earlier->rank < most) {
                later->rank = earlier->rank + 1;
                changed = true;
            }
        }
    }
    orders_.clear();
}

void RulesBuilder::find_orders(const lysc_node *parent) {
    for (const lysc_node *child : schema_.children(parent)) {
        const NodeRules &facts = Rules::of(child);
        for (const Rule *rule : facts.rules) {
            if (rule->kind == Rule::Kind::when && parent != nullptr) order(parent, *rules_.rules_[rule->id]);
        }
        for (const Dependant &dependant : facts.dependants) {
            if (dependant.rule->kind == Rule::Kind::when) order(child, *rules_.rules_[dependant.rule->id]);
        }
        if (child->nodetype & LYD_NODE_INNER) find_orders(child);
    }
}

// Whatever decides on the operand, or on a node that it is in, comes first. So does what decides on the nodes of other
// cases: while they are there, the operand is not, though it may exist by default.
void RulesBuilder::order(const lysc_node *operand, Rule &later) {
    const auto decide = [&](const lysc_node *node) {
        for (const Rule *rule : Rules::of(node).rules) {
            if (rule->kind == Rule::Kind::when && rule != &later) orders_.insert({rule, &later});
        }
    };
    for (const lysc_node *at = operand; at; at = at->parent) {
        if (at->nodetype == LYS_CHOICE) {
            for (const lysc_node *child = nullptr; (child = lys_getnext(child, at, nullptr, 0));) decide(child);
        } else if (at->nodetype != LYS_CASE) {
            decide(at);
        }
    }
}

}  // namespace libyang_js
