// adjacency: packets for a known next hop on an interface.
//
// Packets that are routed into a tunnel go the usual way of tunnels (tunnel_way.h) by runs of one object; others of them by encapsulate.
//
// Reads    the object's interface and next hop, the neighbour (by the object's hint, or looked for), the egress interface
// Next     the port, by forward4 and forward6; nodes of the output arc first; holding while the neighbour is not known
// Counts   octets and packets out, and forwarded ones of the ingress interface
// Drops    forward: interface-deleted; and those of forwarding, holding and egress
// Cost     object, neighbour and frame, the neighbour prefetched
#include <bit>

#include "departure.h"
#include "tunnel_way.h"

namespace weft {
namespace {

// Packets of a run from `n` on that go into the tunnel the usual way: up to which. By itself, so that what others need stays in
// registers.
[[gnu::noinline]] unsigned into_tunnel(Worker &w, const Vector &in, unsigned n, const Interface &out) {
    // To another member by the only way there.
    const Interface &tunnel = out.far ? *w.interface(out.peer) : out;
    uint16_t remote = 0;
    if (out.far) {
        const uint32_t links = tunnel.runtime->links.load(std::memory_order_relaxed);
        if (!std::has_single_bit(links) || !out.up() || out.tags_out.push.length) return n;
        remote = static_cast<uint16_t>(std::countr_zero(links));
    }
    Departure departure(w);
    TunnelWay way(w, departure);
    const Object &o = *in.objects[n];
    const uint16_t type = in.packets[n]->ether_type;
    uint8_t link[ethernet_size];
    const bool frames = !tunnel.tunnel->layer3;
    if (frames) {
        uint32_t neighbour = o.neighbour.load(std::memory_order_relaxed);
        if (neighbour == no_neighbour || !w.neighbours.is(neighbour, out.index, o.next_hop))
            neighbour = w.neighbours.find(out.index, o.next_hop);
        if (neighbour == no_neighbour) return n;
        o.neighbour.store(neighbour, std::memory_order_relaxed);
        const NeighbourLink to = w.neighbours.link(neighbour, out.index, o.next_hop);
        if (!to.fresh() || to.version > w.neighbours_seen) return n;
        std::memcpy(link, &to.bits, 6);
        std::memcpy(link + 6, out.mac.data(), 6);
        store16(link + mac_pair, type);
    }
    if (!way.lead(tunnel, remote)) return n;
    way.carry(type, frames ? link : nullptr, out.fabric_key, out.mtu);
    return way.routed(in, n);
}

}  // namespace

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
        if (out->tunnel || out->peer != no_interface) [[unlikely]] {
            const unsigned end = into_tunnel(w, in, n, *out);
            if (end > n) {
                n = end - 1;
                continue;
            }
        }
        if (neighbour == no_neighbour || !w.neighbours.is(neighbour, out->index, o.next_hop)) {
            neighbour = w.neighbours.find(out->index, o.next_hop);
            o.neighbour.store(neighbour, std::memory_order_relaxed);
        }
        departure.otherwise(p, o.next_hop, neighbour);
    }
}

}  // namespace weft
