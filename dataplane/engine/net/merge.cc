#include "merge.h"

#include <algorithm>
#include <cstring>

#include "bytes.h"
#include "checksum.h"
#include "offload.h"
#include "protocols.h"

namespace weft {
namespace {

constexpr uint32_t longest_ip = 65535;

// Where the headers of a unit are, from its first octet.
struct Headers {
    uint32_t ip, tcp, end;
    bool v4;
};

bool read(const uint8_t *unit, uint32_t length, uint32_t shim, bool ethernet, Headers &h) {
    h.ip = shim + (ethernet ? 14 : 0);
    if (length < h.ip + 40) return false;
    const uint8_t *ip = unit + h.ip;
    if (ethernet) {
        const uint16_t type = load16(ip - 2);
        if (type != type_ip4 && type != type_ip6) return false;
        h.v4 = type == type_ip4;
    } else {
        h.v4 = ip[0] >> 4 == 4;
    }
    const uint32_t rest = length - h.ip;
    if (h.v4) {
        if (ip[0] != 0x45 || ip[9] != protocol_tcp || (load16(ip + 6) & 0x3fff) || load16(ip + 2) != rest) return false;
        h.tcp = h.ip + 20;
    } else {
        if (ip[0] >> 4 != 6 || ip[6] != protocol_tcp || load16(ip + 4) + 40u != rest) return false;
        h.tcp = h.ip + 40;
    }
    if (length < h.tcp + 20) return false;
    h.end = h.tcp + (unit[h.tcp + 12] >> 4) * 4u;
    return h.end >= h.tcp + 20 && h.end < length;
}

bool same(const uint8_t *a, const uint8_t *b, uint32_t from, uint32_t to) { return std::memcmp(a + from, b + from, to - from) == 0; }

// A later segment of the same: all but lengths, identification, sequence number, flags and checksums.
bool follows(const uint8_t *first, const uint8_t *unit, const Headers &h) {
    const uint32_t ip = h.ip, tcp = h.tcp;
    const bool headers = h.v4 ? same(first, unit, ip, ip + 2) && same(first, unit, ip + 6, ip + 10) && same(first, unit, ip + 12, tcp)
                              : same(first, unit, ip, ip + 4) && same(first, unit, ip + 6, tcp);
    return headers && same(first, unit, 0, ip) && same(first, unit, tcp, tcp + 4) && same(first, unit, tcp + 8, tcp + 13) &&
           same(first, unit, tcp + 14, tcp + 16) && same(first, unit, tcp + 18, h.end);
}

}  // namespace

uint32_t merge_segments(const Units &u, Offload &offload) {
    Headers h;
    if (u.length <= u.size || !read(u.data, u.size, u.shim, u.ethernet, h)) return 0;
    const uint32_t payload = u.size - h.end, sequence = load32(u.data + h.tcp + 4);
    uint8_t flags = u.data[h.tcp + 13];
    if (flags & static_cast<uint8_t>(~tcp_acknowledgement)) return 0;
    uint32_t all = payload;
    for (uint32_t at = u.size; at < u.length; at += u.size) {
        const uint8_t *unit = u.data + at;
        const uint32_t length = std::min(u.size, u.length - at);
        Headers other;
        if (!read(unit, length, u.shim, u.ethernet, other) || other.end != h.end || other.v4 != h.v4) return 0;
        if (!follows(u.data, unit, h) || load32(unit + h.tcp + 4) != sequence + all) return 0;
        const bool last = at + length == u.length;
        if (unit[h.tcp + 13] & static_cast<uint8_t>(~(tcp_acknowledgement | (last ? tcp_push | tcp_fin : 0)))) return 0;
        flags |= unit[h.tcp + 13];
        all += length - h.end;
    }
    const uint32_t length = h.end - h.ip + all;
    if (length > longest_ip) return 0;

    uint8_t *to = u.data + u.size;
    for (uint32_t at = u.size; at < u.length; at += u.size) {
        const uint32_t part = std::min(u.size, u.length - at) - h.end;
        std::memmove(to, u.data + at + h.end, part);
        to += part;
    }
    uint8_t *ip = u.data + h.ip, *tcp = u.data + h.tcp;
    const uint32_t transport = length - (h.tcp - h.ip);
    uint64_t over;
    if (h.v4) {
        store16(ip + 2, static_cast<uint16_t>(length));
        store16(ip + 10, 0);
        store16(ip + 10, checksum(ip, 20));
        over = checksum_add(0, ip + 12, 8) + transport + protocol_tcp;
    } else {
        store16(ip + 4, static_cast<uint16_t>(length - 40));
        over = pseudo6(ip, transport, protocol_tcp);
    }
    tcp[13] = flags;
    store16(tcp + 16, checksum_fold(over));
    offload = {};
    offload.flags = offload_needs_checksum;
    offload.gso_type = h.v4 ? gso_tcp4 : gso_tcp6;
    offload.gso_size = static_cast<uint16_t>(payload);
    offload.header_length = static_cast<uint16_t>(h.end - u.shim);
    offload.csum_start = static_cast<uint16_t>(h.tcp - u.shim);
    offload.csum_offset = 16;
    return h.ip - u.shim + length;
}

}  // namespace weft
