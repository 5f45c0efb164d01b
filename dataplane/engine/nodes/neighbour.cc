// The neighbour machine of RFC 4861 §7.3, for ARP likewise: who is asked and when, who is believed and for how long. An address
// that packets wait for (nodes/hold.cc) is asked for at once and then once a second, three times in all; then the packets are
// dropped and their senders told. A scan of unused addresses keeps at most 2048 questions open, of which the oldest give way,
// and stops neither known neighbours nor answers: an answer to one of ours is learned whether or not its question is still
// open. The table is the worker's own; what others should know goes to the NeighbourView.
//
// Drops (node neighbour): queue-full, holding-full, table-full, gave-way, unresolved.
#include "nodes.h"

namespace weft {
namespace {

using State = NeighbourState::State;
using Origin = NeighbourState::Origin;

constexpr uint64_t second = 1000000;
constexpr uint64_t retransmit = second, delay_first_probe = 5 * second, stale_for = 1200 * second;
constexpr unsigned solicitations = 3;

// 0.5 to 1.5 times 30 s, so that a box's neighbours are not all probed at once.
uint64_t reachable_time(Worker &w) {
    return 15 * second + w.draw() % (30 * second);
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
    while (n.held.count) {
        Packet &p = w.holding.take(n.held);
        if (out)
            transmit(w, p, *out, n.mac);
        else
            drop_held(w, p, HoldKind::glean, HoldDrop::failed);
    }
}

void end(Worker &w, uint32_t at) {
    w.neighbours.remove(at);
    tell(w, at);
}

void forget(Worker &w, uint32_t at, HoldDrop why) {
    drop_queue(w, w.neighbours[at].held, HoldKind::glean, why);
    end(w, at);
}

// Nobody answered: the senders of what waited are told (RFC 1812 §5.2.7.1, RFC 4443 §3.1).
void fail(Worker &w, uint32_t at) {
    HoldQueue held = std::exchange(w.neighbours[at].held, {});
    const Interface *out = w.interface(w.neighbours[at].interface);
    const bool v4 = is_mapped(w.neighbours[at].address);
    end(w, at);
    while (held.count) {
        Packet &p = w.holding.take(held);
        if (out) {
            w.burst_vrf = out->vrf;
            if (v4)
                icmp4_error(w, p, 3, 1, 0, out);
            else
                icmp6_error(w, p, 1, 3, 0, out);
        }
        drop_held(w, p, HoldKind::glean, HoldDrop::failed);
    }
    w.run_graph();
}

void enter(Neighbour &n, State state, uint64_t deadline) {
    if (n.state != state) n.dirty = true;
    n.state = state;
    n.deadline = deadline;
}

// A new entry; when there is no room, a question gives way, else a stale neighbour. none: all are in use.
uint32_t make_entry(Worker &w, uint32_t interface, const Ip6 &address) {
    Neighbours &all = w.neighbours;
    if (all.full()) {
        const uint32_t least = all.oldest_asked() != Neighbours::none ? all.oldest_asked() : all.stale();
        if (least != Neighbours::none) forget(w, least, HoldDrop::expired);
    }
    return all.add(interface, address);
}

// An entry for an address that has to be asked for.
uint32_t make_question(Worker &w, uint32_t interface, const Ip6 &address) {
    if (w.neighbours.asked() == Neighbours::incomplete_most) forget(w, w.neighbours.oldest_asked(), HoldDrop::expired);
    const uint32_t at = make_entry(w, interface, address);
    if (at != Neighbours::none) w.neighbours.ask(at);
    return at;
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
            return forget(w, at, HoldDrop::expired);
    }
    tell(w, at);
}

}  // namespace

void tell(Worker &w, uint32_t at) {
    Neighbour &n = w.neighbours[at];
    // Nobody need hear of a question that was dropped before anybody heard that it was asked.
    if (n.gone && !n.told) return w.neighbours.release(at);
    n.dirty = !w.core.neighbours.push({n.interface, n.address, n.mac, n.origin, n.state, n.router, n.gone});
    if (!n.dirty && n.gone) return w.neighbours.release(at);
    n.told |= !n.dirty;
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
        at = make_question(w, out.index, next_hop);
        if (at == no_neighbour) return drop_held(w, p, HoldKind::glean, HoldDrop::table_full);
        Neighbour &n = w.neighbours[at];
        n.deadline = w.now + retransmit;
        n.probes = 1;
        tell(w, at);
    }
    Neighbour &n = w.neighbours[at];
    p.egress = out.index;
    keep_held(w, p, HoldKind::glean, n.held);
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
    w.neighbours.settle(at);
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
        if (!stays) forget(w, at, HoldDrop::failed);
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
        w.neighbours.settle(at);
        release_held(w, n);
        tell(w, at);
    }
}

}  // namespace weft
