// IPv6 to forwarding object, as ip4_lookup. Link-local destinations are not looked up: they are the ingress interface's own or,
// for packets of our own, on its link (RFC 4291 §2.5.6: never forwarded).
#include "nodes.h"

namespace weft {
namespace {

void refuse(Worker &w, Packet &p, Drop reason, uint8_t code) {
    icmp6_error(w, p, 1, code, 0);
    w.discard(p, reason);
}

bool forwardable(Worker &w, Packet &p) {
    if (p.local_origin) return true;
    if (!w.interface(p.interface)->forward6) {
        w.discard(p, Drop::ip6_forwarding_disabled);
    } else if (in_group_frame(p)) {
        w.discard(p, Drop::ip6_ethernet_group);
    } else if (is_link_local6(load_ip6(l3(p) + 8))) {
        refuse(w, p, Drop::ip6_link_local, 2);  // beyond scope of source address
    } else {
        return true;
    }
    return false;
}

void by_link(Worker &w, Packet &p, const Ip6 &destination) {
    const Interface *i = w.interface(p.interface);
    if (i && i->owns(destination)) return w.push(Node::local, &p);
    if (!i || !p.local_origin) return w.discard(p, Drop::ip6_link_local);
    forward6(w, p, *i, destination, w.neighbours.find(i->index, destination));
}

void by_drop(Worker &w, Packet &p, DropKind kind) {
    if (kind == DropKind::blackhole) return w.discard(p, Drop::ip6_blackhole);
    if (kind == DropKind::unreachable) return refuse(w, p, Drop::ip6_unreachable, 0);
    refuse(w, p, Drop::ip6_prohibit, 1);
}

void one(Worker &w, Packet &p) {
    const Ip6 destination = load_ip6(l3(p) + 24);
    if (is_link_local6(destination)) return by_link(w, p, destination);
    const Vrf *vrf = w.vrf_of(p);
    const int64_t found = vrf ? vrf->fib6.lookup(destination) : -1;
    if (found < 0) return refuse(w, p, Drop::ip6_no_route, 0);
    const Object *o = w.core.objects.at(static_cast<uint32_t>(found));
    if (o && o->type == ObjectType::group) {
        if (!p.flow_hash) p.flow_hash = flow_hash(p);
        o = w.core.objects.at(o->group->buckets[p.flow_hash % group_buckets]);
    }
    if (!o || o->type == ObjectType::group) return w.discard(p, Drop::ip6_no_object);
    if (w.holds.any() && waits_behind(w, p, *o)) return;
    switch (o->type) {
        case ObjectType::adjacency:
            if (forwardable(w, p)) w.push(Node::adjacency, &p, o);
            break;
        case ObjectType::glean: {
            const Interface *out = w.interface(o->interface);
            if (out && out->owns(destination))
                w.push(Node::local, &p, o);
            else if (forwardable(w, p))
                w.push(Node::glean, &p, o);
            break;
        }
        case ObjectType::local:
            w.push(Node::local, &p, o);
            break;
        case ObjectType::resolve:
            if (forwardable(w, p)) w.push(Node::resolve, &p, o);
            break;
        default:
            by_drop(w, p, o->drop);
    }
}

}  // namespace

void ip6_lookup(Worker &w, Vector &in) {
    for (unsigned n = 0; n < in.size; n++) one(w, *in.packets[n]);
}

}  // namespace weft
