#include "validate_affected.h"

#include "edit_facts.h"
#include "index.h"
#include "validate_instances.h"

namespace libyang_js {

namespace {

const char *canonical(lyd_node *node) {
    return (node->schema->nodetype & LYD_NODE_TERM) != 0 ? lyd_get_value(node) : "";
}

// Does a node of this schema exist by itself when its conditions hold?
bool implied(const lysc_node *schema) {
    return non_presence(schema) ||
           (schema->nodetype == LYS_LEAF && reinterpret_cast<const lysc_node_leaf *>(schema)->dflt != nullptr) ||
           (schema->nodetype == LYS_LEAFLIST && reinterpret_cast<const lysc_node_leaflist *>(schema)->dflts != nullptr);
}

}  // namespace

bool in_tree(const DataTree &tree, const lyd_node *node) {
    if (node == nullptr) {
        return true;
    }
    while (node->parent != nullptr) {
        node = lyd_parent(node);
    }
    // A node that was taken out stands alone.
    return node == tree.root || node->prev->next == node;
}

// Looks up places in the tree, each once.
class Affected::Places {
  public:
    explicit Places(const DataTree &tree) : tree_(tree) {}

    // False when the node is not there any more.
    bool find(const Place *place, lyd_node *&node) {
        node = nullptr;
        if (place == nullptr) {
            return true;
        }
        if (const auto known = known_.find(place); known != known_.end()) {
            node = known->second;
            return node != nullptr;
        }
        lyd_node *parent = nullptr;
        if (find(place->parent.get(), parent)) {
            node = place->entry != nullptr ? tree_.find(parent, place->entry.get()) : tree_.find(parent, place->schema);
        }
        known_[place] = node;
        return node != nullptr;
    }

