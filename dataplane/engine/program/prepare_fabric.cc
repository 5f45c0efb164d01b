// The chassis in the next registry: whose port is whose, the interfaces of other members, and what the fabric carries. A full
// transaction says all of it, and is not refused for what only an MTU has against it: far interfaces have the fabric's then.
#include <algorithm>
#include <set>

#include "../core.h"
#include "reader.h"

namespace weft {
namespace {

std::string find_doubles(const std::map<std::string, uint32_t> &keys, const char *what) {
    std::map<uint32_t, std::string> owners;
    for (const auto &[name, key] : keys) {
        const auto [owner, fresh] = owners.emplace(key, name);
        if (!fresh) return what + quoted(name) + " has the fabric's key " + std::to_string(key) + ", which " + quoted(owner->second) + " has";
    }
    return {};
}

const HostAddress *address_on(const Interface &i, const Ip6 &address) {
    for (const HostAddress &one : i.spec.addresses)
        if (to_ip6(one) == address) return &one;
    return nullptr;
}

bool same_subnet(const Ip6 &a, const HostAddress &on) {
    const Ip6 b = to_ip6(on);
    const unsigned length = on.prefix_length + (on.family == 4 ? 96u : 0u);
    return mask6(a, length) == mask6(b, length);
}

// One of this member's own internal links.
std::string check_link(const Registry &next, const FabricSpec &fabric, const FabricEnd &end) {
    const std::string what = "the fabric's internal interface " + quoted(end.interface);
    const auto found = next.interfaces.find(end.interface);
    if (found == next.interfaces.end()) return what + " does not exist";
    const Interface &i = *found->second;
    if (next.is_far(i.spec.port)) return what + " is on a port of another member";
    if (i.kind != InterfaceKind::port && i.kind != InterfaceKind::circuit) return what + " stands on no port";
    if (i.domain) return what + " is switched";
    if (i.spec.vrf != fabric.vrf) return what + " is in VRF " + std::to_string(i.spec.vrf) + ", not in the fabric's " + std::to_string(fabric.vrf);
    if (fabric.kind == FabricKind::pbb && (i.kind != InterfaceKind::port || i.circuits)) return what + " has circuits, which 802.1ah does not go with";
    if (end.address && !address_on(i, *end.address)) return what + " does not have the address " + to_text(*end.address);
    return {};
}

std::string check_members(const Registry &next, const FabricSpec &fabric) {
    const auto own = fabric.members.find(next.slot);
    for (const FabricEnd &end : own->second)
        if (std::string e = check_link(next, fabric, end); !e.empty()) return e;
    std::set<Ip6, decltype([](const Ip6 &a, const Ip6 &b) { return a.high != b.high ? a.high < b.high : a.low < b.low; })> addresses;
    for (const auto &[slot, ends] : fabric.members)
        for (size_t n = 0; n < ends.size(); n++) {
            const std::string what = "the fabric's member " + std::to_string(slot) + " has on internal link " + std::to_string(n + 1) + " ";
            const FabricEnd &end = ends[n];
            if (fabric.kind == FabricKind::pbb ? !end.mac : !end.address)
                return what + "no " + (fabric.kind == FabricKind::pbb ? "MAC " : "") + "address, which " + text_of(fabric.kind) + " needs";
            if (!end.address) continue;
            if (is_mapped(*end.address) == fabric.v6()) return what + to_text(*end.address) + ", of another family than other members";
            if (!addresses.insert(*end.address).second) return what + to_text(*end.address) + ", which is there twice";
            if (n >= own->second.size() || !own->second[n].address) continue;
            const HostAddress &on = *address_on(*next.interfaces.at(own->second[n].interface), *own->second[n].address);
            if (!same_subnet(*end.address, on)) return what + to_text(*end.address) + ", which is not in the subnet of " + quoted(own->second[n].interface);
        }
    return {};
}

// Octets of layer 3 that an internal interface takes; 0: not known.
uint32_t mtu_of_link(const Registry &in, const Interface &i) {
    if (i.spec.mtu) return i.spec.mtu;
    const Interface &on = i.circuit ? *in.interfaces.at(i.circuit->parent) : i;
    const auto port = in.ports.find(on.spec.port);
    const uint32_t mtu = on.spec.mtu ? on.spec.mtu : port != in.ports.end() && port->second->port ? port->second->port->link().mtu : 0;
    return i.circuit && mtu ? mtu - std::min(mtu, i.circuit->overhead()) : mtu;
}

// The smallest of this member's internal links; 0: none is known.
uint32_t least_mtu(const Registry &in) {
    uint32_t least = 0;
    for (const FabricEnd &end : in.fabric->members.at(in.slot)) {
        const uint32_t mtu = mtu_of_link(in, *in.interfaces.at(end.interface));
        if (mtu) least = least ? std::min(least, mtu) : mtu;
    }
    return least;
}

uint32_t carried(const Registry &in) {
    constexpr uint32_t usual_mtu = 1500;
    const uint32_t least = least_mtu(in), wanted = in.fabric->mtu ? in.fabric->mtu : least ? least : usual_mtu;
    const uint32_t mtu = least ? std::min(least, wanted) : wanted;
    return mtu - std::min(mtu, in.fabric->overhead());
}

// The way to another member: by internal link a remote, and the next hop there.
std::shared_ptr<const Tunnel> tunnel_to(const Registry &in, const std::vector<FabricEnd> &theirs) {
    const FabricSpec &fabric = *in.fabric;
    const std::vector<FabricEnd> &ours = fabric.members.at(in.slot);
    const Ip6 nobody = mapped(0);
    TunnelSpec s;
    s.kind = fabric.kind == FabricKind::vxlan ? TunnelKind::vxlan : fabric.kind == FabricKind::nvgre ? TunnelKind::nvgre : TunnelKind::pbb;
    s.vrf = fabric.vrf;
    s.port = fabric.port;
    s.key = fabric.kind == FabricKind::pbb ? fabric.vlan : 0;
    s.source = fabric.kind == FabricKind::pbb ? nobody : ours.front().address.value_or(nobody);
    const size_t links = std::min(ours.size(), theirs.size());
    for (size_t n = 0; n < links; n++) {
        s.sources.push_back(fabric.kind == FabricKind::pbb ? nobody : ours[n].address.value_or(nobody));
        s.remotes.push_back(fabric.kind == FabricKind::pbb ? nobody : theirs[n].address.value_or(nobody));
    }
    auto made = std::make_shared<Tunnel>(s);
    for (size_t n = 0; n < links; n++) {
        auto way = std::make_unique<Object>();
        way->type = ObjectType::adjacency;
        way->interface = in.interfaces.at(ours[n].interface)->index;
        way->next_hop = s.remotes[n];
        way->slot = Objects::none;
        made->ways.push_back(std::move(way));
        made->macs.push_back(theirs[n].mac.value_or(MacAddress{}));
    }
    return made;
}

}  // namespace

std::string peer_name(uint16_t slot) { return std::string("\0member ", 8) + std::to_string(slot); }

void Core::make_peers(Registry &next) const {
    const std::map<uint16_t, std::shared_ptr<const Interface>> before = std::move(next.peers);
    next.peers.clear();
    if (!next.in_fabric()) return;
    for (const auto &[slot, ends] : next.fabric->members) {
        if (slot == next.slot) continue;
        auto made = std::make_shared<Interface>();
        const auto was = before.find(slot);
        made->runtime = was != before.end() ? was->second->runtime : std::make_shared<InterfaceRuntime>();
        made->index = next.indexes.at(peer_name(slot));
        made->kind = InterfaceKind::tunnel;
        made->spec.name = "member " + std::to_string(slot);
        made->enabled = true;
        made->mtu = made->link_mtu = next.fabric_mtu;
        made->vrf = vrfs.find(next.fabric->vrf);
        made->tunnel = tunnel_to(next, ends);
        next.peers[slot] = std::move(made);
    }
}

std::string Core::prepare_places(Transaction &t) {
    Registry &next = *t.registry;
    if (t.full) {
        next.slot = host_slot;
        next.fabric.reset();
        next.places.clear();
        next.interface_keys.clear();
        next.bridge_keys.clear();
    }
    if (t.slot) next.slot = *t.slot;
    if (t.fabric) {
        next.fabric.reset();
        if (!t.fabric->members.empty()) next.fabric = *t.fabric;
    }
    if (next.fabric)
        for (const auto &[slot, ends] : next.fabric->members) next.indexes.emplace(peer_name(slot), static_cast<uint32_t>(next.indexes.size()));
    for (const PortOp &op : t.ports)
        if (op.remove) next.places.erase(op.spec.name);
    for (const PlaceOp &op : t.places) next.places[op.port] = op.slot;
    for (const FabricKeyOp &op : t.fabric_keys) {
        auto &keys = op.bridge ? next.bridge_keys : next.interface_keys;
        if (op.key)
            keys[op.name] = op.key;
        else
            keys.erase(op.name);
    }
    if (std::string e = find_doubles(next.interface_keys, "interface "); !e.empty()) return e;
    return find_doubles(next.bridge_keys, "bridge domain ");
}

void Core::refuse_long(Transaction &t) const {
    const Registry &next = *t.registry;
    const uint32_t least = least_mtu(next);
    if (next.fabric->mtu && least && next.fabric->mtu > least)
        t.refuse("fabric", text_of(next.fabric->kind), " has MTU " + std::to_string(next.fabric->mtu) + ", but its internal links take no more than " +
                                                           std::to_string(least));
    for (const auto &[name, key] : next.interface_keys) {
        const auto found = next.interfaces.find(name);
        if (found == next.interfaces.end() || next.slot_of(name) == no_slot) continue;
        const Interface &i = *found->second;
        const uint32_t tags = i.circuit ? static_cast<uint32_t>(i.circuit->tags.size() * tag_size) : 0;
        if (i.spec.mtu + tags > next.fabric_mtu)
            t.refuse("interface", name, " has MTU " + std::to_string(i.spec.mtu) + ", but the fabric carries no more than " +
                                            std::to_string(next.fabric_mtu - std::min(next.fabric_mtu, tags)) + ": of the MTU of its internal links, " +
                                            std::to_string(next.fabric_mtu + next.fabric->overhead()) + ", " + text_of(next.fabric->kind) + " takes " +
                                            std::to_string(next.fabric->overhead()));
    }
}

std::string Core::prepare_fabric(Transaction &t) {
    Registry &next = *t.registry;
    std::erase_if(next.interface_keys, [&](const auto &k) { return !next.interfaces.count(k.first); });
    std::erase_if(next.bridge_keys, [&](const auto &k) { return !next.bridges.count(k.first); });
    std::set<std::string> internal;
    next.fabric_mtu = 0;
    if (next.in_fabric()) {
        if (!vrf_after(t, next.fabric->vrf)) return "the fabric is in VRF " + std::to_string(next.fabric->vrf) + ", which does not exist";
        if (std::string e = check_members(next, *next.fabric); !e.empty()) return e;
        for (const FabricEnd &end : next.fabric->members.at(next.slot)) internal.insert(end.interface);
        next.fabric_mtu = carried(next);
        if (!t.full) refuse_long(t);
    }
    if (next.fabric != registry.fabric || next.slot != registry.slot || next.fabric_mtu != registry.fabric_mtu) make_peers(next);
    for (auto &[name, entry] : next.interfaces) {
        const uint16_t slot = next.slot_of(name);
        const bool far = slot != no_slot && slot != next.slot;
        const auto peer = far ? next.peers.find(slot) : next.peers.end();
        const auto key = next.interface_keys.find(name);
        const uint32_t by = peer == next.peers.end() ? no_interface : peer->second->index;
        const uint32_t number = key == next.interface_keys.end() ? 0 : key->second;
        const bool is_internal = internal.count(name);
        if (entry->far == far && entry->peer == by && entry->fabric_key == number && entry->internal == is_internal) continue;
        auto made = std::make_shared<Interface>(*entry);
        made->far = far;
        made->peer = by;
        made->fabric_key = number;
        made->internal = is_internal;
        entry = std::move(made);
    }
    return {};
}

LinkState Core::far_link(const Registry &in, const Interface &i) const {
    constexpr uint32_t usual_mtu = 1500;
    const Interface &on = i.circuit ? *in.interfaces.at(i.circuit->parent) : i;
    const FarPort &port = on.runtime->far;
    LinkState link;
    link.present = port.known();
    // One that the host takes, until its own is known.
    const uint32_t key = i.fabric_key;
    link.mac = link.present ? port.mac()
                            : MacAddress{2, 0xfa, 0, static_cast<uint8_t>(key >> 16), static_cast<uint8_t>(key >> 8), static_cast<uint8_t>(key)};
    link.mtu = port.mtu.load(std::memory_order_relaxed);
    if (!link.mtu) link.mtu = on.spec.mtu ? on.spec.mtu : usual_mtu;
    if (in.fabric_mtu) link.mtu = std::min(link.mtu, in.fabric_mtu);
    const auto peer = in.peers.find(in.slot_of(on.spec.name));
    link.up = port.up() && peer != in.peers.end() && peer->second->runtime->links.load(std::memory_order_relaxed) != 0;
    return link;
}

void Core::follow_far(std::vector<std::shared_ptr<const Interface>> &changed) {
    if (registry.places.empty()) return;
    const uint32_t mtu = registry.in_fabric() ? carried(registry) : 0;
    if (mtu != registry.fabric_mtu) {
        registry.fabric_mtu = mtu;
        make_peers(registry);
        fabric_changed = true;
    }
    for (auto &[name, i] : registry.interfaces) {
        if (!i->far || i->kind != InterfaceKind::port) continue;
        const LinkState link = far_link(registry, *i);
        if (!link.present || (link.mtu == i->link_mtu && (i->spec.has_mac || link.mac == i->mac))) continue;
        std::shared_ptr<const Interface> made = rebuilt(registry, *i, nullptr);
        changed.push_back(made);
        i = std::move(made);
    }
}

std::shared_ptr<const Fabric> Registry::make_fabric(InterfaceTable &table) const {
    auto made = std::make_shared<Fabric>(slot, *fabric);
    for (const FabricEnd &end : fabric->members.at(slot)) {
        const auto found = interfaces.find(end.interface);
        Fabric::Link link;
        if (found != interfaces.end()) link.interface = found->second->index;
        link.address = end.address;
        for (const auto &[other, ends] : fabric->members) {
            if (other == slot || ends.size() <= made->links.size()) continue;
            const FabricEnd &theirs = ends[made->links.size()];
            if (theirs.address) link.by_address.emplace_back(*theirs.address, other);
            if (theirs.mac) link.by_mac[*theirs.mac] = other;
        }
        made->links.push_back(std::move(link));
    }
    for (const auto &[other, peer] : peers) {
        made->add_peer({other, peer->index});
        if (table.interfaces.size() <= peer->index) table.interfaces.resize(peer->index + size_t{1});
        table.interfaces[peer->index] = peer;
    }
    std::vector<std::pair<uint32_t, uint32_t>> of_interfaces, of_bridges;
    for (const auto &[name, key] : interface_keys)
        if (const auto found = interfaces.find(name); found != interfaces.end()) of_interfaces.emplace_back(key, found->second->index);
    for (const auto &[name, key] : bridge_keys)
        if (const auto found = bridges.find(name); found != bridges.end()) of_bridges.emplace_back(key, found->second->id);
    made->set_keys(of_interfaces, of_bridges);
    return made;
}

}  // namespace weft
