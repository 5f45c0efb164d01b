#include "neighbours.h"

#include "hash.h"

namespace weft {

uint64_t Neighbours::hash(uint32_t interface, const Ip6 &address) {
    return mix((address.high ^ interface) * 0x9e3779b97f4a7c15ull + address.low);
}

uint32_t Neighbours::find(uint32_t interface, const Ip6 &address) const {
    return index_.find(hash(interface, address), [&](uint32_t i) {
        return entries_[i].interface == interface && entries_[i].address == address;
    });
}

uint32_t Neighbours::add(uint32_t interface, const Ip6 &address) {
    if (free_.empty()) return none;
    const uint32_t i = free_.back();
    free_.pop_back();
    if (i >= high_) high_ = i + 1;
    entries_[i] = Neighbour{};
    entries_[i].interface = interface;
    entries_[i].address = address;
    index_.add(hash(interface, address), i);
    return i;
}

void Neighbours::remove(uint32_t i) {
    settle(i);
    index_.remove(i, [&](uint32_t other) { return hash(entries_[other].interface, entries_[other].address); });
    entries_[i].gone = true;
}

void Neighbours::release(uint32_t i) {
    entries_[i] = Neighbour{};
    free_.push_back(i);
}

void Neighbours::ask(uint32_t i) {
    Neighbour &n = entries_[i];
    n.asked = true;
    n.older = newest_;
    (newest_ == none ? oldest_ : entries_[newest_].newer) = i;
    newest_ = i;
    asked_++;
}

void Neighbours::settle(uint32_t i) {
    Neighbour &n = entries_[i];
    if (!n.asked) return;
    (n.older == none ? oldest_ : entries_[n.older].newer) = n.newer;
    (n.newer == none ? newest_ : entries_[n.newer].older) = n.older;
    n.older = n.newer = none;
    n.asked = false;
    asked_--;
}

uint32_t Neighbours::stale() {
    constexpr unsigned few = 16;
    uint32_t oldest = none;
    unsigned seen = 0;
    for (uint32_t steps = 0; steps < high_ && seen < few; steps++) {
        hand_ = hand_ + 1 < high_ ? hand_ + 1 : 0;
        const Neighbour &n = entries_[hand_];
        if (n.interface == no_interface || n.gone || n.state != NeighbourState::State::stale ||
            n.origin != NeighbourState::Origin::dynamic)
            continue;
        seen++;
        if (oldest == none || n.deadline < entries_[oldest].deadline) oldest = hand_;
    }
    return oldest;
}

}  // namespace weft
