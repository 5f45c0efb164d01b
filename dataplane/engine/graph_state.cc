// State of the graph for readers: what each node did, and the forwarding objects with their counters, some at a time.
#include "core.h"
#include "worker.h"

namespace weft {
namespace {

const char *drop_name(DropKind kind) {
    switch (kind) {
        case DropKind::blackhole: return "blackhole";
        case DropKind::unreachable: return "unreachable";
        case DropKind::prohibit: return "prohibit";
    }
    return "";
}

ObjectState state_of(const Core &core, uint32_t slot, const std::vector<const std::string *> &names) {
    ObjectState s;
    const Object &o = *core.objects.at(slot);
    s.key = core.objects.key_of(slot);
    s.type = type_name(o.type);
    if (o.type == ObjectType::drop) s.kind = drop_name(o.drop);
    if (o.type == ObjectType::resolve) s.kind = o.resolve == HoldKind::ike ? "ike" : "lisp";
    if (o.type == ObjectType::local || o.type == ObjectType::lookup) s.kind = o.table->name;
    s.routes = core.objects.routes_of(slot);
    if (o.interface < names.size() && names[o.interface]) s.interface = *names[o.interface];
    if (o.type == ObjectType::adjacency) s.next_hop = to_host_address(o.next_hop, 0);
    if (o.group)
        for (const GroupMember &member : o.group->members) s.members.push_back(member.key);
    if (o.group)
        for (const ReplicaLeg &leg : o.group->legs) {
            if (leg.interface >= names.size() || !names[leg.interface]) continue;
            ObjectState::Leg &one = s.legs.emplace_back();
            one.interface = *names[leg.interface];
            const auto tunnel = core.registry.tunnels.find(one.interface);
            if (tunnel == core.registry.tunnels.end() || leg.remote >= tunnel->second.remotes.size()) continue;
            one.remote = to_host_address(tunnel->second.remotes[leg.remote], 0);
        }
    for (const auto &worker : core.workers) {
        const ObjectCounters &c = core.objects.counters(worker->id, slot);
        s.packets += c.packets.value();
        s.octets += c.octets.value();
    }
    if (core.fast) {
        const FastPath::ObjectCount c = core.fast->object_count(slot);
        s.packets += c.packets;
        s.octets += c.octets;
    }
    return s;
}

std::vector<const std::string *> names_by_index(const Registry &registry) {
    std::vector<const std::string *> names;
    for (const auto &[name, i] : registry.interfaces) {
        if (names.size() <= i->index) names.resize(i->index + 1);
        names[i->index] = &name;
    }
    return names;
}

}  // namespace

std::vector<NodeState> Core::node_states() const {
    std::vector<NodeState> out;
    for (const auto &worker : workers)
        for (size_t n = 0; n < node_count; n++) {
            const NodeCounters &c = worker->nodes[n];
            out.push_back({worker->id, node_names[n], c.packets.value(), c.bursts.value(), c.cycles.value()});
        }
    return out;
}

ObjectPage Core::object_page(uint32_t from, size_t most) const {
    ObjectPage page;
    const auto names = names_by_index(registry);
    uint32_t slot = objects.next_set(from);
    for (; slot != Objects::none && page.objects.size() < most; slot = objects.next_set(slot + 1))
        page.objects.push_back(state_of(*this, slot, names));
    page.next = slot;
    return page;
}

std::vector<ObjectState> Core::object_state(uint64_t key) const {
    if (!objects.has(key)) return {};
    return {state_of(*this, static_cast<uint32_t>(objects.find(key)), names_by_index(registry))};
}

}  // namespace weft
