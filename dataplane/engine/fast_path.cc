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
    if (fast) return fast->follow();
    for (const auto &[name, handle] : registry.ports) handle->fast.reason = registry.hook(name) == Hook::none ? "" : no_fast;
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
