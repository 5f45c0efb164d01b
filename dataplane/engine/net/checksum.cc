#include "checksum.h"

#include "offload.h"

namespace weft {

uint64_t checksum_add(uint64_t sum, const uint8_t *data, size_t length) {
    while (length >= 4) {
        sum += load32(data);
        data += 4;
        length -= 4;
    }
    if (length >= 2) {
        sum += load16(data);
        data += 2;
        length -= 2;
    }
    if (length) sum += static_cast<uint64_t>(*data) << 8;
    return sum;
}

uint64_t pseudo6(const uint8_t *ip, uint32_t length, uint8_t next_header) {
    return checksum_add(0, ip + 8, 32) + length + next_header;
}

void complete_checksum(Packet &p) {
    if (!(p.offload.flags & offload_needs_checksum)) return;
    p.offload.flags &= static_cast<uint8_t>(~offload_needs_checksum);
    const size_t start = p.offload.csum_start, field = start + p.offload.csum_offset;
    if (start >= p.length || field + 2 > p.length) return;
    // Addresses and hops have been judged: whoever made the frame does not have them written over.
    const uint8_t *ip = p.data + p.l3_offset;
    const size_t header = ip[0] >> 4 == 4 ? (ip[0] & 15u) * 4 : 40;
    if (p.ether_type && start < p.l3_offset + header) return;  // a tap's frame, which nobody has looked into, has no type
    uint16_t sum = checksum(p.data + start, p.length - start);
    if (sum == 0) sum = 0xffff;  // RFC 768: zero would say none
    store16(p.data + field, sum);
}

}  // namespace weft
