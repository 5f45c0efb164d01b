#include "conditions.h"

#include <functional>

#include "core.h"
#include "worker.h"

namespace weft {

void Rising::look(uint64_t count) {
    const bool rises = count > before_;
    before_ = count;
    rose_ = rises ? rose_ + 1 : 0;
    quiet_ = rises ? 0 : quiet_ + 1;
    holds_ = holds_ ? quiet_ < ends : rose_ >= begins;
}

void Core::watch_losses() {
    std::erase_if(conditions.ports, [this](const auto &one) { return !registry.ports.contains(one.first); });
    for (const PortState &port : port_states()) {
        Conditions::OfPort &of = conditions.ports[port.name];
        of.overrun.look(port.counters.rx_dropped);
        of.not_draining.look(port.counters.tx_dropped);
    }
    const std::vector<HoldState> holds = hold_states();
    for (size_t kind = 0; kind < holds.size(); kind++) {
        conditions.holds[kind].table.look(holds[kind].table_full);
        conditions.holds[kind].holding.look(holds[kind].holding_full);
    }
}

void Core::tell_conditions() {
    size_t now = 1;
    const auto add = [&now](size_t value) { now = now * 0x100000001b3 + value + 1; };
    const std::hash<std::string> text;
    for (const auto &[name, handle] : registry.ports) {
        add(text(name));
        const LinkState link = handle->port ? handle->port->link() : LinkState{};
        add(static_cast<size_t>(handle->problem(link)));
        add(text(handle->text(link)));
        add(handle->port ? text(handle->port->driver()) : 0);
        add(static_cast<size_t>(handle->fast.hook));
        add(text(handle->fast.reason));
        const auto found = conditions.ports.find(name);
        if (found == conditions.ports.end()) continue;
        add(found->second.overrun.holds());
        add(found->second.not_draining.holds());
    }
    for (const Conditions::OfHold &hold : conditions.holds) {
        add(hold.table.holds());
        add(hold.holding.holds());
    }
    for (const std::string &reason : worker_reasons) add(text(reason));
    for (const auto &[name, bridge] : registry.bridges) {
        add(text(name));
        add(is_limited(*bridge));
        add(moving_in(name).size());
    }
    if (now == conditions.told) return;
    conditions.told = now;
    event({Event::Kind::condition, {}});
}

}  // namespace weft
