#include "index_groups.h"

namespace libyang_js {

size_t FlatMap::home(uint64_t key) const {
    key ^= key >> 32;
    key *= 0x9e3779b97f4a7c15U;
    return (key ^ (key >> 29)) & (entries_.size() - 1);
}

uint64_t *FlatMap::find(uint64_t key) {
    if (size_ == 0) {
        return nullptr;
    }
    for (size_t i = home(key); entries_[i].key != 0; i = (i + 1) & (entries_.size() - 1)) {
        if (entries_[i].key == key) {
            return &entries_[i].value;
        }
    }
    return nullptr;
}

uint64_t &FlatMap::at(uint64_t key) {
    if (uint64_t *known = find(key)) {
        return *known;
    }
    if ((size_ + 1) * 4 > entries_.size() * 3) {
        grow();
    }
    size_t i = home(key);
    while (entries_[i].key != 0) {
        i = (i + 1) & (entries_.size() - 1);
    }
    entries_[i] = {key, 0};
    size_++;
    return entries_[i].value;
}

void FlatMap::grow() {
    std::vector<Entry> old(entries_.empty() ? 8 : entries_.size() * 2);
    old.swap(entries_);
    for (const auto &entry : old) {
        if (entry.key == 0) {
            continue;
        }
        size_t i = home(entry.key);
        while (entries_[i].key != 0) {
            i = (i + 1) & (entries_.size() - 1);
        }
        entries_[i] = entry;
    }
}

// Those behind the free slot that would not be found any more move up.
void FlatMap::erase(uint64_t key) {
    uint64_t *value = find(key);
    if (value == nullptr) {
        return;
    }
    const size_t mask = entries_.size() - 1;
    size_t free = static_cast<size_t>(reinterpret_cast<Entry *>(value - 1) - entries_.data());
    for (size_t i = (free + 1) & mask; entries_[i].key != 0; i = (i + 1) & mask) {
        if (((i - home(entries_[i].key)) & mask) >= ((i - free) & mask)) {
            entries_[free] = entries_[i];
            free = i;
        }
    }
    entries_[free] = {};
    size_--;
}

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
