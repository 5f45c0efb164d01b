// Lookups in another VRF: a route whose object is of type lookup gives the packet to the table of its VRF (a static route into another
// network instance). The interface that the packet came in by, and with it all that depends on its own VRF, stays what it is: the
// route back is the operator's. A packet goes through at most `most_lookups` tables, so that routes which lead in a circle end it.
//
// Counts   packets and octets of each object on the way
// Drops    vrf-lookup: too-many-lookups; of the lookups: no-route (the sender is told by ICMP), object-deleted
// Cost     a lookup of one packet for each table more; nothing for packets that stay in their VRF
#include "nodes.h"

namespace weft {
namespace {

constexpr unsigned most_lookups = 4;

int64_t slot_in(const Vrf &vrf, bool v4, const Ip6 &to) { return v4 ? vrf.fib4.lookup(unmapped(to)) : vrf.fib6.lookup(to); }

Ip6 looked_up(const Packet &p) {
    return p.ether_type == type_ip4 ? mapped(load32(l3(p) + 16)) : load_ip6(l3(p) + 24);
}

void tell_no_route(Worker &w, Packet &p) {
    const bool v4 = p.ether_type == type_ip4;
    if (v4)
        icmp4_error(w, p, 3, 0, 0);
    else
        icmp6_error(w, p, 1, 0, 0);
    w.discard(p, v4 ? Drop::ip4_no_route : Drop::ip6_no_route);
}

}  // namespace

const Object *beyond(Worker &w, Packet &p, const Object *o) {
    const bool v4 = p.ether_type == type_ip4;
    const Ip6 to = looked_up(p);
    for (unsigned n = 1; o->type == ObjectType::lookup; n++) {
        const Vrf &vrf = *o->table;
        if (n == most_lookups) {
            w.discard(p, Drop::vrf_too_many);
            return nullptr;
        }
        const int64_t found = slot_in(vrf, v4, to);
        if (w.tracing) [[unlikely]] {
            if (found < 0)
                w.trace(p, "no route to {ip} in VRF {va}", to, vrf.id);
            else
                w.trace(p, "route {ra}, {ob}", to, vrf.id, static_cast<uint64_t>(found));
        }
        if (found < 0) {
            tell_no_route(w, p);
            return nullptr;
        }
        const auto slot = static_cast<uint32_t>(found);
        w.count(slot, p);
        o = w.core.objects.at(slot);
        if (o && o->type == ObjectType::group) o = member_of(w, p, *o->group);
        if (!o) {
            w.discard(p, v4 ? Drop::ip4_no_object : Drop::ip6_no_object);
            return nullptr;
        }
    }
    return o;
}

const Object *object_for(Worker &w, Packet &p, const Vrf &in) {
    const Ip6 to = looked_up(p);
    const Vrf *vrf = &in;
    for (unsigned n = 0; n < most_lookups; n++) {
        const int64_t found = slot_in(*vrf, p.ether_type == type_ip4, to);
        const Object *o = found < 0 ? nullptr : w.core.objects.at(static_cast<uint32_t>(found));
        if (o && o->type == ObjectType::group) {
            const uint32_t member = member_slot(w, p, *o->group);
            o = member == Objects::none ? nullptr : w.core.objects.at(member);
        }
        if (!o || o->type != ObjectType::lookup) return o;
        vrf = o->table.get();
    }
    return nullptr;
}

const Object *route_of(Worker &w, const Object *o, bool v4, const Ip6 &address) {
    for (unsigned n = 1; o && o->type == ObjectType::lookup; n++) {
        const int64_t found = n < most_lookups ? slot_in(*o->table, v4, address) : -1;
        o = found < 0 ? nullptr : w.core.objects.at(static_cast<uint32_t>(found));
    }
    return o;
}

Vrf *home_of(Worker &w, const Packet &p, const Object *o) {
    if (o && o->type == ObjectType::local) return o->table.get();
    const Interface *on = o && o->type == ObjectType::glean ? w.interface(o->interface) : nullptr;
    return on ? on->vrf : w.vrf_of(p);
}

}  // namespace weft
