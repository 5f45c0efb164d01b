// Workers and receive queues of a transaction: how many there are to be and who serves what. What can fail is here: threads, and
// sending sides of the ports that are there. Workers begin with nothing to serve, and those that are too many end once the tables
// name them no more (Core::apply). A worker that has ended stays, with its counters, and may begin again.
#include <system_error>

#include "../core.h"
#include "../worker.h"
#include "reader.h"

namespace weft {

std::string Core::prepare_workers(Transaction &t) {
    Registry &next = *t.registry;
    if (t.full) {
        next.crew = {default_workers, {}};
        next.port_settings.clear();
    }
    if (t.crew) next.crew = *t.crew;
    for (const PortSettingsOp &op : t.port_settings) {
        if (op.remove)
            next.port_settings.erase(op.port);
        else
            next.port_settings[op.port] = op.settings;
    }
    for (const auto &[port, settings] : next.port_settings)
        for (const unsigned worker : settings.workers)
            if (worker >= next.crew.count) {
                t.refuse("port", port, " is to be served by worker " + std::to_string(worker) + ", but there are " +
                                           std::to_string(next.crew.count) + ", from 0 on");
                break;
            }
    if (!t.refusals.empty()) return {};
    while (workers.size() < next.crew.count) add_worker();
    const auto refused = [&](const char *kind, const std::string &name, const PortHandle &handle) {
        std::string error = handle.port && handle.port->link().present ? handle.port->set_workers(sending_workers()) : std::string();
        if (!error.empty()) t.refuse(kind, name, ": " + error);
    };
    for (const auto &[name, handle] : registry.ports) refused("port", name, *handle);
    for (const auto &[name, interface] : registry.interfaces)
        if (interface->tap) refused("interface", name, *interface->tap);
    std::string error;
    for (const auto &[vrf, handle] : registry.injects)
        if (error.empty() && handle->port) error = handle->port->set_workers(sending_workers());
    if (!error.empty() || !t.refusals.empty()) return error;
    for (unsigned id = running_workers; id < next.crew.count; id++) {
        try {
            start_worker(id);
        } catch (const std::system_error &e) {
            return "worker " + std::to_string(id) + " can't be started: " + e.what();
        }
        t.workers_started.push_back(id);
    }
    return {};
}

bool Core::follow_workers() {
    bool changed = false;
    const auto follow = [&](PortHandle &handle) {
        if (!handle.port || !handle.port->divides() || handle.listed >= registry.crew.count) return;
        handle.reason = handle.port->make_rx_queues(registry.crew.count);
        const size_t queues = handle.port->rx_queues();
        if (queues == handle.listed) return;
        handle.listed = queues;
        handle.divide(queues);
        changed = true;
    };
    for (const auto &[name, interface] : registry.interfaces)
        if (interface->tap) follow(*interface->tap);
    for (const auto &[vrf, handle] : registry.injects) follow(*handle);
    return changed;
}

// The new tables name all that stay: the others end.
void Core::settle_workers() {
    for (unsigned id = registry.crew.count; id < running_workers; id++) stop_worker(id);
    running_workers = registry.crew.count;
    for (unsigned id = 0; id < running_workers; id++) {
        const auto found = registry.crew.cpus.find(id);
        worker_reasons[id] = pin_worker(id, found == registry.crew.cpus.end() ? Crew::any_cpu : found->second);
    }
}

}  // namespace weft
