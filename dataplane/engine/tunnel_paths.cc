// What tunnels stand on: a source that is ours, and a way to a remote that is not through the tunnel itself, be it by way of others.
// Looked at after each transaction and whenever links change. A tunnel that would lead into itself goes down and stays so for a
// while, because what leads into it may be a route that goes away with it and comes back with it; or until the next commit, which
// may have mended it.
#include <algorithm>
#include <set>

#include "core.h"

namespace weft {
namespace {

constexpr int64_t hold_down = 30000;  // milliseconds
constexpr unsigned most_lookups = 4;
constexpr uint32_t usual_mtu = 1500, least_mtu = 68;

// Null: it is nobody's, or of an interface that is not in use.
const Interface *owner_of(const Registry &registry, uint32_t vrf, const Ip6 &address, std::string &reason) {
    for (const auto &[name, i] : registry.interfaces) {
        if (i->spec.vrf != vrf || !(is_mapped(address) ? i->owns(unmapped(address)) : i->owns(address))) continue;
        const bool loopback = !i->port && !i->tunnel && !i->far;
        if (i->enabled && (loopback || i->up())) return i.get();
        reason = "source " + to_text(address) + " is of interface '" + name + "', which is down";
        return nullptr;
    }
    reason = "source " + to_text(address) + " is no address of this box";
    return nullptr;
}

struct Way {
    const Interface *out = nullptr;
    std::string reason;
};

// By which interface packets to an address leave; of a group the first that is up.
Way way_to(const Core &core, const Vrf &vrf, const Ip6 &to, unsigned lookups = most_lookups) {
    const int64_t slot = is_mapped(to) ? vrf.fib4.lookup(unmapped(to)) : vrf.fib6.lookup(to);
    const Object *o = slot < 0 ? nullptr : core.objects.at(static_cast<uint32_t>(slot));
    if (o && o->type == ObjectType::lookup && lookups > 0) return way_to(core, *o->table, to, lookups - 1);
    std::vector<const Object *> members{o};
    if (o && o->type == ObjectType::group) {
        members.clear();
        for (const uint32_t member : o->group->slots) members.push_back(core.objects.at(member));
    }
    Way way{nullptr, "there is no route to " + to_text(to)};
    const InterfaceTable &table = *core.table.load();
    for (const Object *m : members) {
        if (m && m->type == ObjectType::local) way.reason = to_text(to) + " is an address of this box";
        if (!m || (m->type != ObjectType::adjacency && m->type != ObjectType::glean)) continue;
        const Interface *out = table.at(m->interface);
        if (out) way.out = out;
        if (out && out->up()) break;
    }
    return way;
}

// Its interface leads to itself, by other tunnels perhaps.
bool leads_back(const Core &core, const Interface &tunnel, const Interface *out) {
    std::set<uint32_t> seen{tunnel.index};
    while (out && out->tunnel) {
        if (!seen.insert(out->index).second) return true;
        out = way_to(core, *out->tunnel->vrf, out->tunnel->spec.remotes.front()).out;
    }
    return false;
}

}  // namespace

TunnelPath Core::path_of(const Interface &i) const {
    const TunnelSpec &spec = i.tunnel->spec;
    TunnelPath path;
    if (!owner_of(registry, spec.vrf, spec.source, path.reason)) return path;
    for (const Ip6 &remote : spec.remotes) {
        const Way way = way_to(*this, *i.tunnel->vrf, remote);
        if (!way.out) {
            if (!path.up) path.reason = way.reason;
            continue;
        }
        if (leads_back(*this, i, way.out)) {
            path.recursive = true;
            if (!path.up) path.reason = "the way to " + to_text(remote) + " is by the tunnel itself";
            continue;
        }
        if (path.by.empty()) path.by = way.out->spec.name;
        if (!way.out->up()) {
            if (!path.up) path.reason = "interface '" + way.out->spec.name + "' on the way to " + to_text(remote) + " is down";
            continue;
        }
        if (!path.up) path.by = way.out->spec.name;
        path.up = true;
        path.reason.clear();
        const uint32_t mtu = way.out->mtu > spec.overhead() + least_mtu ? way.out->mtu - spec.overhead() : least_mtu;
        path.mtu = path.mtu ? std::min(path.mtu, mtu) : mtu;
    }
    return path;
}

LinkState Core::tunnel_link(const Interface &i) const {
    const TunnelSpec &spec = i.tunnel->spec;
    const auto found = tunnel_paths.find(i.spec.name);
    LinkState link;
    link.mac = i.tunnel->mac;
    // What is fragmented outside needs no room on the way.
    if (spec.flags & tunnel_fragments_outer)
        link.mtu = usual_mtu;
    else
        link.mtu = found != tunnel_paths.end() && found->second.mtu ? found->second.mtu : usual_mtu - spec.overhead();
    return link;
}

void Core::follow_tunnels() {
    std::erase_if(tunnel_paths, [&](const auto &p) { return !registry.tunnels.count(p.first); });
    const int64_t now = milliseconds_since_epoch();
    for (const auto &[name, spec] : registry.tunnels) {
        const Interface &i = *registry.interfaces.at(name);
        TunnelPath path = path_of(i);
        const TunnelPath &before = tunnel_paths[name];
        if (path.recursive && !path.up) {
            path.held = now + hold_down;
        } else if (before.held > now) {
            path.held = before.held;
            path.reason = before.reason;
            path.up = false;
        }
        if (!path.mtu) path.mtu = before.mtu;
        tunnel_paths[name] = std::move(path);
    }
}

void Core::follow_tunnel_mtus() {
    follow_tunnels();
    std::vector<std::shared_ptr<const Interface>> changed;
    for (const auto &[name, spec] : registry.tunnels) {
        auto &entry = registry.interfaces.at(name);
        if (entry->spec.mtu || tunnel_link(*entry).mtu == entry->mtu) continue;
        std::shared_ptr<const Interface> made = rebuilt(registry, *entry, nullptr);
        changed.push_back(made);
        entry = std::move(made);
    }
    if (changed.empty()) return;
    publish(registry.table(vrfs));
    for (const auto &i : changed) configure(*i);
}

}  // namespace weft
