// What is wrong for a while, for alarms (RFC 8632): housekeeping compares counters of losses once a second. A burst that is
// lost is no condition; a loss that goes on is one until it has ceased for longer than it takes to pause for breath.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "tables/holding.h"

namespace weft {

// Does a counter go on rising? To be looked at once a second.
class Rising {
  public:
    static constexpr unsigned begins = 3;  // rose in so many seconds in a row: TCP's own bursts of losses are shorter
    static constexpr unsigned ends = 10;   // has not risen for so many: a sender that backs off tries again sooner

    // A counter that is lower than before has begun anew.
    void look(uint64_t count);
    bool holds() const { return holds_; }

  private:
    uint64_t before_ = UINT64_MAX;
    unsigned rose_ = 0, quiet_ = 0;
    bool holds_ = false;
};

struct Conditions {
    struct OfPort {
        Rising overrun, not_draining;
    };
    struct OfHold {
        Rising table, holding;
    };
    std::map<std::string, OfPort> ports;  // by name
    std::array<OfHold, hold_kinds> holds;
    size_t told = 0;  // identifies what the last event was about
};

}  // namespace weft
