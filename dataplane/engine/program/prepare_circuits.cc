// Circuits and cross-connects in the next registry: who has which frames of a port, and whose are switched. They go with their
// interfaces; a full transaction says all that there are.
#include <set>

#include "../core.h"
#include "reader.h"

namespace weft {
namespace {

bool has_addresses(const Interface &i) { return i.spec.flags & (interface_ipv4 | interface_ipv6); }

std::string wrong(const Registry &next, const std::string &name, const CircuitSpec &circuit) {
    const std::string what = "circuit " + quoted(name);
    const auto parent = next.interfaces.find(circuit.parent);
    if (parent == next.interfaces.end()) return what + " is on interface " + quoted(circuit.parent) + ", which does not exist";
    if (next.circuits.count(circuit.parent)) return what + " is on interface " + quoted(circuit.parent) + ", which is a circuit itself";
    if (parent->second->spec.port.empty()) return what + " is on interface " + quoted(circuit.parent) + ", which has no port";
    const Interface &i = *next.interfaces.at(name);
    if (!i.spec.port.empty()) return what + " has port " + quoted(i.spec.port) + " of its own";
    if (has_addresses(i) && !circuit.definite())
        return what + " takes " + text_of(circuit) + ": packets that it routes could not be given their tags";
    return {};
}

// The circuits of each port, by their parents.
std::string sort(const Registry &next, std::map<std::string, std::vector<Circuits::Entry>> &sorted) {
    std::map<std::pair<std::string, std::pair<CircuitMatch, std::vector<VlanTag>>>, std::string> owners;
    for (const auto &[name, circuit] : next.circuits) {
        if (std::string e = wrong(next, name, circuit); !e.empty()) return e;
        const auto [owner, fresh] = owners.insert({{circuit.parent, {circuit.match, circuit.tags}}, name});
        if (!fresh)
            return "circuit " + quoted(name) + " takes " + text_of(circuit) + " of " + quoted(circuit.parent) + ", which circuit " +
                   quoted(owner->second) + " has";
        sorted[circuit.parent].push_back({circuit.match, circuit.tags, next.interfaces.at(name)->index});
    }
    return {};
}

}  // namespace

std::string Core::prepare_domains(Transaction &t, std::map<std::string, std::shared_ptr<const Domain>> &domains) {
    Registry &next = *t.registry;
    if (t.full) next.cross_connects.clear();
    for (const CrossConnectOp &op : t.cross_connects) {
        if (op.remove)
            next.cross_connects.erase(op.name);
        else
            next.cross_connects[op.name] = op.ends;
    }
    std::map<std::string, std::string> owners;
    for (const auto &[name, ends] : next.cross_connects) {
        const std::string what = "cross-connect " + quoted(name);
        auto domain = std::make_shared<Domain>();
        for (size_t n = 0; n < 2; n++) {
            const auto found = next.interfaces.find(ends[n]);
            if (found == next.interfaces.end()) return what + " names interface " + quoted(ends[n]) + ", which does not exist";
            if (has_addresses(*found->second)) return what + " names interface " + quoted(ends[n]) + ", which is routed: it has addresses";
            const auto [owner, fresh] = owners.emplace(ends[n], name);
            if (!fresh) return what + " names interface " + quoted(ends[n]) + ", which cross-connect " + quoted(owner->second) + " has";
            domain->ends[n] = found->second->index;
        }
        for (const std::string &end : ends) domains[end] = domain;
    }
    return {};
}

std::string Core::prepare_circuits(Transaction &t) {
    Registry &next = *t.registry;
    if (t.full) next.circuits.clear();
    for (const CircuitOp &op : t.circuits) {
        if (op.remove) {
            next.circuits.erase(op.interface);
            continue;
        }
        if (!next.interfaces.count(op.interface)) return "circuit " + quoted(op.interface) + " is no interface";
        next.circuits[op.interface] = op.spec;
    }
    std::erase_if(next.circuits, [&](const auto &c) { return !next.interfaces.count(c.first); });
    std::map<std::string, std::vector<Circuits::Entry>> sorted;
    if (std::string e = sort(next, sorted); !e.empty()) return e;
    std::map<std::string, std::shared_ptr<const Domain>> domains;
    if (std::string e = prepare_domains(t, domains); !e.empty()) return e;
    if (std::string e = prepare_bridges(t, domains); !e.empty()) return e;
    std::set<std::string> routed;
    for (const auto &[name, bridge] : next.bridges) routed.insert(bridge->spec.routed);

    for (auto &[name, entry] : next.interfaces) {
        const auto found = next.circuits.find(name);
        std::optional<CircuitSpec> circuit;
        if (found != next.circuits.end()) circuit = found->second;
        auto domain = domains[name];
        const auto kind = circuit              ? InterfaceKind::circuit
                          : routed.count(name) ? InterfaceKind::bridge
                          : entry->tunnel      ? InterfaceKind::tunnel
                                               : InterfaceKind::port;
        // A switched parent has what no circuit takes; a routed one what has no tag.
        if (const auto on = sorted.find(name); on != sorted.end()) {
            std::set<CircuitMatch> taken;
            for (const Circuits::Entry &e : on->second) taken.insert(e.match);
            if (domain && !taken.count(CircuitMatch::rest)) on->second.push_back({CircuitMatch::rest, {}, entry->index});
            if ((domain || has_addresses(*entry) || !taken.count(CircuitMatch::rest)) && !taken.count(CircuitMatch::untagged))
                on->second.push_back({CircuitMatch::untagged, {}, entry->index});
        }
        const bool same_domain = domain && entry->domain ? *domain == *entry->domain : !domain && !entry->domain;
        const auto &before = entry->circuits ? entry->circuits->entries() : std::vector<Circuits::Entry>{};
        const auto &after = sorted[name];
        if (entry->kind == kind && entry->circuit == circuit && same_domain && before == after) continue;
        auto made = std::make_shared<Interface>(*entry);
        made->kind = kind;
        // On another port, or on none: its counters begin anew.
        const auto before_it = registry.interfaces.find(name);
        const auto parent_of = [](const std::optional<CircuitSpec> &c) { return c ? c->parent : std::string(); };
        if (before_it != registry.interfaces.end() && parent_of(before_it->second->circuit) != parent_of(circuit)) {
            made->runtime = std::make_shared<InterfaceRuntime>();
            made->runtime->discontinuity = made->runtime->last_change = milliseconds_since_epoch();
        }
        made->circuit = std::move(circuit);
        if (!same_domain) made->domain = std::move(domain);
        if (before != after) made->circuits = after.empty() ? nullptr : std::make_shared<const Circuits>(after);
        entry = std::move(made);
    }
    return {};
}

void Core::deafen_circuits(Registry &interim) const {
    const InterfaceTable &now = *table.load();
    std::map<uint32_t, const Vrf *> vrfs_then;
    for (const auto &[name, i] : interim.interfaces) vrfs_then[i->index] = i->vrf;
    for (auto &[name, entry] : interim.interfaces) {
        const Interface *before = now.at(entry->index);
        if (!before || (!before->circuits && !entry->circuits)) continue;
        std::vector<Circuits::Entry> heard;
        if (before->circuits) heard = before->circuits->entries();
        std::erase_if(heard, [&](const Circuits::Entry &e) { return now.at(e.interface)->vrf != vrfs_then[e.interface]; });
        if (entry->circuits && entry->circuits->entries() == heard) continue;
        auto deaf = std::make_shared<Interface>(*entry);
        deaf->circuits = before->circuits ? std::make_shared<const Circuits>(std::move(heard)) : nullptr;
        entry = std::move(deaf);
    }
}

}  // namespace weft
