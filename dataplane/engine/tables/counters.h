// Counters that one worker writes and anybody reads: a relaxed load and store each, summed over workers when asked for.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "epochs.h"

namespace weft {

class Counter {
  public:
    void operator+=(uint64_t n) { v_.store(v_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
    void operator-=(uint64_t n) { *this += 0 - n; }
    void set(uint64_t n) { v_.store(n, std::memory_order_relaxed); }
    void clear() { v_.store(0, std::memory_order_relaxed); }
    uint64_t value() const { return v_.load(std::memory_order_relaxed); }

  private:
    std::atomic<uint64_t> v_{0};
};

// Of a node of the graph; cycles as cycles.h says.
struct NodeCounters {
    Counter packets, bursts, cycles;
};

struct alignas(64) InterfaceCounters {
    Counter in_octets, in_unicast, in_multicast, in_broadcast, in_discards, in_errors, in_unknown;
    Counter out_octets, out_unicast, out_multicast, out_broadcast, out_discards, out_errors;
    Counter in4, forwarded4, in6, forwarded6;
    Counter unicast_rpf4, unicast_rpf6;
};

}  // namespace weft
