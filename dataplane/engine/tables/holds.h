// Keys that a worker's packets wait for: a neighbour by interface and address (nodes/glean_wait.cc), and behind forwarding objects
// of type resolve (nodes/resolve.cc) a LISP mapping by VRF and destination, an IPsec security association by its object. Tables of
// one worker, of fixed memory. A key stays for as long as packets wait for it, and a second after it was last asked for, so that
// it is asked for no more than once a second.
#pragma once

#include <cstdint>
#include <vector>

#include "../net/address.h"
#include "holding.h"
#include "slot_index.h"

namespace weft {

struct Vrf;

// What is not resolved, as the controller is told: by the identifier that it gave the object, and the packet that asked.
struct Miss {
    HoldKind kind = HoldKind::lisp;
    uint32_t id = 0, vrf = 0;
    Ip6 source, destination;
    uint8_t protocol = 0;
    uint16_t source_port = 0, destination_port = 0;  // 0: the protocol has none, or a fragment
};

struct HoldKey {
    HoldKind kind = HoldKind::lisp;
    uint32_t object = 0;  // ike: slot of the object; glean: index of the interface
    Vrf *vrf = nullptr;   // lisp
    Ip6 destination;      // lisp and glean
    bool operator==(const HoldKey &) const = default;
};

struct Hold {
    HoldKey key;
    Vrf *vrf = nullptr;  // that the packets came in; glean: of the interface
    uint32_t id = 0;
    bool used = false;
    HoldQueue queue;
    uint64_t expires = 0;     // microseconds: when those that wait are dropped
    uint64_t next_event = 0;  // not before
    uint32_t older = SlotIndex::none, newer = SlotIndex::none;  // in the order in which they were added
};

class Holds {
  public:
    static constexpr uint32_t none = SlotIndex::none;
    static constexpr uint32_t capacity = 4096;

    explicit Holds(uint32_t most = capacity);
    Hold &operator[](uint32_t i) { return entries_[i]; }
    uint32_t find(const HoldKey &key) const;
    // none: full.
    uint32_t add(const HoldKey &key);
    void remove(uint32_t i);
    bool any() const { return live_ != 0; }
    uint32_t size() const { return live_; }
    bool full() const { return free_.empty(); }
    uint32_t oldest() const { return oldest_; }
    // Slots below have been used at some time.
    uint32_t high() const { return high_; }

    uint64_t seen = 0;     // what the routes or neighbours were like when those that wait were last looked at
    bool overdue = false;  // packets wait behind others that can go

  private:
    static uint64_t hash(const HoldKey &key);
    std::vector<Hold> entries_;
    std::vector<uint32_t> free_;
    SlotIndex index_;
    uint32_t high_ = 0, live_ = 0;
    uint32_t oldest_ = none, newest_ = none;
};

}  // namespace weft
