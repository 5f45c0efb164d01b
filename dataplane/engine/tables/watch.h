// Looking in: captures and mirrors, and what they see of which interfaces. The control side publishes one immutable set of watches
// (Core::publish_watches); workers take it once a turn, and without one pay a branch a burst, a run of packets that leave, or a drop.
//
// Copies of mirrors have Packet::mirrored: of them nothing is seen, neither when they leave in a tunnel.
//
//   in    a frame as a port received it, on the port's interface and on the circuit that it belongs to; one for the routed
//         interface of a bridge domain, on that too
//   out   a frame as it is handed to the port, on its interface and, of a circuit, on the port's; of a tunnel what goes into it, and
//         `in` what comes out
//   drop  a packet where it was dropped, on the interface by which it came, or was to leave when it came by none
#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../net/bpf.h"
#include "../nodes/drops.h"
#include "../packet.h"
#include "capture_ring.h"
#include "counters.h"
#include "shared_bucket.h"

namespace weft {

enum WatchPoint : uint8_t { watch_in = 1, watch_out = 2, watch_drop = 4 };

// One of them, where a packet is seen.
struct Sight {
    const uint8_t *octets;
    uint32_t length;
    bool layer3;  // no Ethernet header
    uint32_t interface;
    uint8_t point, direction;
    Drop drop;
};

// A capture: workers fill the lanes, each its own, and never wait; the control side empties them (captures.cc).
struct Capture {
    struct alignas(64) Lane {
        CaptureRing ring;
        Counter over_rate, ring_full;
        uint32_t lost = 0;  // since the packet before; the worker's
    };

    Bpf ethernet, layer3;  // filters, by what packets begin with
    uint32_t snap_length = 0;
    uint64_t packets = 0;  // at most
    Limit rate{};
    uint64_t until = 0;  // the workers' microseconds
    std::bitset<drop_count> drops;
    SharedBucket bucket;
    alignas(64) std::atomic<uint64_t> taken{0};
    std::array<Lane, max_workers> lanes;

    bool full() const { return taken.load(std::memory_order_relaxed) >= packets; }
    // A worker's.
    void take(unsigned worker, uint64_t now, uint64_t wall_clock, const Sight &sight);
};

struct MirrorSpec {
    std::string name, destination;  // interfaces by name
    std::vector<std::pair<std::string, uint8_t>> sources;  // and the points: in, out
    Limit limit{};                                         // rate 0: none
    Bpf filter;
    bool operator==(const MirrorSpec &) const = default;
};

// What outlives a change of other mirrors.
struct Mirror {
    explicit Mirror(MirrorSpec what) : spec(std::move(what)) {}
    struct alignas(64) Counters {
        Counter packets, octets, over_rate, lost;
    };
    const MirrorSpec spec;
    SharedBucket bucket;
    std::array<Counters, max_workers> counters;
};

struct Watch {
    std::shared_ptr<Capture> capture;  // null: a mirror
    std::shared_ptr<Mirror> mirror;
    uint32_t destination = no_interface;  // of the mirror
    bool elsewhere = false;               // drops of packets that concern no interface too
    std::vector<uint8_t> points;          // by interface

    uint8_t at(uint32_t interface) const { return interface < points.size() ? points[interface] : uint8_t{0}; }
};

struct Watches {
    std::vector<uint8_t> points;    // by interface, what any watch wants of it; of a circuit, of its port's too
    std::vector<uint32_t> parents;  // of circuits, the port's interface
    std::vector<Watch> each;

    uint8_t at(uint32_t interface) const { return interface < points.size() ? points[interface] : uint8_t{0}; }
    uint32_t parent(uint32_t interface) const { return interface < parents.size() ? parents[interface] : no_interface; }
};

}  // namespace weft
