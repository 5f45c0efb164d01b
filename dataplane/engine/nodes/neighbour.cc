// The neighbour machine of RFC 4861 §7.3, for ARP likewise: who is asked and when, who is believed and for how long. One worker
// runs it, the owner of the table; the others leave it notes, which it reads between two bursts, and take what they need from what
// it publishes (tables/neighbours.h). An address that packets wait for (nodes/glean_wait.cc) is asked for at once and then once a
// second, three times in all. A scan of unused addresses keeps at most 2048 questions open, of which the oldest give way, and
// stops neither known neighbours nor answers: an answer to one of ours is learned whether or not its question is still open. When a link
// comes up again, who was learned on it is forgotten. What
// the world should know goes to the NeighbourView. In a chassis the member that has the port asks, and tells the others (fabric_say.cc).
//
// Drops (node neighbour): table-full, not-handed-over (a note found no room: its worker asks again, the sender speaks again).
#include <utility>

#include "fabric.h"

namespace weft {
namespace {

using State = NeighbourState::State;
using Origin = NeighbourState::Origin;
using Note = NeighbourNote;

constexpr uint64_t retransmit = second, delay_first_probe = 5 * second, stale_for = 1200 * second;
constexpr unsigned solicitations = 3;

// 0.5 to 1.5 times 30 s, so that a box's neighbours are not all probed at once.
uint64_t reachable_time(Worker &w) {
    return 15 * second + w.draw() % (30 * second);
}

void ask(Worker &w, const Neighbour &n, bool unicast) {
    const Interface *i = w.interface(n.interface);
    if (!i) return;
    if (i->far) return ask_for_neighbour(w, *i, n.address);
    if (is_mapped(n.address))
        send_arp_request(w, *i, unmapped(n.address), unicast ? &n.mac : nullptr);
    else
        send_solicitation(w, *i, n.address, unicast ? &n.mac : nullptr);
}

// To the view; what does not fit goes at the next tick.
void tell(Worker &w, uint32_t at) {
    Neighbour &n = w.neighbours[at];
    // Nobody need hear of a question that was dropped before anybody heard that it was asked.
    if (n.gone && !n.told) return w.neighbours.release(at);
    n.dirty = !w.core.neighbours.push({n.interface, n.address, n.mac, n.origin, n.state, n.router, n.gone});
    if (!n.dirty && n.gone) {
        w.core.call_housekeeping();
        return w.neighbours.release(at);
    }
    n.told |= !n.dirty;
    w.core.call_housekeeping();
}

void end(Worker &w, uint32_t at) {
    w.neighbours.remove(at);
    tell(w, at);
}

void forget(Worker &w, uint32_t at, HoldDrop why) {
    drop_waiting(w, w.neighbours[at].interface, w.neighbours[at].address, why);
    end(w, at);
}

// Nobody answered: the senders of what waited are told.
void fail(Worker &w, uint32_t at) {
    const uint32_t interface = w.neighbours[at].interface;
    const Ip6 address = w.neighbours[at].address;
    end(w, at);
    fail_waiting(w, interface, address);
}

void enter(Worker &w, uint32_t at, State state, uint64_t deadline) {
    Neighbour &n = w.neighbours[at];
    n.deadline = deadline;
    if (n.state == state) return;
    n.dirty = true;
    n.state = state;
    w.neighbours.publish(at);
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
            enter(w, at, State::stale, w.now + stale_for);
            break;
        case State::delay:
            enter(w, at, State::probe, w.now + retransmit);
            n.probes = 1;
            ask(w, n, true);
            break;
        case State::stale:
            return forget(w, at, HoldDrop::expired);
    }
    tell(w, at);
}

// `told`: by another member of the chassis, else it is told the others.
void confirm(Worker &w, uint32_t at, const MacAddress &mac, bool reachable, bool told = false) {
    Neighbour &n = w.neighbours[at];
    if (n.origin == Origin::fixed) return;
    const bool was_incomplete = n.state == State::incomplete, moved = n.mac != mac;
    if (moved) n.dirty = true;
    n.mac = mac;
    if (reachable) {
        enter(w, at, State::reachable, w.now + reachable_time(w));
    } else if (was_incomplete || moved) {
        enter(w, at, State::stale, w.now + stale_for);
    }
    if (moved) w.neighbours.publish(at);
    n.probes = 0;
    w.neighbours.settle(at);
    if (was_incomplete) send_waiting(w, n.interface, n.address, mac);
    if (n.dirty) tell(w, at);
    if (!told && (was_incomplete || moved || reachable)) {
        const Interface *i = w.interface(n.interface);
        if (i && i->fabric_key) say_neighbour(w, *i, n.address, mac);
    }
}

void doubt(Worker &w, uint32_t at) {
    Neighbour &n = w.neighbours[at];
    if (n.origin == Origin::fixed || n.state != State::reachable) return;
    enter(w, at, State::stale, w.now + stale_for);
    tell(w, at);
}

void set_router(Worker &w, uint32_t at, bool router) {
    Neighbour &n = w.neighbours[at];
    if (n.router == router) return;
    n.router = router;
    tell(w, at);
}

bool owns(const Worker &w) { return w.id == neighbour_owner; }

// False: there was no room.
bool leave_note(Worker &w, const Note &note) {
    if (!w.notes.push(note)) {
        w.unmade(Drop::neighbour_note);
        return false;
    }
    w.left_notes = true;
    return true;
}

void read_note(Worker &w, const Note &note) {
    const Interface *i = w.interface(note.interface);
    if (!i || !i->enabled || !(is_mapped(note.address) ? i->ip4 : i->ip6)) return;
    switch (note.kind) {
        case Note::Kind::wanted: {
            const uint32_t at = w.neighbours.find(note.interface, note.address);
            // Known since: who asked had not seen it yet.
            if (at != no_neighbour && w.neighbours[at].state != State::incomplete) return w.neighbours.raise(at);
            if (!want_neighbour(w, *i, note.address)) w.unmade(Drop::neighbour_table_full);
            return;
        }
        case Note::Kind::used:
            return use_neighbour(w, note.interface, note.address);
        case Note::Kind::learned:
            return learn(w, *i, note.address, note.mac, note.how, note.confirmed);
        case Note::Kind::advertised:
            advertised(w, *i, {note.address, note.mac, note.has_mac, note.confirmed, note.override, note.router});
            return;
    }
}

// Whoever was behind a link that has come up again may have gone meanwhile, or have another address: they are asked for anew, by the
// member that has the port.
void follow_links(Worker &w) {
    for (const auto &i : w.table->interfaces) {
        if (!i) continue;
        const uint32_t ups = i->runtime->link_ups.load(std::memory_order_acquire);
        const uint32_t before = std::exchange(i->runtime->neighbours_of, ups);
        if (before == ups || before == 0 || i->far) continue;
        for (uint32_t at = 0; at < w.neighbours.high(); at++) {
            const Neighbour &n = w.neighbours[at];
            if (n.interface == i->index && !n.gone && n.origin == Origin::dynamic && n.state != State::incomplete)
                forget(w, at, HoldDrop::expired);
        }
    }
}

}  // namespace

