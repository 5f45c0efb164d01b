#include "view.h"

#include "siblings.h"
#include "xpath_eval.h"
#include "xpath_value.h"

namespace libyang_js {

namespace {

bool is_default(const lyd_node *node) { return (node->flags & LYD_DEFAULT) != 0; }

std::string key_predicates(const lyd_node *entry) {
    std::string out, scratch;
    for (const lyd_node *key = lyd_child(entry); key && (key->schema->flags & LYS_KEY); key = key->next) {
        out += key_predicate(key->schema, xpath::canonical_value(key, scratch));
    }
    return out;
}

}  // namespace

std::string key_predicate(const lysc_node *key, std::string_view value) {
    const char quote = value.find('\'') == std::string_view::npos ? '\'' : '"';
    std::string out("[");
    return out.append(key->name).append("=").append(1, quote).append(value).append(1, quote).append("]");
}

const lyd_node *View::first(const lyd_node *parent) const {
    return parent ? lyd_child(parent) : tree_ ? tree_->root : nullptr;
}

Siblings View::children(const lyd_node *parent) const {
    Siblings siblings;
    siblings.active = true;
    siblings.parent = parent;
    siblings.next = first(parent);
    return siblings;
}

Siblings View::instances(const lyd_node *parent, const lysc_node *schema) const {
    Siblings siblings = children(parent);
    siblings.only = schema;
    // Nothing that stays may mark the place of what was taken out.
    if (!siblings.next || (overlay_ && !overlay_->gone_from(parent).empty())) return siblings;
    lyd_node *found = nullptr;
    xpath::Quiet quiet;
    find_sibling(siblings.next, schema, nullptr, 0, &found);
    siblings.next = found;
    siblings.all = false;
    return siblings;
}

const lyd_node *View::peek(Siblings &siblings) const {
    for (; siblings.active;) {
        if (overlay_) {
            const auto &gone = overlay_->gone_before(siblings.parent, siblings.next);
            for (; siblings.passed < gone.size(); siblings.passed++) {
                const lyd_node *node = gone[siblings.passed];
                if (!siblings.only || node->schema == siblings.only) return node;
            }
        }
        const lyd_node *node = siblings.next;
        if (!node) return nullptr;
        const bool wanted = node->schema && (!siblings.only || node->schema == siblings.only);
        if (wanted && !hides(node)) return node;
        if (!wanted && !siblings.all) return nullptr;
        siblings.next = node->next;
        siblings.passed = 0;
    }
    return nullptr;
}

const lyd_node *View::take(Siblings &siblings) const {
    const lyd_node *node = peek(siblings);
    if (!node) return nullptr;
    if (node == siblings.next) {
        siblings.next = node->next;
        siblings.passed = 0;
    } else {
        siblings.passed++;
    }
    return node;
}

const lyd_node *View::find(const lyd_node *parent, const lyd_node *instance) const {
    const lysc_node *schema = instance->schema;
    if (schema->nodetype == LYS_LIST && (schema->flags & LYS_KEYLESS)) return nullptr;
    const bool many = schema->nodetype & (LYS_LIST | LYS_LEAFLIST);
    lyd_node *found = nullptr;
    xpath::Quiet quiet;
    if (const lyd_node *siblings = first(parent)) {
        if (many) {
            find_sibling(siblings, instance, &found);
        } else {
            find_sibling(siblings, schema, nullptr, 0, &found);
        }
    }
    if (found && !hides(found)) return found;
    if (!overlay_) return nullptr;
    for (const lyd_node *gone : overlay_->gone_from(parent)) {
        if (gone->schema == schema && (!many || lyd_compare_single(gone, instance, 0) == LY_SUCCESS)) return gone;
    }
    return nullptr;
}

bool View::find(const lyd_node *parent, const lysc_node *list, const std::string &keys, const lyd_node *&found) const {
    found = nullptr;
    lyd_node *entry = nullptr;
    LY_ERR result = LY_ENOTFOUND;
    if (const lyd_node *siblings = first(parent)) {
        xpath::Quiet quiet;
        result = find_sibling(siblings, list, keys.c_str(), keys.size(), &entry);
        if (result != LY_SUCCESS && result != LY_ENOTFOUND) return false;
    }
    if (result == LY_SUCCESS && entry && !hides(entry)) {
        found = entry;
        return true;
    }
    if (!overlay_) return true;
    for (const lyd_node *gone : overlay_->gone_from(parent)) {
        if (gone->schema == list && key_predicates(gone) == keys) found = gone;
    }
    return true;
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
    if (within_) {
        const lyd_node *left = left_.take(walk.left);
        return left ? Pair{left, right_.find(walk.parent.right, left)} : Pair{};
    }
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

Pair PairView::pair(Pair parent, const lyd_node *left) const {
    return {left, both_ && (!parent || parent.right) ? right_.find(parent.right, left) : nullptr};
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
