// What other members say (fabric_message.h), by whichever worker receives it. Whoever says something of an interface must be the member
// that has it, or it is one that all have; what is not so is passed over.
//
// Drops  fabric: malformed
#include "fabric.h"
#include "fabric_message.h"

namespace weft {
namespace {

class Hearing {
  public:
    Hearing(Worker &w, const Arrival &from) : w_(w), fabric_(*w.table->fabric), from_(from), peer_(fabric_.peer(from.slot)) {}

    void hello(const uint8_t *m, const uint8_t *e, unsigned count) {
        PeerRuntime &r = w_.core.heard[from_.slot];
        const uint32_t bit = 1u << from_.link;
        r.boot.store(load32(m + 4), std::memory_order_relaxed);
        if (m[10] & hello_heard)
            r.hears.fetch_or(bit, std::memory_order_relaxed);
        else
            r.hears.fetch_and(~bit, std::memory_order_relaxed);
        r.heard[from_.link].store(w_.now, std::memory_order_relaxed);
        bool changed = false;
        for (; count > 0; count--, e += hello_entry) changed |= port(e);
        if (!changed) return;
        w_.core.links_moved.store(true, std::memory_order_release);
        w_.core.call_housekeeping();
    }
    void address(const uint8_t *e) {
        MacTable *macs = w_.table->macs.get();
        const uint32_t id = fabric_.bridge_of(load16(e));
        const Bridge *bridge = id < w_.table->bridges.size() ? w_.table->bridges[id].get() : nullptr;
        const Interface *behind = interface(load24(e + 2));
        if (!macs || !bridge || !behind || w_.table->bridge_of(*behind) != bridge || behind->kind == InterfaceKind::bridge || (e[10] & 1)) return;
        if (behind->kind != InterfaceKind::tunnel && !behind->far) return;
        uint8_t mac[8] = {};
        std::memcpy(mac, e + 10, 6);
        const MacKey key = mac_key(bridge->id, mac);
        const MacPlace place{behind->index, load16(e + 6)};
        const MacTable::Stamp heard = MacTable::stamp(w_.now - std::min<uint64_t>(w_.now, uint64_t{load16(e + 8)} * 1000000));
        if (place.remote && (!behind->tunnel || place.remote >= behind->tunnel->headers.size())) return;
        if (const MacTable::Found found = macs->find(key)) {
            // What was heard last holds.
            const bool older = MacTable::between(found.stamp(), heard) == 0 && found.stamp() != heard;
            if (found.stamp() == MacTable::fixed || older) return;
            if (found.place() == place) return MacTable::refresh(found, heard);
        }
        macs->learn(key, place, heard, bridge->terms(behind->domain->most_addresses));
    }
    void neighbour(const uint8_t *e) {
        const Interface *on = interface(load24(e));
        const Ip6 address = load_ip6(e + 4);
        const MacAddress mac = load_mac(e + 20);
        if (!on || !takes(*on, address) || (!on->far && on->kind != InterfaceKind::bridge) || (mac[0] & 1) || mac == MacAddress{}) return;
        learn(w_, *on, address, mac, Learn::told, true);
    }
    void wanted(const uint8_t *e) {
        const uint32_t index = fabric_.interface_of(load24(e));
        const Interface *on = index == Fabric::none ? nullptr : w_.interface(index);
        const Ip6 address = load_ip6(e + 4);
        if (!on || on->far || !on->up() || !takes(*on, address)) return;
        const uint32_t at = w_.neighbours.find(index, address);
        const NeighbourLink link = at == no_neighbour ? NeighbourLink{} : w_.neighbours.link(at, index, address);
        if (link.known())
            say_neighbour(w_, *on, address, link.mac(), from_.slot);
        else
            want_neighbour(w_, *on, address);
        if (link.known() && !link.fresh()) use_neighbour(w_, index, address);
    }

  private:
    // One that the sender may speak of.
    const Interface *interface(uint32_t key) const {
        const uint32_t index = fabric_.interface_of(key);
        const Interface *i = index == Fabric::none ? nullptr : w_.interface(index);
        if (!i || !peer_) return nullptr;
        const bool everywhere = i->kind == InterfaceKind::bridge || i->kind == InterfaceKind::tunnel;
        return everywhere || (i->far && i->peer == peer_->interface) ? i : nullptr;
    }
    static bool takes(const Interface &i, const Ip6 &address) {
        if (!i.enabled || i.layer3()) return false;
        if (is_mapped(address)) return i.ip4 && i.subnet(unmapped(address));
        return i.ip6 && !is_multicast6(address) && (is_link_local6(address) || i.subnet(address));
    }
    // True: it is another one than before.
    bool port(const uint8_t *e) const {
        const Interface *i = interface(load24(e));
        if (!i || !i->far || (e[4] & 1)) return false;
        uint64_t bits = FarPort::is_known | (e[3] & 1 ? FarPort::is_up : 0);
        std::memcpy(&bits, e + 4, 6);
        FarPort &far = i->runtime->far;
        const uint32_t mtu = load16(e + 10);
        const bool same = far.bits.load(std::memory_order_relaxed) == bits && far.mtu.load(std::memory_order_relaxed) == mtu;
        if (same) return false;
        far.mtu.store(mtu, std::memory_order_relaxed);
        far.bits.store(bits, std::memory_order_relaxed);
        return true;
    }

    Worker &w_;
    const Fabric &fabric_;
    const Arrival &from_;
    const Fabric::Peer *const peer_;
};

uint32_t entry_of(uint8_t type) {
    switch (static_cast<FabricMessage>(type)) {
        case FabricMessage::hello: return hello_entry;
        case FabricMessage::addresses: return address_entry;
        case FabricMessage::neighbours: return neighbour_entry;
        case FabricMessage::wanted: return wanted_entry;
    }
    return 0;
}

}  // namespace

bool hear(Worker &w, const Packet &p, const Arrival &from) {
    const uint8_t *m = p.data + ethernet_size;
    if (p.length < ethernet_size + fabric_message_head || load16(p.data + mac_pair) != type_fabric_control) return false;
    const uint32_t size = entry_of(m[1]), count = load16(m + 8);
    if (m[0] != fabric_version || size == 0 || load16(m + 2) != from.slot) return false;
    if (p.length < ethernet_size + fabric_message_head + size * count) return false;
    Hearing hearing(w, from);
    const uint8_t *e = m + fabric_message_head;
    const auto type = static_cast<FabricMessage>(m[1]);
    if (type == FabricMessage::hello) {
        hearing.hello(m, e, count);
        return true;
    }
    for (uint32_t n = 0; n < count; n++, e += size) {
        if (type == FabricMessage::addresses) hearing.address(e);
        if (type == FabricMessage::neighbours) hearing.neighbour(e);
        if (type == FabricMessage::wanted) hearing.wanted(e);
    }
    return true;
}

}  // namespace weft
