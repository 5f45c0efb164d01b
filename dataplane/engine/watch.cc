// The workers' half of captures and mirrors (tables/watch.h): what is seen at each point, which watches want it, and the copy that
// each of them gets. Copies of mirrors have memory of their own, given back when the turn's packets have been sent, and are not
// looked at again.
#include <algorithm>
#include <cstring>
#include <ctime>

#include "net/offload.h"
#include "net/tags.h"
#include "nodes/nodes.h"

namespace weft {
namespace {

// A frame with the tag that the kernel took off back in its place, as long as this lives.
class OnTheWire {
  public:
    explicit OnTheWire(Packet &p) : packet_(p), put_(p.vlan_tpid != 0 && p.headroom >= tag_size && p.length >= mac_pair) {
        if (!put_) return;
        move(-static_cast<int>(tag_size));
        store16(p.data + mac_pair, p.vlan_tpid);
        store16(p.data + mac_pair + 2, p.vlan_tci);
    }
    ~OnTheWire() {
        if (put_) move(tag_size);
    }
    OnTheWire(const OnTheWire &) = delete;
    uint32_t added() const { return put_ ? tag_size : 0; }

  private:
    void move(int by) {
        std::memmove(packet_.data + by, packet_.data, mac_pair);
        packet_.data += by;
        packet_.length -= static_cast<uint32_t>(by);
    }
    Packet &packet_;
    const bool put_;
};

// Of a port's frame: the circuit that it belongs to, or the port's own interface.
uint32_t interface_of(const Interface &port, const Packet &p) {
    if (!port.circuits || p.length < ethernet_size) return port.index;
    const VlanTag outer = outer_tag(p);
    const bool tagged = outer.vid != 0;
    const uint32_t found = port.circuits->find(tagged ? outer : VlanTag{}, tagged ? second_tag(p) : VlanTag{});
    return found == Circuits::none ? port.index : found - 1;
}

uint64_t nanoseconds_since_epoch() {
    timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return static_cast<uint64_t>(t.tv_sec) * 1000000000 + static_cast<uint64_t>(t.tv_nsec);
}

}  // namespace

void Capture::take(unsigned worker, uint64_t now, uint64_t wall_clock, const Sight &s) {
    if (now >= until || full()) return;
    if (s.point == watch_drop && !drops[static_cast<size_t>(s.drop)]) return;
    if (!(s.layer3 ? layer3 : ethernet).matches(s.octets, s.length, s.length)) return;
    Lane &lane = lanes[worker];
    if (!bucket.take(now, rate)) {
        lane.over_rate += 1;
        lane.lost++;
        return;
    }
    const uint32_t kept = std::min(s.length, snap_length);
    CapturedPacket *p = lane.ring.reserve(kept);
    if (!p) {
        lane.ring_full += 1;
        lane.lost++;
        return;
    }
    if (taken.fetch_add(1, std::memory_order_relaxed) >= packets) return;
    p->point = s.point;
    p->layer3 = s.layer3;
    p->direction = s.direction;
    p->time = wall_clock;
    p->interface = s.interface;
    p->length = s.length;
    p->kept = kept;
    p->lost = std::exchange(lane.lost, 0);
    p->drop = static_cast<uint16_t>(s.drop);
    std::memcpy(p->octets(), s.octets, kept);
    lane.ring.commit();
}

void Worker::begin_watching() {
    watches_ = core.watches.load(std::memory_order_acquire);
    if (watches_) wall_clock_ = nanoseconds_since_epoch();
}

bool Worker::watches_out(uint32_t interface) const { return watches_->at(interface) & watch_out; }

void Worker::see(Packet &p, uint32_t interface, uint8_t point, uint8_t direction, bool layer3, Drop reason) {
    if (p.mirrored) return;
    const OnTheWire wire(p);
    const uint32_t begin = layer3 ? p.l3_offset : 0;
    Sight sight{p.data + begin, p.length - begin, layer3, interface, point, direction, reason};
    for (const Watch &watch : watches_->each) {
        sight.interface = interface;
        if (interface == no_interface) {
            if (!watch.elsewhere || point != watch_drop) continue;
        } else if (!(watch.at(interface) & point)) {
            sight.interface = watches_->parent(interface);
            if (!(watch.at(sight.interface) & point)) continue;
        }
        if (watch.capture)
            watch.capture->take(id, now, wall_clock_, sight);
        else if (!layer3)
            mirror(watch, p, wire.added());
    }
}

void Worker::watch_arrivals(const PortUse &use, size_t count) {
    if (use.role != PortRole::data || use.interface == no_interface) return;
    const Interface *port = interface(use.interface);
    if (!port || (!port->circuits && !(watches_->at(port->index) & watch_in))) return;
    wall_clock_ = nanoseconds_since_epoch();
    for (size_t n = 0; n < count; n++) {
        const uint32_t belongs = interface_of(*port, burst_[n]);
        if (watches_->at(belongs) & watch_in) see(burst_[n], belongs, watch_in, 1);
    }
}

void Worker::watch_departure(Packet &p, const Interface &out, bool layer3) {
    if (watches_->at(out.index) & watch_out) see(p, out.index, watch_out, 2, layer3);
}

void Worker::watch_arrival(Packet &p, const Interface &in, bool layer3) {
    if (watches_->at(in.index) & watch_in) see(p, in.index, watch_in, 1, layer3);
}

void Worker::watch_drop_of(Packet &p, Drop reason) {
    const uint32_t interface = p.interface != no_interface ? p.interface : p.egress;
    const bool layer3 = p.l3_offset == 0 && (p.ether_type != 0 || p.interface == no_interface);
    const bool arrived = p.interface != no_interface && !p.local_origin;
    see(p, interface, watch_drop, arrived ? 1 : 0, layer3, reason);
}

// Memory for a copy; null: there is none, and what was copied before may still be on its way.
Packet *Worker::take_copy(uint32_t length) {
    if (Packet *made = copies_.take(length)) return made;
    if (made_way_) return nullptr;
    // Nothing is in a node. None of a port's queue is being filled by hand now: watched interfaces have no usual way out
    // (nodes/departure.h), and frames that come in are seen before their first node.
    send_all_now();
    copies_.reset();
    return copies_.take(length);
}

// Once more, as if it had never been sent: by `tag` octets longer than it is when its tag is put back.
void Worker::mirror(const Watch &watch, const Packet &p, uint32_t tag) {
    Mirror &m = *watch.mirror;
    if (!m.spec.filter.matches(p.data, p.length, p.length)) return;
    Mirror::Counters &c = m.counters[id];
    if (m.spec.limit.rate && !m.bucket.take(now, m.spec.limit)) {
        c.over_rate += 1;
        return;
    }
    const Interface *out = interface(watch.destination);
    const bool tunnel = out && (out->tunnel || out->far);
    const bool ready = out && out->up() && (tunnel || (out->port && out->port->port && !out->port->port->layer3()));
    const bool super = p.offload.gso_type != gso_none, any_length = out && out->tunnel && (out->tunnel->flags & tunnel_fragments_outer);
    uint32_t longest = ready ? out->mtu + static_cast<uint32_t>(ethernet_size) : 0;
    for (uint32_t at = mac_pair; at + tag_size + 2 <= p.length && is_tag(load16(p.data + at)); at += tag_size) longest += tag_size;
    const bool fitting = super || any_length || p.length <= longest;
    Packet *made = ready && fitting && p.length >= ethernet_size ? take_copy(p.length) : nullptr;
    if (!made) {
        c.lost += 1;
        return;
    }
    std::memcpy(made->data, p.data, p.length);
    made->mirrored = true;
    made->offload = p.offload;
    if (tag && (p.offload.flags & offload_needs_checksum)) made->offload.csum_start = static_cast<uint16_t>(p.offload.csum_start + tag);
    if (tag && p.offload.header_length) made->offload.header_length = static_cast<uint16_t>(p.offload.header_length + tag);
    c.packets += 1;
    c.octets += p.length;
    push_tags(*made, out->tags_out.push);  // of a circuit; the arena's headroom has room
    const size_t used = arena.used();
    egress(*this, *made, *out);
    // At once, so that no copy waits for a node when memory is used again.
    if (tunnel) make_way();
    // Parts of it lie in memory that whoever sends the original may give back.
    if (arena.used() != used) send_all_now();
}

}  // namespace weft
