// Neighbours by (interface, address), both families: the table of the worker that owns the ports, which alone touches it. Fixed
// memory; when it is full the oldest stale entry that nobody used makes room.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "../engine.h"
#include "../net/address.h"
#include "holding.h"

namespace weft {

struct Neighbour {
    Ip6 address;
    uint32_t interface = no_interface;
    MacAddress mac{};
    NeighbourState::State state = NeighbourState::State::incomplete;
    NeighbourState::Origin origin = NeighbourState::Origin::dynamic;
    bool router = false;
    bool dirty = false;  // the view has not been told
    bool gone = false;   // out of the index; the slot waits until the view has been told
    uint8_t probes = 0, held = 0;
    uint32_t first_held = Holding::none, last_held = Holding::none;
    uint64_t deadline = 0;  // microseconds, of the state
};

class Neighbours {
  public:
    static constexpr uint32_t none = 0xffffffff;
    static constexpr uint32_t capacity = 32768;

    Neighbours() : entries_(capacity), index_(capacity * 4, none) {
        for (uint32_t i = capacity; i-- > 0;) free_.push_back(i);
    }

    Neighbour &operator[](uint32_t i) { return entries_[i]; }
    uint32_t find(uint32_t interface, const Ip6 &address) const;
    // none: full.
    uint32_t add(uint32_t interface, const Ip6 &address);
    // Takes it out of the index; release() gives the slot back.
    void remove(uint32_t i);
    void release(uint32_t i);
    // Slots below have been used at some time.
    uint32_t high() const { return high_; }
    bool full() const { return free_.empty(); }

  private:
    static uint64_t hash(uint32_t interface, const Ip6 &address);
    std::vector<Neighbour> entries_;
    std::vector<uint32_t> index_, free_;
    uint32_t high_ = 0;
};

}  // namespace weft
