// A transaction on its way: records as decoded by stage(), then what prepare() made of them. Nothing in here is seen by a
// worker before apply().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../engine.h"
#include "../tables/interfaces.h"
#include "../tables/objects.h"

namespace weft {

struct PortOp {
    PortSpec spec;
    bool remove = false;
};

struct InterfaceOp {
    InterfaceSpec spec;
    bool remove = false;
};

struct ObjectOp {
    uint64_t key = 0;
    bool remove = false;
    ObjectSpec spec;
};

struct RouteOp {
    Ip6 prefix;  // an IPv4 one in the low half, host order, when `v6` is false
    uint64_t key = 0;
    uint32_t vrf = 0;
    uint32_t object = 0;  // slot of the key, by prepare
    uint8_t length = 0;
    bool v6 = false, remove = false;
};

struct NeighbourOp {
    std::string interface;
    Ip6 address;
    MacAddress mac{};
    bool remove = false;
};

struct SettingsOp {
    std::string interface;
    InterfaceSettings settings;
    bool remove = false;
};

struct LimitOp {
    enum class Of : uint8_t { punt, icmp_errors } of = Of::punt;
    PuntClass punt{};
    Limit limit{};
    bool router_alert_to_host = true;  // said with the limit of ICMP errors
};

struct PortSettingsOp {
    std::string port;
    PortSettings settings;
    bool remove = false;
};

struct TunnelOp {
    std::string interface;
    TunnelSpec spec;
    bool remove = false;
};

struct CircuitOp {
    std::string interface;
    CircuitSpec spec;
    bool remove = false;
};

struct CrossConnectOp {
    std::string name;
    CrossConnect ends;
    bool remove = false;
};

struct MirrorOp {
    MirrorSpec spec;
    bool remove = false;
};

struct BridgeOp {
    BridgeSpec spec;
    bool remove = false;
};

struct AclOp {
    AclSpec spec;
    bool remove = false;
};

struct PlaceOp {
    std::string port;
    uint16_t slot = 0;
};

struct FabricKeyOp {
    bool bridge = false;  // of a domain, not of an interface
    std::string name;
    uint32_t key = 0;
};

struct VrfOp {
    uint32_t id = 0;
    std::string name;
    bool remove = false;
};

// A port that keeps its driver and gets another number of receive queues, or is asked for by another name.
struct PortChange {
    std::shared_ptr<PortHandle> port;
    PortSpec spec;
    size_t listed;  // before
    std::vector<OtherDriver> others;
};

struct Transaction {
    std::vector<VrfOp> vrfs;
    std::vector<PortOp> ports;
    std::vector<InterfaceOp> interfaces;
    std::vector<ObjectOp> objects;
    std::vector<RouteOp> routes;
    std::vector<NeighbourOp> neighbours;
    std::vector<SettingsOp> settings;
    std::vector<LimitOp> limits;
    std::optional<Crew> crew;
    std::vector<PortSettingsOp> port_settings;
    std::vector<CircuitOp> circuits;
    std::vector<CrossConnectOp> cross_connects;
    std::vector<TunnelOp> tunnels;
    std::vector<MirrorOp> mirrors;
    std::vector<BridgeOp> bridges;
    std::optional<uint16_t> slot;
    std::optional<FabricSpec> fabric;  // without members: there is to be none
    std::vector<PlaceOp> places;
    std::vector<FabricKeyOp> fabric_keys;
    std::map<std::string, AclOp> acls;  // the last record of a name holds
    AclBindings acl_bindings;           // an empty name: none
    std::string error;  // of the first bad record: nothing more is taken
    std::vector<Refusal> refusals;  // by prepare, of ports and interfaces

    // `text` is what follows kind and name: " names …", ": …".
    void refuse(const char *kind, const std::string &name, const std::string &text);

    bool prepared = false, full = false;
    std::unique_ptr<Registry> registry;              // null: ports, interfaces and neighbours stay
    std::unique_ptr<InterfaceTable> interim, table;  // interim: with what goes away still in it, and deaf on what is new
    std::vector<std::shared_ptr<const Interface>> changed;
    std::vector<std::pair<uint32_t, std::string>> taps_made, taps_gone;
    std::vector<uint32_t> vrfs_made, vrfs_gone;
    std::vector<std::string> devices_made, devices_gone;  // of made ports
    // Of circuits that go: their parents', and theirs.
    std::vector<std::pair<std::shared_ptr<InterfaceRuntime>, std::shared_ptr<InterfaceRuntime>>> parted;
    std::vector<std::shared_ptr<const Bridge>> bridges_gone;
    // Of tunnels that have other remotes now: by index, how many of the first ones are as they were.
    std::map<uint32_t, uint16_t> remotes_kept;
    std::vector<unsigned> workers_started;
    std::vector<PortChange> port_changes;
    std::vector<std::pair<uint64_t, Objects::Body>> bodies;
    std::vector<uint64_t> keys_gone;
    AclLists acls_made;
    std::vector<std::pair<std::shared_ptr<AclList>, std::unique_ptr<const AclProgram>>> acl_programs;  // of lists that were there
};

// Appends the records of a block; a text when one is bad, and the transaction is then good for abort only.
std::string decode(const uint8_t *bytes, size_t length, Transaction &transaction);

// Of one kind of record each, in files of their own (program/decode_*.cc).
class Reader;
std::string decode_acl(Reader &reader, Transaction &transaction);
std::string decode_acl_delete(Reader &reader, Transaction &transaction);
std::string decode_acl_bind(Reader &reader, Transaction &transaction);

std::string key_text(uint64_t key);
std::string prefix_text(const RouteOp &route);

}  // namespace weft
