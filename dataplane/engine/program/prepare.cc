// The first half of a commit: everything that can fail, with nothing yet seen by a worker. What was made on the way (taps,
// object slots) is given back by undo().
#include <algorithm>
#include <new>
#include <unordered_map>
#include <unordered_set>

#include "../core.h"
#include "reader.h"

namespace weft {

std::string Core::stage(uint64_t number, const uint8_t *bytes, size_t length) {
    Transaction &t = transactions[number];
    if (t.prepared) return "transaction " + std::to_string(number) + " is prepared already";
    if (!t.error.empty()) return t.error;
    try {
        t.error = decode(bytes, length, t);
    } catch (const std::bad_alloc &) {
        t.error = "out of memory for the transaction's records";
    }
    return t.error;
}

namespace {

// Of a refused transaction, in one line.
std::string text_of(const std::vector<Refusal> &refusals) {
    std::string text;
    for (const Refusal &refusal : refusals) text += (text.empty() ? "" : "; ") + refusal.text;
    return text;
}

}  // namespace

void Transaction::refuse(const char *kind, const std::string &name, const std::string &text) {
    refusals.push_back({kind, name, std::string(kind) + ' ' + quoted(name) + text});
}

std::string Core::prepare(uint64_t number, bool full, std::vector<Refusal> *refusals) {
    std::string error = prepare_all(number, full);
    if (error.empty() || !refusals) return error;
    *refusals = transactions[number].refusals;
    if (refusals->empty()) refusals->push_back({{}, {}, error});
    return error;
}

std::string Core::prepare_all(uint64_t number, bool full) {
    Transaction &t = transactions[number];
    if (t.prepared) return "transaction " + std::to_string(number) + " is prepared already";
    if (!t.error.empty()) return t.error;
    for (const auto &[other, transaction] : transactions)
        if (transaction.prepared) return "transaction " + std::to_string(other) + " is prepared and neither applied nor aborted";
    t.full = full;
    try {
        t.error = prepare_vrfs(t);
        if (t.error.empty()) t.error = prepare_ports(t);
        if (t.error.empty()) t.error = prepare_interfaces(t);
        if (t.error.empty()) t.error = text_of(t.refusals);
        if (t.error.empty()) t.error = prepare_acls(t);
        if (t.error.empty()) prepare_tables(t);
        if (t.error.empty()) t.error = prepare_objects(t);
        if (t.error.empty()) t.error = prepare_routes(t);
    } catch (const std::bad_alloc &) {
        t.error = "out of memory for the tables";
    }
    if (!t.error.empty()) {
        undo(t);
        return t.error;
    }
    t.prepared = true;
    return {};
}

void Core::undo(Transaction &t) {
    for (const auto &[vrf, name] : t.taps_made) factory->remove_host_tap(vrf, name);
    t.taps_made.clear();
    for (const std::string &device : t.devices_made) factory->unmake(device);
    t.devices_made.clear();
    for (const unsigned id : t.workers_started) stop_worker(id);
    t.workers_started.clear();
    // New queues no table has named; some worker may still have those that were there before.
    for (const PortChange &change : t.port_changes) {
        change.port->listed = change.listed;
        epochs.retire([port = change.port] { port->port->close_rx_queues(port->listed); });
    }
    t.port_changes.clear();
    for (const ObjectOp &op : t.objects) objects.unreserve(op.key);
    t.bodies.clear();
    t.registry.reset();
    undo_vrfs(t);
    vrfs.each([](Vrf &vrf) { vrf.fib4.cancel(); });
    t.acls_made.clear();
    t.acl_programs.clear();
}

std::string Core::prepare_objects(Transaction &t) {
    const Registry &names = t.registry ? *t.registry : registry;
    std::unordered_map<uint64_t, const ObjectOp *> last;
    last.reserve(t.objects.size());
    for (const ObjectOp &op : t.objects) last[op.key] = &op;
    const auto after = [&](uint64_t key) -> const ObjectType * {
        const auto found = last.find(key);
        if (found != last.end()) return found->second->remove ? nullptr : &found->second->spec.type;
        const Object *body = t.full ? nullptr : objects.body(key);
        return body ? &body->type : nullptr;
    };

    for (const auto &[key, op] : last) {
        if (op->remove) {
            if (objects.has(key)) t.keys_gone.push_back(key);
            continue;
        }
        const ObjectSpec &spec = op->spec;
        uint32_t interface = no_interface;
        if (spec.type == ObjectType::adjacency || spec.type == ObjectType::glean) {
            const auto found = names.interfaces.find(spec.interface);
            if (found == names.interfaces.end())
                return "object " + key_text(key) + " names interface '" + spec.interface + "', which does not exist";
            interface = found->second->index;
        }
        std::shared_ptr<Vrf> table;
        if (spec.type == ObjectType::local || spec.type == ObjectType::lookup) {
            table = vrf_after(t, spec.vrf);
            if (!table) return "object " + key_text(key) + " names VRF " + std::to_string(spec.vrf) + ", which does not exist";
        }
        for (const GroupMember &member : spec.members) {
            const ObjectType *other = after(member.key);
            if (!other) return "object " + key_text(key) + " has member " + key_text(member.key) + ", which does not exist";
            if (*other == ObjectType::group)
                return "object " + key_text(key) + " has member " + key_text(member.key) + ", which is a group itself";
        }
        objects.reserve(key);
        if (const Object *now = objects.body(key); now && now->is(spec, interface, table.get())) continue;
        auto body = objects.make(spec, interface, std::move(table));
        if (spec.type == ObjectType::group) {
            auto group = std::make_unique<Group>();
            group->members = spec.members;
            for (const GroupMember &member : spec.members) group->slots.push_back(objects.reserve(member.key));
            Objects::spread(*group);
            body->group = std::move(group);
        }
        if (spec.type == ObjectType::replicate) {
            auto group = std::make_unique<Group>();
            group->legs = spec.legs;
            body->group = std::move(group);
        }
        t.bodies.emplace_back(key, std::move(body));
    }
    if (t.full)
        objects.each_key([&](uint64_t key) {
            if (!last.count(key)) t.keys_gone.push_back(key);
        });
    return {};
}

std::string Core::prepare_routes(Transaction &t) {
    std::unordered_set<uint64_t> set, gone(t.keys_gone.begin(), t.keys_gone.end());
    for (const ObjectOp &op : t.objects) op.remove ? set.erase(op.key) : set.insert(op.key).second;
    struct Need {
        std::vector<Prefix4> v4;
        uint32_t objects4 = 0;
        std::vector<Prefix6> v6;
    };
    std::unordered_map<uint32_t, Need> needs;
    uint64_t last_key = 0;
    int64_t last_object = -1;
    uint32_t last_vrf = 0;
    Need *need = nullptr;
    for (RouteOp &op : t.routes) {
        if (op.remove) continue;
        if (last_object < 0 || op.key != last_key) {
            last_object = set.count(op.key) || (objects.has(op.key) && !gone.count(op.key)) ? objects.find(op.key) : -1;
            if (last_object < 0) return "route " + prefix_text(op) + " points at an unknown object " + key_text(op.key);
            last_key = op.key;
        }
        op.object = static_cast<uint32_t>(last_object);
        if (!need || op.vrf != last_vrf) {
            if (!vrf_after(t, op.vrf))
                return "route " + prefix_text(op) + " is in VRF " + std::to_string(op.vrf) + ", which does not exist";
            need = &needs[op.vrf];
            last_vrf = op.vrf;
        }
        if (op.v6) {
            need->v6.push_back({op.prefix, op.length});
            continue;
        }
        need->v4.push_back({static_cast<uint32_t>(op.prefix.low), op.length});
        need->objects4 = std::max(need->objects4, op.object + 1);
    }
    size_t nodes = 0, lines = 0;
    for (const auto &[id, n] : needs) {
        Vrf *vrf = vrfs.find(id);
        if (!n.v4.empty()) nodes += vrf->fib4.prepare(n.v4, n.objects4);
        if (!n.v6.empty()) lines += vrf->fib6.prepare(n.v6);
    }
    if (nodes > trie_nodes.available()) return "the IPv4 routes do not fit the forwarding table";
    if (lines > trie6_nodes.available()) return "the IPv6 routes do not fit the forwarding table";
    return {};
}

}  // namespace weft
