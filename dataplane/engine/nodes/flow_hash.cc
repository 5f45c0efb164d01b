// The flow of a packet as 32 bits, the same for all its packets: addresses, protocol and, of whole TCP, UDP and SCTP packets,
// ports; of IPv6 the flow label too. Never 0. Fragments have no ports, not even the first.
#include "../tables/hash.h"
#include "nodes.h"

namespace weft {

uint32_t flow_hash(const Packet &p) {
    const uint8_t *h = l3(p);
    const uint32_t room = l3_length(p);
    uint64_t sum;
    uint32_t header;
    uint8_t protocol;
    bool whole;
    if (p.ether_type == type_ip4) {
        sum = mix(static_cast<uint64_t>(load32(h + 12)) << 32 | load32(h + 16));
        protocol = h[9];
        header = (h[0] & 15u) * 4;
        whole = (load16(h + 6) & 0x3fff) == 0;
    } else {
        const Ip6 s = load_ip6(h + 8), d = load_ip6(h + 24);
        sum = mix(s.high ^ mix(s.low ^ mix(d.high ^ mix(d.low ^ (load32(h) & 0xfffff)))));
        bool is_fragment, first;
        whole = skip_extensions(p, protocol, header, is_fragment, first) && !is_fragment;
    }
    if (whole && (protocol == protocol_tcp || protocol == protocol_udp || protocol == 132) && header + 4 <= room)
        sum ^= static_cast<uint64_t>(load32(h + header)) << 8;
    const auto hash = static_cast<uint32_t>(mix(sum ^ protocol) >> 16);
    return hash ? hash : 1;
}

}  // namespace weft
