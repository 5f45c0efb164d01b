// Neighbours by (interface, address), both families: the table of the worker that owns the ports, which alone touches it. Fixed
// memory. No more than 2048 are incomplete at a time, in the order in which they were first asked for: a scan of unused
// addresses pushes out its own oldest questions, never an address that is known. When the table is full, a question gives way,
// else a stale entry.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "../engine.h"
#include "../net/address.h"
#include "holding.h"
#include "slot_index.h"

namespace weft {

struct alignas(64) Neighbour {
    Ip6 address;
    uint32_t interface = no_interface;
    MacAddress mac{};
    NeighbourState::State state = NeighbourState::State::incomplete;
    NeighbourState::Origin origin = NeighbourState::Origin::dynamic;
    bool router = false;
    bool dirty = false;  // the view has not been told
    bool told = false;   // the view knows of it
    bool gone = false;   // out of the index; the slot waits until the view has been told
    bool asked = false;  // in the row of the incomplete
    uint8_t probes = 0;
    uint32_t older = SlotIndex::none, newer = SlotIndex::none;  // in that row
    HoldQueue held;
    uint64_t deadline = 0;  // microseconds, of the state

    bool is(uint32_t on, const Ip6 &whose) const { return !gone && interface == on && address == whose; }
};

class Neighbours {
  public:
    static constexpr uint32_t none = SlotIndex::none;
    static constexpr uint32_t capacity = 32768, incomplete_most = 2048;

    Neighbours() : entries_(capacity) {
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

    // The row of the incomplete.
    void ask(uint32_t i);
    void settle(uint32_t i);  // nothing when it is not in the row
    uint32_t oldest_asked() const { return oldest_; }
    uint32_t asked() const { return asked_; }
    // A dynamic stale entry: the one unused for longest among the next few of a hand that goes round the table; none: there is
    // none at all.
    uint32_t stale();

  private:
    static uint64_t hash(uint32_t interface, const Ip6 &address);
    std::vector<Neighbour> entries_;
    std::vector<uint32_t> free_;
    SlotIndex index_{capacity};
    uint32_t high_ = 0, hand_ = 0;
    uint32_t oldest_ = none, newest_ = none, asked_ = 0;
};

}  // namespace weft
