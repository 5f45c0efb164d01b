// Counts frames as they come in (RFC 8343), a run of one interface at a time.
#pragma once

#include "nodes.h"

namespace weft {

struct Arrivals {
    Worker &w;
    const Interface *interface = nullptr;
    uint64_t octets = 0, unicast = 0;

    explicit Arrivals(Worker &worker) : w(worker) {}
    ~Arrivals() { begin(nullptr); }
    Arrivals(const Arrivals &) = delete;

    void begin(const Interface *next) {
        if (interface && octets) {
            InterfaceCounters &c = w.counters(*interface);
            c.in_octets += octets;
            c.in_unicast += unicast;
        }
        octets = unicast = 0;
        interface = next;
    }
    // A frame with a group's destination.
    void group(const uint8_t *frame) {
        InterfaceCounters &c = w.counters(*interface);
        if (std::memcmp(frame, broadcast_mac.data(), 6) == 0)
            c.in_broadcast += 1;
        else
            c.in_multicast += 1;
    }
};

}  // namespace weft
