// Settings of interfaces and of the member in the next registry. Those of an interface go with it; a full transaction says all
// that is not as it is without.
#include "../core.h"
#include "reader.h"

namespace weft {

std::string Core::prepare_settings(Transaction &t) {
    Registry &next = *t.registry;
    if (t.full) {
        next.settings.clear();
        next.member = {};
    }
    for (const SettingsOp &op : t.settings) {
        if (op.remove) {
            next.settings.erase(op.interface);
            continue;
        }
        if (!next.interfaces.count(op.interface))
            return "features name interface " + quoted(op.interface) + ", which does not exist";
        next.settings[op.interface] = op.settings;
    }
    std::erase_if(next.settings, [&](const auto &s) { return !next.interfaces.count(s.first); });
    for (const LimitOp &op : t.limits) {
        if (op.of == LimitOp::Of::punt) {
            next.member.punt[static_cast<size_t>(op.punt)] = op.limit;
        } else {
            next.member.icmp_errors = op.limit;
            next.member.router_alert_to_host = op.router_alert_to_host;
        }
    }
    for (auto &[name, entry] : next.interfaces) {
        const auto found = next.settings.find(name);
        const InterfaceSettings wanted = found == next.settings.end() ? InterfaceSettings{} : found->second;
        if (entry->settings == wanted) continue;
        auto made = std::make_shared<Interface>(*entry);
        made->settings = wanted;
        entry = std::move(made);
    }
    return {};
}

}  // namespace weft
