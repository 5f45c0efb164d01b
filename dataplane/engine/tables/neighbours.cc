#include "neighbours.h"

#include "hash.h"

namespace weft {

uint64_t Neighbours::hash(uint32_t interface, const Ip6 &address) {
    return mix((address.high ^ interface) * 0x9e3779b97f4a7c15ull + address.low);
}

Neighbours::Neighbours() : entries_(capacity), published_(new Published[capacity]) {
    for (uint32_t i = capacity; i-- > 0;) free_.push_back(i);
}

uint32_t Neighbours::find(uint32_t interface, const Ip6 &address) const {
    return index_.find(hash(interface, address), [&](uint32_t i) { return is(i, interface, address); });
}

void Neighbours::show(uint32_t i, uint32_t interface, const Ip6 &address, uint64_t bits, uint64_t version) {
    Published &p = published_[i];
    const uint32_t sequence = p.sequence.load(std::memory_order_relaxed);
    p.sequence.store(sequence + 1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    p.interface.store(interface, std::memory_order_relaxed);
    p.high.store(address.high, std::memory_order_relaxed);
    p.low.store(address.low, std::memory_order_relaxed);
    p.bits.store(bits, std::memory_order_relaxed);
    p.version.store(version, std::memory_order_relaxed);
    p.sequence.store(sequence + 2, std::memory_order_release);
}

void Neighbours::publish(uint32_t i) {
    const Neighbour &n = entries_[i];
    uint64_t bits = 0;
    if (!n.gone && n.state != NeighbourState::State::incomplete) {
        std::memcpy(&bits, n.mac.data(), n.mac.size());
        bits |= NeighbourLink::is_known;
        if (n.state == NeighbourState::State::stale) bits |= NeighbourLink::is_stale;
    }
    const uint64_t before = published_[i].bits.load(std::memory_order_relaxed);
    const bool another = (bits ^ before) & ~NeighbourLink::is_stale;
    const uint64_t now = version_.load(std::memory_order_relaxed) + another;
    show(i, n.interface, n.address, bits, another ? now : published_[i].version.load(std::memory_order_relaxed));
    if (another) version_.store(now, std::memory_order_release);
}

void Neighbours::raise(uint32_t i) {
    const uint64_t now = version_.load(std::memory_order_relaxed) + 1;
    show(i, entries_[i].interface, entries_[i].address, published_[i].bits.load(std::memory_order_relaxed), now);
    version_.store(now, std::memory_order_release);
}

void Neighbours::clear() {
    for (uint32_t i = 0; i < high_; i++) {
        if (entries_[i].interface == no_interface) continue;
        if (!entries_[i].gone) remove(i);
        release(i);
    }
}

uint32_t Neighbours::add(uint32_t interface, const Ip6 &address) {
    if (free_.empty()) return none;
    const uint32_t i = free_.back();
    free_.pop_back();
    if (i >= high_) high_ = i + 1;
    entries_[i] = Neighbour{};
    entries_[i].interface = interface;
    entries_[i].address = address;
    show(i, interface, address, 0, published_[i].version.load(std::memory_order_relaxed));
    index_.add(hash(interface, address), i);
    return i;
}

void Neighbours::remove(uint32_t i) {
    settle(i);
    index_.remove(i, [&](uint32_t other) { return hash(entries_[other].interface, entries_[other].address); });
    entries_[i].gone = true;
    publish(i);
}

void Neighbours::release(uint32_t i) {
    entries_[i] = Neighbour{};
    show(i, no_interface, {}, 0, published_[i].version.load(std::memory_order_relaxed));
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
