// Packets whose forwarding object is of type resolve: it stands for a LISP map-cache miss (RFC 9301 §8) or an IPsec policy
// without a security association (RFC 4301 §4.4.1.2), and names it to the controller by an identifier of the controller's own.
//
// A packet waits under its key: for LISP the VRF and the destination, for IPsec the object. The first of a key raises an event at
// once, later ones at most one a second, all keys together at most 1000 a second. It is carried out by programming:
// once the route or the object says something else, those that wait go through the lookup again, in the order in which they
// came and before any that come later (waits_behind() puts these behind them). After 4 s they are dropped. An object with flag
// resolve_no_hold raises events and drops.
//
// Drops (node resolve): queue-full, holding-full, table-full, expired, withdrawn (the object, or the packet's interface, was
// deleted), not-held. Cost: one copy of a packet that waits; others pay one branch a burst.
#include "nodes.h"

namespace weft {
namespace {

constexpr uint64_t hold_patience = 4 * second;

Ip6 destination_of(const Packet &p) {
    return p.ether_type == type_ip4 ? mapped(load32(l3(p) + 16)) : load_ip6(l3(p) + 24);
}

HoldKey key_of(HoldKind kind, const Object &o, Vrf *vrf, const Packet &p) {
    if (kind == HoldKind::ike) return {kind, o.slot, nullptr, {}};
    return {kind, 0, vrf, destination_of(p)};
}

Miss miss_of(HoldKind kind, uint32_t id, const Vrf &vrf, const Packet &p) {
    Miss m;
    m.kind = kind;
    m.id = id;
    m.vrf = vrf.id;
    const uint8_t *h = l3(p);
    uint32_t offset;
    bool whole;
    m.destination = destination_of(p);
    if (p.ether_type == type_ip4) {
        m.source = mapped(load32(h + 12));
        m.protocol = h[9];
        offset = (h[0] & 15u) * 4;
        whole = (load16(h + 6) & 0x3fff) == 0;
    } else {
        m.source = load_ip6(h + 8);
        bool fragment, first;
        whole = skip_extensions(p, m.protocol, offset, fragment, first) && !fragment;
    }
    const bool ports = m.protocol == protocol_tcp || m.protocol == protocol_udp || m.protocol == 132;
    if (whole && ports && offset + 4 <= l3_length(p)) {
        m.source_port = load16(h + offset);
        m.destination_port = load16(h + offset + 2);
    }
    return m;
}

bool still_waits(Worker &w, const Hold &hold) {
    Packet &first = w.holding.front(hold.queue);
    const Object *o = object_for(w, first, *hold.vrf);
    return o && o->type == ObjectType::resolve && o->resolve == hold.key.kind &&
           key_of(o->resolve, *o, hold.vrf, first) == hold.key;
}

void one(Worker &w, Packet &p, const Object &o) {
    Vrf *vrf = w.vrf_of(p);
    const HoldKey key = key_of(o.resolve, o, vrf, p);
    uint32_t at = w.holds.find(key);
    if (at == Holds::none) {
        at = w.holds.add(key);
        w.tick_soon();
    }
    if (at == Holds::none) return drop_held(w, p, o.resolve, HoldDrop::table_full);
    Hold &hold = w.holds[at];
    hold.vrf = vrf;
    if (w.now >= hold.next_event && w.misses.size() < w.miss_ring && w.core.miss_events.take(w.now, {1000, 1000})) {
        w.misses.push(miss_of(o.resolve, o.resolve_id, *vrf, p));
        w.holding.counters[static_cast<size_t>(o.resolve)].events += 1;
        hold.next_event = w.now + second;
        w.core.call_housekeeping();
        if (w.tracing) [[unlikely]] w.trace(p, "asks the controller to resolve {na}", o.resolve_id);
    }
    if (o.flags & resolve_no_hold) return w.drop(p, Drop::resolve_not_held);
    if (!hold.queue.count) hold.expires = w.now + hold_patience;
    keep_held(w, p, o.resolve, hold.queue);
}

}  // namespace

void resolve(Worker &w, Vector &in) {
    for (unsigned n = 0; n < in.size; n++) one(w, *in.packets[n], *in.objects[n]);
}

bool waits_behind(Worker &w, Packet &p, const Object &o) {
    if (o.type == ObjectType::resolve || o.type == ObjectType::lookup) return false;
    Vrf *vrf = w.vrf_of(p);
    for (const HoldKind kind : {HoldKind::lisp, HoldKind::ike}) {
        const uint32_t at = w.holds.find(key_of(kind, o, vrf, p));
        // Of one destination some flows may wait and others not, when a group says so.
        if (at == Holds::none || !w.holds[at].queue.count || still_waits(w, w.holds[at])) continue;
        keep_held(w, p, kind, w.holds[at].queue, true);
        w.holds.overdue = true;
        return true;
    }
    return false;
}

void release_resolved(Worker &w) {
    Holds &holds = w.holds;
    const uint64_t changes = w.core.changes.load(std::memory_order_acquire);
    if (changes == holds.seen && !holds.overdue) return;
    holds.seen = changes;
    holds.overdue = false;
    for (uint32_t i = 0; i < holds.high(); i++) {
        Hold &hold = holds[i];
        if (!hold.used || !hold.queue.count || still_waits(w, hold)) continue;
        const HoldKind kind = hold.key.kind;
        HoldQueue queue = std::exchange(hold.queue, {});
        Vrf *vrf = w.burst_vrf = hold.vrf;
        // Once it is resolved, the next miss is a new one.
        holds.remove(i);
        while (queue.count) {
            // A vector's worth at a time.
            for (unsigned n = 0; queue.count && n < burst_size; n++) {
                Packet &p = w.holding.take(queue);
                const Interface *in = w.interface(p.interface);
                const Object *o = object_for(w, p, *vrf);
                if ((!in && !p.local_origin) || (in && in->vrf != vrf) || !o)
                    drop_held(w, p, kind, HoldDrop::failed);
                else
                    w.push(p.ether_type == type_ip4 ? Node::ip4_lookup : Node::ip6_lookup, &p);
            }
            w.run_graph();
        }
    }
}

// VRFs that go take what waits in them along.
void holds_follow_table(Worker &w) {
    for (uint32_t i = 0; w.holds.any() && i < w.holds.high(); i++) {
        Hold &hold = w.holds[i];
        if (!hold.used || w.table->has(hold.vrf)) continue;
        drop_queue(w, hold.queue, hold.key.kind, HoldDrop::failed);
        w.holds.remove(i);
    }
}

void holds_tick(Worker &w) {
    uint64_t entries[hold_kinds] = {};
    for (uint32_t i = 0; i < w.holds.high(); i++) {
        Hold &hold = w.holds[i];
        if (!hold.used) continue;
        if (hold.queue.count && w.now >= hold.expires) drop_queue(w, hold.queue, hold.key.kind, HoldDrop::expired);
        if (!hold.queue.count && w.now >= hold.next_event) {
            w.holds.remove(i);
            continue;
        }
        entries[static_cast<size_t>(hold.key.kind)]++;
    }
    entries[static_cast<size_t>(HoldKind::glean)] = w.gleans.size();
    for (size_t kind = 0; kind < hold_kinds; kind++) w.holding.counters[kind].entries.set(entries[kind]);
}

}  // namespace weft
