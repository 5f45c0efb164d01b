// unicast-rpf: does the source of a packet have a way back? (RFC 3704), on the input arc of interfaces that are set to it. The source is looked up in the
// VRF of the interface. Loose: it must have a route that leads somewhere; strict: one that leads back by this interface, with any
// of its members (so packets of a sender behind several equal paths pass by each). A default route counts only where it is allowed
// to. Routes to drop and the box's own addresses are nobody's source, and neither is the broadcast address of a connected subnet,
// whichever interface has it and whichever the packet came by.
// IPv6 packets from link-local addresses pass: their neighbour is on this link by definition, and they are not forwarded.
//
// Reads    the interface's settings and subnets, the FIB, the object
// Next     the rest of the input arc
// Counts   drops of the interface by family
// Drops    ipv4-no-reverse-path, ipv6-no-reverse-path
// Cost     a lookup of the burst, and another of a packet when its match is the default route's object
#include "nodes.h"

namespace weft {
namespace {

bool leaves_by(Worker &w, const Object &o, uint32_t interface) {
    if (o.type == ObjectType::adjacency || o.type == ObjectType::glean) return o.interface == interface;
    if (o.type != ObjectType::group) return false;
    for (const uint32_t slot : o.group->slots) {
        const Object *member = w.core.objects.at(slot);
        if (member && leaves_by(w, *member, interface)) return true;
    }
    return false;
}

// What is wrong with the source, for a trace; null: nothing. {ia} is the interface.
constexpr const char *no_route = "the source has no route", *only_default = "the source has but the default route",
                     *own = "the source is an address of the box or the broadcast address of a subnet",
                     *nowhere = "the route of the source is one to drop or to the box", *elsewhere = "the route of the source does not lead by {ia}";

const char *wrong_way(Worker &w, const Interface &i, uint32_t slot, const Ip6 &source, ReversePath check) {
    const Object *o = w.core.objects.at(slot);
    if (o && o->type == ObjectType::lookup) [[unlikely]] o = route_of(w, o, is_mapped(source), source);
    if (!o || o->type == ObjectType::drop || o->type == ObjectType::local) return nowhere;
    return check == ReversePath::loose || leaves_by(w, *o, i.index) ? nullptr : elsewhere;
}

// On the subnet that the route leads to.
bool nobody(Worker &w, uint32_t slot, uint32_t source) {
    const Object *o = w.core.objects.at(slot);
    const Interface *on = o && o->type == ObjectType::glean ? w.interface(o->interface) : nullptr;
    const Subnet4 *subnet = on ? on->subnet(source) : nullptr;
    return subnet && (subnet->address == source || subnet->is_nobody(source));
}

const char *wrong_source(Worker &w, const Interface &i, uint32_t source, uint32_t slot) {
    const FamilySettings &s = i.settings.ip4;
    const Fib4 &fib = i.vrf->fib4;
    if (slot == no_object) return no_route;
    if (!s.allow_default && int64_t{slot} == fib.default_object() && !fib.beyond_default(source)) return only_default;
    if (nobody(w, slot, source)) return own;
    return wrong_way(w, i, slot, mapped(source), s.reverse_path);
}

const char *wrong_source(Worker &w, const Interface &i, const Ip6 &source, uint32_t slot) {
    const FamilySettings &s = i.settings.ip6;
    const Fib6 &fib = i.vrf->fib6;
    if (is_link_local6(source)) return nullptr;
    if (slot == no_object) return no_route;
    if (!s.allow_default && int64_t{slot} == fib.default_object() && !fib.beyond_default(source)) return only_default;
    return wrong_way(w, i, slot, source, s.reverse_path);
}

void pass(Worker &w, Node next, Packet &p) {
    if (w.tracing) [[unlikely]] w.trace(p, "the source has a way back");
    w.push(next, &p);
}

void refuse(Worker &w, const Interface &i, Packet &p, const char *wrong) {
    if (w.tracing) [[unlikely]] w.trace(p, wrong, i.index);
    InterfaceCounters &c = w.counters(i);
    const bool v4 = p.ether_type == type_ip4;
    (v4 ? c.unicast_rpf4 : c.unicast_rpf6) += 1;
    w.discard(p, v4 ? Drop::unicast_rpf4 : Drop::unicast_rpf6);
}

// Packets of one interface and family; at least one. `source` takes the address out of a packet.
template <class Fib, class Source>
void check(Worker &w, const Interface &i, const Fib &fib, Packet **packets, unsigned count, Source source) {
    Addresses<decltype(source(*packets[0]))> addresses;
    auto *const sources = addresses.each;
    uint32_t slots[Vector::capacity];
    unsigned n = 0;
    do sources[n] = source(*packets[n]);
    while (++n < count);
    fib.lookup(sources, slots, count);
    for (n = 0; n < count; n++)
        if (slots[n] != no_object) w.core.objects.prefetch(w.id, slots[n]);
    const Node next = next_input(packets[0]->ether_type == type_ip4, i.features, Node::unicast_rpf);
    for (n = 0; n < count; n++) {
        const char *wrong = wrong_source(w, i, sources[n], slots[n]);
        if (!wrong) [[likely]]
            pass(w, next, *packets[n]);
        else
            refuse(w, i, *packets[n], wrong);
    }
}

}  // namespace

void unicast_rpf(Worker &w, Vector &in) {
    for (unsigned n = 0; n < in.size;) {
        const unsigned first = n;
        const Packet &p = *in.packets[n];
        while (n < in.size && in.packets[n]->interface == p.interface && in.packets[n]->ether_type == p.ether_type) n++;
        const Interface &i = *w.interface(p.interface);
        if (p.ether_type == type_ip4)
            check(w, i, i.vrf->fib4, in.packets + first, n - first, [](const Packet &each) { return load32(l3(each) + 12); });
        else
            check(w, i, i.vrf->fib6, in.packets + first, n - first, [](const Packet &each) { return load_ip6(l3(each) + 8); });
    }
}

}  // namespace weft
