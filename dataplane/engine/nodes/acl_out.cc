// acl-out: the access list of the interface that a packet is to leave by, of its family: packets that are forwarded, and those
// that the host sends by its VRF's inject device. Not asked: what the engine itself answers and reports (echo replies, ICMP errors, ARP,
// neighbour discovery), and what the host sends on an interface's tap, unrouted.
//
// Reads    the packet's header, the list's program, the interface of the forwarding object
// Next     the node it came from, once; of what came from another member (fabric_arrive.cc) the port
// Counts   packets and octets of the entry that decided, output discards of the interface
// Drops    acl-out: denied, rejected (with an ICMP error: administratively prohibited), tiny-fragment, header-chain
// Cost     as acl_in
#include "acl.h"
#include "fabric.h"

namespace weft {
namespace {

// What came from another member has no object, but leaves by an interface all the same.
uint32_t out_of(const Packet &p, const Object *o) { return o ? o->interface : p.egress; }

void end(Worker &w, Packet &p, const Interface &out, Drop reason) {
    w.counters(out).out_discards += 1;
    w.drop(p, reason);
}

void reject(Worker &w, Packet &p, const Interface &out) {
    if (p.ether_type == type_ip4)
        icmp4_error(w, p, 3, 13, 0);
    else
        icmp6_error(w, p, 1, 1, 0);
    end(w, p, out, Drop::acl_out_rejected);
}

}  // namespace

void acl_out(Worker &w, Vector &in) {
    acl_filter(
        w, in,
        [&](unsigned n) -> const AclList * {
            const Packet &p = *in.packets[n];
            // The engine's own have the interface that they answer for; the host's have none.
            if (p.local_origin && p.interface != no_interface) return nullptr;
            return w.interface(out_of(p, in.objects[n]))->acls[acl_slot(AclDirection::out, p.ether_type == type_ip6)].get();
        },
        [&](unsigned n, AclVerdict verdict) {
            Packet &p = *in.packets[n];
            const Object *o = in.objects[n];
            const Interface &out = *w.interface(out_of(p, o));
            switch (verdict) {
                case AclVerdict::pass:
                    p.passed = static_cast<uint8_t>(Node::acl_out);
                    if (!o) return leave_here(w, p, out);
                    return w.push(o->type == ObjectType::glean ? Node::glean : Node::adjacency, &p, o);
                case AclVerdict::drop:
                    return end(w, p, out, Drop::acl_out_denied);
                case AclVerdict::reject:
                    return reject(w, p, out);
                case AclVerdict::tiny_fragment:
                    return end(w, p, out, Drop::acl_out_fragment);
                case AclVerdict::header_chain:
                    return end(w, p, out, Drop::acl_out_headers);
            }
        });
}

}  // namespace weft
