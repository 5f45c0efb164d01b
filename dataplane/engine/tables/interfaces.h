// Interfaces, the ports under them and their host taps, as one immutable table that workers reach by a root pointer. The
// programmer builds the next table from a Registry (values by name) and swaps it; unchanged interfaces and all ports are shared
// between tables, so that counters, sockets and link state survive.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../net/address.h"
#include "../ports/port.h"
#include "../program/records.h"
#include "acls.h"
#include "bridge_neighbours.h"
#include "bridges.h"
#include "circuits.h"
#include "counters.h"
#include "fabric.h"
#include "settings.h"
#include "tunnels.h"
#include "vrfs.h"
#include "watch.h"

namespace weft {

struct PortSpec {
    std::string name, driver, device;
    std::string usual_driver = {};  // where the settings of the port say none
    size_t rx_queues = 1;           // wanted
    std::optional<MadePort> made = {};
    bool operator==(const PortSpec &) const = default;
};

struct InterfaceSpec {
    std::string name;
    uint32_t vrf = 0;
    std::string port;
    uint8_t flags = 0;
    uint16_t mtu = 0;
    bool has_mac = false;
    MacAddress mac{};
    std::vector<HostAddress> addresses;
    bool operator==(const InterfaceSpec &) const = default;
};

inline constexpr unsigned no_worker = 0xffffffff;

struct PortHandle;

// What outlives the driver of a port, under the port's name.
struct PortRuntime {
    int64_t discontinuity = 0;          // when its counters began
    PortCounters closed;                // of drivers that served it before
    std::set<const PortHandle *> open;  // which count
    // What the fast path counts for the interface on the port is the port's too: since it has that one, and what it had of others.
    struct {
        uint32_t interface = no_interface;
        PortCounters began, kept;
    } fast;

    PortCounters counters() const;
};

// A port, who serves its receive queues, and what each worker has to send on it. Lives as long as a table names it.
//
// The table says which worker is to serve a queue; `owner` says which one does. With its first table that names another worker
// the owner, which between two bursts has sent and released all that it received, lets go of the queue; the other takes it only
// then. So packets keep their order, and none is lost. What the old owner holds until a neighbour or a route is resolved stays
// with it, and is sent when that happens: of such a flow, packets that the new owner receives in that moment may be earlier.
struct PortHandle {
    struct alignas(64) Sending {
        Packet *queue[burst_size];
        unsigned queued = 0;
        bool dirty = false;
    };
    struct alignas(64) Receiving {
        std::atomic<unsigned> owner{no_worker};
        std::atomic<uint32_t> empty{0};  // how often the owner found nothing; the owner's
    };

    PortSpec spec;
    std::shared_ptr<PortRuntime> runtime;  // null: of the host's side
    std::unique_ptr<Port> port;  // null: could not be had, `reason` says why
    uint8_t offloads = 0;        // what it takes (PortOffload)
    std::string choice;  // why this driver
    std::vector<OtherDriver> others;  // and why not these
    std::string reason;  // what is wrong
    bool missing = false;  // the device was not there
    bool begun = false;
    // Receive queues among which packets are divided, and those that tables name: more while some are still to be emptied, which is
    // done when their owners have twice found nothing since then.
    size_t queues = 0, listed = 0;
    std::array<uint32_t, max_rx_queues> emptied{};
    // That which had the name before, by another driver or of another device, until what it has received has been taken: tables name both.
    std::shared_ptr<PortHandle> predecessor;
    // The kernel fast path: where it is attached, and why not, or why not all goes by it.
    struct {
        Hook hook = Hook::none;
        std::string reason;
    } fast;
    std::array<Sending, max_workers> sending;  // by worker
    std::array<Receiving, max_rx_queues> receiving;

    PortHandle() = default;
    ~PortHandle();
    PortHandle(const PortHandle &) = delete;
    void set(std::unique_ptr<Port> made);
    // Packets are divided among so many queues from now on.
    void divide(size_t count);
    // The first packets come, and no more to the predecessor.
    void begin();
    bool drained() const;
    // True: packets so large are another driver's, or those of this MTU that of one that was refused for larger ones.
    bool misfit(uint32_t mtu) const;
    PortProblem problem(const LinkState &link) const;
    // Why this driver, or what is wrong, for a person.
    std::string text(const LinkState &link) const;

