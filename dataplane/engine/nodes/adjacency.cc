// A known next hop on an interface.
#include "nodes.h"

namespace weft {

void adjacency(Worker &w, Vector &in) {
    for (unsigned n = 0; n < in.size; n++) {
        Packet &p = *in.packets[n];
        const Object &o = *in.objects[n];
        const Interface *out = w.interface(o.interface);
        if (!out) {
            w.discard(p, Drop::forward_no_interface);
            continue;
        }
        if (const Node next = next_output(p, out->features, Node::adjacency); next != Node::adjacency) {
            w.push(next, &p, in.objects[n]);
            continue;
        }
        uint32_t neighbour = o.neighbour.load(std::memory_order_relaxed);
        if (neighbour == no_neighbour || w.neighbours[neighbour].gone || w.neighbours[neighbour].interface != out->index ||
            w.neighbours[neighbour].address != o.next_hop) {
            neighbour = w.neighbours.find(out->index, o.next_hop);
            o.neighbour.store(neighbour, std::memory_order_relaxed);
        }
        if (p.ether_type == type_ip4)
            forward4(w, p, *out, o.next_hop, neighbour);
        else
            forward6(w, p, *out, o.next_hop, neighbour);
    }
}

}  // namespace weft
