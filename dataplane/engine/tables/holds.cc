#include "holds.h"

#include "hash.h"

namespace weft {

Holds::Holds(uint32_t most) : entries_(most), index_(most) {
    for (uint32_t i = most; i-- > 0;) free_.push_back(i);
}

uint64_t Holds::hash(const HoldKey &key) {
    const uint64_t where = reinterpret_cast<uintptr_t>(key.vrf) + (static_cast<uint64_t>(key.kind) << 32 | key.object);
    return mix((key.destination.high ^ where) * 0x9e3779b97f4a7c15ull + key.destination.low);
}

uint32_t Holds::find(const HoldKey &key) const {
    return index_.find(hash(key), [&](uint32_t i) { return entries_[i].key == key; });
}

uint32_t Holds::add(const HoldKey &key) {
    if (free_.empty()) return none;
    const uint32_t i = free_.back();
    free_.pop_back();
    if (i >= high_) high_ = i + 1;
    entries_[i] = Hold{};
    entries_[i].key = key;
    entries_[i].used = true;
    entries_[i].older = newest_;
    (newest_ == none ? oldest_ : entries_[newest_].newer) = i;
    newest_ = i;
    index_.add(hash(key), i);
    live_++;
    return i;
}

void Holds::remove(uint32_t i) {
    index_.remove(i, [&](uint32_t other) { return hash(entries_[other].key); });
    Hold &h = entries_[i];
    (h.older == none ? oldest_ : entries_[h.older].newer) = h.newer;
    (h.newer == none ? newest_ : entries_[h.newer].older) = h.older;
    h.used = false;
    free_.push_back(i);
    live_--;
}

}  // namespace weft
