// glean: packets for a connected prefix; the destination is the neighbour.
//
// Reads    the object's interface, the neighbour table by destination, the egress interface and its subnets
// Next     the port, by forward4 and forward6; nodes of the output arc first; holding while the neighbour is not known
// Counts   octets and packets out, and forwarded ones of the ingress interface
// Drops    forward: interface-deleted; ip4-lookup: broadcast-not-forwarded (RFC 1812 §5.3.5, RFC 2644); and those of forwarding,
//          holding and egress
// Cost     one probe of the neighbour table
#include "departure.h"

namespace weft {

void glean(Worker &w, Vector &in) {
    Departure departure(w);
    for (unsigned n = 0; n < in.size; n++) {
        Packet &p = *in.packets[n];
        const Interface *out = departure.by(in.objects[n]->interface);
        if (!out) {
            w.discard(p, Drop::forward_no_interface);
            continue;
        }
        if (const Node next = next_output(p, out->features, Node::glean); next != Node::glean) {
            w.push(next, &p, in.objects[n]);
            continue;
        }
        Ip6 next_hop;
        if (p.ether_type == type_ip4) {
            const uint32_t destination = load32(l3(p) + 16);
            const Subnet4 *subnet = out->subnet(destination);
            if (subnet && subnet->is_nobody(destination)) {
                w.discard(p, Drop::ip4_broadcast);
                continue;
            }
            next_hop = mapped(destination);
        } else {
            next_hop = load_ip6(l3(p) + 24);
        }
        const uint32_t neighbour = w.neighbours.find(out->index, next_hop);
        if (!departure.usual(p, next_hop, neighbour)) departure.otherwise(p, next_hop, neighbour);
    }
}

}  // namespace weft
