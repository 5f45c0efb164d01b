#include "state.h"

#include <cstring>

namespace weft::addon {

namespace {

template <typename Item, typename Fill>
Napi::Value list(Napi::Env env, const std::vector<Item> &items, Fill fill) {
    Napi::Array array = Napi::Array::New(env, items.size());
    for (uint32_t i = 0; i < items.size(); i++) {
        const Napi::HandleScope scope(env);
        Napi::Object object = Napi::Object::New(env);
        fill(object, items[i]);
        array.Set(i, object);
    }
    return array;
}

Napi::Value count(const Napi::Object &object, uint64_t value) { return Napi::BigInt::New(object.Env(), value); }
Napi::Value time(const Napi::Object &object, int64_t value) {
    return Napi::Number::New(object.Env(), static_cast<double>(value));
}
Napi::Value bytes(const Napi::Object &object, const uint8_t *data, size_t length) {
    return Napi::Buffer<uint8_t>::Copy(object.Env(), data, length);
}

}  // namespace

Napi::Value interfaces(Napi::Env env, const std::vector<InterfaceState> &states) {
    return list(env, states, [](Napi::Object object, const InterfaceState &state) {
        object["name"] = state.name;
        object["port"] = state.port;
        object["device"] = state.device;
        object["driver"] = state.driver;
        object["driverReason"] = state.driver_reason;
        object["index"] = state.index;
        object["adminUp"] = state.admin_up;
        object["operUp"] = state.oper_up;
        object["present"] = state.present;
        object["mtu"] = state.mtu;
        object["speed"] = count(object, state.speed);
        object["mac"] = bytes(object, state.mac.data(), state.mac.size());
        object["lastChange"] = time(object, state.last_change);
        object["discontinuity"] = time(object, state.discontinuity);
        object["inOctets"] = count(object, state.in_octets);
        object["inUnicast"] = count(object, state.in_unicast);
        object["inMulticast"] = count(object, state.in_multicast);
        object["inBroadcast"] = count(object, state.in_broadcast);
        object["inDiscards"] = count(object, state.in_discards);
        object["inErrors"] = count(object, state.in_errors);
        object["inUnknown"] = count(object, state.in_unknown);
        object["outOctets"] = count(object, state.out_octets);
        object["outUnicast"] = count(object, state.out_unicast);
        object["outMulticast"] = count(object, state.out_multicast);
        object["outBroadcast"] = count(object, state.out_broadcast);
        object["outDiscards"] = count(object, state.out_discards);
        object["outErrors"] = count(object, state.out_errors);
        object["in4"] = count(object, state.in4);
        object["forwarded4"] = count(object, state.forwarded4);
        object["in6"] = count(object, state.in6);
        object["forwarded6"] = count(object, state.forwarded6);
        object["unicastRpf4"] = count(object, state.unicast_rpf4);
        object["unicastRpf6"] = count(object, state.unicast_rpf6);
        object["tapDevice"] = state.tap.device;
        object["tapDriver"] = state.tap.driver;
        object["tapReason"] = state.tap.reason;
        object["tapQueues"] = state.tap.rx_queues;
        object["tapInDrops"] = count(object, state.tap.in_drops);
        object["tapOutDrops"] = count(object, state.tap.out_drops);
    });
}

Napi::Value neighbours(Napi::Env env, const std::vector<NeighbourState> &states) {
    return list(env, states, [](Napi::Object object, const NeighbourState &state) {
        object["interface"] = state.interface;
        object["address"] = bytes(object, state.address.bytes.data(), state.address.family == 4 ? 4 : 16);
        object["mac"] = bytes(object, state.mac.data(), state.mac.size());
        object["origin"] = static_cast<uint32_t>(state.origin);
        object["state"] = static_cast<uint32_t>(state.state);
        object["router"] = state.router;
    });
}

Napi::Value outcome(Napi::Env env, const std::string &error, const std::vector<Refusal> &refusals) {
    Napi::Object object = Napi::Object::New(env);
    object["error"] = error;
    object["refusals"] = list(env, refusals, [](Napi::Object one, const Refusal &refusal) {
        one["kind"] = refusal.kind;
        one["name"] = refusal.name;
        one["text"] = refusal.text;
    });
    return object;
}

Napi::Value ports(Napi::Env env, const std::vector<PortState> &states) {
    return list(env, states, [](Napi::Object object, const PortState &state) {
        object["name"] = state.name;
        object["driver"] = state.driver;
        object["device"] = state.device;
        object["reason"] = state.reason;
        object["problem"] = static_cast<uint32_t>(state.problem);
        object["discontinuity"] = time(object, state.discontinuity);
        object["up"] = state.link.up;
        object["present"] = state.link.present;
        object["mtu"] = state.link.mtu;
        object["mac"] = bytes(object, state.link.mac.data(), state.link.mac.size());
        object["rxPackets"] = count(object, state.counters.rx_packets);
        object["rxOctets"] = count(object, state.counters.rx_octets);
        object["rxDropped"] = count(object, state.counters.rx_dropped);
        object["txPackets"] = count(object, state.counters.tx_packets);
        object["txOctets"] = count(object, state.counters.tx_octets);
        object["txDropped"] = count(object, state.counters.tx_dropped);
        Napi::Array workers = Napi::Array::New(object.Env(), state.workers.size());
        for (uint32_t queue = 0; queue < state.workers.size(); queue++) workers[queue] = state.workers[queue];
        object["workers"] = workers;
        object["fastPath"] = state.fast_path;
        object["fastPathReason"] = state.fast_path_reason;
        object["fastPathPackets"] = count(object, state.fast_path_packets);
        object["madeNamespace"] = state.made_namespace;
        object["madeDevice"] = state.made_device;
        if (state.made_link) {
            object["madeUp"] = state.made_link->up;
            object["madeMtu"] = state.made_link->mtu;
            object["madeMac"] = bytes(object, state.made_link->mac.data(), state.made_link->mac.size());
        }
        object["overrun"] = state.overrun;
        object["notDraining"] = state.not_draining;
        object["others"] = list(object.Env(), state.others, [](Napi::Object other, const OtherDriver &driver) {
            other["name"] = driver.name;
            other["reason"] = driver.reason;
        });
    });
}

Napi::Value workers(Napi::Env env, const std::vector<WorkerState> &states) {
    return list(env, states, [](Napi::Object object, const WorkerState &state) {
        object["id"] = state.id;
        object["asleep"] = state.asleep;
        object["cpu"] = state.cpu;
        object["reason"] = state.reason;
        object["cpuTime"] = count(object, state.cpu_time);
        object["rxQueues"] = state.rx_queues;
    });
}

Napi::Value bridges(Napi::Env env, const std::vector<BridgeState> &states) {
    return list(env, states, [](Napi::Object object, const BridgeState &state) {
        object["name"] = state.name;
        object["routed"] = state.routed;
        object["addresses"] = state.addresses;
        object["limited"] = state.limited;
        object["members"] = list(object.Env(), state.members, [](Napi::Object member, const BridgeMemberState &one) {
            member["interface"] = one.interface;
            member["up"] = one.up;
            member["addresses"] = one.addresses;
        });
        object["moving"] = list(object.Env(), state.moving, [](Napi::Object moving, const MovingMac &one) {
            moving["mac"] = bytes(moving, one.mac.data(), one.mac.size());
            moving["from"] = one.from;
            moving["to"] = one.to;
            moving["time"] = time(moving, one.time);
        });
        object["discontinuity"] = time(object, state.discontinuity);
        object["forwarded"] = count(object, state.forwarded);
        object["toBox"] = count(object, state.to_box);
        object["fromBox"] = count(object, state.from_box);
        object["copies"] = count(object, state.copies);
        object["learned"] = count(object, state.learned);
        object["moves"] = count(object, state.moves);
        object["held"] = count(object, state.held);
        object["notLearned"] = count(object, state.not_learned);
        object["suppressed"] = count(object, state.suppressed);
        static constexpr const char *classes[] = {"UnknownUnicast", "Broadcast", "Multicast"};
        for (size_t n = 0; n < std::size(classes); n++) {
            object[std::string("flooded") + classes[n]] = count(object, state.flooded[n]);
            object[std::string("policed") + classes[n]] = count(object, state.policed[n]);
        }
    });
}

Napi::Value macs(Napi::Env env, const std::vector<MacState> &states) {
    return list(env, states, [](Napi::Object object, const MacState &state) {
        object["domain"] = state.domain;
        object["interface"] = state.interface;
        object["mac"] = bytes(object, state.mac.data(), state.mac.size());
        if (state.remote) object["remote"] = bytes(object, state.remote->bytes.data(), state.remote->family == 4 ? 4 : 16);
        object["fixed"] = state.fixed;
        object["age"] = state.age;
    });
}

Napi::Value devices(Napi::Env env, const std::vector<NetworkDevice> &found) {
    return list(env, found, [](Napi::Object object, const NetworkDevice &device) {
        object["name"] = device.name;
        object["mac"] = bytes(object, device.link.mac.data(), device.link.mac.size());
        object["mtu"] = device.link.mtu;
        object["speed"] = count(object, device.link.speed);
        object["up"] = device.link.up;
    });
}

Napi::Value drops(Napi::Env env, const std::vector<DropCounter> &counters) {
    return list(env, counters, [](Napi::Object object, const DropCounter &counter) {
        object["node"] = counter.node;
        object["reason"] = counter.reason;
        object["packets"] = count(object, counter.packets);
    });
}

Napi::Value nodes(Napi::Env env, const std::vector<NodeState> &states) {
    return list(env, states, [](Napi::Object object, const NodeState &state) {
        object["worker"] = state.worker;
        object["node"] = state.node;
        object["packets"] = count(object, state.packets);
        object["bursts"] = count(object, state.bursts);
        object["cycles"] = count(object, state.cycles);
    });
}

Napi::Value objects(Napi::Env env, const std::vector<ObjectState> &states) {
    return list(env, states, [](Napi::Object object, const ObjectState &state) {
        object["key"] = count(object, state.key);
        object["type"] = state.type;
        object["kind"] = state.kind;
        object["interface"] = state.interface;
        const bool has_next_hop = std::strcmp(state.type, "adjacency") == 0;
        object["nextHop"] = bytes(object, state.next_hop.bytes.data(), !has_next_hop ? 0 : state.next_hop.family == 4 ? 4 : 16);
        Napi::Array members = Napi::Array::New(object.Env(), state.members.size());
        for (uint32_t i = 0; i < state.members.size(); i++) members.Set(i, count(object, state.members[i]));
        object["members"] = members;
        object["legs"] = list(object.Env(), state.legs, [](Napi::Object leg, const ObjectState::Leg &one) {
            leg["interface"] = one.interface;
            leg["remote"] = bytes(leg, one.remote ? one.remote->bytes.data() : nullptr, !one.remote ? 0 : one.remote->family == 4 ? 4 : 16);
        });
        object["packets"] = count(object, state.packets);
        object["octets"] = count(object, state.octets);
        object["routes"] = state.routes;
    });
}

Napi::Value acls(Napi::Env env, const std::vector<AclState> &states) {
    return list(env, states, [](Napi::Object object, const AclState &state) {
        Napi::Array names = Napi::Array::New(object.Env(), state.entries.size() - 1);
        std::vector<uint64_t> counters;
        counters.reserve(2 * state.entries.size());
        for (uint32_t n = 0; n < state.entries.size(); n++) {
            const AclEntryState &entry = state.entries[n];
            if (n + 1 < state.entries.size()) names.Set(n, entry.name);
            counters.push_back(entry.packets);
            counters.push_back(entry.octets);
        }
        object["name"] = state.name;
        object["entries"] = names;
        object["counters"] = bytes(object, reinterpret_cast<const uint8_t *>(counters.data()), counters.size() * sizeof(uint64_t));
    });
}

Napi::Value holds(Napi::Env env, const std::vector<HoldState> &states) {
    return list(env, states, [](Napi::Object object, const HoldState &state) {
        object["kind"] = state.kind;
        object["entries"] = count(object, state.entries);
        object["packets"] = count(object, state.packets);
        object["octets"] = count(object, state.octets);
        object["events"] = count(object, state.events);
        object["queueFull"] = count(object, state.queue_full);
        object["holdingFull"] = count(object, state.holding_full);
        object["tableFull"] = count(object, state.table_full);
        object["expired"] = count(object, state.expired);
        object["failed"] = count(object, state.failed);
        object["tableOverflows"] = state.table_overflows;
        object["holdingOverflows"] = state.holding_overflows;
    });
}

Napi::Value resolve_event(Napi::Env env, const ResolveEvent &event) {
    Napi::Object object = Napi::Object::New(env);
    object["kind"] = event.kind;
    object["id"] = event.id;
    object["vrf"] = event.vrf;
    object["source"] = bytes(object, event.source.bytes.data(), event.source.family == 4 ? 4 : 16);
    object["destination"] = bytes(object, event.destination.bytes.data(), event.destination.family == 4 ? 4 : 16);
    object["protocol"] = static_cast<uint32_t>(event.protocol);
    object["sourcePort"] = static_cast<uint32_t>(event.source_port);
    object["destinationPort"] = static_cast<uint32_t>(event.destination_port);
    return object;
}

Napi::Value punts(Napi::Env env, const std::vector<PuntState> &states) {
    return list(env, states, [](Napi::Object object, const PuntState &state) {
        object["name"] = state.name;
        object["rate"] = state.rate;
        object["burst"] = state.burst;
        object["passed"] = count(object, state.passed);
        object["dropped"] = count(object, state.dropped);
    });
}

Napi::Value mirrors(Napi::Env env, const std::vector<MirrorState> &states) {
    return list(env, states, [](Napi::Object object, const MirrorState &state) {
        object["name"] = state.name;
        object["packets"] = count(object, state.packets);
        object["octets"] = count(object, state.octets);
        object["overRate"] = count(object, state.over_rate);
        object["lost"] = count(object, state.lost);
    });
}

Napi::Value statistics(Napi::Env env, const EngineStatistics &statistics) {
    Napi::Object object = Napi::Object::New(env);
    object["routes4"] = count(object, statistics.routes4);
    object["routes6"] = count(object, statistics.routes6);
    object["objects"] = count(object, statistics.objects);
    object["neighbours"] = count(object, statistics.neighbours);
    object["heldPackets"] = count(object, statistics.held_packets);
    object["commit"] = count(object, statistics.commit);
    const Repair &repair = statistics.repair;
    object["repairs"] = count(object, repair.transactions);
    const auto told = [&](const char *what, const Difference &difference) {
        object[std::string(what) + "Added"] = count(object, difference.added);
        object[std::string(what) + "Changed"] = count(object, difference.changed);
        object[std::string(what) + "Removed"] = count(object, difference.removed);
    };
    told("interfaces", repair.interfaces);
    told("objects", repair.objects);
    told("routes", repair.routes);
    return object;
}

}  // namespace weft::addon