  private:
    const DataTree &tree_;
    std::unordered_map<const Place *, lyd_node *> known_;
};

// Where nodes came or went.
struct Affected::Origin {
    Places &places;
    const Place *place;  // of their parent
    bool gone = false;   // they are a copy, outside of the tree
    // Schema nodes met: what depends on a node by an anchor above the change does so for all of the schema.
    std::unordered_set<const lysc_node *> seen = {};
    const lysc_node *last = nullptr;
};

void Affected::add(const Rule &rule, lyd_node *top) {
    if (rule.kind != Rule::Kind::when) {
        checks_.insert({&rule, top});
    } else if (waiting_.insert({&rule, top}).second) {
        conditions_[rule.rank].push_back({&rule, top});
    }
}

void Affected::add_top_conditions() {
    uint32_t index = 0;
    while (const lys_module *module = ly_ctx_get_module_iter(tree_.context, &index)) {
        const lysc_node *node = nullptr;
        while (module->implemented && module->compiled != nullptr && (node = lys_getnext(node, nullptr, module->compiled, 0)) != nullptr) {
            if (implied(node)) {
                conditions_of(node, nullptr);
            }
        }
    }
}

bool Affected::next_condition(Concern &out) {
    if (conditions_.empty()) {
        return false;
    }
    auto &lowest = conditions_.begin()->second;
    out = lowest.front();
    lowest.pop_front();
    if (lowest.empty()) {
        conditions_.erase(conditions_.begin());
    }
    waiting_.erase(out);
    return true;
}

bool Affected::in_created(const lyd_node *node) const {
    for (; node != nullptr && !created_.empty(); node = lyd_parent(node)) {
        if (created_.contains(const_cast<lyd_node *>(node))) {
            return true;
        }
    }
    return false;
}

void Affected::take(const Journal &journal, size_t from) {
    Places places(tree_);
    const auto &changes = journal.changes();
    for (size_t i = from; i < changes.size(); i++) {
        take(changes[i], places);
    }
}

void Affected::take(const Journal::Change &change, Places &places) {
    lyd_node *parent = nullptr;
    const bool there = places.find(change.parent.get(), parent);
    top_level_ = top_level_ || change.parent == nullptr;
    Origin origin{places, change.parent.get()};
    lyd_node *node = there ? tree_.find(parent, change.node.get()) : nullptr;
    const lysc_node *schema = change.node->schema;
    switch (change.op) {
    case Op::create:
        if (node != nullptr) {
            created(node);
            spread(node, origin);
        }
        break;
    case Op::remove:
        origin.gone = true;
        spread(change.node.get(), origin);
        if (tree_.indexes().any_instance_referrers()) {
            lose_instance(change.node.get(), path_of(change.parent.get(), change.node.get()));
        }
        if (there && implied(schema) && !ignored_.contains(change.node.get())) {
            conditions_of(schema, parent);
        }
        break;
    case Op::value:
        changed(change, node, origin);
        break;
    case Op::move:
        moved(schema, origin);
        break;
    }
    if (there) {
        cases(schema, parent);
    }
}

void Affected::changed(const Journal::Change &change, lyd_node *node, Origin &origin) {
    const auto &rules = Rules::of(change.node->schema);
    // What was a default counts for nothing in a choice, what is explicit does.
    const bool came = ((change.node->flags ^ change.old->flags) & LYD_DEFAULT) != 0;
    for (const auto &dependant : rules.dependants) {
        if (dependant.reference != nullptr) {
            origin.gone = true;
            refer(change.old.get(), dependant, origin);
            origin.gone = false;
            if (node != nullptr) {
                refer(node, dependant, origin);
            }
        } else if (dependant.content || came) {
            tell(dependant, origin);
        }
    }
    for (const Rule *rule : rules.rules) {
        if (node != nullptr && rule->kind != Rule::Kind::when) {
            add(*rule, node);
        }
    }
}

void Affected::created(lyd_node *node) {
    conditions_below(node);
    if (!in_created(node)) {
        created_.insert(node);
    }
}

void Affected::conditions_below(lyd_node *node) {
    for (const Rule *rule : conditions_at_or_below(node->schema)) {
        add(*rule, node);
    }
}

const std::vector<const Rule *> &Affected::conditions_at_or_below(const lysc_node *schema) {
    if (const auto known = conditions_below_.find(schema); known != conditions_below_.end()) {
        return known->second;
    }
    std::vector<const Rule *> found;
    const auto &rules = Rules::of(schema);
    for (const Rule *rule : rules.rules) {
        if (rule->kind == Rule::Kind::when) {
            found.push_back(rule);
        }
    }
    const lysc_node *child = nullptr;
    while (rules.rules_below && (child = lys_getnext(child, schema, nullptr, 0)) != nullptr) {
        const auto &below = conditions_at_or_below(child);
        found.insert(found.end(), below.begin(), below.end());
    }
    return conditions_below_[schema] = std::move(found);
}

// A node that exists by itself may come back, or has to go.
void Affected::conditions_of(const lysc_node *schema, lyd_node *parent) {
    for (const Rule *rule : Rules::of(schema).rules) {
        if (rule->kind == Rule::Kind::when) {
            add(*rule, parent);
        }
    }
}

// Another case may have become the active one: what exists by itself in the choices around the change is in question.
void Affected::cases(const lysc_node *schema, lyd_node *parent) {
    for (;;) {
        const lysc_node *choice = nullptr;
        for (const lysc_node *in = schema->parent; in != nullptr && (in->nodetype & (LYS_CASE | LYS_CHOICE)) != 0; in = in->parent) {
            choice = in;
        }
        const lysc_node *child = nullptr;
        while (choice != nullptr && (child = lys_getnext(child, choice, nullptr, 0)) != nullptr) {
            if (implied(child)) {
                conditions_of(child, parent);
            }
        }
        // A container without presence counts for its case as soon as something is in it.
        if (parent == nullptr || !non_presence(parent->schema)) {
            return;
        }
        schema = parent->schema;
        parent = lyd_parent(parent);
    }
}

void Affected::spread(lyd_node *node, Origin &origin) {
    const auto &rules = Rules::of(node->schema);
    if (!rules.dependants.empty()) {
        const bool first = origin.last != node->schema && origin.seen.insert(node->schema).second;
        origin.last = node->schema;
        for (const auto &dependant : rules.dependants) {
            if (dependant.reference != nullptr) {
                refer(node, dependant, origin);
            } else if (first) {
                tell(dependant, origin);
            }
        }
    }
    if (!rules.dependants_below) {
        return;
    }
    for (lyd_node *child = lyd_child(node); child != nullptr; child = child->next) {
        spread(child, origin);
    }
}

void Affected::tell(const Dependant &dependant, const Origin &origin) {
    lyd_node *top = nullptr;
    if (anchored(dependant.anchor, origin, top)) {
        add(*dependant.rule, top);
    }
}

// The instance of an anchor above the node that came or went. False when the anchor came or went with it (then all that
// depends on it did), or is gone.
bool Affected::anchored(const lysc_node *anchor, const Origin &origin, lyd_node *&top) {
    top = nullptr;
    if (anchor == nullptr) {
        return true;
    }
    for (const Place *place = origin.place; place != nullptr; place = place->parent.get()) {
        if (place->schema == anchor) {
            return origin.places.find(place, top);
        }
    }
    return false;
}

void Affected::refer(lyd_node *node, const Dependant &dependant, const Origin &origin) {
    lyd_node *at = node;
    while (at != nullptr && at->schema != dependant.anchor) {
        at = lyd_parent(at);
    }
    if (at != nullptr) {
        values(dependant, at, origin.gone);
        return;
    }
    lyd_node *top = nullptr;
    if (anchored(dependant.anchor, origin, top)) {
        values(dependant, top, false);
        if (origin.gone && node->schema == dependant.target) {
            value(dependant, canonical(node), true);
        }
    }
}

void Affected::values(const Dependant &dependant, lyd_node *from, bool gone) {
    Instances(tree_, dependant.target, from)
        .each([](lyd_node *) { return true; }, [&](lyd_node *node) { value(dependant, canonical(node), gone); });
}

void Affected::value(const Dependant &dependant, const char *value, bool gone) {
    const Rule &rule = *dependant.rule;
    if (rule.kind == Rule::Kind::type && rule.subject == dependant.reference) {
        if (gone) {
            lost_values_.insert({&rule, value});
        }
        return;
    }
    if (Rules::of(dependant.reference).reference == nullptr) {
        // Its instance is not required, so it is in no index.
        add(rule, nullptr);
        return;
    }
    for (lyd_node *referrer : tree_.indexes().referrers(dependant.reference, value)) {
        lyd_node *top = referrer;
        while (top != nullptr && top->schema != dependant.reference_anchor) {
            top = lyd_parent(top);
        }
        add(rule, top);
    }
}

void Affected::lose_instance(lyd_node *node, const std::string &path) {
    for (lyd_node *leaf : tree_.indexes().instance_referrers(tree_.context, path)) {
        for (const Rule *rule : Rules::of(leaf->schema).rules) {
            if (rule->kind == Rule::Kind::type) {
                add(*rule, leaf);
            }
        }
    }
    for (lyd_node *child = lyd_child(node); child != nullptr; child = child->next) {
        lose_instance(child, path + step_of(child->schema, node->schema, child));
    }
}

void Affected::moved(const lysc_node *schema, const Origin &origin) {
    const auto &rules = Rules::of(schema);
    if (!rules.order_below) {
        return;
    }
    for (const auto &dependant : rules.dependants) {
        lyd_node *top = nullptr;
        if (dependant.order && anchored(dependant.anchor, origin, top)) {
            add(*dependant.rule, top);
        }
    }
    const lysc_node *child = nullptr;
    while ((child = lys_getnext(child, schema, nullptr, 0)) != nullptr) {
        moved(child, origin);
    }
}

}  // namespace libyang_js
