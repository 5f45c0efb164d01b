#include <algorithm>

#include "rules_build.h"
#include "xpath_eval.h"

namespace libyang_js {

namespace {

// Can a move of an entry at or below the anchor, at or above the operand, put nodes of the operand in another order?
bool may_move(const Operand &operand) {
    for (const lysc_node *at = operand.schema; at && at != operand.anchor; at = xpath::data_parent(at)) {
        if (lysc_is_userordered(at)) return true;
    }
    return false;
}

}  // namespace

void RulesBuilder::report(const Rule &rule, const Operand &operand, Use use) {
    Dependant dependant;
    dependant.rule = &rule;
    dependant.anchor = operand.anchor;
    dependant.reference = operand.reference;
    dependant.target = operand.target;
    dependant.reference_anchor = operand.reference_anchor;
    // A node that is missing has nothing that anything could be bound to but its parent.
    const bool need = rule.kind == Rule::Kind::mandatory || rule.kind == Rule::Kind::elements;
    const lysc_node *&own = operand.reference ? dependant.reference_anchor : dependant.anchor;
    if (need && own && own == rule.schema) own = rule.subject;
    dependant.content = use.content && (operand.schema->nodetype & (LYS_LEAF | LYD_NODE_ANY));
    dependant.order = use.order && may_move(operand);
    auto &dependants = node(operand.schema).dependants;
    for (Dependant &known : dependants) {
        const bool same = known.rule == &rule && known.anchor == dependant.anchor && known.reference == dependant.reference &&
                          known.target == dependant.target && known.reference_anchor == dependant.reference_anchor;
        if (!same) continue;
        known.content |= dependant.content;
        known.order |= dependant.order;
        return;
    }
    dependants.push_back(dependant);
}

void RulesBuilder::look(const Rule &rule, const xpath::Expression &expression, const lysc_node *context) {
    auto report_to = [&](const Operand &operand, Use use) { report(rule, operand, use); };
    auto count = [&](const lysc_node *list) { node(list).counted = true; };
    OperandAnalysis analysis(schema_, {context, context}, report_to, count);
    analysis.touch(analysis.run(expression.top()), {});
}

void RulesBuilder::depend_on_conditions(const Rule &rule) {
    for (const Condition *condition : rule.conditions) {
        const lysc_node *context = condition->on_parent ? xpath::data_parent(rule.schema) : rule.schema;
        look(rule, *condition->expression, context);
    }
}

void RulesBuilder::depend_on_references(const Rule &rule) {
    const lysc_node *leaf = rule.subject;
    if (!rule.references) return;
    for (const Reference &reference : *rule.references) {
        if (!reference.required()) continue;
        auto report_to = [&](const Operand &operand, Use use) { report(rule, operand, use); };
        OperandAnalysis analysis(schema_, {leaf, leaf}, report_to);
        for (const Operand &target : analysis.run(reference.path->top())) {
            report(rule, {target.schema, target.schema, leaf, target.schema, leaf}, {true, false});
        }
    }
}

// All that may stand in a choice or case.
void RulesBuilder::depend_on_case(const Rule &rule, const lysc_node *schema) {
    for (const lysc_node *child = nullptr; (child = lys_getnext(child, schema, nullptr, 0));) {
        if (child->flags & LYS_CONFIG_W) report(rule, {child, rule.subject, nullptr, nullptr, nullptr}, {});
    }
}

void RulesBuilder::find_dependants(Rule &rule) {
    switch (rule.kind) {
    case Rule::Kind::when:
        depend_on_conditions(rule);
        break;
    case Rule::Kind::must:
        look(rule, *rule.expression, rule.subject);
        break;
    case Rule::Kind::type:
        depend_on_references(rule);
        break;
    case Rule::Kind::mandatory:
    case Rule::Kind::elements:
        if (rule.schema->nodetype == LYS_CHOICE) {
            depend_on_case(rule, rule.schema);
        } else {
            report(rule, {rule.schema, rule.subject, nullptr, nullptr, nullptr}, {});
        }
        if (rule.in_case && (rule.kind == Rule::Kind::mandatory || rule.least > 0)) depend_on_case(rule, rule.in_case);
        depend_on_conditions(rule);
        break;
    case Rule::Kind::unique:
        for (const lysc_node *leaf : rule.leaves) report(rule, {leaf, rule.subject, nullptr, nullptr, nullptr}, {true, false});
        break;
    }
}

// From the leaves up: what there is below.
void RulesBuilder::summarize(const lysc_node *schema) {
    bool rules_below = false, dependants_below = false, order_below = false, indexed_below = false;
    for (const lysc_node *child : schema_.children(schema)) {
        summarize(child);
        const NodeRules &below = Rules::of(child);
        rules_below |= below.rules_below || !below.rules.empty();
        dependants_below |= below.dependants_below || !below.dependants.empty();
        order_below |= below.order_below;
        indexed_below |= below.indexed_below;
    }
    if (!schema->priv && !rules_below && !dependants_below) return;
    NodeRules &facts = node(schema);
    const auto ordered = [](const Dependant &dependant) { return dependant.order; };
    facts.rules_below = rules_below;
    facts.dependants_below = dependants_below;
    facts.order_below = order_below || std::any_of(facts.dependants.begin(), facts.dependants.end(), ordered);
    facts.indexed_below = indexed_below || facts.reference || !facts.referrers.empty() || !facts.uniques.empty() || facts.counted;
}

}  // namespace libyang_js
