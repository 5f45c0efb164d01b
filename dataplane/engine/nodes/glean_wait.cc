// Packets that wait for a neighbour's address, in each worker for those that it received: for at most 3 s, in the order in which
// they came, and nothing of the same worker overtakes them. The worker that owns the neighbours asks (nodes/neighbour.cc), at
// once and three times in all; another one looks between two bursts whether something has become known, and asks the owner again
// once a second. When nobody answers, the packets are dropped and their senders told (RFC 1812 §5.2.7.1, RFC 4443 §3.1). Of more
// than 2048 addresses the oldest gives way.
//
// Drops (node neighbour): queue-full, holding-full, table-full, gave-way, unresolved.
#include "nodes.h"

namespace weft {
namespace {

constexpr uint64_t patience = 3 * second;

HoldKey key_of(uint32_t interface, const Ip6 &address) { return {HoldKind::glean, interface, nullptr, address}; }

void transmit(Worker &w, Packet &p, const Interface &out, const MacAddress &mac) {
    const uint16_t type = (l3(p)[0] >> 4) == 4 ? type_ip4 : type_ip6;
    if (put_ethernet(w, p, mac, out, type)) egress(w, p, out);
}

// Takes the key out of the table; what waited is the caller's.
HoldQueue end(Worker &w, uint32_t at) {
    const HoldQueue queue = w.gleans[at].queue;
    w.gleans.remove(at);
    return queue;
}

void drop_at(Worker &w, uint32_t at, HoldDrop why) {
    HoldQueue queue = end(w, at);
    drop_queue(w, queue, HoldKind::glean, why);
}

void send_at(Worker &w, uint32_t at, const MacAddress &mac) {
    const Interface *out = w.interface(w.gleans[at].key.object);
    HoldQueue queue = end(w, at);
    while (queue.count) {
        Packet &p = w.holding.take(queue);
        if (out)
            transmit(w, p, *out, mac);
        else
            drop_held(w, p, HoldKind::glean, HoldDrop::failed);
    }
}

void fail_at(Worker &w, uint32_t at) {
    const HoldKey key = w.gleans[at].key;
    const Interface *out = w.interface(key.object);
    HoldQueue queue = end(w, at);
    while (queue.count) {
        Packet &p = w.holding.take(queue);
        if (out) {
            w.burst_vrf = out->vrf;
            if (is_mapped(key.destination))
                icmp4_error(w, p, 3, 1, 0, out);
            else
                icmp6_error(w, p, 1, 3, 0, out);
        }
        drop_held(w, p, HoldKind::glean, HoldDrop::failed);
    }
    w.run_graph();
}

}  // namespace

void to_neighbour(Worker &w, Packet &p, const Interface &out, const Ip6 &next_hop, uint32_t neighbour) {
    p.remote = 0;  // where it came from
    if (out.layer3()) return egress(w, p, out);
    NeighbourLink link;
    if (neighbour == no_neighbour) neighbour = w.neighbours.find(out.index, next_hop);
    if (neighbour != no_neighbour) link = w.neighbours.link(neighbour, out.index, next_hop);
    if (!link.known()) return hold(w, p, out, next_hop);
    // Known only since this burst began: those that wait go first.
    if (link.version > w.neighbours_seen && w.gleans.any()) send_waiting(w, out.index, next_hop, link.mac());
    if (!link.fresh()) use_neighbour(w, out.index, next_hop);
    transmit(w, p, out, link.mac());
}

void hold(Worker &w, Packet &p, const Interface &out, const Ip6 &next_hop) {
    if (!out.up()) {
        w.counters(out).out_discards += 1;
        return w.drop(p, Drop::egress_down);
    }
    uint32_t at = w.gleans.find(key_of(out.index, next_hop));
    const bool fresh = at == Holds::none;
    if (fresh) {
        if (w.gleans.full()) drop_at(w, w.gleans.oldest(), HoldDrop::expired);
        at = w.gleans.add(key_of(out.index, next_hop));
        w.gleans[at].vrf = out.vrf;
        w.gleans[at].expires = w.now + patience;
        w.gleans[at].next_event = w.now + second;
        w.tick_soon();
    }
    p.egress = out.index;
    keep_held(w, p, HoldKind::glean, w.gleans[at].queue);
    if (fresh && !want_neighbour(w, out, next_hop) && w.id == neighbour_owner) drop_waiting(w, out.index, next_hop, HoldDrop::table_full);
}

void send_waiting(Worker &w, uint32_t interface, const Ip6 &address, const MacAddress &mac) {
    if (!w.gleans.any()) return;
    const uint32_t at = w.gleans.find(key_of(interface, address));
    if (at != Holds::none) send_at(w, at, mac);
}

void drop_waiting(Worker &w, uint32_t interface, const Ip6 &address, HoldDrop why) {
    if (!w.gleans.any()) return;
    const uint32_t at = w.gleans.find(key_of(interface, address));
    if (at != Holds::none) drop_at(w, at, why);
}

void fail_waiting(Worker &w, uint32_t interface, const Ip6 &address) {
    const uint32_t at = w.gleans.find(key_of(interface, address));
    if (at != Holds::none) fail_at(w, at);
}

bool look_for_neighbours(Worker &w) {
    bool left = false;
    for (uint32_t i = 0; i < w.gleans.high(); i++) {
        const Hold &waiting = w.gleans[i];
        if (!waiting.used) continue;
        const uint32_t at = w.neighbours.find(waiting.key.object, waiting.key.destination);
        if (at == no_neighbour) continue;
        const NeighbourLink link = w.neighbours.link(at, waiting.key.object, waiting.key.destination);
        if (!link.known()) continue;
        if (!link.fresh()) use_neighbour(w, waiting.key.object, waiting.key.destination);
        send_at(w, i, link.mac());
        left = true;
    }
    return left;
}

void glean_tick(Worker &w) {
    for (uint32_t i = 0; i < w.gleans.high(); i++) {
        Hold &waiting = w.gleans[i];
        if (!waiting.used) continue;
        if (w.now >= waiting.expires) {
            fail_at(w, i);
        } else if (w.now >= waiting.next_event) {
            waiting.next_event = w.now + second;
            if (const Interface *out = w.interface(waiting.key.object)) want_neighbour(w, *out, waiting.key.destination);
        }
    }
}

void gleans_follow_table(Worker &w) {
    for (uint32_t i = 0; i < w.gleans.high(); i++) {
        if (!w.gleans[i].used) continue;
        const Interface *out = w.interface(w.gleans[i].key.object);
        if (!out || out->vrf != w.gleans[i].vrf || !out->enabled || !(is_mapped(w.gleans[i].key.destination) ? out->ip4 : out->ip6)) drop_at(w, i, HoldDrop::failed);
    }
}

void drop_all_held(Worker &w) {
    for (uint32_t i = 0; i < w.gleans.high(); i++)
        if (w.gleans[i].used) drop_at(w, i, HoldDrop::failed);
    for (uint32_t i = 0; i < w.holds.high(); i++) {
        Hold &hold = w.holds[i];
        if (!hold.used) continue;
        drop_queue(w, hold.queue, hold.key.kind, HoldDrop::failed);
        w.holds.remove(i);
    }
}

}  // namespace weft
