// What the engine says of itself, as JavaScript objects in the field names of dataplane.proto. Counters are bigints.
#pragma once

#include <napi.h>

#include "engine.h"

namespace weft::addon {

Napi::Value interfaces(Napi::Env env, const std::vector<InterfaceState> &states);
Napi::Value neighbours(Napi::Env env, const std::vector<NeighbourState> &states);
Napi::Value outcome(Napi::Env env, const std::string &error, const std::vector<Refusal> &refusals);
Napi::Value ports(Napi::Env env, const std::vector<PortState> &states);
Napi::Value devices(Napi::Env env, const std::vector<NetworkDevice> &found);
Napi::Value drops(Napi::Env env, const std::vector<DropCounter> &counters);
Napi::Value nodes(Napi::Env env, const std::vector<NodeState> &states);
Napi::Value objects(Napi::Env env, const std::vector<ObjectState> &states);
// Names of the entries, and their counters as bytes: packets and octets of each, 64 bits little endian; the rest last, nameless.
Napi::Value acls(Napi::Env env, const std::vector<AclState> &states);
Napi::Value bridges(Napi::Env env, const std::vector<BridgeState> &states);
Napi::Value macs(Napi::Env env, const std::vector<MacState> &states);
Napi::Value holds(Napi::Env env, const std::vector<HoldState> &states);
Napi::Value resolve_event(Napi::Env env, const ResolveEvent &event);
Napi::Value workers(Napi::Env env, const std::vector<WorkerState> &states);
Napi::Value punts(Napi::Env env, const std::vector<PuntState> &states);
Napi::Value mirrors(Napi::Env env, const std::vector<MirrorState> &states);
Napi::Value statistics(Napi::Env env, const EngineStatistics &statistics);

}  // namespace weft::addon
