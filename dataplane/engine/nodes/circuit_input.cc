// circuit-input: frames of a port that has circuits, or whose interface is switched. To which interface of the port each one belongs,
// by its tags (tables/circuits.h); and the rewriting of the tags by which it enters a domain.
//
// Reads    the port's interface and its circuits
// Sets     interface; vlan_tci, whose priority tags that are put on have again; of a switched frame ether_type and l3_offset, behind
//          all its tags, all of which lie in it
// Next     ethernet-input, a routed circuit's without its tags; bridge-input
// Counts   as ethernet-input, frames that are switched and those of no circuit
// Drops    vlan-tag-without-circuit, of the port's interface; frame-too-short, interface-disabled, group-source-address (of what is
//          switched), no-headroom, port-without-interface
// Cost     the tables' lines for a tag or two, and the moving of two addresses
#include "../net/tags.h"
#include "arrivals.h"

namespace weft {
namespace {

// Where the frame's content begins, and what it is.
void look_behind_tags(Packet &p) {
    uint32_t at = mac_pair;
    while (is_tag(load16(p.data + at)) && at + tag_size + 2 <= p.length) at += tag_size;
    p.ether_type = load16(p.data + at);
    p.l3_offset = static_cast<uint16_t>(at + 2);
}

void to_domain(Worker &w, Packet &p, const Interface &i, const VlanTag &outer) {
    if (!i.enabled) return w.discard(p, Drop::circuit_disabled);
    if (p.data[6] & 1) return w.discard(p, Drop::circuit_source);
    // A priority without a VLAN is not part of what the domain sees.
    if (outer.tpid != 0 && outer.vid == 0) pop_tags(p, 1);
    pop_tags(p, i.tags_in.pop);
    const bool fits = (p.vlan_tpid == 0 || insert_outer_tag(p)) && (i.tags_in.push.length == 0 || push_tags(p, i.tags_in.push));
    if (!fits) return w.discard(p, Drop::circuit_headroom);
    look_behind_tags(p);
    w.push(Node::bridge_input, &p);
}

}  // namespace

const Interface *circuit_of(const Worker &w, const Interface &port, const Packet &p) {
    if (!port.circuits) return &port;
    const VlanTag outer = outer_tag(p);
    const bool tagged = outer.vid != 0;
    const uint32_t found = port.circuits->find(tagged ? outer : VlanTag{}, tagged ? second_tag(p) : VlanTag{});
    return found == Circuits::none ? nullptr : w.interface(found - 1);
}

void circuit_input(Worker &w, Vector &in) {
    Arrivals run(w);
    Onward routed(w, Node::ethernet_input);
    const Interface *port = nullptr;
    uint32_t ingress = no_interface;
    for (unsigned n = 0; n < in.size; n++) {
        Packet &p = *in.packets[n];
        if (p.interface != ingress || !port) [[unlikely]] {
            ingress = p.interface;
            port = w.interface(ingress);
        }
        if (!port) [[unlikely]] {
            w.drop(p, Drop::circuit_unbound);
            continue;
        }
        if (p.length < ethernet_size) [[unlikely]] {
            w.counters(*port).in_errors += 1;
            w.drop(p, Drop::circuit_short);
            continue;
        }
        const VlanTag outer = outer_tag(p);
        if (outer.tpid != 0 && p.vlan_tpid == 0) p.vlan_tci = load16(p.data + mac_pair + 2);
        const Interface *i = circuit_of(w, *port, p);
        if (i && !i->domain) [[likely]] {
            if (w.tracing) [[unlikely]] w.trace(p, "belongs to {ia}", i->index);
            p.interface = i->index;
            if (i->tags_in.pop) pop_tags(p, i->tags_in.pop);
            routed.push(p);
            continue;
        }
        const Interface &counted = i ? *i : *port;
        if (run.interface != &counted) run.begin(&counted);
        run.octets += p.wire_length();
        if (p.data[0] & 1)
            run.group(p.data);
        else
            run.unicast++;
        p.interface = counted.index;
        if (!i) {
            w.discard(p, Drop::circuit_none);
            continue;
        }
        if (w.tracing) [[unlikely]] w.trace(p, "belongs to {ia}", i->index);
        to_domain(w, p, *i, outer);
    }
}

}  // namespace weft
