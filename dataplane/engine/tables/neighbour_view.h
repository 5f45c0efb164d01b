// What the world outside the workers sees of neighbours. The worker that owns the table pushes changes into a ring of one
// producer and one consumer and never waits (what does not fit is pushed again at its next tick); whoever holds this view's
// lock takes them out, keeps the picture that state is read from, and hands on what is to be mirrored to the host taps.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <vector>

#include "../engine.h"
#include "../net/address.h"

namespace weft {

struct NeighbourChange {
    uint32_t interface = no_interface;
    Ip6 address;
    MacAddress mac{};
    NeighbourState::Origin origin = NeighbourState::Origin::dynamic;
    NeighbourState::State state = NeighbourState::State::incomplete;
    bool router = false, gone = false;
};

class NeighbourView {
  public:
    // The worker's. False: full.
    bool push(const NeighbourChange &change) {
        const size_t head = head_.load(std::memory_order_relaxed);
        if (head - tail_.load(std::memory_order_acquire) == ring_.size()) return false;
        ring_[head % ring_.size()] = change;
        head_.store(head + 1, std::memory_order_release);
        return true;
    }

    // Any other thread.
    std::vector<NeighbourChange> all();
    // Changes that the kernel's picture should follow, in order: a new MAC, or gone.
    std::vector<NeighbourChange> take_mirror();
    size_t size();
    // The worker is no more, and what it knew with it.
    void clear();
    std::atomic<uint64_t> held{0};  // packets that wait for an address, by the worker

  private:
    struct Less {
        bool operator()(const std::pair<uint32_t, Ip6> &a, const std::pair<uint32_t, Ip6> &b) const {
            if (a.first != b.first) return a.first < b.first;
            return a.second.high != b.second.high ? a.second.high < b.second.high : a.second.low < b.second.low;
        }
    };
    void drain();

    std::array<NeighbourChange, 4096> ring_;
    alignas(64) std::atomic<size_t> head_{0};
    alignas(64) std::atomic<size_t> tail_{0};
    std::mutex lock_;
    std::map<std::pair<uint32_t, Ip6>, NeighbourChange, Less> known_;
    std::vector<NeighbourChange> mirror_;
};

}  // namespace weft
