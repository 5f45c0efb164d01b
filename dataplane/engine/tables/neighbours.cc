#include "neighbours.h"

#include "route_map.h"

namespace weft {

uint64_t Neighbours::hash(uint32_t interface, const Ip6 &address) {
    return mix((address.high ^ interface) * 0x9e3779b97f4a7c15ull + address.low);
}

uint32_t Neighbours::find(uint32_t interface, const Ip6 &address) const {
    const size_t mask = index_.size() - 1;
    for (uint64_t i = hash(interface, address);; i++) {
        const uint32_t entry = index_[i & mask];
        if (entry == none) return none;
        if (entries_[entry].interface == interface && entries_[entry].address == address) return entry;
    }
}

uint32_t Neighbours::add(uint32_t interface, const Ip6 &address) {
    if (free_.empty()) return none;
    const uint32_t entry = free_.back();
    free_.pop_back();
    if (entry >= high_) high_ = entry + 1;
    entries_[entry] = Neighbour{};
    entries_[entry].interface = interface;
    entries_[entry].address = address;
    const size_t mask = index_.size() - 1;
    uint64_t i = hash(interface, address);
    while (index_[i & mask] != none) i++;
    index_[i & mask] = entry;
    return entry;
}

void Neighbours::remove(uint32_t entry) {
    const size_t mask = index_.size() - 1;
    size_t hole = hash(entries_[entry].interface, entries_[entry].address) & mask;
    while (index_[hole] != entry) hole = (hole + 1) & mask;
    // Linear probing without dead slots: what follows moves into the hole when it may.
    for (size_t i = (hole + 1) & mask; index_[i] != none; i = (i + 1) & mask) {
        const Neighbour &n = entries_[index_[i]];
        const size_t home = hash(n.interface, n.address) & mask;
        if (((i - home) & mask) < ((i - hole) & mask)) continue;
        index_[hole] = index_[i];
        hole = i;
    }
    index_[hole] = none;
    entries_[entry].gone = true;
}

void Neighbours::release(uint32_t entry) {
    entries_[entry] = Neighbour{};
    free_.push_back(entry);
}

}  // namespace weft
