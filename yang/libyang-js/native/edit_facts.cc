#include "edit_facts.h"

namespace libyang_js {

bool has_when(const lysc_node *schema) {
    for (; schema != nullptr; schema = schema->parent) {
        if (lysc_node_when(schema) != nullptr) {
            return true;
        }
        if (schema->parent == nullptr || (schema->parent->nodetype & (LYS_CASE | LYS_CHOICE)) == 0) {
            return false;
        }
    }
    return false;
}

bool non_presence(const lysc_node *schema) {
    return schema != nullptr && schema->nodetype == LYS_CONTAINER && (schema->flags & LYS_PRESENCE) == 0;
}

bool SchemaFacts::implied_in(const lysc_node *choice) {
    if (const auto known = implied_.find(choice); known != implied_.end()) {
        return known->second;
    }
    bool implied = false;
    const lysc_node *child = nullptr;
    while (!implied && (child = lys_getnext(child, choice, nullptr, 0)) != nullptr) {
        implied = non_presence(child) ||
                  (child->nodetype == LYS_LEAF && reinterpret_cast<const lysc_node_leaf *>(child)->dflt != nullptr) ||
                  (child->nodetype == LYS_LEAFLIST && reinterpret_cast<const lysc_node_leaflist *>(child)->dflts != nullptr);
        implied = implied && (child->flags & LYS_CONFIG_W) != 0;
    }
    return implied_[choice] = implied;
}

const Facts &SchemaFacts::of(const lysc_node *inner) {
    if (const auto known = facts_.find(inner); known != facts_.end()) {
        return known->second;
    }
    Facts facts;
    facts.implied = implied_in(inner);
    facts.implied_below = facts.implied;
    const lysc_node *child = nullptr;
    while ((child = lys_getnext(child, inner, nullptr, 0)) != nullptr) {
        facts.choice = facts.choice || (child->parent != nullptr && child->parent->nodetype == LYS_CASE);
        if ((child->flags & LYS_CONFIG_W) == 0) {
            continue;
        }
        facts.when_below = facts.when_below || has_when(child);
        if ((child->nodetype & (LYS_CONTAINER | LYS_LIST)) != 0) {
            const auto below = of(child);
            facts.implied_below = facts.implied_below || below.implied_below;
            facts.when_below = facts.when_below || below.when_below;
        }
    }
    return facts_[inner] = facts;
}

}  // namespace libyang_js
