// The second half of a commit, which cannot fail: interfaces and objects first, then routes, then what goes away. What packets
// come in by is listened to last of all when it is new, and only looked away from when it goes.
#include <algorithm>

#include "../core.h"
#include "../worker.h"

namespace weft {
namespace {

// Of what only readers in the kernel may still have: a commit waits for them before there is more.
constexpr size_t most_ripe = 8192;

}  // namespace

void Core::publish(std::unique_ptr<InterfaceTable> next) {
    const InterfaceTable *old = table.exchange(next.release(), std::memory_order_acq_rel);
    epochs.retire([old] { delete old; });
    wake();
}

void Core::wake() {
    for (const auto &worker : workers) worker->wake();
}

void Core::configure(const Interface &i) {
    if (i.kind == InterfaceKind::port && i.port && i.port->port) {
        i.port->reason = i.port->port->configure(i.enabled, i.mtu);
        if (!i.port->reason.empty()) event({Event::Kind::port_lost, i.spec.name, false});
    }
    if (i.tap) {
        const auto addresses = tap_addresses(i);
        const std::string error = factory->set_host_addresses(tap_request(i), addresses.data(), addresses.size());
        if (!error.empty() && i.port) i.port->reason = error;
    }
}

void Core::bind_injects() {
    for (const auto &[id, handle] : registry.injects)
        if (Vrf *vrf = vrfs.find(id)) vrf->inject.store(handle.get(), std::memory_order_release);
}

void Core::begin_ports() {
    for_each_port(registry, [](PortHandle &handle) {
        if (handle.port && !handle.begun) handle.begin();
    });
}

// Tables that name new queues are published by now, and those that are too many are in them until they are empty.
void Core::apply_port_changes(const Transaction &t) {
    for (const PortChange &change : t.port_changes) {
        PortHandle &handle = *change.port;
        if (change.spec.made && change.spec.made != handle.spec.made) {
            handle.reason = factory->set_made(change.spec.device, *change.spec.made, mtu_of(handle));
            if (!handle.reason.empty()) event({Event::Kind::port_lost, change.spec.name, false});
        }
        handle.spec = change.spec;
        handle.others = change.others;
        const size_t queues = handle.port->rx_queues_of(std::clamp<size_t>(change.spec.rx_queues, 1, max_rx_queues));
        if (queues != handle.queues) handle.divide(queues);
        if (handle.listed > handle.queues) call_housekeeping();
    }
}

void Core::apply_interfaces(Transaction &t) {
    if (!t.registry) return;
    // A new limit holds from now on.
    for (size_t n = 0; n < punt_class_count; n++)
        if (registry.member.punt[n] != t.registry->member.punt[n]) punts[n].refill();
    if (registry.member.icmp_errors != t.registry->member.icmp_errors) {
        icmp_errors.refill();
        for (const auto &[name, i] : registry.interfaces) i->runtime->icmp_errors.refill();
    }
    for (const auto &[name, i] : t.registry->interfaces) {
        const auto before = registry.interfaces.find(name);
        // Its neighbours are others now, or know us by another address.
        if (before != registry.interfaces.end() && before->second->vrf != i->vrf) i->runtime->link_ups.fetch_add(1, std::memory_order_release);
    }
    part_with_circuits(t);
    begin_bridges(t);
    registry = std::move(*t.registry);
    bind_injects();
    begin_ports();
    publish(std::move(t.interim));
    for (const auto &interface : t.changed) configure(*interface);
    watch_links();
}

// Sets come before deletes, so that what is covered stays covered. A delete holds unless a later record of the transaction set
// the prefix again: the first pass notes what the last record about a route says, the second one deletes.
Difference Core::apply_routes(Transaction &t) {
    constexpr size_t ahead = 16, collect_every = 1024;
    Difference done;
    if (t.full) generation = !generation;
    vrfs.each([](Vrf &vrf) { vrf.fib4.adopt(); });
    Vrf *vrf = nullptr;
    const auto of = [&](const RouteOp &op) {
        if (!vrf || vrf->id != op.vrf) vrf = vrfs.find(op.vrf);
        return vrf;
    };
    const auto on = [&](const RouteOp &op, auto use) {
        return op.v6 ? use(vrf->fib6, op.prefix) : use(vrf->fib4, static_cast<uint32_t>(op.prefix.low));
    };
    const auto each = [&](auto change) {
        for (size_t i = 0; i < t.routes.size(); i++) {
            if (i + ahead < t.routes.size() && of(t.routes[i + ahead]))
                on(t.routes[i + ahead], [&](auto &fib, const auto &prefix) { fib.prefetch(prefix, t.routes[i + ahead].length); });
            if (of(t.routes[i])) change(t.routes[i]);
            if (i % collect_every == 0) collect(most_ripe);
        }
    };
    size_t sets = 0;
    for (const RouteOp &op : t.routes) sets += !op.remove;
    if (sets > 0)
        each([&](const RouteOp &op) {
            if (op.remove) return on(op, [&](auto &fib, const auto &prefix) { fib.doom(prefix, op.length); });
            const int64_t before =
                on(op, [&](auto &fib, const auto &prefix) { return fib.set(prefix, op.length, op.object, generation); });
            if (before == op.object) return;
            before < 0 ? done.added++ : done.changed++;
            objects.hold(op.object);
            if (before >= 0) objects.drop(static_cast<uint32_t>(before));
        });
    if (sets < t.routes.size())
        each([&](const RouteOp &op) {
            if (!op.remove) return;
            const int64_t object =
                on(op, [&](auto &fib, const auto &prefix) { return fib.erase(prefix, op.length, sets == 0); });
            if (object < 0) return;
            objects.drop(static_cast<uint32_t>(object));
            done.removed++;
        });
    if (t.full) done.removed += sweep();
    return done;
}

Repair Core::difference(const Transaction &t) const {
    Repair found;
    for (const auto &[key, body] : t.bodies) objects.has(key) ? found.objects.changed++ : found.objects.added++;
    found.objects.removed = t.keys_gone.size();
    if (!t.registry) return found;
    for (const auto &[name, interface] : t.registry->interfaces) {
        const auto before = registry.interfaces.find(name);
        if (before == registry.interfaces.end())
            found.interfaces.added++;
        else if (before->second != interface)
            found.interfaces.changed++;
    }
    for (const auto &[name, interface] : registry.interfaces) found.interfaces.removed += !t.registry->interfaces.count(name);
    return found;
}

void Core::apply(uint64_t number, uint64_t commit_number) {
    const auto found = transactions.find(number);
    if (found == transactions.end() || !found->second.prepared) return;
    Transaction t = std::move(found->second);
    transactions.erase(found);

    Repair repaired;
    if (t.full) repaired = difference(t);
    apply_acls(t);
    apply_interfaces(t);
    for (auto &[key, body] : t.bodies) objects.set(key, std::move(body));
    repaired.routes = apply_routes(t);
    for (const uint64_t key : t.keys_gone) objects.erase(key);
    const bool ports_changed = t.table != nullptr;
    if (t.table) {
        publish(std::move(t.table));
        settle_workers();
        if (follow_workers()) publish(registry.table(vrfs));
        apply_port_changes(t);
        keep_counts(t);
        settle_bridges(t);
        publish_watches();
    }
    forget_acls(t);
    for (const auto &[vrf, name] : t.taps_gone) factory->remove_host_tap(vrf, name);
    for (const std::string &device : t.devices_gone) factory->unmake(device);
    end_vrfs(t);
    // What is configured anew may have ended what led tunnels into themselves.
    if (commit_number != commit.load())
        for (auto &[name, path] : tunnel_paths) path.held = 0;
    commit.store(commit_number);
    changes.fetch_add(1, std::memory_order_release);
    wake();
    if (t.full) {
        repaired.transactions = repair.transactions + 1;
        repair = repaired;
    }
    if (!registry.tunnels.empty()) {
        watch_links();
        follow_devices();
    }
    if (ports_changed) follow_fast_path();
    collect(most_ripe);
    // A port that is replaced may keep its device from the new one until it is closed.
    if (epochs.pending()) call_housekeeping();
}

void Core::abort(uint64_t number) {
    const auto found = transactions.find(number);
    if (found == transactions.end()) return;
    undo(found->second);
    transactions.erase(found);
}

}  // namespace weft
