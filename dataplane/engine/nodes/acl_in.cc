// acl-in: the access list of the interface that a packet came by (RFC 1812 §5.3.9), of its family. All IP packets of the
// interface are judged, those for the box and its groups as well; ARP is not IP, and neighbour discovery is the engine's own: messages of RFC
// 4861 that came over the link (hop limit 255) pass unasked, or a list that forgets them would cut the link.
//
// Reads    the packet's header, the list's program
// Next     the rest of the input arc; local for what is for the box's groups
// Counts   packets and octets of the entry that decided
// Drops    acl-in: denied, rejected (with an ICMP error: administratively prohibited), tiny-fragment, header-chain
// Cost     a key, a walk of the list's trees (tables/acl_tree.h) by the burst, two counters
#include "acl.h"

namespace weft {
namespace {

bool is_discovery(const Packet &p) {
    const uint8_t *h = l3(p);
    return p.ether_type == type_ip6 && h[6] == protocol_icmp6 && h[7] == 255 && l3_length(p) >= 44 && h[40] >= 133 && h[40] <= 137;
}

// Where most go is `usual`; the rest is asked for each packet.
inline void on(Worker &w, Packet &p, Onward &usual) {
    const uint8_t *h = l3(p);
    const bool v4 = p.ether_type == type_ip4, group = v4 ? h[16] >= 224 : h[24] == 0xff;
    const Node next = group ? Node::local : next_input(v4, w.interface(p.interface)->features, Node::acl_in);
    if (next == usual.node()) [[likely]]
        usual.push(p);
    else
        w.push(next, &p);
}

void reject(Worker &w, Packet &p) {
    if (p.ether_type == type_ip4)
        icmp4_error(w, p, 3, 13, 0);
    else
        icmp6_error(w, p, 1, 1, 0);
    w.discard(p, Drop::acl_in_rejected);
}

}  // namespace

void acl_in(Worker &w, Vector &in) {
    const Packet &first = *in.packets[0];
    Onward usual(w, next_input(first.ether_type == type_ip4, w.interface(first.interface)->features, Node::acl_in));
    acl_filter(
        w, in,
        [&](unsigned n) -> const AclList * {
            const Packet &p = *in.packets[n];
            if (is_discovery(p)) return nullptr;
            return w.interface(p.interface)->acls[acl_slot(AclDirection::in, p.ether_type == type_ip6)].get();
        },
        [&](unsigned n, AclVerdict verdict) {
            Packet &p = *in.packets[n];
            switch (verdict) {
                case AclVerdict::pass:
                    return on(w, p, usual);
                case AclVerdict::drop:
                    return w.discard(p, Drop::acl_in_denied);
                case AclVerdict::reject:
                    return usual.aside([&] { reject(w, p); });
                case AclVerdict::tiny_fragment:
                    return w.discard(p, Drop::acl_in_fragment);
                case AclVerdict::header_chain:
                    return w.discard(p, Drop::acl_in_headers);
            }
        });
}

}  // namespace weft
