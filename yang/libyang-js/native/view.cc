#include "view.h"

#include "xpath_eval.h"

namespace libyang_js {

namespace {

bool is_default(const lyd_node *node) { return (node->flags & LYD_DEFAULT) != 0; }

}  // namespace

const lyd_node *View::first(const lyd_node *parent) const {
    return parent ? lyd_child(parent) : tree_ ? tree_->root : nullptr;
}

Siblings View::children(const lyd_node *parent) const { return {first(parent), nullptr}; }

Siblings View::instances(const lyd_node *parent, const lysc_node *schema) const {
    lyd_node *found = nullptr;
    xpath::Quiet quiet;
    if (const lyd_node *siblings = first(parent)) lyd_find_sibling_val(siblings, schema, nullptr, 0, &found);
    return {found, schema};
}

const lyd_node *View::peek(Siblings &siblings) const {
    while (siblings.next && !siblings.next->schema) siblings.next = siblings.next->next;
    if (siblings.next && siblings.only && siblings.next->schema != siblings.only) siblings.next = nullptr;
    return siblings.next;
}

const lyd_node *View::take(Siblings &siblings) const {
    const lyd_node *node = peek(siblings);
    if (node) siblings.next = node->next;
    return node;
}

const lyd_node *View::find(const lyd_node *parent, const lyd_node *instance) const {
    const lysc_node *schema = instance->schema;
    const lyd_node *siblings = first(parent);
    if (!siblings || (schema->nodetype == LYS_LIST && (schema->flags & LYS_KEYLESS))) return nullptr;
    lyd_node *found = nullptr;
    xpath::Quiet quiet;
    if (schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) {
        lyd_find_sibling_first(siblings, instance, &found);
    } else {
        lyd_find_sibling_val(siblings, schema, nullptr, 0, &found);
    }
    return found;
}

bool View::find(const lyd_node *parent, const lysc_node *list, const std::string &keys, const lyd_node *&found) const {
    found = nullptr;
    const lyd_node *siblings = first(parent);
    if (!siblings) return true;
    lyd_node *entry = nullptr;
    xpath::Quiet quiet;
    const LY_ERR result = lyd_find_sibling_val(siblings, list, keys.c_str(), keys.size(), &entry);
    if (result == LY_SUCCESS) found = entry;
    return result == LY_SUCCESS || result == LY_ENOTFOUND;
}

const lyd_node *Pair::leaf() const {
    if (!left || !right) return node();
    return is_default(right) ? left : right;
}

PairView::Walk PairView::top() const {
    return {left_.children(nullptr), right_.children(nullptr), {}, true};
}

PairView::Walk PairView::children(Pair parent) const {
    return {parent.left ? left_.children(parent.left) : Siblings(), parent.right ? right_.children(parent.right) : Siblings(),
            parent, false};
}

PairView::Walk PairView::instances(Pair parent, const lysc_node *schema) const {
    const bool top = !parent;
    return {top || parent.left ? left_.instances(parent.left, schema) : Siblings(),
            top || parent.right ? right_.instances(parent.right, schema) : Siblings(), parent, top};
}

Pair PairView::next(Walk &walk) {
    if (!both_ || !(walk.top || walk.parent.right)) return {left_.take(walk.left), nullptr};
    if (!(walk.top || walk.parent.left)) return {nullptr, right_.take(walk.right)};
    for (;;) {
        const lyd_node *left = left_.peek(walk.left);
        const lyd_node *right = right_.peek(walk.right);
        if (left && !(right && !walk.top && before(right->schema, left->schema))) {
            left_.take(walk.left);
            return {left, right_.find(walk.parent.right, left)};
        }
        if (!right) return {};
        right_.take(walk.right);
        if (!left_.find(walk.parent.left, right)) return {nullptr, right};
    }
}

bool PairView::find(Pair parent, const lysc_node *list, const std::string &keys, Pair &found) const {
    const bool top = !parent;
    found = {};
    return (!(top || parent.left) || left_.find(parent.left, list, keys, found.left)) &&
           (!both_ || !(top || parent.right) || right_.find(parent.right, list, keys, found.right));
}

// Both are children of one schema node.
bool PairView::before(const lysc_node *one, const lysc_node *other) {
    if (one == other) return false;
    auto known = order_.find(one);
    if (known == order_.end()) {
        size_t at = 0;
        for (const lysc_node *child : xpath::data_children(xpath::data_parent(one))) order_[child] = at++;
        known = order_.find(one);
    }
    return known->second < order_[other];
}

}  // namespace libyang_js
