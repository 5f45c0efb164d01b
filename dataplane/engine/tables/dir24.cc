#include "dir24.h"

#include <algorithm>

namespace weft {

namespace {
constexpr size_t slots = size_t{1} << 24;
}

template <class Entry>
Dir24<Entry>::Dir24(Epochs &epochs)
    : Table4(sizeof(Entry) == 2 ? Form::narrow : Form::wide),
      epochs_(epochs),
      entry_pages_(slots * sizeof(Entry)),
      depth_pages_(slots),
      group_pages_(size_t{most_groups} * sizeof(Group), true),
      cold_pages_(size_t{most_groups} * sizeof(Cold), true),
      entries_(entry_pages_.as<std::atomic<Entry>>()),
      depths_(depth_pages_.as<uint8_t>()),
      groups_(group_pages_.as<Group>()),
      cold_(cold_pages_.as<Cold>()) {}

template <class Entry>
uint32_t Dir24<Entry>::take(Entry leaf, uint8_t depth) {
    uint32_t group;
    if (free_.empty()) {
        group = next_++;
    } else {
        group = free_.back();
        free_.pop_back();
    }
    for (auto &entry : groups_[group].entries) entry.store(leaf, std::memory_order_relaxed);
    std::fill_n(cold_[group].depths, 256, depth);
    cold_[group].routes = 0;
    return group;
}

template <class Entry>
template <class Replaces>
void Dir24<Entry>::paint(uint32_t group, unsigned from, unsigned count, Entry leaf, uint8_t depth, Replaces replaces) {
    Cold &cold = cold_[group];
    for (unsigned i = from; i < from + count; i++) {
        if (!replaces(cold.depths[i])) continue;
        cold.depths[i] = depth;
        groups_[group].entries[i].store(leaf, std::memory_order_release);
    }
}

template <class Entry>
template <class Replaces>
void Dir24<Entry>::paint(uint32_t prefix, uint8_t length, Entry leaf, uint8_t depth, Replaces replaces) {
    const size_t from = prefix >> 8;
    if (length > 24) {
        const Entry e = entries_[from].load(std::memory_order_relaxed);
        return paint(e & ~child_flag, prefix & 255, 1u << (32 - length), leaf, depth, replaces);
    }
    const size_t to = from + (size_t{1} << (24 - length));
    for (size_t i = from; i < to; i++) {
        const Entry e = entries_[i].load(std::memory_order_relaxed);
        if (e & child_flag) {
            paint(e & ~child_flag, 0, 256, leaf, depth, replaces);
        } else if (replaces(depths_[i])) {
            depths_[i] = depth;
            entries_[i].store(leaf, std::memory_order_release);
        }
    }
}

template <class Entry>
void Dir24<Entry>::set(uint32_t prefix, uint8_t length, uint32_t leaf, bool fresh) {
    if (length > 24) {
        const size_t i = prefix >> 8;
        Entry e = entries_[i].load(std::memory_order_relaxed);
        if (!(e & child_flag)) {
            e = static_cast<Entry>(take(e, depths_[i]) | child_flag);
            entries_[i].store(e, std::memory_order_release);
        }
        if (fresh) cold_[e & ~child_flag].routes++;
    }
    paint(prefix, length, static_cast<Entry>(leaf), length, [length](uint8_t d) { return d <= length; });
}

template <class Entry>
void Dir24<Entry>::erase(uint32_t prefix, uint8_t length, uint32_t leaf, uint8_t depth) {
    paint(prefix, length, static_cast<Entry>(leaf), depth, [length](uint8_t d) { return d == length; });
    if (length <= 24) return;
    // A group without routes has one leaf all over: its slot takes it.
    const size_t i = prefix >> 8;
    const uint32_t group = entries_[i].load(std::memory_order_relaxed) & ~child_flag;
    if (--cold_[group].routes) return;
    depths_[i] = cold_[group].depths[0];
    entries_[i].store(groups_[group].entries[0].load(std::memory_order_relaxed), std::memory_order_release);
    epochs_.retire([this, group] { free_.push_back(group); });
}

template <class Entry>
template <class Other>
void Dir24<Entry>::copy(const Dir24<Other> &other) {
    for (size_t i = 0; i < slots; i++) {
        const Other e = other.entries_[i].load(std::memory_order_relaxed);
        depths_[i] = other.depths_[i];
        if (!(e & Dir24<Other>::child_flag)) {
            entries_[i].store(e, std::memory_order_relaxed);
            continue;
        }
        const auto &group = other.groups_[e & ~Dir24<Other>::child_flag];
        const auto &cold = other.cold_[e & ~Dir24<Other>::child_flag];
        for (unsigned j = 0; j < 256; j++) {
            groups_[next_].entries[j].store(group.entries[j].load(std::memory_order_relaxed), std::memory_order_relaxed);
            cold_[next_].depths[j] = cold.depths[j];
        }
        cold_[next_].routes = cold.routes;
        entries_[i].store(static_cast<Entry>(next_++ | child_flag), std::memory_order_relaxed);
    }
}

// Prefetches let a mispredicted branch not hold the next misses up: gathers of AVX-512 are no faster than this. What lies in
// groups is asked for, and read when the others of the part are done.
template <class Entry>
void Dir24<Entry>::lookup(const uint32_t *addresses, uint32_t *objects, size_t n, uint32_t fallback) const {
    constexpr size_t ahead = 32, part = 64;
    const auto object = [fallback](Entry e) { return (e ? static_cast<uint32_t>(e) : fallback) - 1; };
    for (size_t i = 0; i < std::min(n, ahead); i++) __builtin_prefetch(&entries_[addresses[i] >> 8]);
    for (size_t from = 0; from < n; from += part) {
        const size_t to = std::min(n, from + part);
        size_t places[part], grouped = 0;
        for (size_t i = from; i < to; i++) {
            if (i + ahead < n) __builtin_prefetch(&entries_[addresses[i + ahead] >> 8]);
            const Entry e = entries_[addresses[i] >> 8].load(std::memory_order_acquire);
            if (e & child_flag) [[unlikely]] {
                __builtin_prefetch(&groups_[e & ~child_flag].entries[addresses[i] & 255]);
                objects[i] = e;
                places[grouped++] = i;
                continue;
            }
            objects[i] = object(e);
        }
        for (size_t g = 0; g < grouped; g++) {
            const size_t i = places[g];
            objects[i] = object(below(static_cast<Entry>(objects[i]), addresses[i]));
        }
    }
}

template class Dir24<uint16_t>;
template class Dir24<uint32_t>;
template void Dir24<uint32_t>::copy(const Dir24<uint16_t> &);

}  // namespace weft