  private:
    // Nothing comes by the queues from that number on.
    void leave(size_t count);
};

// What outlives a change of configuration, under the interface's name.
struct InterfaceRuntime {
    std::array<InterfaceCounters, max_workers> counters;
    // Of circuits that there were, which counted for their parent too: those that workers may still have, and the sum of the others.
    std::vector<std::shared_ptr<InterfaceRuntime>> leaving;
    InterfaceCounters left;
    SharedBucket icmp_errors;  // icmp_errors_reserve()
    std::atomic<bool> link_up{false};
    bool link_told = false;  // an event has said how it is
    std::atomic<int64_t> last_change{0};
    int64_t discontinuity = 0;
    MacAddress made_mac{};  // of the routed interface of a bridge domain
    std::atomic<uint32_t> links{0};  // of another member (tables/fabric.h): internal links by which it is reached
    FarPort far;                     // of a far port's
    std::atomic<uint32_t> link_ups{0};  // how often the link has come up
    std::atomic<uint32_t> joined{0};    // of the routed interface of a bridge domain that is up: how often a further member has
    // Of the worker that owns the neighbours alone: the count of these when it last looked, and what they were told
    // (nodes/announce.cc).
    uint32_t neighbours_of = 0;
    struct Announcement {
        uint64_t told = 0, due = 0;
        uint8_t left = 0;
    } announcement;
};

struct Subnet4 {
    uint32_t address, mask;
    uint8_t length;
    bool contains(uint32_t a) const { return ((a ^ address) & mask) == 0; }
    uint32_t broadcast() const { return length < 31 ? address | ~mask : 0; }
    // To all of the subnet, or the subnet itself: no host's (RFC 1122 §3.2.1.3).
    bool is_nobody(uint32_t a) const { return length < 31 && (a == (address | ~mask) || a == (address & mask)); }
};

struct Subnet6 {
    Ip6 address;
    uint8_t length;
    bool contains(const Ip6 &a) const { return mask6(a, length) == mask6(address, length); }
};

// What an interface stands on.
enum class InterfaceKind : uint8_t {
    port,     // has a port, or none
    circuit,  // some of the frames of another one's port (tables/circuits.h)
    tunnel,   // addresses (tables/tunnels.h)
    bridge,   // a bridge domain, by which the box itself is in it
};

struct Interface {
    // What packets ask for, in one cache line.
    uint32_t index = 0;
    uint32_t mtu = 1500;
    uint32_t link_mtu = 0;  // of what it stands on
    uint16_t features = 0;  // nodes/features.h
    InterfaceKind kind = InterfaceKind::port;
    InterfaceSettings settings;
    bool enabled = false, ip4 = false, ip6 = false, forward4 = false, forward6 = false;
    MacAddress mac{};
    Vrf *vrf = nullptr;
    std::shared_ptr<InterfaceRuntime> runtime;
    std::shared_ptr<PortHandle> port;  // of a circuit its parent's
    // What is done to the tags of frames that come in, and of those that leave.
    TagRewrite tags_in, tags_out;
    // Its port is another member's: whose interface frames go to, no_interface when there is no way there; and its key, 0: it has none.
    bool far = false;
    bool internal = false;  // an internal link of the fabric
    uint32_t peer = no_interface, fabric_key = 0;
    std::shared_ptr<const Domain> domain;      // null: routed; else its frames are switched (of kind bridge: its packets' frames)
    std::shared_ptr<const Circuits> circuits;  // of its port; null: all frames are its own
    std::optional<CircuitSpec> circuit;
    std::shared_ptr<const Tunnel> tunnel;  // null: it is none

    std::array<std::shared_ptr<AclList>, acl_slots> acls;  // by acl_slot()
    std::shared_ptr<PortHandle> tap;
    std::vector<Subnet4> subnets4;
    std::vector<Subnet6> subnets6;  // the link-local one first
    Ip6 link_local;
    uint64_t identity = 0;  // another one with other addresses, of whichever layer; never 0
    InterfaceSpec spec;

    // Its packets have no link header: IP goes into the tunnel as it is.
    bool layer3() const { return tunnel && tunnel->layer3; }
    bool up() const { return enabled && runtime->link_up.load(std::memory_order_relaxed); }
    InterfaceCounters &counters(unsigned worker) const { return runtime->counters[worker]; }
    bool owns(uint32_t address) const;
    bool owns(const Ip6 &address) const;
    const Subnet4 *subnet(uint32_t address) const;
    const Subnet6 *subnet(const Ip6 &address) const;
};

enum class PortRole : uint8_t { data, tap, inject };

// A receive queue and the worker that is to serve it.
struct PortUse {
    std::shared_ptr<PortHandle> handle;
    size_t queue = 0;
    unsigned worker = 0;
    PortRole role = PortRole::data;
    uint32_t interface = no_interface;
    Vrf *vrf = nullptr;  // of an inject device
    bool attached = false;  // frames are of circuits, or switched: circuit-input has them first
};

using NeighbourKey = std::pair<std::string, Ip6>;
struct NeighbourKeyLess {
    bool operator()(const NeighbourKey &a, const NeighbourKey &b) const {
        if (a.first != b.first) return a.first < b.first;
        return a.second.high != b.second.high ? a.second.high < b.second.high : a.second.low < b.second.low;
    }
};
using StaticNeighbours = std::map<NeighbourKey, MacAddress, NeighbourKeyLess>;

struct StaticNeighbour {
    uint32_t interface;
    Ip6 address;
    MacAddress mac;
};

struct InterfaceTable {
    std::vector<std::shared_ptr<const Interface>> interfaces;  // by index; null: none
    std::vector<PortUse> ports;  // one for each receive queue
    std::vector<StaticNeighbour> neighbours;
    MemberSettings settings;
    std::shared_ptr<const VrfList> vrfs;  // owned as long as the table
    std::shared_ptr<const Tunnels> tunnels;  // null: there are none
    std::vector<std::shared_ptr<const Bridge>> bridges;  // by id; null: none
    std::shared_ptr<MacTable> macs;                      // of all bridge domains; null: there are none
    std::shared_ptr<BridgeNeighbours> bridge_neighbours;  // of those that suppress requests; null: there are none
    std::shared_ptr<const Fabric> fabric;                 // null: there is none

