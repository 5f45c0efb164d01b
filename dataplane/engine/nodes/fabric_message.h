// What members of a chassis say to each other over the fabric, under the key 0: frames of an Ethernet type for local use (IEEE 802),
// from the MAC address of the sender's internal interface, in network order
//
//   version (1) 8 | type 8 | slot of the sender 16 | its boot 32 | entries 16 | flags 8 | 0 8 | entries
//
//   hello        each of its ports: key 24 | 1: up 8 | MAC 48 | MTU 16. Flag 1: it hears the one that it is for by this link
//   addresses    of bridge domains: key of the domain 16 | key of the interface 24 | 0 8 | remote of a tunnel 16 | seconds since it was
//                heard 16 | MAC 48
//   neighbours   of its interfaces: key 24 | 0 8 | address 128 (an IPv4 one mapped) | MAC 48 | 0 16
//   wanted       neighbours of the receiver's: key 24 | 0 8 | address 128
#pragma once

#include "nodes.h"

namespace weft {

enum class FabricMessage : uint8_t { hello = 1, addresses = 2, neighbours = 3, wanted = 4 };

inline constexpr uint8_t fabric_version = 1, hello_heard = 1;
inline constexpr uint32_t fabric_message_head = 12;
inline constexpr uint32_t hello_entry = 12, address_entry = 16, neighbour_entry = 28, wanted_entry = 20;
// Octets of a message: the fabric carries no less than that.
inline constexpr uint32_t fabric_message_most = 1280;

inline void store24(uint8_t *p, uint32_t v) {
    p[0] = static_cast<uint8_t>(v >> 16);
    store16(p + 1, static_cast<uint16_t>(v));
}
inline uint32_t load24(const uint8_t *p) { return load32(p) >> 8; }

}  // namespace weft
