// A policer for the box as a whole: so many packets a second, and a burst of some at once, whichever workers they come by. One
// word says until when the rate is used up (the generic cell rate algorithm); taking moves it on by a packet's share. Workers
// never wait: who loses a race tries again with what the winner left. `now` is each worker's own, in microseconds; that they
// differ by a burst's time does not matter.
#pragma once

#include <atomic>
#include <cstdint>

namespace weft {

// Packets a second, and at once; up to 1,000,000 each. A rate of 0 lets nothing pass.
struct Limit {
    uint32_t rate, burst;
    bool operator==(const Limit &) const = default;
};

class SharedBucket {
  public:
    // Any worker's.
    bool take(uint64_t now, Limit limit) {
        if (limit.rate == 0 || limit.burst == 0) return false;
        const uint64_t time = now * 1000, share = 1000000000 / limit.rate;
        uint64_t used = used_until_.load(std::memory_order_relaxed), next;
        do {
            if (used > time + (limit.burst - 1) * share) return false;
            next = (used > time ? used : time) + share;
        } while (!used_until_.compare_exchange_weak(used, next, std::memory_order_relaxed));
        return true;
    }
    // The burst is to be had in full: a new limit holds from now on.
    void refill() { used_until_.store(0, std::memory_order_relaxed); }

  private:
    alignas(64) std::atomic<uint64_t> used_until_{0};  // nanoseconds
};

}  // namespace weft
