// flow_hash() of IPv4, for who asks for it of each packet (nodes/flow_hash.cc says what it is of).
#pragma once

#include "../net/bytes.h"
#include "../net/protocols.h"
#include "../tables/hash.h"

namespace weft {

inline bool has_ports(uint8_t protocol) { return protocol == protocol_tcp || protocol == protocol_udp || protocol == 132; }

inline uint32_t end_flow_hash(uint64_t sum, uint8_t protocol) {
    const auto hash = static_cast<uint32_t>(mix(sum ^ protocol) >> 16);
    return hash ? hash : 1;
}

// `room`: octets from the IP header on.
inline uint32_t flow_hash4(const uint8_t *h, uint32_t room) {
    uint64_t sum = mix(static_cast<uint64_t>(load32(h + 12)) << 32 | load32(h + 16));
    const uint8_t protocol = h[9];
    const uint32_t header = (h[0] & 15u) * 4;
    const bool whole = (load16(h + 6) & 0x3fff) == 0;
    if (whole && has_ports(protocol) && header + 4 <= room) sum ^= static_cast<uint64_t>(load32(h + header)) << 8;
    return end_flow_hash(sum, protocol);
}

}  // namespace weft