bool want_neighbour(Worker &w, const Interface &i, const Ip6 &address) {
    if (!owns(w)) return leave_note(w, {.kind = Note::Kind::wanted, .interface = i.index, .address = address});
    if (w.neighbours.find(i.index, address) != no_neighbour) return true;
    const uint32_t at = make_question(w, i.index, address);
    if (at == no_neighbour) return false;
    Neighbour &n = w.neighbours[at];
    n.deadline = w.now + retransmit;
    n.probes = 1;
    w.tick_soon();
    tell(w, at);
    ask(w, n, false);
    return true;
}

void use_neighbour(Worker &w, uint32_t interface, const Ip6 &address) {
    if (!owns(w)) {
        // Each packet would say so until the owner has heard it.
        const bool said = w.used_interface == interface && w.used_address == address && w.now < w.used_said + second / 10;
        if (said) return;
        w.used_said = w.now;
        w.used_interface = interface;
        w.used_address = address;
        if (w.notes.size() < w.notes_most / 2) leave_note(w, {.kind = Note::Kind::used, .interface = interface, .address = address});
        return;
    }
    const uint32_t at = w.neighbours.find(interface, address);
    if (at == no_neighbour || w.neighbours[at].state != State::stale) return;
    enter(w, at, State::delay, w.now + delay_first_probe);
    w.tick_soon();
    tell(w, at);
}

