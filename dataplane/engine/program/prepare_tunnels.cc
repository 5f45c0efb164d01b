// Tunnels in the next registry. They go with their interfaces; a full transaction says all that there are.
#include <map>

#include "../core.h"
#include "reader.h"

namespace weft {
namespace {

struct KeyLess {
    static auto parts(const Tunnels::Key &k) {
        return std::tuple(k.local.high, k.local.low, k.remote.high, k.remote.low, k.vrf, k.key, k.port, k.form);
    }
    bool operator()(const Tunnels::Key &a, const Tunnels::Key &b) const { return parts(a) < parts(b); }
};

std::string find_doubles(const Registry &next) {
    std::map<Tunnels::Key, std::string, KeyLess> owners;
    for (const auto &[name, spec] : next.tunnels)
        for (const Ip6 &remote : spec.remotes) {
            const auto [owner, fresh] = owners.emplace(Tunnels::key_of(spec, remote), name);
            if (!fresh)
                return "tunnel " + quoted(name) + " is " + text_of(spec) + " to " + to_text(remote) + ", which tunnel " +
                       quoted(owner->second) + " is";
        }
    return {};
}

}  // namespace

std::string Core::prepare_tunnels(Transaction &t) {
    Registry &next = *t.registry;
    if (t.full) next.tunnels.clear();
    for (const TunnelOp &op : t.tunnels) {
        if (op.remove) {
            next.tunnels.erase(op.interface);
            continue;
        }
        const auto found = next.interfaces.find(op.interface);
        if (found == next.interfaces.end()) return "tunnel " + quoted(op.interface) + " is no interface";
        if (!found->second->spec.port.empty())
            return "tunnel " + quoted(op.interface) + " has port " + quoted(found->second->spec.port);
        next.tunnels[op.interface] = op.spec;
    }
    std::erase_if(next.tunnels, [&](const auto &s) { return !next.interfaces.count(s.first); });
    if (std::string e = find_doubles(next); !e.empty()) return e;
    for (auto &[name, entry] : next.interfaces) {
        const auto found = next.tunnels.find(name);
        const bool wanted = found != next.tunnels.end();
        const Vrf *vrf = wanted ? vrf_after(t, found->second.vrf).get() : nullptr;
        if (wanted && !vrf)
            return "tunnel " + quoted(name) + " goes by VRF " + std::to_string(found->second.vrf) + ", which does not exist";
        const auto &now = entry->tunnel;
        if (wanted ? now && now->spec == found->second && now->vrf == vrf : !now) continue;
        auto made = std::make_shared<Interface>(*entry);
        made->kind = wanted ? InterfaceKind::tunnel : InterfaceKind::port;
        made->tunnel = wanted ? std::make_shared<const Tunnel>(found->second, name, vrf) : nullptr;
        entry = std::move(made);
    }
    return {};
}

}  // namespace weft
