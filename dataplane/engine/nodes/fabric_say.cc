// What this member says to the others (fabric_message.h).
//
// Hellos go out every 300 ms (FabricSpec::interval) by each internal link to each member. A link to a member is in use as long as its
// hellos come, and say that it hears this one: whoever misses three uses the others, and when there are none its ports are down. They
// carry the state of the sender's ports, so that nobody else need be there for it.
//
// What is learned is told over the fabric, not by way of the control plane, for it must go on when that is away: a neighbour or an
// address of a bridge domain at once, addresses again every four seconds as long as they are heard, and all neighbours to a member that
// comes. The member that has the port owns its neighbours: others ask it, and keep what it says as long as they keep their own.
//
// Threads  hellos and sharing: the worker that owns the neighbours, at its ticks; what was just learned: whoever learned it
// Cost     for a new address or neighbour a frame to each other member
#include <bit>

#include "fabric.h"
#include "fabric_message.h"

namespace weft {
namespace {

constexpr uint64_t millisecond = 1000, tick = 50 * millisecond, all_addresses = 4000 * millisecond;
constexpr uint32_t recently = 8;  // seconds
constexpr size_t most_hellos = 32;  // frames to one member

// A message that grows; null memory is counted once.
class Message {
  public:
    Message(Worker &w, FabricMessage type) : w_(w), type_(type) {}

    // Room for one more entry; null: none.
    uint8_t *add(uint32_t size) {
        if (!packet_ && !begin()) return nullptr;
        uint8_t *at = packet_->data + packet_->length;
        packet_->length += size;
        count_++;
        return at;
    }
    bool full(uint32_t size) const { return packet_ && packet_->length + size > ethernet_size + fabric_message_most; }
    bool any() const { return count_ > 0; }
    // One to send, finished; the next add() begins another one. An empty one too.
    Packet *end() {
        if (!packet_ && !begin()) return nullptr;
        store16(packet_->data + ethernet_size + 8, count_);
        count_ = 0;
        return std::exchange(packet_, nullptr);
    }

  private:
    bool begin() {
        packet_ = w_.arena.take(ethernet_size + fabric_message_most);
        if (!packet_) {
            w_.unmade(Drop::no_buffer);
            return false;
        }
        const Fabric &fabric = *w_.table->fabric;
        const Interface *link = w_.interface(fabric.links.front().interface);
        uint8_t *const frame = packet_->data, *const m = frame + ethernet_size;
        std::memset(frame, 0, ethernet_size + fabric_message_head);
        frame[0] = 2;  // locally administered, nobody's
        if (link) std::memcpy(frame + 6, link->mac.data(), 6);
        store16(frame + mac_pair, type_fabric_control);
        m[0] = fabric_version;
        m[1] = static_cast<uint8_t>(type_);
        store16(m + 2, fabric.slot);
        store32(m + 4, w_.core.boot);
        packet_->length = ethernet_size + fabric_message_head;
        packet_->local_origin = true;
        packet_->ether_type = type_fabric_control;
        packet_->l3_offset = ethernet_size;
        return true;
    }

