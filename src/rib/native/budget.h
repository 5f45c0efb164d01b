// Work in slices: how long a slice may still go on.
#pragma once

#include <chrono>

namespace weft::rib {

class Budget {
  public:
    explicit Budget(std::chrono::microseconds time) : end_(std::chrono::steady_clock::now() + time) {}
    // For work that is done to its end.
    Budget() : end_(std::chrono::steady_clock::time_point::max()) {}

    // Asked once for each small piece of work; looks at the clock now and then.
    bool over() {
        if (++asked_ % 128 == 0) over_ = std::chrono::steady_clock::now() >= end_;
        return over_;
    }

  private:
    std::chrono::steady_clock::time_point end_;
    unsigned asked_ = 0;
    bool over_ = false;
};

}  // namespace weft::rib
