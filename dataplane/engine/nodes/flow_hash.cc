// The flow of a packet as 32 bits, the same for all its packets: addresses, protocol and, of whole TCP, UDP and SCTP packets,
// ports; of IPv6 the flow label too. Never 0. Fragments have no ports, not even the first.
#include "flow_hash.h"

#include "nodes.h"

namespace weft {

uint32_t flow_hash(const Packet &p) {
    const uint8_t *h = l3(p);
    const uint32_t room = l3_length(p);
    if (p.ether_type == type_ip4) return flow_hash4(h, room);
    const Ip6 s = load_ip6(h + 8), d = load_ip6(h + 24);
    uint64_t sum = mix(s.high ^ mix(s.low ^ mix(d.high ^ mix(d.low ^ (load32(h) & 0xfffff)))));
    uint32_t header;
    uint8_t protocol;
    bool is_fragment, first;
    const bool whole = skip_extensions(p, protocol, header, is_fragment, first) && !is_fragment;
    if (whole && has_ports(protocol) && header + 4 <= room) sum ^= static_cast<uint64_t>(load32(h + header)) << 8;
    return end_flow_hash(sum, protocol);
}

}  // namespace weft
