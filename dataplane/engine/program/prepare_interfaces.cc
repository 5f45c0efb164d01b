// Ports, interfaces, taps and static neighbours of a transaction: the next registry and the tables made from it. In a full
// transaction a port or tap that can't be had does not fail the commit (a box that starts without one of its cards forwards
// with the others); it is absent, says why, and housekeeping tries again.
#include <algorithm>
#include <map>
#include <set>

#include "../core.h"
#include "reader.h"

namespace weft {
namespace {

bool wants_tap(const Interface &i) {
    const bool stands = i.tunnel || i.kind == InterfaceKind::bridge || (i.port && i.port->port) || (i.far && i.fabric_key);
    return stands && (i.ip4 || i.ip6);
}

// The same port, but for how many queues it has and whether its driver was asked for by name.
bool keeps_driver(const PortHandle &handle, const PortSpec &wanted) {
    PortSpec spec = handle.spec;
    spec.rx_queues = wanted.rx_queues;
    if (spec.device == wanted.device) spec.made = wanted.made;  // the other end alone
    const bool same = spec == wanted;
    spec.driver = handle.port->driver();
    spec.usual_driver = wanted.usual_driver;
    const bool as_many = handle.port->rx_queues_of(std::clamp<size_t>(wanted.rx_queues, 1, max_rx_queues)) == handle.queues;
    return (handle.port->divides() || as_many) && (same || spec == wanted);
}

}  // namespace

// MTUs that interfaces will have, by port.
std::map<std::string, uint32_t> Core::wanted_mtus(const Transaction &t) const {
    std::map<std::string, InterfaceSpec> specs;
    if (!t.full)
        for (const auto &[name, i] : registry.interfaces) specs[name] = i->spec;
    for (const InterfaceOp &op : t.interfaces) {
        if (op.remove)
            specs.erase(op.spec.name);
        else
            specs[op.spec.name] = op.spec;
    }
    std::map<std::string, uint32_t> mtus;
    for (const auto &[name, spec] : specs) mtus[spec.port] = spec.mtu;
    return mtus;
}

// Other numbers of receive queues are made here and used from apply on.
std::string Core::change_port(Transaction &t, const std::shared_ptr<PortHandle> &handle, const PortSpec &spec) {
    const size_t queues = handle->port->rx_queues_of(std::clamp<size_t>(spec.rx_queues, 1, max_rx_queues));
    for (size_t queue = handle->listed; queue < queues; queue++) {
        // One that has been emptied, but not closed yet, may have been that of a worker which has ended.
        unsigned owner = handle->receiving[queue].owner.load(std::memory_order_relaxed);
        if (owner != no_worker && owner >= running_workers) handle->receiving[queue].owner.store(no_worker, std::memory_order_release);
    }
    PortChange change{handle, spec, handle->listed, handle->others};
    if (std::string error = handle->port->make_rx_queues(queues); !error.empty()) return error;
    if (spec.driver != handle->spec.driver && spec.driver == handle->port->driver())
        for (OtherDriver &other : change.others) other.reason = "not asked for";
    t.port_changes.push_back(std::move(change));
    handle->listed = std::max(handle->listed, queues);
    return {};
}

std::string Core::prepare_ports(Transaction &t) {
    const bool untouched = t.vrfs.empty() && t.ports.empty() && t.interfaces.empty() && t.neighbours.empty() && t.settings.empty() &&
                           t.limits.empty() && !t.crew && t.port_settings.empty() && t.circuits.empty() && t.cross_connects.empty() &&
                           t.tunnels.empty() && t.mirrors.empty() && t.bridges.empty() && !t.slot && !t.fabric && t.places.empty() &&
                           t.fabric_keys.empty();
    if (!t.full && untouched) return {};
    t.registry = std::make_unique<Registry>(registry);
    Registry &next = *t.registry;
    if (std::string e = prepare_places(t); !e.empty()) return e;
    std::map<std::string, PortSpec> wanted;
    if (!t.full)
        for (const auto &[name, handle] : registry.ports) wanted[name] = handle->spec;
    for (const PortOp &op : t.ports) {
        if (op.remove)
            wanted.erase(op.spec.name);
        else
            wanted[op.spec.name] = op.spec;
    }
    std::erase_if(wanted, [&](const auto &port) { return next.is_far(port.first); });
    if (std::string e = prepare_workers(t); !e.empty() || !t.refusals.empty()) return e;
    const std::map<std::string, uint32_t> mtus = wanted_mtus(t);
    std::erase_if(next.ports, [&](const auto &p) { return !wanted.count(p.first); });
    std::erase_if(next.port_settings, [&](const auto &q) { return !wanted.count(q.first); });
    std::set<std::string> made_before;
    for (const auto &[name, handle] : registry.ports)
        if (handle->spec.made) made_before.insert(handle->spec.device);
    for (const std::string &device : made_before)
        if (std::none_of(wanted.begin(), wanted.end(), [&](const auto &one) { return one.second.device == device; })) t.devices_gone.push_back(device);
    for (auto &[name, spec] : wanted) {
        if (spec.usual_driver.empty()) spec.usual_driver = spec.driver;
        const auto settings = next.port_settings.find(name);
        const bool named = settings != next.port_settings.end() && !settings->second.driver.empty();
        spec.driver = named ? settings->second.driver : spec.usual_driver;
        spec.rx_queues = next.rx_queues(name);
        auto &handle = next.ports[name];
        const auto about = [&](const auto &ops, auto whose) {
            return std::any_of(ops.begin(), ops.end(), [&](const auto &op) { return whose(op) == name; });
        };
        const bool said = about(t.ports, [](const PortOp &op) { return op.spec.name; }) ||
                          about(t.port_settings, [](const PortSettingsOp &op) { return op.port; });
        const auto mtu_said = mtus.find(name);
        const uint32_t mtu = mtu_said == mtus.end() ? 0 : mtu_said->second;
        const bool here = handle && handle->port && handle->port->link().present;
        const bool any = spec.driver.empty() || spec.driver == "auto";
        const bool small = handle && handle->port && handle->port->max_mtu() && mtu > handle->port->max_mtu() && (any || t.full);
        // One without its device gets no sending sides for more workers.
        const bool stale = handle && handle->port && !here && t.crew;
        if (handle && handle->spec == spec && (handle->port || !said) && !small && !stale) continue;
        if (here && !small && keeps_driver(*handle, spec)) {
            const std::string error = change_port(t, handle, spec);
            if (!error.empty() && !t.full) t.refuse("port", name, ": " + error);
            if (!error.empty()) handle->reason = error;
            continue;
        }
        if (spec.made) {
            const auto same = [&](const auto &other) { return other.first != name && other.second.device == spec.device; };
            const auto other = std::find_if(wanted.begin(), wanted.end(), same);
            if (other != wanted.end()) {
                t.refuse("port", name, " is to be made as device " + quoted(spec.made->device) + " in namespace " + quoted(spec.made->name_space) +
                                           ", which port " + quoted(other->first) + " is");
                continue;
            }
            if (!t.full && !made_before.count(spec.device)) t.devices_made.push_back(spec.device);
        }
        std::shared_ptr<PortHandle> fresh = open_port(name, spec, mtu, !t.full && said);
        // What is configured of a device that is not there waits for it.
        const bool attached = about(t.ports, [](const PortOp &op) { return op.spec.name; });
        if (!fresh->port && !t.full && (attached || !fresh->missing)) {
            t.refuse("port", name, ": " + fresh->text({}));
            continue;
        }
        handle = std::move(fresh);
    }
    return {};
}

std::shared_ptr<Interface> Core::rebuilt(const Registry &in, const Interface &from, std::shared_ptr<PortHandle> port) {
    auto made = std::make_shared<Interface>(from);
    made->port = std::move(port);
    if (made->circuit)
        derive(*made, link_of(*in.interfaces.at(made->circuit->parent), *made->circuit));
    else if (made->tunnel)
        derive(*made, tunnel_link(*made));
    else if (made->kind == InterfaceKind::bridge)
        derive(*made, link_of(in, *made));
    else if (made->far)
        derive(*made, far_link(in, *made));
    else
        derive(*made, made->port && made->port->port ? made->port->port->link() : LinkState{});
    return made;
}

std::string Core::add_devices(Interface &i, Registry &next, bool strict) {
    std::string error;
    // Of a far port no address is known before its member was heard.
    if (!wants_tap(i) || !next.has_host() || (i.far && i.mac == MacAddress{})) {
        i.tap.reset();
        return {};
    }
    if (!i.tap) {
        auto tap = std::make_shared<PortHandle>();
        tap->spec = {i.spec.name, "tap", {}};
        HostTapRequest wanted = tap_request(i);
        wanted.queues = sending_workers();
        tap->set(factory->host_tap(wanted, error));
        if (tap->port) error = tap->port->set_workers(sending_workers());
        if (tap->port && error.empty()) i.tap = std::move(tap);
        if (!error.empty() && strict) return error;
    }
    if (i.tap && !next.injects.count(i.spec.vrf)) {
        auto inject = std::make_shared<PortHandle>();
        inject->spec = {"inject" + std::to_string(i.spec.vrf), "tun", {}};
        inject->set(factory->inject(i.spec.vrf, sending_workers(), error));
        if (inject->port) error = inject->port->set_workers(sending_workers());
        if (inject->port && error.empty()) next.injects.emplace(i.spec.vrf, std::move(inject));
    }
    return error;
}

std::string Core::prepare_interfaces(Transaction &t) {
    if (!t.registry) return {};
    Registry &next = *t.registry;
    std::map<std::string, const InterfaceOp *> last;
    for (const InterfaceOp &op : t.interfaces) last[op.spec.name] = &op;
    std::erase_if(next.interfaces, [&](const auto &i) {
        const auto found = last.find(i.first);
        return found == last.end() ? t.full : found->second->remove;
    });

    for (const auto &[name, op] : last) {
        if (op->remove) continue;
        auto &entry = next.interfaces[name];
        if (entry && entry->spec == op->spec) continue;
        Interface base;
        if (entry) base = *entry;
        base.spec = op->spec;
        base.vrf = vrf_after(t, op->spec.vrf).get();
        if (!base.vrf) {
            t.refuse("interface", name, " is in VRF " + std::to_string(op->spec.vrf) + ", which does not exist");
            if (!entry) next.interfaces.erase(name);
            continue;
        }
        if (!base.runtime) {
            base.runtime = std::make_shared<InterfaceRuntime>();
            base.runtime->discontinuity = base.runtime->last_change = milliseconds_since_epoch();
            base.index = next.indexes.emplace(name, static_cast<uint32_t>(next.indexes.size())).first->second;
        }
        base.port.reset();
        entry = std::make_shared<Interface>(base);  // its port is found below, with those of the others
    }

    for (const auto &[name, entry] : next.interfaces)
        if (!vrf_after(t, entry->spec.vrf)) return "VRF " + quoted(entry->vrf->name) + " can't be deleted: interface " + quoted(name) + " is in it";
    std::erase_if(next.injects, [&](const auto &inject) { return !vrf_after(t, inject.first); });
    if (std::string e = prepare_settings(t); !e.empty()) return e;
    if (std::string e = prepare_tunnels(t); !e.empty()) return e;
    if (std::string e = prepare_circuits(t); !e.empty()) return e;
    if (std::string e = prepare_fabric(t); !e.empty()) return e;
    if (std::string e = prepare_mirrors(t); !e.empty()) return e;
    const bool host_moved = registry.has_host() != next.has_host();

    // After what they are on.
    std::vector<std::shared_ptr<const Interface> *> order;
    for (const InterfaceKind kind : {InterfaceKind::port, InterfaceKind::circuit, InterfaceKind::tunnel, InterfaceKind::bridge})
        for (auto &[name, entry] : next.interfaces)
            if (entry->kind == kind) order.push_back(&entry);
    std::map<std::string, std::string> owners;
    for (std::shared_ptr<const Interface> *place : order) {
        std::shared_ptr<const Interface> &entry = *place;
        const std::string name = entry->spec.name, port = entry->spec.port;
        std::shared_ptr<PortHandle> handle;
        if (!port.empty()) {
            const auto found = next.ports.find(port);
            if (found == next.ports.end() && !entry->far) {
                t.refuse("interface", name, " names port " + quoted(port) + ", which does not exist");
                continue;
            }
            const auto [owner, fresh] = owners.emplace(port, name);
            if (!fresh) {
                t.refuse("interface", name, " names port " + quoted(port) + ", which interface " + quoted(owner->second) + " has");
                continue;
            }
            if (!entry->far) handle = found->second;
            const uint32_t most = handle && handle->port ? handle->port->max_mtu() : 0;
            if (!t.full && most && entry->spec.mtu > most)
                t.refuse("interface", name, " has MTU " + std::to_string(entry->spec.mtu) + ", and the driver " + handle->port->driver() +
                                                " of port " + quoted(port) + " takes at most " + std::to_string(most) + "; af_packet takes any");
        }
        bool same_parent = true;
        if (entry->circuit) {
            const auto &parent = next.interfaces.at(entry->circuit->parent);
            const auto parent_before = registry.interfaces.find(entry->circuit->parent);
            same_parent = parent_before != registry.interfaces.end() && parent_before->second == parent;
            handle = parent->port;
        }
        if (entry->kind == InterfaceKind::bridge) {
            // Not a port: what it sends waits for a node. All is passed on whole.
            handle = entry->port ? entry->port : std::make_shared<PortHandle>();
            handle->offloads = 0xff;
            same_parent = link_of(next, *entry).mtu == entry->link_mtu;
        }
        const auto before = registry.interfaces.find(name);
        const bool same_fabric = !host_moved && (!entry->far || registry.fabric_mtu == next.fabric_mtu);
        const bool same = before != registry.interfaces.end() && before->second == entry && entry->port == handle && same_parent && same_fabric;
        if (same) continue;
        auto made = rebuilt(next, *entry, handle);
        if (made->circuit && !t.full && made->spec.mtu > made->mtu)
            return "circuit " + quoted(name) + " has MTU " + std::to_string(made->spec.mtu) + ", but interface " +
                   quoted(made->circuit->parent) + " carries no more than " + std::to_string(made->mtu) + " behind " + text_of(*made->circuit);
        const bool kept = made->tap && before != registry.interfaces.end() && before->second->spec.vrf == made->spec.vrf;
        if (!kept) made->tap.reset();
        const bool had = made->tap != nullptr;
        if (std::string e = add_devices(*made, next, !t.full); !e.empty()) {
            if (!t.full) {
                t.refuse("interface", name, ": " + e);
                continue;
            }
            if (handle) handle->reason = e;
        }
        if (made->tap && !had) t.taps_made.emplace_back(made->spec.vrf, name);
        t.changed.push_back(made);
        entry = std::move(made);
    }

    for (const auto &[name, old] : registry.interfaces) {
        if (!old->tap) continue;
        const auto found = next.interfaces.find(name);
        if (found == next.interfaces.end() || !found->second->tap || found->second->spec.vrf != old->spec.vrf)
            t.taps_gone.emplace_back(old->spec.vrf, name);
    }

    if (t.full) next.neighbours.clear();
    for (const NeighbourOp &op : t.neighbours) {
        if (op.remove) {
            next.neighbours.erase({op.interface, op.address});
            continue;
        }
        if (!next.interfaces.count(op.interface))
            return "neighbour " + to_text(op.address) + " names interface " + quoted(op.interface) + ", which does not exist";
        next.neighbours[{op.interface, op.address}] = op.mac;
    }
    std::erase_if(next.neighbours, [&](const auto &n) { return !next.interfaces.count(n.first.first); });
    return {};
}

void Core::prepare_tables(Transaction &t) {
    if (!t.registry) return;
    t.table = t.registry->table(vrfs);
    if (!t.vrfs_gone.empty()) {
        auto stay = std::make_shared<VrfList>(*t.table->vrfs);
        std::erase_if(*stay, [&](const auto &vrf) { return !vrf_after(t, vrf->id); });
        t.table->vrfs = std::move(stay);
    }
    Registry interim = *t.registry;
    for (const auto &old : registry.ports) interim.ports.insert(old);
    for (const auto &old : registry.interfaces) interim.interfaces.insert(old);
    for (const auto &old : registry.injects) interim.injects.insert(old);
    for (const auto &old : registry.bridges) interim.bridges.insert(old);
    if (!interim.macs) interim.macs = registry.macs;
    if (!interim.bridge_neighbours) interim.bridge_neighbours = registry.bridge_neighbours;
    deafen_circuits(interim);
    t.interim = interim.table(vrfs);
    // Until its routes are there, what is new, or in another VRF than before, is not listened to: what came in would be told that its
    // destination has no route.
    const InterfaceTable &now = *table.load();
    const auto vrf_of = [](const InterfaceTable &in, uint32_t index) { return in.at(index) ? in.at(index)->vrf : nullptr; };
    std::map<const PortHandle *, uint32_t> heard;
    for (const PortUse &use : now.ports) heard[use.handle.get()] = use.interface;
    std::erase_if(t.interim->ports, [&](const PortUse &use) {
        const auto found = heard.find(use.handle.get());
        return found == heard.end() || found->second != use.interface || vrf_of(now, use.interface) != vrf_of(*t.interim, use.interface);
    });
}

}  // namespace weft
