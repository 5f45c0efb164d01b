// ip4-lookup: IPv4 destination to forwarding object: longest match (RFC 1812 §5.2.4) in the VRF of the ingress interface, or of the
// inject device, then what the object says. Packets of our own take the same way.
//
// Reads    the FIB of the VRF, by bursts; objects; whether the ingress interface forwards
// Next     adjacency, glean, resolve, local, by the object's type; of a group the member of the packet's flow; of a lookup in another
//          VRF what that says (vrf_lookup.cc)
// Counts   packets and octets of the object, and of the member
// Drops    no-route, blackhole, unreachable, prohibit, object-deleted, forwarding-disabled, group-frame-not-forwarded,
//          link-local-not-forwarded; senders are told by ICMP of the first, third and fourth
// Cost     an entry of the FIB, an object and its counters, each asked for ahead
#include "lookup.h"

namespace weft {
namespace {

void refuse4(Worker &w, Packet &p, Drop reason, uint8_t code) {
    icmp4_error(w, p, 3, code, 0);
    w.discard(p, reason);
}

// For the box when it is to all on that link (RFC 1812 §5.3.5.2); nothing of the kind is forwarded (§5.3.4, RFC 2644).
void by_group_frame(Worker &w, Packet &p, const Interface &i) {
    const uint32_t destination = load32(l3(p) + 16);
    const Subnet4 *subnet = i.subnet(destination);
    if (subnet && subnet->length < 31 && subnet->broadcast() == destination) return w.push(Node::local, &p);
    w.discard(p, Drop::ip4_ethernet_group);
}

struct Family4 {
    static uint32_t destination(const Packet &p) { return load32(l3(p) + 16); }

    // What must not be forwarded, though there is a route (RFC 1812 §5.3.4, RFC 3927 §2.7).
    static bool forwardable(Worker &w, Packet &p) {
        if (p.local_origin) return true;
        const Interface &i = *w.interface(p.interface);
        const uint8_t *h = l3(p);
        if (!i.forward4)
            w.discard(p, Drop::ip4_forwarding_disabled);
        else if (in_group_frame(p))
            by_group_frame(w, p, i);
        else if (load16(h + 12) == 0xa9fe || load16(h + 16) == 0xa9fe)
            w.discard(p, Drop::ip4_link_local);
        else
            return true;
        return false;
    }

    static void drop(Worker &w, Packet &p, DropKind kind) {
        if (kind == DropKind::blackhole) return w.discard(p, Drop::ip4_blackhole);
        if (kind == DropKind::unreachable) return refuse4(w, p, Drop::ip4_unreachable, 1);
        refuse4(w, p, Drop::ip4_prohibit, 13);
    }
};

// Slots of all packets, a run of one VRF after the other.
void look_up(Worker &w, Vector &in, uint32_t *slots) {
    uint32_t to[Vector::capacity];
    for (unsigned n = 0; n < in.size; n++) to[n] = load32(l3(*in.packets[n]) + 16);
    by_vrf(w, in, [&](const Vrf *vrf, unsigned first, unsigned count) {
        if (vrf)
            vrf->fib4.lookup(to + first, slots + first, count);
        else
            std::fill_n(slots + first, count, no_object);
    });
}

}  // namespace

void ip4_lookup(Worker &w, Vector &in) {
    uint32_t slots[Vector::capacity];
    look_up(w, in, slots);
    const Found found(w, slots, in.size);
    const bool waiting = w.holds.any();
    Onward on(w, Node::adjacency);
    for (unsigned n = 0; n < in.size; n++) {
        Packet &p = *in.packets[n];
        if (slots[n] == no_object) [[unlikely]] {
            refuse4(w, p, Drop::ip4_no_route, 0);
            continue;
        }
        const Object *o = chosen(w, p, found, n);
        if (!o) [[unlikely]]
            w.discard(p, Drop::ip4_no_object);
        else if (o->type == ObjectType::lookup) [[unlikely]]
            go_beyond<Family4>(w, p, o, waiting, on);
        else
            go_by<Family4>(w, p, o, waiting, on);
    }
}

}  // namespace weft
