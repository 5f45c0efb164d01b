// A packet trace: the next packets that match, and in notes what each node decided. The control side makes a run and publishes it
// (Core::begin_trace); workers claim a record for each packet that matches, fill it and never wait; the control side reads the
// records once every worker is past the burst in which the run was withdrawn (tables/epochs.h). A note is a constant text and the
// numbers that belong in it, so that the worker neither formats nor allocates.
//
// In a note's text {xn} stands for: x  n plain number, i interface, m MAC address, d drop reason, o object's slot, r route by which
// the address is reached in this VRF, v VRF, e entry of the access list program at c; n  a, b or c. {ip} is the address.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "../net/address.h"
#include "../packet.h"

namespace weft {

// IPv4 addresses are mapped ones, their prefix lengths 96 longer.
struct TraceMatch {
    uint32_t interface = no_interface;  // of ingress; none: any
    bool from_port = true, from_host = true;
    uint16_t ether_type = 0;  // 0: any
    Ip6 source, destination;
    uint8_t source_length = 0, destination_length = 0;  // 0: any
    int protocol = -1, source_port = -1, destination_port = -1;

    bool names_addresses() const { return source_length || destination_length || protocol >= 0; }
    bool names_ports() const { return source_port >= 0 || destination_port >= 0; }
};

struct TraceNote {
    const char *text = nullptr;  // null: the packet comes to the node
    uint64_t a = 0, b = 0, c = 0;
    Ip6 address;
    uint8_t node = 0;    // Node, or host_output or inject of below
    bool other = false;  // of a packet that was made or let go because of the traced one
};

enum class TraceResult : uint8_t { consumed, sent, delivered, held, dropped };

struct TraceRecord {
    static constexpr size_t most_notes = 40, most_octets = 128;

    uint64_t time = 0;  // the worker's microseconds
    uint32_t interface = no_interface;
    uint32_t length = 0;
    bool layer3 = false;  // no Ethernet header
    TraceResult result = TraceResult::consumed;
    uint8_t notes_used = 0;
    uint8_t octets[most_octets];  // as it came
    TraceNote notes[most_notes];
};

struct TraceRun {
    TraceRun(const TraceMatch &what, size_t count) : match(what), records(count) {}

    // A worker's: null when there have been enough.
    TraceRecord *claim() {
        if (claimed.load(std::memory_order_relaxed) >= records.size()) return nullptr;
        const size_t n = claimed.fetch_add(1, std::memory_order_relaxed);
        return n < records.size() ? &records[n] : nullptr;
    }

    const TraceMatch match;
    std::vector<TraceRecord> records;
    std::atomic<size_t> claimed{0};
};

}  // namespace weft