    bool has(const Vrf *vrf) const {
        return vrfs && std::any_of(vrfs->begin(), vrfs->end(), [&](const auto &one) { return one.get() == vrf; });
    }

    // Of an interface that is in one.
    const Bridge *bridge_of(const Interface &i) const {
        const uint16_t id = i.domain ? i.domain->bridge : 0;
        return id < bridges.size() ? bridges[id].get() : nullptr;
    }
    const Interface *at(uint32_t index) const { return index < interfaces.size() ? interfaces[index].get() : nullptr; }
};

// How a port is to be reached, how many receive queues it is to have, and who serves them in turn.
struct PortSettings {
    std::string driver;            // empty: the usual one
    uint8_t rx_queues = 0;         // 0: as many as workers serve them
    std::vector<uint8_t> workers;  // none: all, queue by queue and port by port
    Hook fast_path = Hook::none;   // wanted
    bool operator==(const PortSettings &) const = default;
};

struct Crew {
    static constexpr int any_cpu = -1;
    unsigned count = 1;
    std::map<unsigned, int> cpus;  // by worker; of others any
    bool operator==(const Crew &) const = default;
};

// Interfaces whose frames are exchanged.
using CrossConnect = std::array<std::string, 2>;

// Lists by interface and acl_slot().
using AclBindings = std::map<std::pair<std::string, unsigned>, std::string>;

// The programmer's: everything by name.
struct Registry {
    std::map<std::string, std::shared_ptr<PortHandle>> ports;
    std::map<std::string, std::shared_ptr<const Interface>> interfaces;
    std::map<uint32_t, std::shared_ptr<PortHandle>> injects;  // by VRF
    std::map<std::string, uint32_t> indexes;                  // every name that ever was
    StaticNeighbours neighbours;
    std::map<std::string, InterfaceSettings> settings;  // by interface, those that are not as they are without
    MemberSettings member;
    std::map<std::string, CircuitSpec> circuits;         // by interface
    std::map<std::string, CrossConnect> cross_connects;  // by name
    std::map<std::string, TunnelSpec> tunnels;  // by interface
    std::map<std::string, std::shared_ptr<const Bridge>> bridges;  // by name
    std::shared_ptr<MacTable> macs;
    std::shared_ptr<BridgeNeighbours> bridge_neighbours;
    AclBindings acls;
    std::map<std::string, std::shared_ptr<Mirror>> mirrors;
    Crew crew;
    std::map<std::string, PortSettings> port_settings;  // by port, those that are not as they are without
    // The chassis: this member's slot, that of ports that are not everywhere its own, keys, and other members by slot.
    uint16_t slot = host_slot;
    std::map<std::string, uint16_t> places;
    std::map<std::string, uint32_t> interface_keys, bridge_keys;
    std::optional<FabricSpec> fabric;
    uint32_t fabric_mtu = 0;  // octets of layer 3 of what an untagged frame in it carries; 0: there is no fabric
    std::map<uint16_t, std::shared_ptr<const Interface>> peers;

    bool has_host() const { return slot == host_slot; }
    // One that has no internal links yet has no part in it.
    bool in_fabric() const { return fabric && fabric->members.count(slot); }
    bool is_far(const std::string &port) const;
    // Of the member that has its port; no_slot: all have it.
    uint16_t slot_of(const std::string &interface) const;

    size_t rx_queues(const std::string &port) const;
    Hook hook(const std::string &port) const;
    std::unique_ptr<InterfaceTable> table(Vrfs &vrfs) const;
    // What workers read of the fabric; other members' interfaces go into the table.
    std::shared_ptr<const Fabric> make_fabric(InterfaceTable &table) const;
};

// The forwarding view of a specification, all but its index, port, tap and runtime. `link`: of what it stands on.
void derive(Interface &interface, const LinkState &link);
// What a circuit stands on.
LinkState link_of(const Interface &parent, const CircuitSpec &circuit);
// What the routed interface of a bridge domain stands on: all members of the domain. Its MAC address is made of the ports' and its
// name, once.
LinkState link_of(const Registry &in, const Interface &routed);
// The feature nodes (nodes/features.h) that its packets visit.
uint16_t features_of(const Interface &interface);
// What its host tap should be.
HostTapRequest tap_request(const Interface &interface);
std::vector<HostAddress> tap_addresses(const Interface &interface);

}  // namespace weft
