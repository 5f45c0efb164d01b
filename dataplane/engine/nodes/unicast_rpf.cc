// Unicast reverse path forwarding (RFC 3704), on the input arc of interfaces that are set to it. The source is looked up in the
// VRF of the interface. Loose: it must have a route that leads somewhere; strict: one that leads back by this interface, with any
// of its members (so packets of a sender behind several equal paths pass by each). A default route counts only where it is allowed
// to. Routes to drop and the box's own addresses are nobody's source, and neither is the broadcast address of a subnet.
// IPv6 packets from link-local addresses pass: their neighbour is on this link by definition, and they are not forwarded.
//
// Reads: the FIB, objects. Hands to: the next of the input arc. Drops: no-reverse-path by family, counted by the interface too.
// Cost: a lookup, and another when the match is the default route's object.
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

template <class Fib, class Address>
const Object *way_back(Worker &w, const Fib &fib, const Address &source, bool allow_default) {
    const int64_t found = fib.lookup(source);
    if (found < 0) return nullptr;
    if (!allow_default && found == fib.default_object() && !fib.beyond_default(source)) return nullptr;
    return w.core.objects.at(static_cast<uint32_t>(found));
}

bool accepted(Worker &w, const Interface &i, const Object *o, ReversePath check) {
    if (!o || o->type == ObjectType::drop || o->type == ObjectType::local) return false;
    return check == ReversePath::loose || leaves_by(w, *o, i.index);
}

bool genuine4(Worker &w, const Interface &i, const Packet &p) {
    const FamilySettings &s = i.settings.ip4;
    const uint32_t source = load32(l3(p) + 12);
    const Subnet4 *subnet = i.subnet(source);
    if (subnet && (subnet->address == source || (subnet->length < 31 && subnet->broadcast() == source))) return false;
    return accepted(w, i, way_back(w, i.vrf->fib4, source, s.allow_default), s.reverse_path);
}

bool genuine6(Worker &w, const Interface &i, const Packet &p) {
    const FamilySettings &s = i.settings.ip6;
    const Ip6 source = load_ip6(l3(p) + 8);
    return is_link_local6(source) || accepted(w, i, way_back(w, i.vrf->fib6, source, s.allow_default), s.reverse_path);
}

}  // namespace

void unicast_rpf(Worker &w, Vector &in) {
    for (unsigned n = 0; n < in.size; n++) {
        Packet &p = *in.packets[n];
        const Interface &i = *w.interface(p.interface);
        const bool v4 = p.ether_type == type_ip4;
        if (v4 ? genuine4(w, i, p) : genuine6(w, i, p)) {
            w.push(next_input(p, i.features, Node::unicast_rpf), &p);
            continue;
        }
        InterfaceCounters &c = w.counters(i);
        (v4 ? c.unicast_rpf4 : c.unicast_rpf6) += 1;
        w.discard(p, v4 ? Drop::unicast_rpf4 : Drop::unicast_rpf6);
    }
}

}  // namespace weft
