// Bridge domains in the next registry, with who is in which, and the objects by which they flood. A full transaction says all that
// there are. Members are interfaces that nothing else switches or routes; the routed interface of a domain has no port.
#include <algorithm>
#include <set>

#include "../core.h"
#include "../tables/hash.h"
#include "reader.h"

namespace weft {
namespace {

constexpr size_t most_bridges = 65535;

// The key of the object by which a domain floods; others' are hashes of what they stand for, too.
uint64_t flood_key(const std::string &bridge) {
    uint64_t hash = mix(0x666c6f6f64);
    for (const char c : bridge) hash = mix(hash ^ static_cast<uint8_t>(c));
    return hash;
}

// Of a member, a leg; of a tunnel with several remotes, one for each (head-end replication).
void add_legs(std::vector<ReplicaLeg> &legs, const Registry &next, const BridgeMember &m) {
    const auto tunnel = next.tunnels.find(m.interface);
    const size_t remotes = tunnel == next.tunnels.end() ? 1 : tunnel->second.remotes.size();
    for (size_t n = 0; n < remotes; n++)
        legs.push_back({next.interfaces.at(m.interface)->index, static_cast<uint16_t>(n), m.group});
}

bool is_far(const Registry &next, const BridgeMember &m) {
    const uint16_t slot = next.slot_of(m.interface);
    return slot != no_slot && slot != next.slot;
}

// One for each other member of the chassis that has ports in the domain.
void add_members(std::vector<ReplicaLeg> &legs, const Registry &next, const BridgeSpec &spec) {
    std::set<uint16_t> slots;
    for (const BridgeMember &m : spec.members)
        if (is_far(next, m) && slots.insert(next.slot_of(m.interface)).second)
            if (const auto peer = next.indexes.find(peer_name(next.slot_of(m.interface))); peer != next.indexes.end())
                legs.push_back({peer->second, 0, 0});
}

std::vector<uint16_t> groups_of(const BridgeSpec &spec) {
    std::set<uint16_t> all;
    for (const BridgeMember &m : spec.members)
        if (m.group) all.insert(m.group);
    return {all.begin(), all.end()};
}

// By the names of interfaces, what has them.
using Owners = std::map<std::string, std::string>;

std::string check(const Registry &next, const BridgeSpec &spec, const std::map<std::string, std::shared_ptr<const Domain>> &domains,
                  Owners &owners) {
    const std::string what = "bridge domain " + quoted(spec.name);
    const auto taken = [&](const std::string &interface) {
        const auto [owner, fresh] = owners.emplace(interface, spec.name);
        if (!fresh) return what + " names interface " + quoted(interface) + ", which bridge domain " + quoted(owner->second) + " has";
        const auto found = domains.find(interface);
        if (found != domains.end() && found->second) return what + " names interface " + quoted(interface) + ", which a cross-connect has";
        return std::string();
    };
    std::set<std::string> members;
    for (const BridgeMember &m : spec.members) {
        const auto found = next.interfaces.find(m.interface);
        if (found == next.interfaces.end()) return what + " names interface " + quoted(m.interface) + ", which does not exist";
        if (found->second->spec.flags & (interface_ipv4 | interface_ipv6))
            return what + " names interface " + quoted(m.interface) + ", which is routed: it has addresses";
        if (std::string e = taken(m.interface); !e.empty()) return e;
        members.insert(m.interface);
    }
    for (const StaticMac &m : spec.macs) {
        if (!members.count(m.interface)) return what + " has a static MAC address on " + quoted(m.interface) + ", which is no member of it";
        if (!m.remote) continue;
        const auto tunnel = next.tunnels.find(m.interface);
        if (tunnel == next.tunnels.end() || std::find(tunnel->second.remotes.begin(), tunnel->second.remotes.end(), *m.remote) == tunnel->second.remotes.end())
            return what + " has a static MAC address behind " + to_text(*m.remote) + ", which is no remote of " + quoted(m.interface);
    }
    if (spec.routed.empty()) return {};
    const auto found = next.interfaces.find(spec.routed);
    if (found == next.interfaces.end()) return what + " is routed by interface " + quoted(spec.routed) + ", which does not exist";
    if (!found->second->spec.port.empty() || next.circuits.count(spec.routed))
        return what + " is routed by interface " + quoted(spec.routed) + ", which stands on a port";
    return taken(spec.routed);
}

uint16_t free_id(const Registry &now, const Registry &next) {
    std::set<uint16_t> used;
    for (const Registry *all : {&now, &next})
        for (const auto &[name, bridge] : all->bridges)
            if (bridge) used.insert(bridge->id);
    uint16_t id = 1;
    for (const uint16_t taken : used) {
        if (taken != id) break;
        id++;
    }
    return id;
}

}  // namespace

std::string Core::prepare_bridges(Transaction &t, std::map<std::string, std::shared_ptr<const Domain>> &domains) {
    Registry &next = *t.registry;
    std::map<std::string, BridgeSpec> wanted;
    if (!t.full)
        for (const auto &[name, bridge] : next.bridges) wanted[name] = bridge->spec;
    for (const BridgeOp &op : t.bridges) {
        if (op.remove)
            wanted.erase(op.spec.name);
        else
            wanted[op.spec.name] = op.spec;
    }
    if (wanted.size() > most_bridges) return "there are more than " + std::to_string(most_bridges) + " bridge domains";
    Owners owners;
    uint64_t room = 0;
    for (const auto &[name, spec] : wanted) {
        if (std::string e = check(next, spec, domains, owners); !e.empty()) return e;
        room += spec.most_addresses + spec.macs.size() + 1;
    }
    for (const auto &[name, spec] : next.tunnels) {
        const auto before = registry.tunnels.find(name);
        if (before == registry.tunnels.end() || before->second.remotes == spec.remotes) continue;
        const auto differs = std::mismatch(spec.remotes.begin(), spec.remotes.end(), before->second.remotes.begin(), before->second.remotes.end());
        t.remotes_kept[next.interfaces.at(name)->index] = static_cast<uint16_t>(differs.first - spec.remotes.begin());
    }
    for (const auto &[name, bridge] : registry.bridges) {
        if (wanted.count(name)) continue;
        t.bridges_gone.push_back(bridge);
        t.objects.push_back({flood_key(name), true, {}});
        next.bridges.erase(name);
    }
    for (const auto &[name, spec] : wanted) {
        auto &entry = next.bridges[name];
        ObjectOp flood{flood_key(name), false, {}};
        flood.spec.type = ObjectType::replicate;
        const auto key = next.bridge_keys.find(name);
        const uint32_t fabric_key = key == next.bridge_keys.end() ? 0 : key->second;
        std::vector<uint16_t> groups = groups_of(spec);
        if (fabric_key && groups.size() > most_fabric_groups)
            return "bridge domain " + quoted(name) + " has more than " + std::to_string(most_fabric_groups) +
                   " split-horizon groups, which is as many as the fabric tells apart";
        for (const BridgeMember &m : spec.members)
            if (!is_far(next, m)) add_legs(flood.spec.legs, next, m);
        if (fabric_key) add_members(flood.spec.legs, next, spec);
        const uint32_t routed = spec.routed.empty() ? no_interface : next.interfaces.at(spec.routed)->index;
        if (routed != no_interface) flood.spec.legs.push_back({routed, 0, 0});
        const bool same = entry && entry->spec == spec && entry->routed == routed && entry->fabric_key == fabric_key;
        const uint32_t slot = same ? entry->flood : objects.reserve(flood.key);
        const Object *now = objects.body(flood.key);
        if (!same || t.full || !now || !now->group || now->group->legs != flood.spec.legs) t.objects.push_back(flood);
        if (!same) {
            auto made = std::make_shared<Bridge>();
            made->id = entry ? entry->id : free_id(registry, next);
            made->runtime = entry ? entry->runtime : std::make_shared<BridgeRuntime>();
            if (!entry) made->runtime->discontinuity = milliseconds_since_epoch();
            made->spec = spec;
            made->routed = routed;
            made->flood = slot;
            made->fabric_key = fabric_key;
            made->groups = std::move(groups);
            entry = std::move(made);
        }
        for (const BridgeMember &m : spec.members)
            domains[m.interface] = std::make_shared<const Domain>(Domain{{}, entry->id, m.group, m.most_addresses});
        if (!spec.routed.empty()) domains[spec.routed] = std::make_shared<const Domain>(Domain{{}, entry->id, 0, 0});
    }
    const auto capacity = static_cast<uint32_t>(std::min<uint64_t>(room, MacTable::most_entries));
    if (wanted.empty())
        next.macs.reset();
    else if (!next.macs || next.macs->capacity() < capacity)
        next.macs = std::make_shared<MacTable>(capacity);
    const bool suppress = std::any_of(wanted.begin(), wanted.end(), [](const auto &one) { return one.second.suppresses; });
    if (!suppress)
        next.bridge_neighbours.reset();
    else if (!next.bridge_neighbours)
        next.bridge_neighbours = std::make_shared<BridgeNeighbours>();
    return {};
}

}  // namespace weft
