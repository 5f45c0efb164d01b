// What another member sent, by its key alone (tables/fabric.h): out of a port of this member, to all of a bridge domain here, to the host,
// or what members say to each other. It is never sent on to another member.
//
// Next     acl-out, where the interface has a list; the port
// Counts   as it leaves
// Drops    fabric: unknown-key, malformed, consumed; egress: interface-down, interface-without-port; host: no-device
// Cost     a line of the keys
#include "../net/offload.h"
#include "bridge.h"
#include "fabric.h"

namespace weft {
namespace {

// For the host: a frame that came by an interface of another member, or by one that all have.
void to_host(Worker &w, Packet &p, const Interface &in) {
    look_into_frame(p);
    p.interface = in.index;
    // Another VRF's addresses may be led to by this one.
    Vrf *to = in.vrf;
    if (in.vrf && has_ip(p))
        if (Vrf *home = home_of(w, p, object_for(w, p, *in.vrf))) to = home;
    to_tap(w, p, to);
}

// The usual frame leaves as it is.
bool usual(Worker &w, Packet &p, const Interface &out) {
    PortHandle *port = out.port.get();
    const bool plain = (p.offload.gso_type | (p.offload.flags & offload_needs_checksum)) == 0 && p.length <= out.mtu + ethernet_size;
    if (!plain || !port || !port->port || !out.up() || (p.data[0] & 1) || w.tracing || w.watching() || out.kind == InterfaceKind::bridge) [[unlikely]]
        return false;
    p.egress = out.index;
    InterfaceCounters &c = w.counters(out);
    c.out_octets += p.length;
    c.out_unicast += 1;
    w.send(*port, p);
    return true;
}

}  // namespace

void leave_here(Worker &w, Packet &p, const Interface &out) {
    if (usual(w, p, out)) [[likely]]
        return;
    if (p.ether_type == 0) look_into_frame(p);
    egress(w, p, out);
}

void arrive(Worker &w, Packet &p, const Arrival &from) {
    const Fabric &fabric = *w.table->fabric;
    const uint32_t key = from.key;
    p.interface = p.egress = no_interface;
    p.fabric_key = 0;
    p.remote = 0;
    p.local_origin = false;
    p.flow_hash = 0;
    p.passed = p.tunnels = 0;
    p.ether_type = p.l3_offset = 0;
    if (w.tracing) [[unlikely]] w.trace(p, "comes from another member under the key {na}", key);
    if (p.length < ethernet_size) return w.drop(p, Drop::fabric_malformed);
    if (key == fabric_control) {
        const bool good = hear(w, p, from);
        return w.drop(p, good ? Drop::fabric_consumed : Drop::fabric_malformed);
    }
    if (!(key & key_of_host) && (key & key_of_domain)) {
        const uint32_t id = fabric.bridge_of(key >> 8 & most_domain_key);
        const Bridge *bridge = id < w.table->bridges.size() ? w.table->bridges[id].get() : nullptr;
        if (!bridge) return w.drop(p, Drop::fabric_unknown_key);
        look_into_frame(p);
        return flood_here(w, p, *bridge, bridge->group_of(key & 0xff));
    }
    const uint32_t index = fabric.interface_of(key & most_interface_key);
    const Interface *i = index == Fabric::none ? nullptr : w.interface(index);
    if (!i) [[unlikely]]
        return w.drop(p, Drop::fabric_unknown_key);
    const bool here = !i->far && (i->kind == InterfaceKind::port || i->kind == InterfaceKind::circuit);
    if (key & key_of_host) {
        if (!here) return to_host(w, p, *i);
        p.local_origin = true;
        return leave_here(w, p, *i);
    }
    if (!here) return w.drop(p, Drop::fabric_unknown_key);
    if (i->features & output_features) [[unlikely]] {
        look_into_frame(p);
        p.egress = i->index;
        w.burst_vrf = i->vrf;
        const bool is_ip = p.ether_type == type_ip4 || p.ether_type == type_ip6;
        if (is_ip && !i->domain && !has_ip(p)) return w.drop(p, Drop::fabric_malformed);
        if (is_ip && !i->domain && next_output(p, i->features, Node::adjacency) != Node::adjacency) return w.push(Node::acl_out, &p);
    }
    leave_here(w, p, *i);
}

}  // namespace weft
