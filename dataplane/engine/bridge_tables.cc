// Bridge domains as they come, go and grow old: the table of addresses and the objects by which domains flood, in the steps of a
// commit and in housekeeping.
#include <algorithm>
#include <tuple>

#include "core.h"
#include "worker.h"

namespace weft {
namespace {

constexpr uint32_t ageing_slices = 8;  // a call each, one a second
constexpr size_t most_told = 32;       // moving addresses that a domain remembers

// By index of the interface, the domain that it is in.
std::vector<uint16_t> domains_of(const Registry &registry) {
    std::vector<uint16_t> domains;
    for (const auto &[name, i] : registry.interfaces) {
        if (!i->domain || !i->domain->bridge) continue;
        if (domains.size() <= i->index) domains.resize(i->index + size_t{1});
        domains[i->index] = i->domain->bridge;
    }
    return domains;
}

}  // namespace

void Core::begin_bridges(const Transaction &t) {
    if (t.registry->macs && registry.macs && t.registry->macs != registry.macs) t.registry->macs->adopt(*registry.macs);
    for (const auto &[name, bridge] : t.registry->bridges) {
        const auto before = registry.bridges.find(name);
        if (before == registry.bridges.end()) {
            objects.hold(bridge->flood);
            continue;
        }
        // A new limit holds from now on.
        for (size_t n = 0; n < flood_classes; n++)
            if (bridge->spec.policers[n] != before->second->spec.policers[n]) bridge->runtime->policers[n].refill();
        const auto limits = [](const BridgeSpec &s) { return std::tie(s.most_addresses, s.members); };
        if (limits(bridge->spec) != limits(before->second->spec)) bridge->runtime->limited_at.store(0, std::memory_order_relaxed);
    }
}

void Core::settle_bridges(const Transaction &t) {
    for (const auto &bridge : t.bridges_gone) {
        objects.drop(bridge->flood);
        if (registry.bridge_neighbours && bridge->spec.suppresses) registry.bridge_neighbours->forget(bridge->id);
    }
    place_macs();
    forget_strangers();
    if (registry.macs && !t.remotes_kept.empty())
        registry.macs->remove_if(0, registry.macs->bucket_count(), [&](MacKey, const MacTable::Found &found) {
            const auto tunnel = t.remotes_kept.find(found.place().interface);
            return found.stamp() != MacTable::fixed && tunnel != t.remotes_kept.end() && found.place().remote >= tunnel->second;
        });
    std::erase_if(moving_macs, [&](const auto &m) { return !registry.bridges.count(m.first); });
}

void Core::place_macs() {
    std::map<MacKey, MacPlace> wanted;
    for (const auto &[name, bridge] : registry.bridges) {
        for (const StaticMac &m : bridge->spec.macs) {
            MacPlace place{registry.interfaces.at(m.interface)->index, 0};
            if (m.remote) {
                const auto &remotes = registry.tunnels.at(m.interface).remotes;
                place.remote = static_cast<uint16_t>(std::find(remotes.begin(), remotes.end(), *m.remote) - remotes.begin());
            }
            wanted[mac_key(bridge->id, m.mac)] = place;
        }
        if (bridge->routed == no_interface) continue;
        wanted[mac_key(bridge->id, registry.interfaces.at(bridge->spec.routed)->mac)] = {bridge->routed, 0};
    }
    if (registry.macs) {
        for (const auto &[key, place] : placed_macs)
            if (!wanted.count(key)) registry.macs->remove(key);
        for (const auto &[key, place] : wanted) {
            const auto before = placed_macs.find(key);
            if (before == placed_macs.end() || before->second != place || !registry.macs->find(key)) registry.macs->place(key, place);
        }
    }
    placed_macs = std::move(wanted);
}

void Core::forget_strangers() {
    if (!registry.macs || registry.macs->size() == 0) return;
    const std::vector<uint16_t> domains = domains_of(registry);
    registry.macs->remove_if(0, registry.macs->bucket_count(), [&](MacKey key, const MacTable::Found &found) {
        const uint32_t interface = found.place().interface;
        return interface >= domains.size() || domains[interface] != domain_of(key);
    });
}

void Core::forget_behind(const std::vector<uint32_t> &interfaces) {
    if (!registry.macs) return;
    registry.macs->remove_if(0, registry.macs->bucket_count(), [&](MacKey, const MacTable::Found &found) {
        return found.stamp() != MacTable::fixed &&
               std::find(interfaces.begin(), interfaces.end(), found.place().interface) != interfaces.end();
    });
}

void Core::age_macs(uint64_t now) {
    if (!registry.macs || registry.macs->size() == 0) return;
    MacTable &macs = *registry.macs;
    const InterfaceTable &current = *table.load(std::memory_order_relaxed);
    const MacTable::Stamp stamp = MacTable::stamp(now);
    const uint32_t slice = (macs.bucket_count() + ageing_slices - 1) / ageing_slices;
    if (ageing_bucket >= macs.bucket_count()) ageing_bucket = 0;
    macs.remove_if(ageing_bucket, slice, [&](MacKey key, const MacTable::Found &found) {
        if (found.stamp() == MacTable::fixed) return false;
        const Interface *i = current.at(found.place().interface);
        const Bridge *bridge = i ? current.bridge_of(*i) : nullptr;
        // Learned by who had not seen yet that the interface left.
        if (!bridge || bridge->id != domain_of(key)) return true;
        return bridge->spec.ageing > 0 && MacTable::between(found.stamp(), stamp) >= bridge->spec.ageing;
    });
    ageing_bucket += slice;
}

void Core::note_moves() {
    const InterfaceTable &current = *table.load(std::memory_order_relaxed);
    for (const auto &worker : workers)
        worker->moves.drain([&](const MacMove &m) {
            const Interface *from = current.at(m.from), *to = current.at(m.to);
            const Bridge *bridge = to ? current.bridge_of(*to) : nullptr;
            if (!from || !bridge || bridge->id != domain_of(m.key)) return;
            const std::string &name = bridge->spec.name;
            auto &told = moving_macs[name];
            std::erase_if(told, [&](const MovingMac &other) { return other.mac == mac_of(m.key); });
            if (told.size() == most_told) told.erase(told.begin());
            told.push_back({mac_of(m.key), from->spec.name, to->spec.name, milliseconds_since_epoch()});
        });
}

void Core::follow_members(std::vector<std::shared_ptr<const Interface>> &changed) {
    for (auto &[name, i] : registry.interfaces) {
        if (i->kind != InterfaceKind::bridge || link_of(registry, *i).mtu == i->link_mtu) continue;
        auto made = rebuilt(registry, *i, i->port);
        changed.push_back(made);
        i = std::move(made);
    }
}

}  // namespace weft
