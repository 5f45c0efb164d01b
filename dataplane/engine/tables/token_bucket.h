// A policer: so many packets a second, and a burst of some at once. One thread's.
#pragma once

#include <algorithm>
#include <cstdint>

namespace weft {

// Packets a second, and at once; up to 1,000,000 each. A rate of 0 lets nothing pass.
struct Limit {
    uint32_t rate, burst;
    bool operator==(const Limit &) const = default;
};

class TokenBucket {
  public:
    explicit TokenBucket(Limit limit = {0, 0}) : limit_(limit), tokens_(most()) {}

    void set(Limit limit) {
        if (limit == limit_) return;
        limit_ = limit;
        tokens_ = most();
    }
    // `now` in microseconds.
    bool take(uint64_t now) {
        tokens_ = std::min(most(), tokens_ + (now - last_) * limit_.rate);
        last_ = now;
        if (tokens_ < one) return false;
        tokens_ -= one;
        return true;
    }

  private:
    static constexpr uint64_t one = 1000000;
    uint64_t most() const { return limit_.rate ? limit_.burst * one : 0; }

    Limit limit_;
    uint64_t tokens_, last_ = 0;  // millionths of a packet
};

}  // namespace weft
