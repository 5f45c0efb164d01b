#include "index_groups.h"

namespace libyang_js {

Groups::~Groups() {
    for (const auto &entry : map_.entries()) {
        if (entry.key != 0) {
            delete many(entry.value);
        }
    }
}

std::span<lyd_node *const> Groups::nodes_of(const uint64_t &value) {
    if (const Many *nodes = many(value)) {
        return {nodes->data(), nodes->size()};
    }
    return {reinterpret_cast<lyd_node *const *>(&value), 1};
}

void Groups::set_place(lyd_node *node, size_t place) const {
    if (ordinal_ < 2) {
        const auto shift = ordinal_ * 32;
        const auto other = reinterpret_cast<uintptr_t>(node->priv) & ~(uint64_t{0xffffffff} << shift);
        node->priv = reinterpret_cast<void *>(other | (place << shift));
    }
}

size_t Groups::place_of(const lyd_node *node, const Many &in) const {
    if (ordinal_ < 2) {
        return (reinterpret_cast<uintptr_t>(node->priv) >> (ordinal_ * 32)) & 0xffffffff;
    }
    size_t place = in.size() - 1;
    while (in[place] != node) {
        place--;
    }
    return place;
}

void Groups::add(uint64_t key, lyd_node *node) {
    uint64_t &value = map_.at(key);
    if (value == 0) {
        value = reinterpret_cast<uint64_t>(node);
        return;
    }
    Many *nodes = many(value);
    if (nodes == nullptr) {
        auto *first = reinterpret_cast<lyd_node *>(value);
        set_place(first, 0);
        nodes = new Many{first};
        value = reinterpret_cast<uint64_t>(nodes) | 1;
    }
    set_place(node, nodes->size());
    nodes->push_back(node);
}

void Groups::remove(uint64_t key, lyd_node *node) {
    uint64_t *value = map_.find(key);
    if (value == nullptr) {
        return;
    }
    Many *nodes = many(*value);
    if (nodes == nullptr) {
        map_.erase(key);
        return;
    }
    const size_t place = place_of(node, *nodes);
    lyd_node *last = nodes->back();
    (*nodes)[place] = last;
    set_place(last, place);
    nodes->pop_back();
    if (nodes->empty()) {
        delete nodes;
        map_.erase(key);
    }
}

std::span<lyd_node *const> Groups::find(uint64_t key) const {
    const uint64_t *value = map_.find(key);
    return value == nullptr ? std::span<lyd_node *const>() : nodes_of(*value);
}

}  // namespace libyang_js
