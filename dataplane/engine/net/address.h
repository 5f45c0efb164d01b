// Addresses as values in host order, so that masks and comparisons are arithmetic. An IPv4 address among IPv6 ones (in the
// neighbour table, in adjacencies) is its mapped form ::ffff:a.b.c.d of RFC 4291 §2.5.5.2.
#pragma once

#include <cstdint>
#include <string>

#include "../ports/port.h"
#include "bytes.h"

namespace weft {

struct Ip6 {
    uint64_t high = 0, low = 0;
    bool operator==(const Ip6 &) const = default;
};

inline Ip6 load_ip6(const uint8_t *p) { return {load64(p), load64(p + 8)}; }

inline void store_ip6(uint8_t *p, const Ip6 &a) {
    store64(p, a.high);
    store64(p + 8, a.low);
}

inline Ip6 mapped(uint32_t v4) { return {0, 0x0000ffff00000000ull | v4}; }
inline bool is_mapped(const Ip6 &a) { return a.high == 0 && (a.low >> 32) == 0xffff; }
inline uint32_t unmapped(const Ip6 &a) { return static_cast<uint32_t>(a.low); }

inline uint32_t mask4(unsigned length) { return length == 0 ? 0 : ~0u << (32 - length); }

inline Ip6 mask6(const Ip6 &a, unsigned length) {
    if (length == 0) return {};
    if (length <= 64) return {a.high & (~0ull << (64 - length)), 0};
    return {a.high, length == 128 ? a.low : a.low & (~0ull << (128 - length))};
}

inline bool is_multicast6(const Ip6 &a) { return (a.high >> 56) == 0xff; }
inline bool is_link_local6(const Ip6 &a) { return (a.high >> 54) == 0x3fa; }
inline bool is_unspecified6(const Ip6 &a) { return (a.high | a.low) == 0; }
inline bool is_loopback6(const Ip6 &a) { return a.high == 0 && a.low == 1; }
// IPv4-compatible and IPv4-mapped addresses, :: and ::1 among them: nobody sends these (RFC 4291 §2.5.5, RFC 6890).
inline bool is_embedded4(const Ip6 &a) { return a.high == 0 && (a.low >> 32 == 0 || a.low >> 32 == 0xffff); }
inline Ip6 solicited_node(const Ip6 &a) { return {0xff02000000000000ull, 0x00000001ff000000ull | (a.low & 0xffffff)}; }

// fe80:: with the modified EUI-64 of RFC 4291 appendix A.
inline Ip6 link_local_of(const MacAddress &m) {
    return {0xfe80000000000000ull, static_cast<uint64_t>(m[0] ^ 2) << 56 | static_cast<uint64_t>(m[1]) << 48 |
                                       static_cast<uint64_t>(m[2]) << 40 | 0xfffeull << 24 |
                                       static_cast<uint64_t>(m[3]) << 16 | static_cast<uint64_t>(m[4]) << 8 | m[5]};
}

inline Ip6 to_ip6(const HostAddress &a) { return a.family == 4 ? mapped(load32(a.bytes.data())) : load_ip6(a.bytes.data()); }

inline HostAddress to_host_address(const Ip6 &a, uint8_t prefix_length) {
    HostAddress h;
    h.prefix_length = prefix_length;
    if (is_mapped(a)) {
        store32(h.bytes.data(), unmapped(a));
    } else {
        h.family = 6;
        store_ip6(h.bytes.data(), a);
    }
    return h;
}

std::string to_text(const Ip6 &a);
std::string to_text(const HostAddress &a);

}  // namespace weft
