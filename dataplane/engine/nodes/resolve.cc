// The neighbour machine of RFC 4861 §7.3, for ARP likewise: who is asked, when, and what becomes of the packets that wait. The
// table is the worker's own; what others should know goes to the NeighbourView.
#include "nodes.h"

namespace weft {
namespace {

using State = NeighbourState::State;
using Origin = NeighbourState::Origin;

constexpr uint64_t second = 1000000;
constexpr uint64_t retransmit = second, delay_first_probe = 5 * second, stale_for = 1200 * second;
constexpr unsigned solicitations = 3, held_most = 16;

// 0.5 to 1.5 times 30 s, so that a box's neighbours are not all probed at once.
uint64_t reachable_time(Worker &w) {
    w.random ^= w.random << 13;
    w.random ^= w.random >> 7;
    w.random ^= w.random << 17;
    return 15 * second + w.random % (30 * second);
}

void ask(Worker &w, const Neighbour &n, bool unicast) {
    const Interface *i = w.interface(n.interface);
    if (!i) return;
    if (is_mapped(n.address))
        send_arp_request(w, *i, unmapped(n.address), unicast ? &n.mac : nullptr);
    else
        send_solicitation(w, *i, n.address, unicast ? &n.mac : nullptr);
}

void transmit(Worker &w, Packet &p, const Interface &out, const MacAddress &mac) {
    const uint16_t type = (l3(p)[0] >> 4) == 4 ? type_ip4 : type_ip6;
    if (put_ethernet(w, p, mac, out.mac, type)) egress(w, p, out);
}

void release_held(Worker &w, Neighbour &n) {
    const Interface *out = w.interface(n.interface);
    for (uint32_t slot = n.first_held; slot != Holding::none;) {
        const uint32_t next = w.holding.next(slot);
        if (out) transmit(w, w.holding.packet(slot), *out, n.mac);
        w.holding.done(slot);
        slot = next;
    }
    n.first_held = n.last_held = Holding::none;
    n.held = 0;
}

void forget(Worker &w, uint32_t at) {
    Neighbour &n = w.neighbours[at];
    for (uint32_t slot = n.first_held; slot != Holding::none; slot = w.holding.next(slot)) {
        w.drop(w.holding.packet(slot), Drop::neighbour_failed);
        w.holding.done(slot);
    }
    n.first_held = n.last_held = Holding::none;
    n.held = 0;
    w.neighbours.remove(at);
    tell(w, at);
}

// Nobody answered: the senders of what waited are told (RFC 1812 §5.2.7.1, RFC 4443 §3.1).
void fail(Worker &w, uint32_t at) {
    Neighbour &n = w.neighbours[at];
    const Interface *out = w.interface(n.interface);
    uint32_t slot = n.first_held;
    n.first_held = n.last_held = Holding::none;
    n.held = 0;
    const bool v4 = is_mapped(n.address);
    w.neighbours.remove(at);
    tell(w, at);
    for (; slot != Holding::none; slot = w.holding.next(slot)) {
        Packet &p = w.holding.packet(slot);
        if (out) {
            w.burst_vrf = out->vrf;
            if (v4)
                icmp4_error(w, p, 3, 1, 0, out);
            else
                icmp6_error(w, p, 1, 3, 0, out);
        }
        w.drop(p, Drop::neighbour_failed);
        w.holding.done(slot);
    }
    w.run_graph();
}

void enter(Neighbour &n, State state, uint64_t deadline) {
    if (n.state != state) n.dirty = true;
    n.state = state;
    n.deadline = deadline;
}

// A slot for a new entry, if need be that of the oldest stale one.
uint32_t make_entry(Worker &w, uint32_t interface, const Ip6 &address) {
    if (w.neighbours.full()) {
        uint32_t oldest = Neighbours::none;
        for (uint32_t i = 0; i < w.neighbours.high(); i++) {
            const Neighbour &n = w.neighbours[i];
            if (n.interface == no_interface || n.gone || n.state != State::stale || n.origin != Origin::dynamic) continue;
            if (oldest == Neighbours::none || n.deadline < w.neighbours[oldest].deadline) oldest = i;
        }
        if (oldest == Neighbours::none) return Neighbours::none;
        forget(w, oldest);
    }
    return w.neighbours.add(interface, address);
}

void expire(Worker &w, uint32_t at) {
    Neighbour &n = w.neighbours[at];
    switch (n.state) {
        case State::incomplete:
        case State::probe:
            if (n.probes >= solicitations) return fail(w, at);
            n.probes++;
            n.deadline = w.now + retransmit;
            return ask(w, n, n.state == State::probe);
        case State::reachable:
            enter(n, State::stale, w.now + stale_for);
            break;
        case State::delay:
            enter(n, State::probe, w.now + retransmit);
            n.probes = 1;
            ask(w, n, true);
            break;
        case State::stale:
            return forget(w, at);
    }
    tell(w, at);
}

}  // namespace

void tell(Worker &w, uint32_t at) {
    Neighbour &n = w.neighbours[at];
    const NeighbourChange change{n.interface, n.address, n.mac, n.origin, n.state, n.router, n.gone};
    n.dirty = !w.core.neighbours.push(change);
    if (!n.dirty && n.gone) w.neighbours.release(at);
}

void to_neighbour(Worker &w, Packet &p, const Interface &out, const Ip6 &next_hop, uint32_t at) {
    if (at == no_neighbour || w.neighbours[at].state == State::incomplete) return hold(w, p, out, next_hop, at);
    Neighbour &n = w.neighbours[at];
    if (n.state == State::stale) {
        enter(n, State::delay, w.now + delay_first_probe);
        tell(w, at);
    }
    transmit(w, p, out, n.mac);
}

void hold(Worker &w, Packet &p, const Interface &out, const Ip6 &next_hop, uint32_t at) {
    if (!out.up()) {
        w.counters(out).out_discards += 1;
        return w.drop(p, Drop::egress_down);
    }
    const bool fresh = at == no_neighbour;
    if (fresh) {
        at = make_entry(w, out.index, next_hop);
        if (at == no_neighbour) return w.drop(p, Drop::neighbour_table_full);
        Neighbour &n = w.neighbours[at];
        n.deadline = w.now + retransmit;
        n.probes = 1;
        tell(w, at);
    }
    Neighbour &n = w.neighbours[at];
    if (n.held == held_most) return w.drop(p, Drop::neighbour_queue_full);
    p.egress = out.index;
    const uint32_t slot = w.holding.keep(p);
    if (slot == Holding::none) {
        w.drop(p, Drop::neighbour_holding_full);
    } else {
        if (n.last_held == Holding::none)
            n.first_held = slot;
        else
            w.holding.next(n.last_held) = slot;
        n.last_held = slot;
        n.held++;
    }
    if (fresh) ask(w, n, false);
}

void confirm(Worker &w, uint32_t at, const MacAddress &mac, bool reachable) {
    Neighbour &n = w.neighbours[at];
    if (n.origin == Origin::fixed) return;
    const bool was_incomplete = n.state == State::incomplete;
    if (n.mac != mac) n.dirty = true;
    const bool moved = n.mac != mac;
    n.mac = mac;
    if (reachable) {
        enter(n, State::reachable, w.now + reachable_time(w));
    } else if (was_incomplete || moved) {
        enter(n, State::stale, w.now + stale_for);
    }
    n.probes = 0;
    if (was_incomplete) release_held(w, n);
    if (n.dirty) tell(w, at);
}

void doubt(Worker &w, uint32_t at) {
    Neighbour &n = w.neighbours[at];
    if (n.origin == Origin::fixed || n.state != State::reachable) return;
    enter(n, State::stale, w.now + stale_for);
    tell(w, at);
}

void learn(Worker &w, const Interface &i, const Ip6 &address, const MacAddress &mac, Learn how, bool confirmed) {
    uint32_t at = w.neighbours.find(i.index, address);
    if (at == Neighbours::none) {
        if (how == Learn::update) return;
        at = make_entry(w, i.index, address);
        if (at == Neighbours::none) return w.unmade(Drop::neighbour_table_full);
        w.neighbours[at].dirty = true;
    }
    confirm(w, at, mac, confirmed);
}

void set_router(Worker &w, uint32_t at, bool router) {
    Neighbour &n = w.neighbours[at];
    if (n.router == router) return;
    n.router = router;
    tell(w, at);
}

void neighbour_tick(Worker &w) {
    for (uint32_t i = 0; i < w.neighbours.high(); i++) {
        Neighbour &n = w.neighbours[i];
        if (n.interface == no_interface) continue;
        if (!n.gone && n.origin != Origin::fixed && w.now >= n.deadline) expire(w, i);
        if (n.interface != no_interface && n.dirty) tell(w, i);
    }
    w.core.neighbours.held.store(w.holding.count(), std::memory_order_relaxed);
}

void neighbours_follow_table(Worker &w) {
    for (uint32_t at = 0; at < w.neighbours.high(); at++) {
        Neighbour &n = w.neighbours[at];
        if (n.interface == no_interface || n.gone) continue;
        const Interface *i = w.interface(n.interface);
        const bool v4 = is_mapped(n.address);
        bool stays = i && i->enabled && (v4 ? i->ip4 : i->ip6);
        if (stays && n.origin == Origin::fixed) {
            stays = false;
            for (const StaticNeighbour &s : w.table->neighbours)
                stays |= s.interface == n.interface && s.address == n.address;
        }
        if (!stays) forget(w, at);
    }
    for (const StaticNeighbour &s : w.table->neighbours) {
        const Interface *i = w.interface(s.interface);
        if (!i || !i->enabled) continue;
        uint32_t at = w.neighbours.find(s.interface, s.address);
        if (at == Neighbours::none) at = make_entry(w, s.interface, s.address);
        if (at == Neighbours::none) {
            w.unmade(Drop::neighbour_table_full);
            continue;
        }
        Neighbour &n = w.neighbours[at];
        if (n.origin == Origin::fixed && n.mac == s.mac) continue;
        n.mac = s.mac;
        n.origin = Origin::fixed;
        n.state = State::reachable;
        release_held(w, n);
        tell(w, at);
    }
}

}  // namespace weft
