// Neighbour discovery messages (RFC 4861 §§4.3, 4.4) as they are written: a solicitation or an advertisement with one link-layer
// address option, in an IPv6 packet of its own.
#pragma once

#include "address.h"
#include "bytes.h"
#include "checksum.h"
#include "protocols.h"

namespace weft {

constexpr uint8_t nd_solicitation = 135, nd_advertisement = 136;
constexpr uint32_t nd_flag_router = 0x80000000, nd_flag_solicited = 0x40000000, nd_flag_override = 0x20000000;
constexpr uint8_t nd_option_source = 1, nd_option_target = 2;
constexpr size_t nd_message_size = 40 + 32;

struct NdMessage {
    uint8_t type;
    uint32_t flags;
    Ip6 target, from, to;
    uint8_t option;
    MacAddress mac;  // of the option
};

// Writes nd_message_size octets at `h`, checksum and all. `dscp`: of the packet.
inline void put_nd(uint8_t *h, const NdMessage &message, uint8_t dscp) {
    constexpr uint32_t length = nd_message_size - 40;
    uint8_t *const m = h + 40;
    store32(h, 6u << 28 | static_cast<uint32_t>(dscp) << 22);
    store16(h + 4, length);
    h[6] = protocol_icmp6;
    h[7] = 255;
    store_ip6(h + 8, message.from);
    store_ip6(h + 24, message.to);
    m[0] = message.type;
    m[1] = 0;
    store16(m + 2, 0);
    store32(m + 4, message.flags);
    store_ip6(m + 8, message.target);
    m[24] = message.option;
    m[25] = 1;
    std::memcpy(m + 26, message.mac.data(), message.mac.size());
    store16(m + 2, static_cast<uint16_t>(~checksum_fold(checksum_add(pseudo6(h, length, protocol_icmp6), m, length))));
}

}  // namespace weft
