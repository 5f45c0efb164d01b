// State of the tables for readers, and the chores of housekeeping.
#include "core.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "captures.h"
#include "worker.h"

namespace weft {

Core::Core(std::unique_ptr<PortFactory> ports)
    : factory(std::move(ports)), table(new InterfaceTable), call_event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      boot(static_cast<uint32_t>(mix(static_cast<uint64_t>(milliseconds_since_epoch()) ^ reinterpret_cast<uintptr_t>(this) << 8))) {
    workers.reserve(max_workers);
}

Core::~Core() {
    workers.clear();
    end_trace();
    forget_captures();
    end_fast_path();
    epochs.free_all();
    delete table.load();
    delete watches.load();
    close(call_event);
}

void Core::event(const Event &e) {
    const std::lock_guard guard(handler_lock);
    if (handler) handler(e);
}

void Core::watch_links() {
    bool came_up = false, changed = false;
    std::vector<uint32_t> silent;   // members of bridge domains that went down
    std::vector<uint16_t> widened;  // domains of which one came up
    const auto tell = [&](const std::string &name, const Interface &i, bool up, bool lost) {
        const bool was = i.runtime->link_up.load();
        if (up && !was) {
            i.runtime->link_ups.fetch_add(1, std::memory_order_release);
            came_up = true;
            if (i.domain && i.domain->bridge) widened.push_back(i.domain->bridge);
        }
        i.runtime->link_up.store(up);
        if (up == was && i.runtime->link_told) return;
        i.runtime->link_told = changed = true;
        if (up != was) i.runtime->last_change = milliseconds_since_epoch();
        if (was && !up && i.domain && i.domain->bridge) silent.push_back(i.index);
        event({Event::Kind::link, name, up});
        if (!up && lost) event({Event::Kind::port_lost, name, false});
    };
    for (const auto &[name, i] : registry.interfaces) {
        if (i->tunnel || i->kind == InterfaceKind::bridge) continue;
        LinkState link;
        link.present = false;
        const bool carried = !i->circuit || registry.interfaces.at(i->circuit->parent)->enabled;
        const bool on_port = i->port && i->port->port;
        if (on_port) link = i->port->port->link();
        if (i->far) link = far_link(registry, *i);
        tell(name, *i, i->enabled && carried && link.up && link.present,
             i->kind == InterfaceKind::port && on_port && !link.present);
    }
    // On those.
    follow_tunnels();
    for (const auto &[name, spec] : registry.tunnels) {
        const Interface &i = *registry.interfaces.at(name);
        tell(name, i, i.enabled && tunnel_paths[name].up, false);
    }
    // On those.
    for (const auto &[name, i] : registry.interfaces)
        if (i->kind == InterfaceKind::bridge) {
            const bool further = i->domain && std::find(widened.begin(), widened.end(), i->domain->bridge) != widened.end();
            if (further && i->runtime->link_up.load()) i->runtime->joined.fetch_add(1, std::memory_order_release);
            tell(name, *i, i->enabled && link_of(registry, *i).up, false);
        }
    if (!silent.empty()) forget_behind(silent);
    tell_members();
    if (changed && fast) fast->follow();
    if (!came_up || workers.empty()) return;
    link_ups.fetch_add(1, std::memory_order_release);
    workers[neighbour_owner]->wake_if_asleep();
}

void Core::tell_members() {
    for (const auto &[slot, peer] : registry.peers) {
        const bool reached = peer->runtime->links.load(std::memory_order_relaxed) != 0;
        if (heard[slot].told.exchange(reached) != reached) event({Event::Kind::member, std::to_string(slot), reached});
    }
}

std::shared_ptr<PortHandle> Core::open_port(const std::string &name, const PortSpec &spec, uint32_t mtu, bool only) {
    auto fresh = std::make_shared<PortHandle>();
    fresh->spec = spec;
    const auto before = registry.ports.find(name);
    if (before != registry.ports.end()) {
        fresh->runtime = before->second->runtime;
    } else {
        fresh->runtime = std::make_shared<PortRuntime>();
        fresh->runtime->discontinuity = milliseconds_since_epoch();
    }
    if (fast && spec.driver != "af_packet") fast->make_room(name);
    PortChoice choice = factory->open({spec.name, spec.driver, spec.device, spec.rx_queues, sending_workers(), mtu, only,
                                       spec.made ? &*spec.made : nullptr});
    (choice.port ? fresh->choice : fresh->reason) = std::move(choice.text);
    fresh->others = std::move(choice.others);
    fresh->missing = choice.missing;
    fresh->set(std::move(choice.port));
    if (before != registry.ports.end() && before->second->port && before->second->port->link().present) fresh->predecessor = before->second;
    return fresh;
}

uint32_t Core::mtu_of(const PortHandle &port) const {
    for (const auto &[name, i] : registry.interfaces)
        if (i->kind == InterfaceKind::port && i->port.get() == &port) return i->spec.mtu;
    return 0;
}

// Is a device to be opened anew: it was taken away, or has an MTU that another driver is for?
bool Core::misfits(const PortHandle &handle) const {
    if (!handle.port) return true;
    const LinkState link = handle.port->link();
    if (!link.present || handle.misfit(link.mtu)) return true;
    const uint32_t mtu = handle.port->max_mtu() ? mtu_of(handle) : 0;
    return mtu && handle.misfit(mtu);
}

bool Core::close_queues() {
    for (const auto &[number, t] : transactions)
        if (t.prepared) return false;
    bool waiting = false, changed = false;
    for (const auto &[name, handle] : registry.ports) {
        if (!handle->port) continue;
        while (handle->predecessor && handle->predecessor->drained()) {
            handle->predecessor = std::shared_ptr<PortHandle>(handle->predecessor)->predecessor;
            changed = true;
        }
        waiting |= handle->predecessor != nullptr;
        if (handle->listed == handle->queues) continue;
        if (!handle->drained()) {
            waiting = true;
            continue;
        }
        changed = true;
        handle->listed = handle->queues;
        epochs.retire([port = handle] { port->port->close_rx_queues(port->listed); });
    }
    if (changed) publish(registry.table(vrfs));
    else if (waiting) wake();
    return waiting;
}

unsigned Core::sending_workers() const { return std::max(1u, static_cast<unsigned>(workers.size())); }

void Core::add_worker() {
    workers.push_back(std::make_unique<Worker>(*this, static_cast<unsigned>(workers.size())));
    worker_count.store(static_cast<unsigned>(workers.size()), std::memory_order_release);
}

void Core::reopen_ports() {
    for (const auto &[number, t] : transactions)
        if (t.prepared) return;
    std::vector<std::shared_ptr<const Interface>> changed;
    for (auto &[name, handle] : registry.ports) {
        if (!misfits(*handle)) continue;
        const bool here = handle->port && handle->port->link().present;
        std::shared_ptr<PortHandle> fresh = open_port(name, handle->spec, mtu_of(*handle), false);
        if (!fresh->port || !fresh->port->link().present || (here && std::strcmp(fresh->port->driver(), handle->port->driver()) == 0)) {
            if (!handle->port) handle->reason = std::move(fresh->reason);
            if (!handle->port) handle->missing = fresh->missing;
            if (!handle->port || here) handle->others = std::move(fresh->others);
            continue;
        }
        for (auto &[interface_name, i] : registry.interfaces) {
            if (i->kind != InterfaceKind::port || i->port != handle) continue;
            auto made = rebuilt(registry, *i, fresh);
            std::string refused = add_devices(*made, registry, false);
            if (!refused.empty()) fresh->reason = refused;
            changed.push_back(made);
            i = std::move(made);
        }
        handle = std::move(fresh);
    }
    if (changed.empty()) return;
    follow_parents(changed);
    bind_injects();
    begin_ports();
    publish(registry.table(vrfs));
    place_macs();
    for (const auto &i : changed) configure(*i);
    publish_watches();
    follow_fast_path();
    watch_links();
}

bool Core::misses_ports() const {
    return std::any_of(registry.ports.begin(), registry.ports.end(), [this](const auto &port) { return misfits(*port.second); });
}

void Core::follow_devices() {
    for (const auto &[number, t] : transactions)
        if (t.prepared) return;
    std::vector<std::shared_ptr<const Interface>> changed;
    for (auto &[name, i] : registry.interfaces) {
        if (i->kind != InterfaceKind::port || !i->port || !i->port->port) continue;
        const LinkState link = i->port->port->link();
        const bool same = (i->spec.has_mac || link.mac == i->mac) && (i->spec.mtu || !link.mtu || link.mtu == i->mtu);
        if (!link.present || same) continue;
        std::shared_ptr<const Interface> made = rebuilt(registry, *i, i->port);
        changed.push_back(made);
        i = std::move(made);
    }
    follow_far(changed);
    if (!changed.empty() || fabric_changed) {
        fabric_changed = false;
        follow_parents(changed);
        publish(registry.table(vrfs));
        place_macs();
        for (const auto &i : changed) configure(*i);
        follow_fast_path();
    }
    follow_tunnel_mtus();
}

void Core::call_housekeeping() {
    if (called.exchange(true, std::memory_order_acq_rel)) return;
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = write(call_event, &one, sizeof one);
}

void Core::tell_neighbours() {
    const auto changes = neighbours.take_mirror();
    if (changes.empty()) return;
    std::map<uint32_t, const Interface *> by_index;
    for (const auto &[name, i] : registry.interfaces) by_index[i->index] = i.get();
    for (const NeighbourChange &c : changes) {
        if (fast) fast->neighbour_changed(c);
        const auto found = by_index.find(c.interface);
        if (found == by_index.end() || !found->second->tap) continue;
        const Interface &i = *found->second;
        factory->mirror_neighbour(i.spec.vrf, i.spec.name, to_host_address(c.address, 0), c.gone ? nullptr : &c.mac);
        event({Event::Kind::neighbour, i.spec.name, !c.gone});
    }
}

void Core::tell_misses() {
    for (const auto &worker : workers)
        worker->misses.drain([this](const Miss &m) {
            Event e{Event::Kind::resolve, {}};
            e.resolve = {hold_names[static_cast<size_t>(m.kind)], m.id, m.vrf, to_host_address(m.source, 0),
                         to_host_address(m.destination, 0), m.protocol, m.source_port, m.destination_port};
            event(e);
        });
}

std::vector<InterfaceState> Core::interface_states(const std::string &only) const {
    std::vector<InterfaceState> out;
    for (const auto &[name, i] : registry.interfaces) {
        if (!only.empty() && name != only) continue;
        InterfaceState s;
        s.name = name;
        s.port = i->spec.port;
        s.index = i->index + 1;
        s.admin_up = i->enabled;
        s.oper_up = i->up();
        s.mtu = i->mtu;
        s.mac = i->mac;
        if (i->kind == InterfaceKind::bridge) s.present = true;
        if (i->far) s.present = far_link(registry, *i).present;
        if (i->port) {
            s.device = i->port->spec.device;
            LinkState link;
            link.present = false;
            if (i->port->port) link = i->port->port->link();
            if (link.present) s.driver = i->port->port->driver();
            s.driver_reason = i->port->text(link);
            s.present = link.present;
            s.speed = link.speed;
        }
        if (const auto path = tunnel_paths.find(name); path != tunnel_paths.end()) {
            s.present = true;
            s.device = path->second.by;
            s.driver_reason = path->second.reason;
        }
        if (i->tap) {
            const PortCounters c = i->tap->port->counters();
            s.tap = {i->tap->port->name(), i->tap->port->driver(), i->tap->reason, static_cast<uint32_t>(i->tap->queues), c.rx_dropped, c.tx_dropped};
        }
        s.last_change = i->runtime->last_change;
        s.discontinuity = i->runtime->discontinuity;
        for (const InterfaceCounters &c : i->runtime->counters) {
            s.in_octets += c.in_octets.value();
            s.in_unicast += c.in_unicast.value();
            s.in_multicast += c.in_multicast.value();
            s.in_broadcast += c.in_broadcast.value();
            s.in_discards += c.in_discards.value();
            s.in_errors += c.in_errors.value();
            s.in_unknown += c.in_unknown.value();
            s.out_octets += c.out_octets.value();
            s.out_unicast += c.out_unicast.value();
            s.out_multicast += c.out_multicast.value();
            s.out_broadcast += c.out_broadcast.value();
            s.out_discards += c.out_discards.value();
            s.out_errors += c.out_errors.value();
            s.in4 += c.in4.value();
            s.forwarded4 += c.forwarded4.value();
            s.in6 += c.in6.value();
            s.forwarded6 += c.forwarded6.value();
            s.unicast_rpf4 += c.unicast_rpf4.value();
            s.unicast_rpf6 += c.unicast_rpf6.value();
        }
        count_circuits(s, *i);
        if (fast) {
            const FastPath::InterfaceCount c = fast->interface_count(i->index);
            s.in_octets += c.in_octets;
            s.in_unicast += c.in_packets;
            s.in_discards += c.lost;
            s.out_octets += c.out_octets;
            s.out_unicast += c.out_packets;
            s.in4 += c.in4;
            s.forwarded4 += c.forwarded4;
            s.in6 += c.in6;
            s.forwarded6 += c.forwarded6;
        }
        out.push_back(std::move(s));
    }
    return out;
}

std::vector<NeighbourState> Core::neighbour_states(const std::string &interface) {
    std::map<uint32_t, const std::string *> names;
    for (const auto &[name, i] : registry.interfaces) names[i->index] = &name;
    std::vector<NeighbourState> out;
    for (const NeighbourChange &c : neighbours.all()) {
        const auto found = names.find(c.interface);
        if (found == names.end() || (!interface.empty() && *found->second != interface)) continue;
        out.push_back({*found->second, to_host_address(c.address, 0), c.mac, c.origin, c.state, c.router});
    }
    return out;
}

const char *hook_name(Hook hook) { return hook == Hook::tc ? "tc" : hook == Hook::xdp ? "xdp" : ""; }

std::vector<PortState> Core::port_states() const {
    std::vector<PortState> out;
    for (const auto &[name, handle] : registry.ports) {
        PortState s;
        s.name = name;
        s.device = handle->spec.device;
        s.link.present = false;
        if (handle->port) s.link = handle->port->link();
        if (handle->spec.made) {
            s.made_namespace = handle->spec.made->name_space;
            s.made_device = handle->spec.made->device;
            s.made_link = factory->made_link(*handle->spec.made);
        }
        s.problem = handle->problem(s.link);
        s.reason = handle->text(s.link);
        s.fast_path_reason = handle->fast.reason;
        if (s.problem == PortProblem::device_missing) {
            if (!s.fast_path_reason.empty() || handle->fast.hook != Hook::none) s.fast_path_reason = s.reason;
        } else {
            s.others = handle->others;
            s.fast_path = hook_name(handle->fast.hook);
            if (handle->port) s.driver = handle->port->driver();
        }
        for (const PortUse &use : table.load(std::memory_order_relaxed)->ports)
            if (use.handle == handle && use.queue < handle->queues && s.link.present) s.workers.push_back(use.worker);
        const PortCounters by_kernel = fast_count(*handle->runtime);
        s.fast_path_packets = by_kernel.rx_packets;
        s.counters = handle->runtime->counters();
        s.counters += by_kernel;
        s.discontinuity = handle->runtime->discontinuity;
        const auto watched = conditions.ports.find(name);
        if (watched != conditions.ports.end()) {
            s.overrun = watched->second.overrun.holds();
            s.not_draining = watched->second.not_draining.holds();
        }
        out.push_back(std::move(s));
    }
    return out;
}

std::vector<WorkerState> Core::worker_states() const {
    std::vector<WorkerState> out;
    for (unsigned id = 0; id < running_workers; id++) {
        WorkerState s;
        s.id = id;
        s.asleep = workers[id]->asleep();
        s.reason = worker_reasons[id];
        const auto found = registry.crew.cpus.find(id);
        if (found != registry.crew.cpus.end() && s.reason.empty()) s.cpu = found->second;
        s.cpu_time = worker_time(id);
        for (const PortUse &use : table.load(std::memory_order_relaxed)->ports) s.rx_queues += use.worker == id && use.role == PortRole::data && use.queue < use.handle->queues;
        out.push_back(std::move(s));
    }
    return out;
}

std::vector<DropCounter> Core::drop_counters() const {
    std::vector<DropCounter> out;
    for (size_t n = 0; n < drop_count; n++) {
        DropCounter d{drop_names[n].node, drop_names[n].reason, 0};
        for (const auto &worker : workers) d.packets += worker->drops[n].value();
        out.push_back(d);
    }
    return out;
}

std::vector<HoldState> Core::hold_states() const {
    std::vector<HoldState> out;
    for (size_t kind = 0; kind < hold_kinds; kind++) {
        HoldState s{hold_names[kind]};
        for (const auto &worker : workers) {
            const HoldCounters &c = worker->holding.counters[kind];
            s.entries += c.entries.value();
            s.packets += c.packets.value();
            s.octets += c.octets.value();
            s.events += c.events.value();
            const auto dropped = [&](HoldDrop why) { return c.drops[static_cast<size_t>(why)].value(); };
            s.queue_full += dropped(HoldDrop::queue_full);
            s.holding_full += dropped(HoldDrop::holding_full);
            s.table_full += dropped(HoldDrop::table_full);
            s.expired += dropped(HoldDrop::expired);
            s.failed += dropped(HoldDrop::failed);
        }
        s.table_overflows = conditions.holds[kind].table.holds();
        s.holding_overflows = conditions.holds[kind].holding.holds();
        out.push_back(s);
    }
    return out;
}

std::vector<PuntState> Core::punt_states() const {
    std::vector<PuntState> out;
    for (size_t n = 0; n < punt_class_count; n++) {
        PuntState s{punt_class_names[n], registry.member.punt[n].rate, registry.member.punt[n].burst};
        for (const auto &worker : workers) {
            s.passed += worker->punts[n].passed.value();
            s.dropped += worker->punts[n].dropped.value();
        }
        out.push_back(s);
    }
    return out;
}

EngineStatistics Core::statistics() {
    EngineStatistics s;
    s.repair = repair;
    vrfs.each([&](const Vrf &vrf) {
        s.routes4 += vrf.fib4.size();
        s.routes6 += vrf.fib6.size();
    });
    s.objects = objects.size();
    s.neighbours = neighbours.size();
    for (const HoldState &held : hold_states()) s.held_packets += held.packets;
    s.commit = commit;
    return s;
}

}  // namespace weft
