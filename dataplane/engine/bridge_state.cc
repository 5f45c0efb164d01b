// Bridge domains for readers: what they count, and their addresses, some at a time.
#include "core.h"
#include "worker.h"

namespace weft {
namespace {

constexpr uint64_t limited_for = 60000000;   // microseconds
constexpr int64_t moving_for = 300000;       // milliseconds

// A query whose names have been looked up.
struct Asked {
    uint16_t domain = 0;                 // 0: any
    uint32_t interface = no_interface;   // any
    std::optional<MacAddress> mac;
    bool nothing = false;

    bool matches(MacKey key, const MacTable::Found &found) const {
        return (domain == 0 || domain_of(key) == domain) && (interface == no_interface || found.place().interface == interface) &&
               (!mac || mac_of(key) == *mac);
    }
};

Asked asked(const Registry &registry, const MacQuery &query) {
    Asked a;
    a.mac = query.mac;
    if (!query.domain.empty()) {
        const auto found = registry.bridges.find(query.domain);
        a.nothing |= found == registry.bridges.end();
        if (!a.nothing) a.domain = found->second->id;
    }
    if (!query.interface.empty()) {
        const auto found = registry.interfaces.find(query.interface);
        if (found == registry.interfaces.end())
            a.nothing = true;
        else
            a.interface = found->second->index;
    }
    return a;
}

}  // namespace

bool Core::is_limited(const Bridge &bridge) {
    const uint64_t at = bridge.runtime->limited_at.load(std::memory_order_relaxed);
    return at != 0 && monotonic_microseconds() < at + limited_for;
}

std::vector<MovingMac> Core::moving_in(const std::string &bridge) const {
    std::vector<MovingMac> moving;
    if (const auto noted = moving_macs.find(bridge); noted != moving_macs.end())
        for (const MovingMac &m : noted->second)
            if (milliseconds_since_epoch() < m.time + moving_for) moving.push_back(m);
    return moving;
}

std::vector<BridgeState> Core::bridge_states(const std::string &only) const {
    std::vector<BridgeState> out;
    for (const auto &[name, bridge] : registry.bridges) {
        if (!only.empty() && name != only) continue;
        BridgeState s;
        s.name = name;
        s.routed = bridge->spec.routed;
        s.addresses = registry.macs->in_domain(bridge->id);
        s.capacity = registry.macs->capacity();
        s.discontinuity = bridge->runtime->discontinuity;
        s.limited = is_limited(*bridge);
        s.moving = moving_in(name);
        for (const BridgeMember &m : bridge->spec.members) {
            const Interface &i = *registry.interfaces.at(m.interface);
            s.members.push_back({m.interface, i.up(), registry.macs->on_interface(i.index)});
        }
        for (const BridgeCounters &c : bridge->runtime->counters) {
            s.forwarded += c.forwarded.value();
            s.to_box += c.to_box.value();
            s.from_box += c.from_box.value();
            for (size_t n = 0; n < flood_classes; n++) {
                s.flooded[n] += c.flooded[n].value();
                s.policed[n] += c.policed[n].value();
            }
            s.copies += c.copies.value();
            s.learned += c.learned.value();
            s.moves += c.moves.value();
            s.held += c.held.value();
            s.not_learned += c.limited.value();
            s.suppressed += c.suppressed.value();
        }
        out.push_back(std::move(s));
    }
    return out;
}

MacPage Core::mac_page(const MacQuery &query, uint32_t from, size_t most, uint64_t now) const {
    MacPage page;
    page.next = 0xffffffff;
    const Asked want = asked(registry, query);
    if (!registry.macs || want.nothing) return page;
    std::map<uint16_t, const std::string *> domains;
    for (const auto &[name, bridge] : registry.bridges) domains[bridge->id] = &name;
    const InterfaceTable &current = *table.load(std::memory_order_relaxed);
    const MacTable::Stamp stamp = MacTable::stamp(now);
    const auto add = [&](MacKey key, const MacTable::Found &found) {
        const Interface *i = current.at(found.place().interface);
        const auto domain = domains.find(domain_of(key));
        if (!i || domain == domains.end() || !want.matches(key, found)) return;
        const bool fixed = found.stamp() == MacTable::fixed;
        const uint16_t remote = found.place().remote;
        const bool several = i->tunnel && i->tunnel->spec.remotes.size() > 1 && remote < i->tunnel->spec.remotes.size();
        page.macs.push_back({*domain->second, i->spec.name, mac_of(key),
                             several ? std::optional(to_host_address(i->tunnel->spec.remotes[remote], 0)) : std::nullopt, fixed,
                             fixed ? 0 : MacTable::between(found.stamp(), stamp)});
    };
    if (want.domain && want.mac) {
        const MacKey key = mac_key(want.domain, *want.mac);
        if (const MacTable::Found found = registry.macs->find(key)) add(key, found);
        return page;
    }
    const uint32_t next = registry.macs->each(from, [&](MacKey key, const MacTable::Found &found) {
        add(key, found);
        return page.macs.size() < most;
    });
    if (next < registry.macs->bucket_count()) page.next = next;
    return page;
}

uint32_t Core::clear_macs(const MacQuery &query) {
    const Asked want = asked(registry, query);
    if (!registry.macs || want.nothing) return 0;
    const uint32_t cleared = registry.macs->remove_if(0, registry.macs->bucket_count(), [&](MacKey key, const MacTable::Found &found) {
        return found.stamp() != MacTable::fixed && want.matches(key, found);
    });
    // There is room again: who finds none says so.
    if (cleared > 0)
        for (const auto &[name, bridge] : registry.bridges) bridge->runtime->limited_at.store(0, std::memory_order_relaxed);
    return cleared;
}

}  // namespace weft
