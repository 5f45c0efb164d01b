// IPv4 longest prefix match of one VRF: a trie of four 8-bit strides with leaves pushed down, and the routes by exact prefix
// beside it, which the writer asks for the next shorter one on a delete. One writer, any number of readers in an epoch; every
// change is a row of atomic entry writes, each of which leaves a right answer for its addresses. Lookup: at most four loads.
#pragma once

#include <array>
#include <cstdint>

#include "route_map.h"
#include "trie_nodes.h"

namespace weft {

class Fib4 {
  public:
    using Map = RouteMap<uint32_t>;

    Fib4(Epochs &epochs, TrieNodes &nodes);
    ~Fib4();
    Fib4(const Fib4 &) = delete;

    // Object, or -1.
    int64_t lookup(uint32_t address) const {
        uint32_t e = nodes_[root_].entries[address >> 24].load(std::memory_order_acquire);
        if (e & TrieNodes::child_flag) e = child(e, address >> 16);
        if (e & TrieNodes::child_flag) e = child(e, address >> 8);
        if (e & TrieNodes::child_flag) e = child(e, address);
        return static_cast<int64_t>(e) - 1;
    }

    size_t size() const { return map_.size(); }
    void reserve(size_t more) { map_.reserve(more); }
    // `before` gets the object that the route had, or -1. Nodes were counted in prepare.
    Map::Slot &set(uint32_t prefix, uint8_t length, uint32_t object, int64_t &before);
    Map::Slot *find(uint32_t prefix, uint8_t length) { return map_.find_slot(prefix, length); }
    void erase(Map::Slot &slot);
    template <class Visit>
    void each(Visit visit) {
        map_.each(visit);
    }

  private:
    uint32_t child(uint32_t entry, uint32_t byte) const {
        return nodes_[entry & ~TrieNodes::child_flag].entries[byte & 255].load(std::memory_order_acquire);
    }
    // Writes a leaf over the slots of a range whose leaf `replaces` says yes to, in the node and all below it.
    template <class Replaces>
    void paint(uint32_t node, unsigned from, unsigned count, uint32_t leaf, uint8_t depth, Replaces replaces);
    void free_below(uint32_t node);

    Epochs &epochs_;
    TrieNodes &nodes_;
    uint32_t root_;
    Map map_;
    std::array<uint32_t, 33> lengths_{};  // routes of each length
};

}  // namespace weft
