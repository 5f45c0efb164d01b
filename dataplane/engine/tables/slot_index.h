// From a key's hash to the dense slot of its entry: open addressing with linear probing, of fixed size and without dead places.
// For tables of one worker; the entries, and with them the keys, are the table's. Cost: a probe or two at a quarter full.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weft {

class SlotIndex {
  public:
    static constexpr uint32_t none = 0xffffffff;

    explicit SlotIndex(size_t capacity) : index_(std::bit_ceil(capacity) * 4, none) {}

    // The slot for which `matches(slot)` holds, or none.
    template <class Matches>
    uint32_t find(uint64_t hash, Matches matches) const {
        const size_t mask = index_.size() - 1;
        for (uint64_t i = hash;; i++) {
            const uint32_t slot = index_[i & mask];
            if (slot == none || matches(slot)) return slot;
        }
    }

    // A slot that is not in the index; there is room for the capacity.
    void add(uint64_t hash, uint32_t slot) {
        const size_t mask = index_.size() - 1;
        uint64_t i = hash;
        while (index_[i & mask] != none) i++;
        index_[i & mask] = slot;
    }

    // What follows moves into the hole when it may; `hash_of(slot)` is asked for each.
    template <class HashOf>
    void remove(uint32_t slot, HashOf hash_of) {
        const size_t mask = index_.size() - 1;
        size_t hole = hash_of(slot) & mask;
        while (index_[hole] != slot) hole = (hole + 1) & mask;
        for (size_t i = (hole + 1) & mask; index_[i] != none; i = (i + 1) & mask) {
            const size_t home = hash_of(index_[i]) & mask;
            if (((i - home) & mask) < ((i - hole) & mask)) continue;
            index_[hole] = index_[i];
            hole = i;
        }
        index_[hole] = none;
    }

  private:
    std::vector<uint32_t> index_;
};

}  // namespace weft
