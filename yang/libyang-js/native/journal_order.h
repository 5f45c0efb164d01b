// What changes tell of the order of one list that the user orders: the neighbours of those entries that were touched.
// Entries are told apart by an address; null is the place before the first.
#pragma once

#include <unordered_map>

namespace libyang_js {

class ListOrder {
  public:
    using Entry = const void *;

    // The entry that stands before `entry` now; `entry` must be known.
    Entry before(Entry entry) const { return before_.at(entry); }
    bool knows(Entry entry) const { return before_.contains(entry); }
    // The entry known to stand right behind `entry`, or null.
    Entry behind(Entry entry) const {
        const auto found = behind_.find(entry);
        return found == behind_.end() ? nullptr : found->second;
    }

    // An entry turns out to stand behind `before`.
    void know(Entry entry, Entry before) {
        before_[entry] = before;
        behind_[before] = entry;
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
        before_.erase(entry);
        behind_.erase(entry);
        if (next != nullptr) {
            know(next, previous);
        } else {
            behind_.erase(previous);
        }
    }

  private:
    std::unordered_map<Entry, Entry> before_, behind_;
};

}  // namespace libyang_js
