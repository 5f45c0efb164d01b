#include "overlay.h"

namespace libyang_js {

namespace {

const Overlay::Nodes nothing;

template <class Map, class Key>
const Overlay::Nodes &look(const Map &map, const Key &key) {
    if (map.empty()) {
        return nothing;
    }
    const auto found = map.find(key);
    return found == map.end() ? nothing : found->second;
}

}  // namespace

const Overlay::Nodes &Overlay::gone_before(const lyd_node *parent, const lyd_node *next) const {
    return look(before_, place(parent, next));
}

const Overlay::Nodes &Overlay::gone_from(const lyd_node *parent) const { return look(from_, parent); }

void Overlay::added(const lyd_node *node) {
    for (const lyd_node *up = lyd_parent(node); up != nullptr && !added_.empty(); up = lyd_parent(up)) {
        if (added_.contains(up)) {
            return;
        }
    }
    added_.insert(node);
}

bool Overlay::leaving(const lyd_node *node) {
    const bool was_added = added_.erase(node) != 0;
    for (const lyd_node *up = lyd_parent(node); !was_added && up != nullptr && !added_.empty(); up = lyd_parent(up)) {
        if (added_.contains(up)) {
            return false;
        }
    }
    // What was taken out before this node, then the node, now stand before its successor.
    const lyd_node *parent = lyd_parent(node);
    Nodes moved;
    if (const auto found = before_.find(place(parent, node)); found != before_.end()) {
        moved = std::move(found->second);
        before_.erase(found);
    }
    if (!was_added) {
        moved.push_back(node);
        from_[parent].push_back(node);
    }
    each_([&](Siblings &walk) {
        if (walk.next == node) {
            walk.next = node->next;
        } else if (walk.parent == parent && walk.next == node->next) {
            walk.passed += moved.size();
        }
    });
    if (!moved.empty()) {
        auto &there = before_[place(parent, node->next)];
        there.insert(there.begin(), moved.begin(), moved.end());
    }
    return !was_added;
}

}  // namespace libyang_js
