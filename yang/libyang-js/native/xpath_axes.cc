// The axes of XPath 1.0, section 2.2, over a data tree. Children by name and by key are found by libyang's hashes.
#include <algorithm>
#include <cmath>

#include "xpath_eval.h"
#include "xpath_order.h"

namespace libyang_js::xpath {

namespace {

bool is_inner(const lyd_node *node) { return node->schema && (node->schema->nodetype & LYD_NODE_INNER); }
bool is_term(const lyd_node *node) { return node->schema && (node->schema->nodetype & LYD_NODE_TERM); }
bool has_hashes(const lyd_node *node) { return reinterpret_cast<const lyd_node_inner *>(node)->children_ht; }

const lyd_node *previous(const lyd_node *node) { return node->prev->next ? node->prev : nullptr; }

const lyd_node *last_child(const lyd_node *node) {
    const lyd_node *child = lyd_child(node);
    return child ? child->prev : nullptr;
}

// The next node after a subtree, in document order.
const lyd_node *after(const lyd_node *node) {
    while (node && !node->next) node = lyd_parent(node);
    return node ? node->next : nullptr;
}

const lyd_node *first_instance(const lyd_node *parent, const lysc_node *schema) {
    lyd_node *found = nullptr;
    Quiet quiet;
    lyd_find_sibling_val(lyd_child(parent), schema, nullptr, 0, &found);
    return found;
}

const lys_module *module_of(const Item &item) {
    const lyd_node *node = item.node();
    return node && node->schema ? node->schema->module : nullptr;
}

bool is_reverse(Axis axis) {
    return axis == Axis::ancestor || axis == Axis::ancestor_or_self || axis == Axis::preceding ||
           axis == Axis::preceding_sibling;
}

// Nodes that are not inside one another can have these in common.
bool is_repeating(Axis axis) {
    switch (axis) {
    case Axis::child:
    case Axis::self:
    case Axis::attribute:
    case Axis::descendant:
    case Axis::descendant_or_self:
        return false;
    default:
        return true;
    }
}

}  // namespace

void Evaluator::distinct(NodeSet &set) {
    spend(1 + set.items.size());
    remove_duplicates(set);
}

void Evaluator::take(const Step &step, const Item &item, const lys_module *context, Nodes &out) {
    spend();
    const NodeTest &test = step.test;
    switch (item.kind()) {
    case Item::Kind::element:
        if (item.node()->schema && matches(test, item.node()->schema, context)) out.push_back(item);
        return;
    case Item::Kind::text:
        if (test.kind == NodeTest::Kind::node || test.kind == NodeTest::Kind::text) out.push_back(item);
        return;
    case Item::Kind::root:
    case Item::Kind::attribute:
        if (test.kind == NodeTest::Kind::node) out.push_back(item);
        return;
    }
}

void Evaluator::take_text(const Step &step, const lyd_node *node, Nodes &out) {
    if (step.test.kind != NodeTest::Kind::node && step.test.kind != NodeTest::Kind::text) return;
    std::string scratch;
    if (is_term(node) && !canonical_value(node, scratch).empty()) out.push_back(Item::text(node));
}

void Evaluator::step(const Step &step, NodeSet &in, NodeSet &out) {
    const bool single = in.items.size() == 1;
    const bool flat = in.disjoint || single;
    const bool repeats = !single && (!flat || is_repeating(step.axis));
    bool nested = false;
    size_t crowded = 1 << 16;
    for (const Item &item : in.items) {
        spend();
        if (repeats && out.items.size() > crowded) {
            distinct(out);
            crowded = std::max(crowded, out.items.size() * 2);
        }
        const size_t from = out.items.size();
        if (step.deep) {
            deep_children(step, item, out.items, nested);
            continue;
        }
        if (step.axis == Axis::child) {
            children(step, item, out.items);
            continue;
        }
        walk(step, item, out.items);
        if (!step.predicates.empty()) keep(out.items, from, step.predicates, 0);
        if (single && is_reverse(step.axis)) std::reverse(out.items.begin(), out.items.end());
    }
    switch (step.axis) {
    case Axis::child:
        out.disjoint = flat && !step.deep;
        out.ordered = flat && in.ordered && !nested;
        if (!flat && step.deep) distinct(out);
        break;
    case Axis::self:
    case Axis::attribute:
        out.disjoint = in.disjoint;
        out.ordered = in.ordered;
        break;
    case Axis::descendant:
    case Axis::descendant_or_self:
        out.disjoint = false;
        out.ordered = flat && in.ordered;
        if (!flat) distinct(out);
        break;
    default:
        out.disjoint = single && (step.axis == Axis::parent || step.axis == Axis::following_sibling ||
                                  step.axis == Axis::preceding_sibling);
        out.ordered = single;
        if (!single) distinct(out);
        break;
    }
    if (out.items.size() < 2) out.ordered = out.disjoint = true;
}

void Evaluator::walk(const Step &step, const Item &item, Nodes &out) {
    const lyd_node *node = item.node();
    const lys_module *module = module_of(item);
    const bool element = item.is_element();
    switch (step.axis) {
    case Axis::self:
        take(step, item, module, out);
        return;
    case Axis::parent:
        if (item.kind() == Item::Kind::root) return;
        if (!element) return take(step, Item::element(node), module, out);
        return take(step, lyd_parent(node) ? Item::element(lyd_parent(node)) : Item::root(), module, out);
    case Axis::ancestor:
    case Axis::ancestor_or_self:
        if (step.axis == Axis::ancestor_or_self) take(step, item, module, out);
        if (item.kind() == Item::Kind::root) return;
        for (const lyd_node *up = element ? lyd_parent(node) : node; up; up = lyd_parent(up)) {
            take(step, Item::element(up), module, out);
        }
        return take(step, Item::root(), module, out);
    case Axis::descendant:
    case Axis::descendant_or_self:
        return descendants(step, item, step.axis == Axis::descendant_or_self, out);
    case Axis::following_sibling:
        if (!element) return;
        for (node = node->next; node; node = node->next) take(step, Item::element(node), module, out);
        return;
    case Axis::preceding_sibling:
        if (!element) return;
        while ((node = previous(node))) take(step, Item::element(node), module, out);
        return;
    case Axis::following:
        if (!node) return;
        for (node = after(node); node;) {
            take(step, Item::element(node), module, out);
            take_text(step, node, out);
            node = lyd_child(node) ? lyd_child(node) : after(node);
        }
        return;
    case Axis::preceding:
        while (node) {
            if (const lyd_node *before = previous(node)) {
                node = before;
                while (last_child(node)) node = last_child(node);
                take_text(step, node, out);
                take(step, Item::element(node), module, out);
                // Back up through what is now complete: a node precedes when its subtree lies wholly before.
                continue;
            }
            node = lyd_parent(node);
            if (!node) return;
            bool ancestor = false;
            for (const lyd_node *up = item.node(); up && !ancestor; up = lyd_parent(up)) ancestor = up == node;
            if (!ancestor) take(step, Item::element(node), module, out);
        }
        return;
    case Axis::attribute:
        if (!element || !node->schema) return;
        for (const lyd_meta *meta = node->meta; meta; meta = meta->next) {
            spend();
            const NodeTest &test = step.test;
            const bool named = test.kind != NodeTest::Kind::name || test.name == meta->name;
            const bool kind = test.kind != NodeTest::Kind::text && test.kind != NodeTest::Kind::nothing;
            const bool module_fits =
                test.rule != NodeTest::Module::exact || meta->annotation->module == test.module;
            if (kind && named && module_fits) out.push_back(Item::attribute(meta));
        }
        return;
    case Axis::child:
    case Axis::namespaces:
        return;
    }
}

void Evaluator::descendants(const Step &step, const Item &item, bool self, Nodes &out) {
    const lys_module *module = module_of(item);
    if (self) take(step, item, module, out);
    if (!item.is_element() && item.kind() != Item::Kind::root) return;
    const lyd_node *top = item.node();
    if (top) take_text(step, top, out);
    for (const lyd_node *node = top ? lyd_child(top) : root_; node;) {
        take(step, Item::element(node), module, out);
        take_text(step, node, out);
        if (lyd_child(node)) {
            node = lyd_child(node);
            continue;
        }
        while (node && !node->next) {
            node = lyd_parent(node);
            if (node == top) node = nullptr;
        }
        if (node) node = node->next;
    }
}

void Evaluator::children(const Step &step, const Item &item, Nodes &out) {
    const size_t from = out.size();
    size_t skip = 0;
    const lyd_node *parent = item.node();
    if (item.kind() == Item::Kind::root) {
        for (const lyd_node *node = root_; node; node = node->next) take(step, Item::element(node), nullptr, out);
    } else if (!item.is_element()) {
        return;
    } else if (!is_inner(parent)) {
        take_text(step, parent, out);
    } else if (step.test.kind != NodeTest::Kind::name || !has_hashes(parent)) {
        const lys_module *module = parent->schema ? parent->schema->module : nullptr;
        for (const lyd_node *node = lyd_child(parent); node; node = node->next) {
            take(step, Item::element(node), module, out);
        }
    } else {
        const auto &schemas = child_schemas(step, parent->schema);
        if (schemas.empty()) return;
        if (!step.keys.empty() && children_by_key(step, parent, schemas, out, skip)) {
            keep(out, from, step.predicates, skip);
            return;
        }
        if (schemas.size() > 1) {
            for (const lyd_node *node = lyd_child(parent); node; node = node->next) {
                take(step, Item::element(node), parent->schema->module, out);
            }
        } else {
            const lyd_node *node = first_instance(parent, schemas[0]);
            for (; node && node->schema == schemas[0]; node = node->next) {
                spend();
                out.push_back(Item::element(node));
            }
        }
    }
    keep(out, from, step.predicates, 0);
}

// The text that a key must have: 1, or 0 when none can, or -1 when only a comparison of each entry tells.
int Evaluator::key_value(const Step &, const KeyTest &key, const lysc_node *leaf, std::string &out) {
    Value scratch;
    const Value &wanted = value(*key.value, {Item::root()}, scratch);
    switch (wanted.type) {
    case Type::string:
        out = wanted.string;
        break;
    case Type::number: {
        const lysc_type *type = reinterpret_cast<const lysc_node_leaf *>(leaf)->type;
        const bool integer = type->basetype >= LY_TYPE_UINT8 && type->basetype <= LY_TYPE_UINT64;
        const bool negative = type->basetype >= LY_TYPE_INT8 && type->basetype <= LY_TYPE_INT64;
        if (!(integer || negative) || std::abs(wanted.number) > 9e15) return -1;
        if (std::isnan(wanted.number) || wanted.number != std::floor(wanted.number)) return 0;
        out = to_string(wanted.number);
        return 1;
    }
    case Type::nodes: {
        if (wanted.nodes.items.empty()) return 0;
        if (wanted.nodes.items.size() > 1) return -1;
        std::string text_scratch;
        out = text(wanted.nodes.items[0], text_scratch);
        break;
    }
    default:
        return -1;
    }
    bool fits = true;
    Quiet quiet;
    out = canonical_text(leaf, expression_.names(), out, &fits);
    return fits ? 1 : 0;
}

bool Evaluator::children_by_key(const Step &step, const lyd_node *parent, const std::vector<const lysc_node *> &schemas,
                                Nodes &out, size_t &skip) {
    if (schemas.size() != 1) return false;
    const lysc_node *schema = schemas[0];
    std::string target;
    if (schema->nodetype == LYS_LEAFLIST && (schema->flags & LYS_CONFIG_W)) {
        const KeyTest *self = nullptr;
        for (const KeyTest &key : step.keys) {
            if (key.name.kind == NodeTest::Kind::node) self = &key;
        }
        if (!self || self->predicate >= 64) return false;
        const int found = key_value(step, *self, schema, target);
        if (found < 0) return false;
        skip = size_t(1) << self->predicate;
        if (found == 0) return true;
    } else if (schema->nodetype == LYS_LIST && !(schema->flags & LYS_KEYLESS)) {
        for (const lysc_node *leaf = lysc_node_child(schema); leaf && (leaf->flags & LYS_KEY); leaf = leaf->next) {
            const KeyTest *test = nullptr;
            for (const KeyTest &key : step.keys) {
                if (key.name.kind == NodeTest::Kind::name && matches(key.name, leaf, schema->module)) test = &key;
            }
            if (!test || test->predicate >= 64) return false;
            std::string wanted;
            const int found = key_value(step, *test, leaf, wanted);
            if (found < 0) return false;
            skip |= size_t(1) << test->predicate;
            if (found == 0) return true;
            const char quote = wanted.find('\'') == std::string::npos ? '\'' : '"';
            if (wanted.find(quote) != std::string::npos) return false;
            target.append("[").append(leaf->name).append("=").append(1, quote).append(wanted).append(1, quote).append("]");
        }
    } else {
        return false;
    }
    spend(2);
    lyd_node *found = nullptr;
    Quiet quiet;
    const LY_ERR result = lyd_find_sibling_val(lyd_child(parent), schema, target.c_str(), target.size(), &found);
    if (result != LY_SUCCESS && result != LY_ENOTFOUND) return false;
    if (result == LY_SUCCESS && found) out.push_back(Item::element(found));
    return true;
}

// For a node and all its descendants, the children that pass. Only where the schema has such is descended.
void Evaluator::deep_children(const Step &step, const Item &item, Nodes &out, bool &nested) {
    if (!item.is_element() && item.kind() != Item::Kind::root) return;
    struct Level {
        const lyd_node *next;
        const lysc_node *only;  // null: all siblings
        bool found;             // a node above had children that passed
    };
    std::vector<Level> stack;
    auto enter = [&](const lyd_node *node, bool found) {
        const size_t before = out.size();
        children(step, node ? Item::element(node) : Item::root(), out);
        if (out.size() > before) {
            nested |= found;
            found = true;
        }
        if (!node) {
            stack.push_back({root_, nullptr, found});
            return;
        }
        const auto &below = descents(step, node->schema);
        if (below.empty()) return;
        const bool hashed = below.size() == 1 && has_hashes(node);
        stack.push_back({hashed ? first_instance(node, below[0]) : lyd_child(node), hashed ? below[0] : nullptr, found});
    };
    if (item.node() && !is_inner(item.node())) return;
    enter(item.node(), false);
    while (!stack.empty()) {
        Level &level = stack.back();
        const lyd_node *node = level.next;
        if (!node || (level.only && node->schema != level.only)) {
            stack.pop_back();
            continue;
        }
        spend();
        level.next = node->next;
        if (is_inner(node) && holds(step, node->schema)) enter(node, level.found);
    }
}

}  // namespace libyang_js::xpath
