#include "flat_map.h"

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

}  // namespace libyang_js
