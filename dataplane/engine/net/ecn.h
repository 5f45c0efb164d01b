// Explicit congestion notification through tunnels (RFC 6040, normal mode), and the octet of IP headers that it shares with DSCP.
#pragma once

#include <cstdint>

#include "bytes.h"
#include "checksum.h"

namespace weft {

inline constexpr uint8_t ecn_mask = 3, ecn_not_capable = 0, ecn_capable1 = 1, ecn_capable0 = 2, ecn_congestion = 3;
inline constexpr uint8_t ecn_drop = 4;  // no mark

// What a packet that comes out of a tunnel is marked with, by its own mark and that of the outer header (RFC 6040 §4.2, figure 4).
// Going in, the outer header has the packet's own mark (§4.1).
inline constexpr uint8_t ecn_decapsulated[4][4] = {
    // outer: not capable, ECT(1), ECT(0), congestion
    {ecn_not_capable, ecn_not_capable, ecn_not_capable, ecn_drop},
    {ecn_capable1, ecn_capable1, ecn_capable1, ecn_congestion},
    {ecn_capable0, ecn_capable1, ecn_capable0, ecn_congestion},
    {ecn_congestion, ecn_congestion, ecn_congestion, ecn_congestion},
};

// Type of service or traffic class of the IP header at `h`.
inline uint8_t traffic_class(const uint8_t *h, bool v4) { return v4 ? h[1] : static_cast<uint8_t>(load16(h) >> 4); }

inline void set_traffic_class(uint8_t *h, bool v4, uint8_t value) {
    const uint16_t before = load16(h);
    if (!v4) return store16(h, static_cast<uint16_t>((before & 0xf00f) | value << 4));
    h[1] = value;
    store16(h + 10, checksum_update(load16(h + 10), before, load16(h)));
}

}  // namespace weft
