// adjacency: packets for a known next hop on an interface.
//
// Reads    the object's interface and next hop, the neighbour (by the object's hint, or looked for), the egress interface
// Next     the port, by forward4 and forward6; nodes of the output arc first; holding while the neighbour is not known
// Counts   octets and packets out, and forwarded ones of the ingress interface
// Drops    forward: interface-deleted; and those of forwarding, holding and egress
// Cost     object, neighbour and frame, the neighbour prefetched
#include "departure.h"

namespace weft {

void adjacency(Worker &w, Vector &in) {
    for (unsigned n = 0; n < in.size; n++) {
        const uint32_t hint = in.objects[n]->neighbour.load(std::memory_order_relaxed);
        if (hint != no_neighbour) w.neighbours.prefetch(hint);
    }
    Departure departure(w);
    for (unsigned n = 0; n < in.size; n++) {
        Packet &p = *in.packets[n];
        const Object &o = *in.objects[n];
        const Interface *out = departure.by(o.interface);
        if (!out) [[unlikely]] {
            w.discard(p, Drop::forward_no_interface);
            continue;
        }
        if (const Node next = next_output(p, out->features, Node::adjacency); next != Node::adjacency) [[unlikely]] {
            w.push(next, &p, &o);
            continue;
        }
        uint32_t neighbour = o.neighbour.load(std::memory_order_relaxed);
        if (departure.usual(p, o.next_hop, neighbour)) [[likely]]
            continue;
        if (neighbour == no_neighbour || !w.neighbours.is(neighbour, out->index, o.next_hop)) {
            neighbour = w.neighbours.find(out->index, o.next_hop);
            o.neighbour.store(neighbour, std::memory_order_relaxed);
        }
        departure.otherwise(p, o.next_hop, neighbour);
    }
}

}  // namespace weft
