// What goes to all of a bridge domain, by its object of type replicate: a copy to each leg but where the frame comes from, those of its
// split-horizon group and those that are down, the last of them the frame itself. A super-packet is copied whole.
//
// Another member of the chassis that has ports in the domain gets one copy, of which it gives its ports theirs (flood_here()).
//
// Memory   that of the worker's burst. Once much of it is in use, copies are sent at once and their memory is used again, so that any
//          number of members, and of remotes of tunnels, gets theirs.
// Counts   the object; per domain: floods, policed frames, copies
// Drops    bridge-flood: policed-unknown-unicast, policed-broadcast, policed-multicast, nobody-else; worker: no-buffer; fabric: longer-than-fabric
#include "bridge.h"
#include "fabric.h"

namespace weft {
namespace {

// Whether the box itself looks at such a frame.
bool concerns_box(const Packet &p, const Interface &routed, FloodClass what) {
    if (what == FloodClass::unknown_unicast) return false;
    return p.ether_type == type_ip6 ? routed.ip6 : routed.ip4 && (p.ether_type == type_ip4 || p.ether_type == type_arp);
}

class Copies {
  public:
    Copies(Worker &w, Packet &whole) : w_(w), whole_(whole) {}

    // One more gets it; who was named before gets a copy.
    // `key`: of another member's, the fabric's.
    void to(const Interface &out, uint16_t remote, uint32_t key = 0) {
        if (next_) give(copy(w_, whole_));
        next_ = &out;
        remote_ = remote;
        key_ = key;
    }
    // The last one gets the frame itself. How many did.
    unsigned end() {
        if (next_) give(&whole_);
        if (waiting_ > 0) go_on();
        if (w_.arena.crowded()) send_now();
        return count_;
    }

  private:
    void give(Packet *p) {
        if (!p) return;
        count_++;
        p->remote = remote_;
        if (next_->kind == InterfaceKind::bridge) {
            to_routed(w_, *p, *next_);
            mark_ = w_.arena.mark();
            return;
        }
        if (key_)
            cross(w_, *p, *next_, key_);
        else
            egress_frame(w_, *p, *next_);
        if (!next_->port || !next_->port->port) waiting_++;
        if (p == &whole_) return;
        if (waiting_ == most_waiting) go_on();
        if (w_.arena.crowded()) send_now();
    }
    // What waits for a node, as that of tunnels, does not fill its vector.
    void go_on() {
        if (w_.make_way()) waiting_ = 0;
    }
    void send_now() {
        if (waiting_ > 0) go_on();
        if (waiting_ > 0) return;
        for (PortHandle *port : w_.dirty_ports()) w_.send_now(*port);
        w_.arena.rewind(mark_);
    }

    static constexpr unsigned most_waiting = 64;

    Worker &w_;
    Packet &whole_;
    Arena::Mark mark_ = w_.arena.mark();
    const Interface *next_ = nullptr;
    uint16_t remote_ = 0;
    uint32_t key_ = 0;
    unsigned count_ = 0, waiting_ = 0;  // waiting: for a node of their egress interface
};

constexpr Drop policed[] = {Drop::flood_unknown, Drop::flood_broadcast, Drop::flood_multicast};
constexpr const char *notes[] = {"goes to all of the domain: its destination is not known", "goes to all of the domain: a broadcast",
                                 "goes to all of the domain: a multicast"};

bool is_member(const Interface &i) { return i.tunnel && i.tunnel->key_at; }

}  // namespace

// Tunnels, and the box itself, have had it from the member by which it came.
void flood_here(Worker &w, Packet &p, const Bridge &bridge, uint16_t group) {
    const Object *o = w.core.objects.at(bridge.flood);
    if (!o || !o->group) return w.drop(p, Drop::flood_nobody);
    Copies copies(w, p);
    for (const ReplicaLeg &leg : o->group->legs) {
        if (leg.group != 0 && leg.group == group) continue;
        const Interface *out = w.interface(leg.interface);
        if (!out || out->tunnel || out->kind == InterfaceKind::bridge || !out->domain || out->domain->bridge != bridge.id || !out->up()) continue;
        copies.to(*out, 0);
    }
    const unsigned count = copies.end();
    bridge.counters(w.id).copies += count;
    if (count == 0) w.drop(p, Drop::flood_nobody);
}

void flood(Worker &w, Packet &p, const Bridge &bridge, const BridgeOrigin &from, FloodClass what) {
    const auto n = static_cast<size_t>(what);
    BridgeCounters &c = bridge.counters(w.id);
    if (bridge.spec.policers[n] && !bridge.runtime->policers[n].take(w.now, *bridge.spec.policers[n])) {
        c.policed[n] += 1;
        return w.discard(p, policed[n]);
    }
    const Object *o = w.core.objects.at(bridge.flood);
    if (!o || !o->group) return w.discard(p, Drop::flood_nobody);
    w.core.objects.counters(w.id, bridge.flood).count(p.length);
    if (w.tracing) [[unlikely]] w.trace(p, notes[n]);
    c.flooded[n] += 1;
    Copies copies(w, p);
    const uint32_t key = bridge.fabric_key ? key_of_domain | bridge.fabric_key << 8 | bridge.code_of(from.group) : 0;
    for (const ReplicaLeg &leg : o->group->legs) {
        if (leg.interface == from.interface || (leg.group != 0 && leg.group == from.group)) continue;
        const Interface *out = w.interface(leg.interface);
        if (out && is_member(*out)) [[unlikely]] {
            if (!key || out->runtime->links.load(std::memory_order_relaxed) == 0) continue;
            if (too_long(w, p, out->index))
                w.drops[static_cast<size_t>(Drop::fabric_mtu)] += 1;
            else
                copies.to(*out, 0, key);
            continue;
        }
        // It may have left the domain since.
        if (!out || !out->domain || out->domain->bridge != bridge.id || !out->up()) continue;
        if (out->kind == InterfaceKind::bridge && !concerns_box(p, *out, what)) continue;
        copies.to(*out, leg.remote);
    }
    const unsigned count = copies.end();
    c.copies += count;
    if (count == 0) w.discard(p, Drop::flood_nobody);
}

}  // namespace weft
