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
            if (worker >= next.crew.count)
                return "port " + quoted(port) + " is to be served by worker " + std::to_string(worker) + ", but there are " +
                       std::to_string(next.crew.count) + ", from 0 on";
    while (workers.size() < next.crew.count) add_worker();
    std::string error;
    for_each_port(registry, [&](PortHandle &handle) {
        if (error.empty() && handle.port) error = handle.port->set_workers(sending_workers());
    });
    if (!error.empty()) return error;
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