void learn(Worker &w, const Interface &i, const Ip6 &address, const MacAddress &mac, Learn how, bool confirmed) {
    if (!owns(w)) {
        leave_note(w, {.kind = Note::Kind::learned, .how = how, .confirmed = confirmed, .interface = i.index, .address = address, .mac = mac});
        return;
    }
    uint32_t at = w.neighbours.find(i.index, address);
    if (at == no_neighbour) {
        if (how == Learn::update) return;
        at = make_entry(w, i.index, address);
        if (at == no_neighbour) return w.unmade(Drop::neighbour_table_full);
        w.neighbours[at].dirty = true;
    }
    confirm(w, at, mac, confirmed, how == Learn::told);
}

bool note_neighbour(Worker &w, const Interface &i, const Ip6 &address, const MacAddress &mac) {
    if (owns(w)) w.tick_soon();
    return leave_note(w, {.kind = Note::Kind::learned, .how = Learn::update, .interface = i.index, .address = address, .mac = mac});
}

Drop advertised(Worker &w, const Interface &i, const Advertisement &a) {
    uint32_t at = w.neighbours.find(i.index, a.target);
    // Solicited, but not by us: the host's stack asked, by its tap, and takes the answer from the mirror.
    if (at == no_neighbour && (!a.solicited || !a.has_mac || (!i.subnet(a.target) && !is_link_local6(a.target)))) return Drop::nd_not_for_us;
    if (!owns(w)) {
        Note note{.kind = Note::Kind::advertised, .confirmed = a.solicited, .interface = i.index, .address = a.target, .mac = a.mac};
        note.has_mac = a.has_mac;
        note.override = a.override;
        note.router = a.router;
        leave_note(w, note);
        return Drop::nd_consumed;
    }
    if (at == no_neighbour) {
        learn(w, i, a.target, a.mac, Learn::create, true);
        at = w.neighbours.find(i.index, a.target);
        if (at == no_neighbour) return Drop::neighbour_table_full;
    } else {
        const Neighbour &n = w.neighbours[at];
        const bool incomplete = n.state == State::incomplete;
        if (incomplete && !a.has_mac) return Drop::nd_malformed;
        const MacAddress mac = a.has_mac ? a.mac : n.mac;
        if (!incomplete && mac != n.mac && !a.override) {
            // Another address, not to override: doubt is all that comes of it.
            doubt(w, at);
        } else {
            confirm(w, at, mac, a.solicited);
        }
    }
    set_router(w, at, a.router);
    return Drop::nd_consumed;
}

bool read_notes(Worker &w) {
    bool any = false;
    const auto read = [&](const Note &note) {
        read_note(w, note);
        any = true;
    };
    const unsigned count = w.core.worker_count.load(std::memory_order_acquire);
    for (unsigned id = 0; id < count; id++) w.core.workers[id]->notes.drain(read);
    w.core.used_neighbours.drain(read);
    return any;
}

bool neighbour_tick(Worker &w) {
    follow_links(w);
    bool soon = announce(w);
    for (uint32_t i = 0; i < w.neighbours.high(); i++) {
        Neighbour &n = w.neighbours[i];
        if (n.interface == no_interface) continue;
        if (!n.gone && n.origin != Origin::fixed && w.now >= n.deadline) expire(w, i);
        if (n.interface != no_interface && n.dirty) tell(w, i);
        soon |= n.interface != no_interface && (n.dirty || n.asked || n.state == State::delay || n.state == State::probe);
    }
    return soon;
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
        w.neighbours.publish(at);
        send_waiting(w, n.interface, n.address, n.mac);
        tell(w, at);
    }
    w.tick_soon();  // announcements
}

}  // namespace weft
