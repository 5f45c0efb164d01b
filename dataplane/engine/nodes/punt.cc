// What the box itself takes, by class (tables/settings.h), each with a policer and counters of its own, so that a flood of one
// starves no other. A class is found by protocol and ports (either end: the box may have asked), then by the kind of address.
//
//   arp-nd      requests and solicitations that the engine answers, router solicitations
//   icmp        ICMP and ICMPv6, but for echo requests that the engine answers
//   options     packets to others with a router alert (RFC 2113, RFC 2711)
//   routing     IGMP, MLD, RSVP, EIGRP, OSPF, PIM, VRRP; BGP, LDP, RIP, BFD, LISP
//   management  SSH, NETCONF, SNMP, DNS, DHCP, NTP, HTTPS, syslog, IKE
//   multicast   other multicast and broadcast
//   other       the rest: among it later fragments, whose ports are not known
//
// Drops: policed-CLASS. Cost: some 5 ns and the system call that gives the packet to the host.
#include "nodes.h"

namespace weft {
namespace {

bool is_routing(uint8_t protocol) {
    switch (protocol) {
        case 2:    // IGMP
        case 46:   // RSVP
        case 88:   // EIGRP
        case 89:   // OSPF
        case 103:  // PIM
        case 112:  // VRRP
            return true;
        default:
            return false;
    }
}

// Null: of neither class.
const PuntClass *by_port(uint8_t protocol, uint16_t port) {
    static constexpr PuntClass routing = PuntClass::routing, management = PuntClass::management;
    switch (port) {
        case 179:   // BGP
        case 646:   // LDP
        case 3784:  // BFD, single hop
        case 3785:  // BFD echo
        case 4342:  // LISP control
        case 4784:  // BFD, multihop
        case 520:   // RIP
        case 521:   // RIPng
            return &routing;
        case 22:    // SSH
        case 53:    // DNS
        case 123:   // NTP
        case 161:   // SNMP
        case 162:   // SNMP notifications
        case 443:   // HTTPS
        case 830:   // NETCONF over SSH
        case 1830:  // NETCONF where it listens by default
        case 4334:  // NETCONF call home
        case 4335:
        case 6513:  // NETCONF over TLS
            return &management;
        case 67:    // DHCP
        case 68:
        case 500:   // IKE
        case 514:   // syslog
        case 546:   // DHCPv6
        case 547:
        case 4500:  // IKE behind NAT
            return protocol == protocol_udp ? &management : nullptr;
        default:
            return nullptr;
    }
}

PuntClass by_transport(const uint8_t *transport, uint32_t room, uint8_t protocol, bool group) {
    if ((protocol == protocol_tcp || protocol == protocol_udp) && room >= 4)
        for (const unsigned at : {2u, 0u})
            if (const PuntClass *found = by_port(protocol, load16(transport + at))) return *found;
    return group ? PuntClass::multicast : PuntClass::other;
}

PuntClass class4(const Packet &p) {
    const uint8_t *h = l3(p);
    const uint32_t header = (h[0] & 15u) * 4;
    if (h[9] == protocol_icmp) return PuntClass::icmp;
    if (is_routing(h[9])) return PuntClass::routing;
    const bool group = load32(h + 16) >= 0xe0000000 || in_group_frame(p);
    const uint32_t room = load16(h + 6) & 0x1fff ? 0 : l3_length(p) - header;
    return by_transport(h + header, room, h[9], group);
}

PuntClass class6(const Packet &p) {
    const uint8_t *h = l3(p);
    const bool group = h[24] == 0xff;
    uint8_t protocol;
    uint32_t offset;
    bool fragment, first;
    if (!skip_extensions(p, protocol, offset, fragment, first) || !first) return group ? PuntClass::multicast : PuntClass::other;
    if (protocol == protocol_icmp6) {
        if (offset >= l3_length(p)) return PuntClass::icmp;
        const uint8_t type = h[offset];
        if (type >= 133 && type <= 137) return PuntClass::arp_nd;
        return (type >= 130 && type <= 132) || type == 143 ? PuntClass::routing : PuntClass::icmp;
    }
    if (is_routing(protocol)) return PuntClass::routing;
    return by_transport(h + offset, l3_length(p) - offset, protocol, group);
}

}  // namespace

PuntClass punt_class(const Packet &p) { return p.ether_type == type_ip4 ? class4(p) : class6(p); }

bool admit(Worker &w, Packet &p, PuntClass what) {
    static constexpr Drop reasons[] = {Drop::punt_arp_nd,     Drop::punt_icmp,      Drop::punt_options, Drop::punt_routing,
                                       Drop::punt_management, Drop::punt_multicast, Drop::punt_other};
    static_assert(sizeof reasons / sizeof *reasons == punt_class_count);
    const auto n = static_cast<size_t>(what);
    if (w.core.punts[n].take(w.now, w.table->settings.punt[n])) {
        w.punts[n].passed += 1;
        return true;
    }
    w.punts[n].dropped += 1;
    w.discard(p, reasons[n]);
    return false;
}

}  // namespace weft
