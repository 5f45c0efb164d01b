// The second half of a commit, which cannot fail: interfaces and objects first, then routes, then what goes away.
#include "../core.h"
#include "../worker.h"

namespace weft {

void Core::publish(std::unique_ptr<InterfaceTable> next) {
    const InterfaceTable *old = table.exchange(next.release(), std::memory_order_acq_rel);
    epochs.retire([old] { delete old; });
    wake();
}

void Core::wake() {
    for (const auto &worker : workers) worker->wake();
}

void Core::configure(const Interface &i) {
    if (i.port && i.port->port) {
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

void Core::apply_interfaces(Transaction &t) {
    if (!t.registry) return;
    registry = std::move(*t.registry);
    bind_injects();
    publish(std::move(t.interim));
    for (const auto &interface : t.changed) configure(*interface);
    watch_links();
}

Difference Core::apply_routes(Transaction &t) {
    Difference done;
    const uint64_t since = mark;
    mark += t.routes.size();
    Vrf *vrf = nullptr;
    const auto of = [&](const RouteOp &op) {
        if (!vrf || vrf->id != op.vrf) vrf = vrfs.find(op.vrf);
        return vrf;
    };
    for (size_t i = 0; i < t.routes.size(); i++) {
        const RouteOp &op = t.routes[i];
        if (op.remove) continue;
        int64_t before;
        if (op.v6)
            of(op)->fib6.set(op.prefix, op.length, op.object, before).mark = since + i;
        else
            of(op)->fib4.set(static_cast<uint32_t>(op.prefix.low), op.length, op.object, before).mark = since + i;
        if (before == op.object) continue;
        before < 0 ? done.added++ : done.changed++;
        objects.hold(op.object);
        if (before >= 0) objects.drop(static_cast<uint32_t>(before));
    }
    // A delete holds unless a later record of the transaction set the prefix again.
    const auto remove = [&](auto &fib, auto *slot, uint64_t when) {
        if (!slot || slot->mark > when) return;
        const uint32_t object = slot->value.load() - Fib4::Map::first;
        fib.erase(*slot);
        objects.drop(object);
        done.removed++;
    };
    for (size_t i = 0; i < t.routes.size(); i++) {
        const RouteOp &op = t.routes[i];
        if (!op.remove || !of(op)) continue;
        if (op.v6)
            remove(vrf->fib6, vrf->fib6.find(op.prefix, op.length), since + i);
        else
            remove(vrf->fib4, vrf->fib4.find(static_cast<uint32_t>(op.prefix.low), op.length), since + i);
    }
    if (t.full) done.removed += sweep(since);
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
    apply_interfaces(t);
    for (auto &[key, body] : t.bodies) objects.set(key, std::move(body));
    repaired.routes = apply_routes(t);
    for (const uint64_t key : t.keys_gone) objects.erase(key);
    if (t.table) publish(std::move(t.table));
    for (const auto &[vrf, name] : t.taps_gone) factory->remove_host_tap(vrf, name);
    commit.store(commit_number);
    changes.fetch_add(1, std::memory_order_release);
    wake();
    if (t.full) {
        repaired.transactions = repair.transactions + 1;
        repair = repaired;
    }
    epochs.collect();
}

void Core::abort(uint64_t number) {
    const auto found = transactions.find(number);
    if (found == transactions.end()) return;
    undo(found->second);
    transactions.erase(found);
}

}  // namespace weft
