#include "filter_marks.h"

namespace libyang_js {

namespace {

bool is_key(const lyd_node *node) {
    return node->schema && node->schema->nodetype == LYS_LEAF && (node->schema->flags & LYS_KEY);
}
uintptr_t address(const lyd_node *node) { return reinterpret_cast<uintptr_t>(node); }

}  // namespace

void Marks::link(const lyd_node *node) {
    while (node) {
        const lyd_node *parent = lyd_parent(node);
        const auto [place, fresh] = above_.try_emplace(parent);
        // The keys of an entry are put first by children().
        if (!(is_key(node) && parent)) {
            auto &children = place->second;
            if (children.empty() || children.back() != node) children.push_back(node);
        }
        if (!fresh) return;
        node = parent;
    }
}

void Marks::add(const lyd_node *node) {
    if (everything_) return;
    if (last_) {
        for (const lyd_node *up = node; up; up = lyd_parent(up)) {
            if (up == last_) return;
        }
    }
    last_ = node;
    whole_.insert(address(node));
    link(node);
}

void Marks::add_bare(const lyd_node *node) {
    if (everything_) return;
    above_.try_emplace(node);
    link(node);
}

Pick Marks::pick(const lyd_node *node) {
    if (everything_ || whole_.contains(address(node))) return Pick::all;
    if (above_.count(node)) return Pick::descend;
    // An emitter asks only below nodes that were picked, so the entry of a key is.
    return is_key(node) && lyd_parent(node) && above_.count(lyd_parent(node)) ? Pick::all : Pick::none;
}

bool Marks::children(const lyd_node *parent, std::vector<const lyd_node *> &out) {
    if (everything_) return false;
    out.clear();
    const auto found = above_.find(parent);
    if (found == above_.end()) return true;
    for (const lyd_node *key = lyd_child(parent); key && is_key(key); key = key->next) out.push_back(key);
    out.insert(out.end(), found->second.begin(), found->second.end());
    return true;
}

}  // namespace libyang_js
