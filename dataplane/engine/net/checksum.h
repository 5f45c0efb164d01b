// The Internet checksum (RFC 1071), its incremental form (RFC 1624), and completion of what a sender left unfinished.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../packet.h"
#include "address.h"

namespace weft {

// A sum not yet folded; parts of one message but the last must have an even length.
uint64_t checksum_add(uint64_t sum, const uint8_t *data, size_t length);

inline uint16_t checksum_fold(uint64_t sum) {
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(sum);
}

// The value for a checksum field, to be stored with store16.
inline uint16_t checksum(const uint8_t *data, size_t length) {
    return static_cast<uint16_t>(~checksum_fold(checksum_add(0, data, length)));
}

// True when a header with its checksum in place sums to zero.
inline bool checksum_good(const uint8_t *data, size_t length) {
    return checksum_fold(checksum_add(0, data, length)) == 0xffff;
}

// The same for an IPv4 header of 20 octets without options, in a few additions: the order of octets does not matter to it.
inline bool checksum_good20(const uint8_t *header) {
    uint64_t a, b;
    uint32_t c;
    std::memcpy(&a, header, 8);
    std::memcpy(&b, header + 8, 8);
    std::memcpy(&c, header + 16, 4);
    uint64_t sum = (a & 0xffffffff) + (a >> 32) + (b & 0xffffffff) + (b >> 32) + c;
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
    return ((sum & 0xffff) + (sum >> 16)) == 0xffff;
}

// Pseudo header of RFC 8200 §8.1 for a packet whose IPv6 header is at `ip`.
uint64_t pseudo6(const uint8_t *ip, uint32_t length, uint8_t next_header);

// RFC 1624 equation 3: a field of the header went from `before` to `after`.
inline uint16_t checksum_update(uint16_t sum, uint16_t before, uint16_t after) {
    uint32_t s = static_cast<uint16_t>(~sum) + static_cast<uint16_t>(~before) + static_cast<uint32_t>(after);
    s = (s & 0xffff) + (s >> 16);
    s = (s & 0xffff) + (s >> 16);
    return static_cast<uint16_t>(~s);
}

// The same for a TTL one lower, of the checksum as it lies in memory.
inline uint16_t checksum_of_next_hop(uint16_t sum) {
    constexpr uint32_t one = std::endian::native == std::endian::little ? 0x0001 : 0x0100;
    const uint32_t s = sum + one;
    return static_cast<uint16_t>(s + (s >= 0xffff));
}

// Finishes the checksum of a packet with NEEDS_CSUM (its field holds the pseudo header's sum) and clears the flag.
// Offsets that do not fit the packet, or lie within its IP header (at l3_offset), leave it as it is, flag cleared.
void complete_checksum(Packet &packet);

}  // namespace weft
