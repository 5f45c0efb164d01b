// The Internet checksum (RFC 1071), its incremental form (RFC 1624), and completion of what a sender left unfinished.
#pragma once

#include <cstddef>
#include <cstdint>

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

// Pseudo header of RFC 8200 §8.1 for a packet whose IPv6 header is at `ip`.
uint64_t pseudo6(const uint8_t *ip, uint32_t length, uint8_t next_header);

// RFC 1624 equation 3: a field of the header went from `before` to `after`.
inline uint16_t checksum_update(uint16_t sum, uint16_t before, uint16_t after) {
    uint32_t s = static_cast<uint16_t>(~sum) + static_cast<uint16_t>(~before) + static_cast<uint32_t>(after);
    s = (s & 0xffff) + (s >> 16);
    s = (s & 0xffff) + (s >> 16);
    return static_cast<uint16_t>(~s);
}

// Finishes the checksum of a packet with NEEDS_CSUM (its field holds the pseudo header's sum) and clears the flag.
// Offsets that do not fit the packet leave it as it is, flag cleared.
void complete_checksum(Packet &packet);

}  // namespace weft
