// What changes tell of the order of one list that the user orders: the neighbours of those entries that were touched.
// Entries are told apart by an address; null is the place before the first.
#pragma once

#include "flat_map.h"

namespace libyang_js {

class ListOrder {
  public:
    using Entry = const void *;

    // The entry that stands before `entry` now; `entry` must be known.
    Entry before(Entry entry) const { return entry_of(*before_.find(key(entry))); }
    bool knows(Entry entry) const { return before_.find(key(entry)) != nullptr; }
    // The entry known to stand right behind `entry`, or null.
    Entry behind(Entry entry) const {
        const auto *found = behind_.find(key(entry));
        return found == nullptr ? nullptr : entry_of(*found);
    }

    // An entry turns out to stand behind `before`.
    void know(Entry entry, Entry before) {
        before_.at(key(entry)) = key(before);
        behind_.at(key(before)) = key(entry);
    }
    void insert(Entry entry, Entry before) {
        const Entry next = behind(before);
        know(entry, before);
        if (next != nullptr) {
            know(next, entry);
        }
    }
    void remove(Entry entry) {
        const Entry previous = before(entry);
        const Entry next = behind(entry);
        before_.erase(key(entry));
        behind_.erase(key(entry));
        if (next != nullptr) {
            know(next, previous);
        } else {
            behind_.erase(key(previous));
        }
    }

  private:
    static uint64_t key(Entry entry) { return entry == nullptr ? 1 : reinterpret_cast<uint64_t>(entry); }
    static Entry entry_of(uint64_t key) { return key == 1 ? nullptr : reinterpret_cast<Entry>(key); }

    FlatMap before_, behind_;
};

}  // namespace libyang_js
