// Circuits for readers and for housekeeping. What a circuit counts is counted of the port too (RFC 8343: an interface of a lower layer
// has what those above it have), so a parent's counters are its own, those of its circuits and of circuits that there were: added up
// when they are asked for, so that a packet pays for one interface.
#include <algorithm>

#include "core.h"

namespace weft {
namespace {

template <class To>
void add(To &to, const InterfaceCounters &c) {
    to.in_octets += c.in_octets.value();
    to.in_unicast += c.in_unicast.value();
    to.in_multicast += c.in_multicast.value();
    to.in_broadcast += c.in_broadcast.value();
    to.in_discards += c.in_discards.value();
    to.in_errors += c.in_errors.value();
    to.in_unknown += c.in_unknown.value();
    to.out_octets += c.out_octets.value();
    to.out_unicast += c.out_unicast.value();
    to.out_multicast += c.out_multicast.value();
    to.out_broadcast += c.out_broadcast.value();
    to.out_discards += c.out_discards.value();
    to.out_errors += c.out_errors.value();
}

template <class To>
void add(To &to, const InterfaceRuntime &runtime) {
    for (const InterfaceCounters &c : runtime.counters) add(to, c);
}

}  // namespace

void Core::count_circuits(InterfaceState &state, const Interface &parent) const {
    if (parent.circuits)
        for (const Circuits::Entry &e : parent.circuits->entries()) {
            const Interface *circuit = e.interface == parent.index ? nullptr : table.load(std::memory_order_relaxed)->at(e.interface);
            if (circuit) add(state, *circuit->runtime);
        }
    for (const auto &runtime : parent.runtime->leaving) add(state, *runtime);
    add(state, parent.runtime->left);
}

void Core::part_with_circuits(Transaction &t) {
    for (const auto &[name, i] : registry.interfaces) {
        if (!i->circuit) continue;
        const auto after = t.registry->interfaces.find(name);
        if (after != t.registry->interfaces.end() && after->second->runtime == i->runtime) continue;
        t.parted.emplace_back(registry.interfaces.at(i->circuit->parent)->runtime, i->runtime);
        t.parted.back().first->leaving.push_back(i->runtime);
    }
}

void Core::keep_counts(const Transaction &t) {
    for (const auto &[parent, gone] : t.parted)
        epochs.retire([parent, gone] {
            std::erase(parent->leaving, gone);
            add(parent->left, *gone);
        });
}

void Core::follow_parents(std::vector<std::shared_ptr<const Interface>> &changed) {
    for (auto &[name, i] : registry.interfaces) {
        if (!i->circuit) continue;
        const Interface &parent = *registry.interfaces.at(i->circuit->parent);
        const bool changes = std::any_of(changed.begin(), changed.end(), [&](const auto &other) { return other.get() == &parent; });
        if (!changes) continue;
        auto made = rebuilt(registry, *i, parent.port);
        if (const std::string refused = add_devices(*made, registry, false); !refused.empty() && made->port) made->port->reason = refused;
        changed.push_back(made);
        i = std::move(made);
    }
    follow_members(changed);
}

}  // namespace weft
