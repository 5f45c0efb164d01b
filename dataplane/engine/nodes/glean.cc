// A connected prefix: the destination is the neighbour.
#include "nodes.h"

namespace weft {

void glean(Worker &w, Vector &in) {
    for (unsigned n = 0; n < in.size; n++) {
        Packet &p = *in.packets[n];
        const Interface *out = w.interface(in.objects[n]->interface);
        if (!out) {
            w.discard(p, Drop::forward_no_interface);
            continue;
        }
        if (const Node next = next_output(p, out->features, Node::glean); next != Node::glean) {
            w.push(next, &p, in.objects[n]);
            continue;
        }
        if (p.ether_type == type_ip4) {
            const uint32_t destination = load32(l3(p) + 16);
            const Subnet4 *subnet = out->subnet(destination);
            if (subnet && subnet->length < 31 &&
                (destination == subnet->broadcast() || destination == (subnet->address & subnet->mask))) {
                w.discard(p, Drop::ip4_broadcast);
                continue;
            }
            const Ip6 next_hop = mapped(destination);
            forward4(w, p, *out, next_hop, w.neighbours.find(out->index, next_hop));
        } else {
            const Ip6 next_hop = load_ip6(l3(p) + 24);
            forward6(w, p, *out, next_hop, w.neighbours.find(out->index, next_hop));
        }
    }
}

}  // namespace weft
