// bridge-input: whole frames in a domain, from the interface by which they came in. Of a cross-connect, to its other end; of a bridge
// domain (IEEE 802.1Q §8.6 to §8.8), to where the destination's address was learned, or to all.
//
// Reads    the interface's domain; the table of addresses, source and destination of the burst prefetched
// Next     the port, by egress_frame; ethernet-input with the routed interface of the domain, when the frame is for that; the
//          encapsulation of a tunnel
// Counts   per domain: frames forwarded, to the box, flooded, policed; addresses learned, moved, held, not learned
// Drops    interface-deleted, reserved-address, own-source-address, same-interface, split-horizon, unknown-destination; those of
//          floods and of egress
// Cost     a line of the table for each address, two of few
#include "../net/offload.h"
#include "bridge.h"
#include "fabric.h"

namespace weft {
namespace {

bool is_reserved(const uint8_t *mac) {
    static constexpr uint8_t prefix[] = {0x01, 0x80, 0xc2, 0x00, 0x00};
    return std::memcmp(mac, prefix, sizeof prefix) == 0 && mac[5] < 0x10;
}

void exchange(Worker &w, Packet &p, const Interface &in) {
    const Interface *out = w.interface(in.domain->other(p.interface));
    if (!out) [[unlikely]]
        return w.discard(p, Drop::bridge_no_way);
    p.remote = 0;  // said where it came from
    egress_frame(w, p, *out);
}

// What is not known of the source as it is said here. False: the frame ends.
bool learn(Worker &w, Packet &p, const Interface &in, const Bridge &bridge, MacKey key, const MacTable::Found &known, MacTable::Stamp stamp) {
    if (known && known.place().interface == bridge.routed) {
        w.discard(p, Drop::bridge_own_source);
        return false;
    }
    if (!bridge.spec.learns) return true;
    using Learned = MacTable::Learned;
    BridgeCounters &c = bridge.counters(w.id);
    switch (w.table->macs->learn(key, {p.interface, p.remote}, stamp, bridge.terms(in.domain->most_addresses))) {
        case Learned::added:
            c.learned += 1;
            say_mac(w, bridge, p.data + 6, in, p.remote);
            if (w.tracing) w.trace(p, "its source is learned");
            break;
        case Learned::moving:
            w.moves.push({key, known ? known.place().interface : p.interface, p.interface});
            w.core.call_housekeeping();
            (bridge.spec.moves.hold ? c.held : c.moves) += 1;
            break;
        case Learned::moved:
            c.moves += 1;
            say_mac(w, bridge, p.data + 6, in, p.remote);
            if (w.tracing) w.trace(p, "its source has moved here");
            break;
        case Learned::held:
            c.held += 1;
            break;
        case Learned::domain_full:
        case Learned::interface_full:
        case Learned::table_full:
            c.limited += 1;
            bridge.runtime->limited_at.store(w.now, std::memory_order_relaxed);
            if (w.tracing) w.trace(p, "its source is not learned: there are too many");
            break;
        case Learned::known:
        case Learned::is_fixed:
        case Learned::busy:
            break;
    }
    return true;
}

// The usual frame leaves as it is, by a port that takes it so. False: it is for egress_frame().
bool leaves_as_it_is(Worker &w, Packet &p, const Interface &out) {
    PortHandle *port = out.port.get();
    const bool plain = (p.offload.gso_type | (p.offload.flags & offload_needs_checksum)) == 0 && l3_length(p) <= out.mtu;
    if (!plain || !port || !port->port || out.tags_out.pop || out.tags_out.push.length || !out.up() || w.tracing || w.watching()) [[unlikely]]
        return false;
    p.egress = out.index;
    InterfaceCounters &c = w.counters(out);
    c.out_octets += p.length;
    c.out_unicast += 1;
    w.send(*port, p);
    return true;
}

}  // namespace

void to_routed(Worker &w, Packet &p, const Interface &routed) {
    p.interface = routed.index;
    if (w.watching()) [[unlikely]] w.watch_arrival(p, routed, false);
    w.push(Node::ethernet_input, &p);
}

void bridge_to(Worker &w, Packet &p, const Bridge &bridge, const BridgeOrigin &from, const MacTable::Found &found) {
    BridgeCounters &c = bridge.counters(w.id);
    if (p.data[0] & 1) [[unlikely]] {
        if (!bridge.spec.forwards_reserved && is_reserved(p.data)) return w.discard(p, Drop::bridge_reserved);
        const bool all = std::memcmp(p.data, broadcast_mac.data(), 6) == 0;
        return flood(w, p, bridge, from, all ? FloodClass::broadcast : FloodClass::multicast);
    }
    const Interface *out = found ? w.interface(found.place().interface) : nullptr;
    // It may have left the domain since.
    if (!out || !out->domain || out->domain->bridge != bridge.id) [[unlikely]] {
        if (!bridge.spec.floods_unknown) return w.discard(p, Drop::bridge_unknown);
        return flood(w, p, bridge, from, FloodClass::unknown_unicast);
    }
    if (out->index == from.interface) [[unlikely]]
        return w.discard(p, Drop::bridge_same);
    if (from.group != 0 && out->domain->group == from.group) [[unlikely]]
        return w.discard(p, Drop::bridge_split);
    if (out->kind == InterfaceKind::bridge) {
        c.to_box += 1;
        if (w.tracing) [[unlikely]] w.trace(p, "is for the domain's routed interface {ia}", out->index);
        return to_routed(w, p, *out);
    }
    c.forwarded += 1;
    p.remote = found.place().remote;
    if (!leaves_as_it_is(w, p, *out)) egress_frame(w, p, *out);
}

void bridge_input(Worker &w, Vector &in) {
    const MacTable *macs = w.table->macs.get();
    struct Asked {
        MacKey to, from;
        MacTable::Bucket *of_to, *of_from;
    };
    Asked asked[Vector::capacity];
    const Interface *i = nullptr;
    const Bridge *bridge = nullptr;
    const auto by = [&](uint32_t interface) {
        if (i && i->index == interface) [[likely]]
            return;
        i = w.interface(interface);
        bridge = w.table->bridge_of(*i);
    };
    for (unsigned n = 0; n < in.size; n++) {
        Packet &p = *in.packets[n];
        by(p.interface);
        if (!bridge) continue;
        Asked &a = asked[n];
        a.to = mac_key(bridge->id, p.data);
        a.from = mac_key(bridge->id, p.data + 6);
        a.of_to = macs->home_of(a.to);
        a.of_from = macs->home_of(a.from);
    }
    const MacTable::Stamp stamp = MacTable::stamp(w.now);
    for (unsigned n = 0; n < in.size; n++) {
        Packet &p = *in.packets[n];
        by(p.interface);
        if (!bridge) {
            exchange(w, p, *i);
            continue;
        }
        const MacTable::Found known = macs->find(asked[n].from, asked[n].of_from);
        if (!known || known.place() != MacPlace{p.interface, p.remote}) [[unlikely]] {
            if (!learn(w, p, *i, *bridge, asked[n].from, known, stamp)) continue;
        } else if (known.stamp() != stamp && known.stamp() != MacTable::fixed && bridge->spec.learns) [[unlikely]] {
            MacTable::refresh(known, stamp);
        }
        const BridgeOrigin origin{p.interface, i->domain->group};
        if (bridge->spec.suppresses && suppressed(w, p, *bridge, origin)) [[unlikely]]
            continue;
        bridge_to(w, p, *bridge, origin, macs->find(asked[n].to, asked[n].of_to));
    }
}

}  // namespace weft
