// From a key's hash to the dense slot of its entry: open addressing with linear probing, of fixed size and without dead places.
// The entries, and with them the keys, are the table's. One thread changes it. Others may look while it does: they may miss a
// slot that is just being moved, and must judge by themselves whether the slot that they find is the one they want. Cost: a probe
// or two at a quarter full.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace weft {

class SlotIndex {
  public:
    static constexpr uint32_t none = 0xffffffff;

    explicit SlotIndex(size_t capacity)
        : size_(std::bit_ceil(capacity) * 4), index_(new std::atomic<uint32_t>[size_]) {
        for (size_t i = 0; i < size_; i++) set(i, none);
    }

    // The slot for which `matches(slot)` holds, or none.
    template <class Matches>
    uint32_t find(uint64_t hash, Matches matches) const {
        // There is always a place with none, but for who looks while others move there may not be one in every instant.
        for (uint64_t i = hash; i != hash + size_; i++) {
            const uint32_t slot = at(i, std::memory_order_acquire);
            if (slot == none || matches(slot)) return slot;
        }
        return none;
    }

    // A slot that is not in the index; there is room for the capacity.
    void add(uint64_t hash, uint32_t slot) {
        uint64_t i = hash;
        while (at(i) != none) i++;
        set(i, slot);
    }

    // What follows moves into the hole when it may; `hash_of(slot)` is asked for each.
    template <class HashOf>
    void remove(uint32_t slot, HashOf hash_of) {
        const size_t mask = size_ - 1;
        size_t hole = hash_of(slot) & mask;
        while (at(hole) != slot) hole = (hole + 1) & mask;
        for (size_t i = (hole + 1) & mask; at(i) != none; i = (i + 1) & mask) {
            const size_t home = hash_of(at(i)) & mask;
            if (((i - home) & mask) < ((i - hole) & mask)) continue;
            set(hole, at(i));
            hole = i;
        }
        set(hole, none);
    }

  private:
    uint32_t at(uint64_t i, std::memory_order order = std::memory_order_relaxed) const { return index_[i & (size_ - 1)].load(order); }
    void set(uint64_t i, uint32_t slot) { index_[i & (size_ - 1)].store(slot, std::memory_order_release); }

    const size_t size_;
    const std::unique_ptr<std::atomic<uint32_t>[]> index_;
};

}  // namespace weft
