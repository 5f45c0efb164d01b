// The axes of XPath 1.0, section 2.2, over a data tree; the child axis is in xpath_children.cc.
#include <algorithm>

#include "xpath_eval.h"
#include "xpath_order.h"

namespace libyang_js::xpath {

namespace {

bool is_term(const lyd_node *node) { return node->schema && (node->schema->nodetype & LYD_NODE_TERM); }

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
    if (!remove_duplicates(set, *budget_)) throw Abort();
}

void Evaluator::take(const Step &step, const Item &item, Nodes &out) {
    spend();
    const NodeTest &test = step.test;
    switch (item.kind()) {
    case Item::Kind::element:
        if (item.node()->schema && matches(test, item.node()->schema)) out.push_back(item);
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
    const bool element = item.is_element();
    switch (step.axis) {
    case Axis::self:
        take(step, item, out);
        return;
    case Axis::parent:
        if (item.kind() == Item::Kind::root) return;
        if (!element) return take(step, Item::element(node), out);
        return take(step, lyd_parent(node) ? Item::element(lyd_parent(node)) : Item::root(), out);
    case Axis::ancestor:
    case Axis::ancestor_or_self:
        if (step.axis == Axis::ancestor_or_self) take(step, item, out);
        if (item.kind() == Item::Kind::root) return;
        for (const lyd_node *up = element ? lyd_parent(node) : node; up; up = lyd_parent(up)) {
            take(step, Item::element(up), out);
        }
        return take(step, Item::root(), out);
    case Axis::descendant:
    case Axis::descendant_or_self:
        return descendants(step, item, step.axis == Axis::descendant_or_self, out);
    case Axis::following_sibling:
        if (!element) return;
        for (node = node->next; node; node = node->next) take(step, Item::element(node), out);
        return;
    case Axis::preceding_sibling:
        if (!element) return;
        while ((node = previous(node))) take(step, Item::element(node), out);
        return;
    case Axis::following:
        if (!node) return;
        for (node = after(node); node;) {
            take(step, Item::element(node), out);
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
                take(step, Item::element(node), out);
                // Back up through what is now complete: a node precedes when its subtree lies wholly before.
                continue;
            }
            node = lyd_parent(node);
            if (!node) return;
            bool ancestor = false;
            for (const lyd_node *up = item.node(); up && !ancestor; up = lyd_parent(up)) ancestor = up == node;
            if (!ancestor) take(step, Item::element(node), out);
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
    if (self) take(step, item, out);
    if (!item.is_element() && item.kind() != Item::Kind::root) return;
    const lyd_node *top = item.node();
    if (top) take_text(step, top, out);
    for (const lyd_node *node = top ? lyd_child(top) : root_; node;) {
        take(step, Item::element(node), out);
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

}  // namespace libyang_js::xpath
