// An access list as the engine is told it (AclSpec), and as it is judged: an entry becomes one rule or several, a rule is a
// conjunction over 32-bit words, and a packet is a key of such words. `Words` is 1 for IPv4 and 4 for IPv6.
//
// Where the transport header is not there (later fragments, other protocols, headers cut short) the key has no layer-4 bit, and
// rules with conditions on ports, ICMP or TCP flags do not match it: neither to pass nor to drop.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "../net/address.h"

namespace weft {

enum class AclAction : uint8_t { pass = 0, drop = 1, reject = 2 };
enum class AclFragment : uint8_t { none = 0, any = 1, first = 2, later = 3 };

struct AclRange {
    uint16_t low = 0, high = 0xffff;
    bool operator==(const AclRange &) const = default;
};

// One entry: what is not set is not looked at. Of ICMP the type stands in `source_ports` and the code in `destination_ports`.
struct AclEntry {
    std::string name;
    AclAction action = AclAction::drop;
    Ip6 source, destination;  // an IPv4 address in the low half, host order
    uint8_t source_length = 0, destination_length = 0;
    bool has_protocol = false, has_dscp = false, has_fragment = false;
    uint8_t protocol = 0, dscp = 0, tcp_flags = 0, tcp_mask = 0;
    AclFragment fragment = AclFragment::none;
    std::vector<AclRange> source_ports, destination_ports;  // none: any
    uint8_t ttl_low = 0, ttl_high = 0xff;
    AclRange length;  // octets of the IP packet
    bool operator==(const AclEntry &) const = default;
};

struct AclSpec {
    std::string name;
    bool v6 = false;
    AclAction otherwise = AclAction::drop;  // of packets that no entry matches
    std::vector<AclEntry> entries;
    bool operator==(const AclSpec &) const = default;
};

// Bits of the meta word: protocol in the lowest eight.
inline constexpr uint32_t acl_protocol = 0xff, acl_layer4 = 1u << 8, acl_fragment = 1u << 9, acl_later = 1u << 10;
inline constexpr unsigned acl_dscp_shift = 11, acl_flags_shift = 17;

template <unsigned Words>
struct AclKey {
    static constexpr unsigned source = 0, destination = Words, meta = 2 * Words, ports = meta + 1, source_port = meta + 2,
                              destination_port = meta + 3, protocol = meta + 4, size_ttl = meta + 5;
    static constexpr unsigned words = Words == 1 ? 8 : 16;
    uint32_t w[words];  // ports: source port | destination port << 16; size_ttl: octets << 8 | TTL
};

template <unsigned Words>
struct AclRule {
    static constexpr unsigned masked = 2 * Words + 1;  // address words and meta
    uint32_t value[masked] = {}, mask[masked] = {};    // matches: (key & mask) == value
    AclRange source_port, destination_port, length;
    uint8_t ttl_low = 0, ttl_high = 0xff;
    uint32_t entry = 0;  // number in the list: the lowest that matches decides

    // Asks what is asked rarely: of the meta word more than its lowest 16 bits, size, TTL.
    bool measured() const { return mask[2 * Words] >> 16 || ttl_low != 0 || ttl_high != 0xff || length != AclRange{}; }
    bool matches(const AclKey<Words> &key) const;
};

// The rules of a list, in its order. Those of one entry differ in their ports only.
template <unsigned Words>
std::vector<AclRule<Words>> acl_rules(const AclSpec &spec);

}  // namespace weft
