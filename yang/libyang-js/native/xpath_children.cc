// The child axis, and the children of all descendants that `//` asks for. Children by name and by key are found by
// libyang's hashes, and a walk goes only where the schema can hold what is asked for.
#include <cmath>

#include "siblings.h"
#include "xpath_eval.h"

namespace libyang_js::xpath {

namespace {

bool is_inner(const lyd_node *node) { return node->schema && (node->schema->nodetype & LYD_NODE_INNER); }
bool has_hashes(const lyd_node *node) { return reinterpret_cast<const lyd_node_inner *>(node)->children_ht; }

const lyd_node *first_instance(const lyd_node *parent, const lysc_node *schema) {
    lyd_node *found = nullptr;
    Quiet quiet;
    find_sibling(lyd_child(parent), schema, nullptr, 0, &found);
    return found;
}

}  // namespace

void Evaluator::children(const Step &step, const Item &item, Nodes &out) {
    const size_t from = out.size();
    size_t skip = 0;
    const lyd_node *parent = item.node();
    if (item.kind() == Item::Kind::root) {
        for (const lyd_node *node = root_; node; node = node->next) take(step, Item::element(node), out);
    } else if (!item.is_element()) {
        return;
    } else if (!is_inner(parent)) {
        take_text(step, parent, out);
    } else if (step.test.kind != NodeTest::Kind::name || !has_hashes(parent)) {
        for (const lyd_node *node = lyd_child(parent); node; node = node->next) {
            take(step, Item::element(node), out);
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
                take(step, Item::element(node), out);
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
int Evaluator::key_value(const KeyTest &key, const lysc_node *leaf, std::string &out) {
    Value scratch;
    const LoopGuard guard(loops_);  // each context node asks for it
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
        const int found = key_value(*self, schema, target);
        if (found < 0) return false;
        skip = size_t(1) << self->predicate;
        if (found == 0) return true;
    } else if (schema->nodetype == LYS_LIST && !(schema->flags & LYS_KEYLESS)) {
        for (const lysc_node *leaf = lysc_node_child(schema); leaf && (leaf->flags & LYS_KEY); leaf = leaf->next) {
            const KeyTest *test = nullptr;
            for (const KeyTest &key : step.keys) {
                if (key.name.kind == NodeTest::Kind::name && matches(key.name, leaf)) test = &key;
            }
            if (!test || test->predicate >= 64) return false;
            std::string wanted;
            const int found = key_value(*test, leaf, wanted);
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
    const LY_ERR result = find_sibling(lyd_child(parent), schema, target.c_str(), target.size(), &found);
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
