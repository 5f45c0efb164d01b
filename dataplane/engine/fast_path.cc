// How the core keeps the kernel fast path (ebpf/fast_path.h): when it begins and ends, and what it waits for.
#include <algorithm>

#include "core.h"
#include "worker.h"

namespace weft {

void Core::follow_fast_path() {
    const bool wanted = std::any_of(registry.ports.begin(), registry.ports.end(),
                                    [this](const auto &port) { return registry.hook(port.first) != Hook::none; });
    if (!fast && wanted) {
        fast = FastPath::open(*this, no_fast);
        if (fast) {
            epochs.expect_others();
            objects.watch(fast.get());
        }
    }
    if (fast) {
        fast->follow();
        return follow_fast_counts();
    }
    for (const auto &[name, handle] : registry.ports) handle->fast.reason = registry.hook(name) == Hook::none ? "" : no_fast;
}

namespace {

PortCounters port_part(const FastPath::InterfaceCount &c) {
    return {c.in_packets, c.in_octets, c.lost, c.out_packets, c.out_octets, 0};
}

}  // namespace

// Another interface is on a port: what the one before had of the fast path stays the port's.
void Core::follow_fast_counts() {
    std::map<const PortHandle *, uint32_t> bound;
    for (const auto &[name, i] : registry.interfaces)
        if (i->kind == InterfaceKind::port && i->port) bound[i->port.get()] = i->index;
    for (const auto &[name, handle] : registry.ports) {
        auto &count = handle->runtime->fast;
        const auto found = bound.find(handle.get());
        const uint32_t interface = found == bound.end() ? no_interface : found->second;
        if (interface == count.interface) continue;
        count = {interface, interface == no_interface ? PortCounters{} : port_part(fast->interface_total(interface)), fast_count(*handle->runtime)};
    }
}

PortCounters Core::fast_count(const PortRuntime &runtime) const {
    PortCounters sum = runtime.fast.kept;
    if (!fast || runtime.fast.interface == no_interface) return sum;
    sum += port_part(fast->interface_total(runtime.fast.interface));
    return sum -= runtime.fast.began;
}

void Core::end_fast_path() {
    if (!fast) return;
    fast->detach();
    objects.watch(nullptr);
    epochs.free_all();
    fast.reset();
}

void Core::collect(size_t most) {
    if (fast) fast->follow_tables();
    epochs.collect();
    if (!fast || epochs.ripe() <= most) return;
    const uint64_t ripened = epochs.ripened();
    fast->grace();
    epochs.free_ripe(ripened);
}

void Core::use_neighbour(uint32_t interface, const Ip6 &address) {
    // What does not fit is said again in a second.
    used_neighbours.push({.kind = NeighbourNote::Kind::used, .interface = interface, .address = address});
    if (!workers.empty()) workers[neighbour_owner]->wake_if_asleep();
}

}  // namespace weft