    Worker &w_;
    const FabricMessage type_;
    Packet *packet_ = nullptr;
    uint16_t count_ = 0;
};

bool reached(const Interface *peer) { return peer && peer->runtime->links.load(std::memory_order_relaxed) != 0; }

// To a member, or to all that are reached.
void send(Worker &w, Packet *p, uint16_t to = no_slot) {
    if (!p) return;
    const Interface *last = nullptr;
    for (const Fabric::Peer &peer : w.table->fabric->peers) {
        const Interface *i = w.interface(peer.interface);
        if ((to != no_slot && peer.slot != to) || !reached(i)) continue;
        if (last)
            if (Packet *one = copy(w, *p)) cross(w, *one, *last, fabric_control);
        last = i;
    }
    if (last) cross(w, *p, *last, fabric_control);
}

bool shares(const Interface &i) { return i.fabric_key && !i.far; }

// Of this member's ports.
size_t write_hellos(Worker &w, Packet **made) {
    size_t count = 0;
    Message hello(w, FabricMessage::hello);
    for (const auto &interface : w.table->interfaces) {
        if (!interface || !shares(*interface) || interface->kind != InterfaceKind::port || interface->spec.port.empty()) continue;
        if (hello.full(hello_entry) && count + 1 < most_hellos) made[count++] = hello.end();
        if (hello.full(hello_entry)) break;
        uint8_t *e = hello.add(hello_entry);
        if (!e) break;
        store24(e, interface->fabric_key);
        e[3] = interface->up();
        std::memcpy(e + 4, interface->mac.data(), 6);
        store16(e + 10, static_cast<uint16_t>(std::min<uint32_t>(interface->mtu, 0xffff)));
    }
    made[count++] = hello.end();
    return count;
}

bool recent(uint64_t heard, uint64_t now, const FabricSpec &spec) {
    const uint64_t patience = uint64_t{spec.interval} * spec.multiplier * millisecond;
    return heard && (now < heard || now - heard <= patience);
}

void send_hellos(Worker &w, const Fabric &fabric) {
    Packet *hellos[most_hellos];
    const size_t count = write_hellos(w, hellos);
    for (const Fabric::Peer &peer : fabric.peers) {
        const Interface *to = w.interface(peer.interface);
        const PeerRuntime &r = w.core.heard[peer.slot];
        const size_t links = to ? std::min(fabric.links.size(), to->tunnel->headers.size()) : 0;
        for (size_t link = 0; link < links; link++) {
            const Interface *by = w.interface(fabric.links[link].interface);
            if (!by || !by->up()) continue;
            for (size_t n = 0; n < count; n++) {
                Packet *one = hellos[n] ? copy(w, *hellos[n]) : nullptr;
                if (!one) continue;
                const bool hears = recent(r.heard[link].load(std::memory_order_relaxed), w.now, fabric.spec);
                one->data[ethernet_size + 10] = hears ? hello_heard : 0;
                one->fabric_key = fabric_control;
                one->remote = static_cast<uint16_t>(link);
                one->egress = to->index;
                w.push(Node::encapsulate, one);
            }
        }
        w.run_graph();
    }
}

void tell_neighbours(Worker &w, uint16_t to) {
    Message message(w, FabricMessage::neighbours);
    for (uint32_t at = 0; at < w.neighbours.high(); at++) {
        const Neighbour &n = w.neighbours[at];
        const Interface *on = n.gone ? nullptr : w.interface(n.interface);
        if (!on || !shares(*on) || n.state == NeighbourState::State::incomplete || n.origin == NeighbourState::Origin::fixed) continue;
        if (message.full(neighbour_entry)) {
            send(w, message.end(), to);
            w.run_graph();
        }
        uint8_t *e = message.add(neighbour_entry);
        if (!e) return;
        std::memset(e, 0, neighbour_entry);
        store24(e, on->fabric_key);
        store_ip6(e + 4, n.address);
        std::memcpy(e + 20, n.mac.data(), 6);
    }
    if (message.any()) send(w, message.end(), to);
}

void add_address(Message &message, const Bridge &bridge, const uint8_t *mac, const Interface &behind, uint16_t remote, uint32_t age) {
    uint8_t *e = message.add(address_entry);
    if (!e) return;
    store16(e, static_cast<uint16_t>(bridge.fabric_key));
    store24(e + 2, behind.fabric_key);
    e[5] = 0;
    store16(e + 6, remote);
    store16(e + 8, static_cast<uint16_t>(age));
    std::memcpy(e + 10, mac, 6);
}

void tell_addresses(Worker &w) {
    MacTable *macs = w.table->macs.get();
    if (!macs || macs->size() == 0) return;
    const MacTable::Stamp now = MacTable::stamp(w.now);
    if (w.core.shared_bucket >= macs->bucket_count()) w.core.shared_bucket = 0;
    const uint32_t end = w.core.shared_bucket + static_cast<uint32_t>(macs->bucket_count() * tick / all_addresses) + 1;
    Message message(w, FabricMessage::addresses);
    w.core.shared_bucket = macs->each(w.core.shared_bucket, [&](MacKey key, const MacTable::Found &found) {
        const Interface *behind = found.stamp() == MacTable::fixed ? nullptr : w.interface(found.place().interface);
        const Bridge *bridge = behind && shares(*behind) ? w.table->bridge_of(*behind) : nullptr;
        const uint32_t age = MacTable::between(found.stamp(), now);
        if (bridge && bridge->fabric_key && bridge->id == domain_of(key) && age <= recently) {
            if (message.full(address_entry)) {
                send(w, message.end());
                w.run_graph();
            }
            add_address(message, *bridge, mac_of(key).data(), *behind, found.place().remote, age);
        }
        return ++w.core.shared_bucket < end;
    });
    if (message.any()) send(w, message.end());
}

// Which links to a member are in use now.
void follow(Worker &w, const Fabric &fabric, const Fabric::Peer &peer) {
    const Interface *to = w.interface(peer.interface);
    if (!to) return;
    PeerRuntime &r = w.core.heard[peer.slot];
    const size_t links = std::min(fabric.links.size(), to->tunnel->headers.size());
    uint32_t usable = 0;
    for (size_t link = 0; link < links; link++) {
        const Interface *by = w.interface(fabric.links[link].interface);
        const bool heard = recent(r.heard[link].load(std::memory_order_relaxed), w.now, fabric.spec);
        if (!heard) r.heard[link].store(0, std::memory_order_relaxed);
        if (heard && by && by->up() && (r.hears.load(std::memory_order_relaxed) >> link & 1)) usable |= 1u << link;
    }
    const uint32_t boot = r.boot.load(std::memory_order_relaxed);
    const bool comes = usable && (!r.reached || boot != r.boot_seen);
    r.reached = usable != 0;
    if (usable) r.boot_seen = boot;
    to->runtime->link_up.store(r.reached, std::memory_order_relaxed);
    if (to->runtime->links.exchange(usable, std::memory_order_relaxed) != usable) {
        w.core.links_moved.store(true, std::memory_order_release);
        w.core.call_housekeeping();
    }
    if (!comes) return;
    tell_neighbours(w, peer.slot);
    w.run_graph();
}

}  // namespace

uint64_t fabric_tick(Worker &w) {
    const Fabric *fabric = w.table->fabric.get();
    if (!fabric) return UINT64_MAX;
    for (const Fabric::Peer &peer : fabric->peers) follow(w, *fabric, peer);
    if (w.now >= w.core.hellos_due) {
        w.core.hellos_due = w.now + uint64_t{fabric->spec.interval} * millisecond;
        send_hellos(w, *fabric);
    }
    tell_addresses(w);
    return std::min(w.core.hellos_due, w.now + tick);
}

void say_mac(Worker &w, const Bridge &bridge, const uint8_t *mac, const Interface &behind, uint16_t remote) {
    if (!w.table->fabric || !bridge.fabric_key || !shares(behind)) return;
    Message message(w, FabricMessage::addresses);
    add_address(message, bridge, mac, behind, remote, 0);
    if (message.any()) send(w, message.end());
}

void say_neighbour(Worker &w, const Interface &on, const Ip6 &address, const MacAddress &mac, uint16_t to) {
    if (!w.table->fabric || !shares(on)) return;
    Message message(w, FabricMessage::neighbours);
    uint8_t *e = message.add(neighbour_entry);
    if (!e) return;
    std::memset(e, 0, neighbour_entry);
    store24(e, on.fabric_key);
    store_ip6(e + 4, address);
    std::memcpy(e + 20, mac.data(), 6);
    send(w, message.end(), to);
}

void ask_for_neighbour(Worker &w, const Interface &far, const Ip6 &address) {
    const Interface *peer = w.interface(far.peer);
    if (!reached(peer) || !far.fabric_key) return;
    Message message(w, FabricMessage::wanted);
    uint8_t *e = message.add(wanted_entry);
    if (!e) return;
    store24(e, far.fabric_key);
    e[3] = 0;
    store_ip6(e + 4, address);
    if (Packet *p = message.end()) cross(w, *p, *peer, fabric_control);
}

}  // namespace weft
