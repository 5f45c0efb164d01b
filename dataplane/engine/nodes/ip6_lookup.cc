// ip6-lookup: IPv6 destination to forwarding object, as ip4-lookup. Link-local destinations are not looked up: they are the ingress
// interface's own or, for packets of our own, on its link (RFC 4291 §2.5.6: never forwarded).
//
// Reads    the FIB of the VRF; objects; whether the ingress interface forwards
// Next     adjacency, glean, resolve, local, by the object's type; of a group the member of the packet's flow; of a lookup in another
//          VRF what that says (vrf_lookup.cc)
// Counts   packets and octets of the object, and of the member
// Drops    no-route, blackhole, unreachable, prohibit, object-deleted, forwarding-disabled, group-frame-not-forwarded,
//          link-local-not-forwarded; senders are told by ICMPv6 of the first, third and fourth
// Cost     the lookup in the FIB, an object and its counters
#include <algorithm>

#include "lookup.h"

namespace weft {
namespace {

void refuse6(Worker &w, Packet &p, Drop reason, uint8_t code) {
    icmp6_error(w, p, 1, code, 0);
    w.discard(p, reason);
}

struct Family6 {
    static Ip6 destination(const Packet &p) { return load_ip6(l3(p) + 24); }

    static bool forwardable(Worker &w, Packet &p) {
        if (p.local_origin) return true;
        if (!w.interface(p.interface)->forward6) {
            w.discard(p, Drop::ip6_forwarding_disabled);
        } else if (in_group_frame(p)) {
            w.discard(p, Drop::ip6_ethernet_group);
        } else if (is_link_local6(load_ip6(l3(p) + 8))) {
            refuse6(w, p, Drop::ip6_link_local, 2);  // beyond scope of source address
        } else {
            return true;
        }
        return false;
    }

    static void drop(Worker &w, Packet &p, DropKind kind) {
        if (kind == DropKind::blackhole) return w.discard(p, Drop::ip6_blackhole);
        if (kind == DropKind::unreachable) return refuse6(w, p, Drop::ip6_unreachable, 0);
        refuse6(w, p, Drop::ip6_prohibit, 1);
    }
};

void by_link(Worker &w, Packet &p, const Ip6 &destination) {
    const Interface *i = w.interface(p.interface);
    if (i && i->owns(destination)) return w.push(Node::local, &p);
    if (!i || !p.local_origin) return w.discard(p, Drop::ip6_link_local);
    forward6(w, p, *i, destination, w.neighbours.find(i->index, destination));
}

// Slots of all packets, a run of one VRF after the other.
void look_up(Worker &w, Vector &in, const Ip6 *to, uint32_t *slots) {
    by_vrf(w, in, [&](const Vrf *vrf, unsigned first, unsigned count) {
        if (vrf)
            vrf->fib6.lookup(to + first, slots + first, count);
        else
            std::fill_n(slots + first, count, no_object);
    });
}

}  // namespace

void ip6_lookup(Worker &w, Vector &in) {
    Addresses<Ip6> destinations;
    Ip6 *const to = destinations.each;
    uint32_t slots[Vector::capacity];
    for (unsigned n = 0; n < in.size; n++) to[n] = load_ip6(l3(*in.packets[n]) + 24);
    look_up(w, in, to, slots);
    const Found found(w, slots, in.size);
    const bool waiting = w.holds.any();
    Onward on(w, Node::adjacency);
    for (unsigned n = 0; n < in.size; n++) {
        Packet &p = *in.packets[n];
        if (is_link_local6(to[n])) [[unlikely]] {
            by_link(w, p, to[n]);
            continue;
        }
        if (slots[n] == no_object) [[unlikely]] {
            refuse6(w, p, Drop::ip6_no_route, 0);
            continue;
        }
        const Object *o = chosen(w, p, found, n);
        if (!o) [[unlikely]]
            w.discard(p, Drop::ip6_no_object);
        else if (o->type == ObjectType::lookup) [[unlikely]]
            go_beyond<Family6>(w, p, o, waiting, on);
        else
            go_by<Family6>(w, p, o, waiting, on);
    }
}

}  // namespace weft
