// The large forms of an IPv4 table (table4.h): an entry for each /24, and groups of 256 for those with longer routes. 48 MiB
// with entries of 2 octets (narrow: up to 32767 objects by number, and as many groups), 80 MiB with 4; groups come on top,
// 0.8 and 1.3 KiB each. A burst looks its addresses up together, so that their cache misses overlap.
#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

#include "epochs.h"
#include "pages.h"
#include "table4.h"

namespace weft {

template <class Entry>
class Dir24 final : public Table4 {
  public:
    static constexpr Entry child_flag = static_cast<Entry>(Entry{1} << (8 * sizeof(Entry) - 1));
    static constexpr uint32_t most_objects = child_flag - 1;  // their numbers are below this
    static constexpr uint32_t most_groups = sizeof(Entry) == 2 ? child_flag : 1u << 22;

    // Throws bad_alloc.
    explicit Dir24(Epochs &epochs);
    Dir24(const Dir24 &) = delete;

    void set(uint32_t prefix, uint8_t length, uint32_t leaf, bool fresh) override;
    void erase(uint32_t prefix, uint8_t length, uint32_t leaf, uint8_t depth) override;
    void prefetch(uint32_t prefix) const override {
        __builtin_prefetch(&entries_[prefix >> 8], 1);
        __builtin_prefetch(&depths_[prefix >> 8], 1);
    }
    // The entry that lookup() of an address reads first.
    const void *entry(uint32_t address) const { return &entries_[address >> 8]; }
    // Memory as the kernel fast path shares it: what has ever been in use, and all of it, in octets.
    struct Memory {
        void *memory;
        size_t used, octets;
    };
    Memory entries() const { return {entries_, sizeof(Entry) << 24, sizeof(Entry) << 24}; }
    Memory groups() const { return {groups_, next_ * sizeof(Group), size_t{most_groups} * sizeof(Group)}; }
    uint32_t free_groups() const { return most_groups - next_ + static_cast<uint32_t>(free_.size()); }
    bool has_group(uint32_t prefix) const { return entries_[prefix >> 8].load(std::memory_order_relaxed) & child_flag; }
    // Makes this, empty, the like of another.
    template <class Other>
    void copy(const Dir24<Other> &other);

    // Object, or no_object.
    uint32_t lookup(uint32_t address) const {
        Entry e = entries_[address >> 8].load(std::memory_order_acquire);
        if (e & child_flag) e = below(e, address);
        return static_cast<uint32_t>(e) - 1;
    }
    // Of each address: its object, or `fallback` - 1.
    void lookup(const uint32_t *addresses, uint32_t *objects, size_t n, uint32_t fallback) const;

  private:
    template <class>
    friend class Dir24;
    struct Group {
        std::atomic<Entry> entries[256];
    };
    // The writer's part of a group.
    struct Cold {
        uint8_t depths[256];
        uint32_t routes;  // that end in the group
    };

    Entry below(Entry e, uint32_t address) const {
        return groups_[e & ~child_flag].entries[address & 255].load(std::memory_order_acquire);
    }
    // The number of a group, painted with one leaf.
    uint32_t take(Entry leaf, uint8_t depth);
    template <class Replaces>
    void paint(uint32_t group, unsigned from, unsigned count, Entry leaf, uint8_t depth, Replaces replaces);
    template <class Replaces>
    void paint(uint32_t prefix, uint8_t length, Entry leaf, uint8_t depth, Replaces replaces);

    Epochs &epochs_;
    Pages entry_pages_, depth_pages_, group_pages_, cold_pages_;
    std::atomic<Entry> *entries_;
    uint8_t *depths_;  // the writer's
    Group *groups_;
    Cold *cold_;
    uint32_t next_ = 0;
    std::vector<uint32_t> free_;
};

using Narrow4 = Dir24<uint16_t>;
using Wide4 = Dir24<uint32_t>;

}  // namespace weft
