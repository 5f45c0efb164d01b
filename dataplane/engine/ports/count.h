// Counters of ports: one thread writes, others read.
#pragma once

#include <atomic>
#include <cstdint>

namespace weft {

inline void add(std::atomic<uint64_t> &counter, uint64_t value) {
    counter.store(counter.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
}

}  // namespace weft
