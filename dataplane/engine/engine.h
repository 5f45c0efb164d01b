// The forwarding engine of one member: ports, tables, the packet graph and its worker threads. Process-wide native state:
// the addon, benches and fuzz targets link it. Tables are programmed by transactions of packed records (program/records.h)
// from one programming thread at a time, while workers forward.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ports/port.h"

namespace weft {

struct InterfaceState {
    std::string name, port;
    std::string device;         // of a tunnel the interface by which its packets leave
    std::string driver;         // of the port; empty: none
    std::string driver_reason;  // why this driver, or why there is none; of a tunnel, why it is not up
    uint32_t index = 0;         // engine index + 1: the ifIndex of RFC 8343
    bool admin_up = false, oper_up = false, present = false;
    uint32_t mtu = 0;
    uint64_t speed = 0;
    MacAddress mac{};
    int64_t last_change = 0;    // milliseconds since the epoch, of oper_up
    int64_t discontinuity = 0;  // when the counters began
    uint64_t in_octets = 0, in_unicast = 0, in_multicast = 0, in_broadcast = 0, in_discards = 0, in_errors = 0, in_unknown = 0;
    uint64_t out_octets = 0, out_unicast = 0, out_multicast = 0, out_broadcast = 0, out_discards = 0, out_errors = 0;
    // Layer 3, RFC 4293 style.
    uint64_t in4 = 0, forwarded4 = 0, in6 = 0, forwarded6 = 0;
    uint64_t unicast_rpf4 = 0, unicast_rpf6 = 0;  // dropped by reverse path checks
    // The host's side; no device: it has none.
    struct {
        std::string device, driver, reason;  // the reason: what is wrong
        uint32_t rx_queues = 0;
        uint64_t in_drops = 0, out_drops = 0;  // from the host, to it
    } tap;
};

struct NeighbourState {
    std::string interface;
    HostAddress address;  // prefix_length unused
    MacAddress mac{};
    enum class Origin : uint8_t { other, fixed, dynamic } origin = Origin::dynamic;  // static in RFC 8344's words
    enum class State : uint8_t { incomplete, reachable, stale, delay, probe } state = State::incomplete;
    bool router = false;
};

// What a transaction was refused for.
struct Refusal {
    std::string kind;  // "port" or "interface", what asked for it; empty: the transaction as a whole
    std::string name;
    std::string text;  // a sentence for a person
};

struct DropCounter {
    const char *node;
    const char *reason;
    uint64_t packets;
};

// A class of packets for the host's stack: its limit, and what kept to it.
struct PuntState {
    const char *name;
    uint32_t rate, burst;  // packets a second, and at once
    uint64_t passed = 0, dropped = 0;
};

// What a node of the packet graph did on one worker (cycles.h: ticks).
struct NodeState {
    uint32_t worker;
    const char *node;
    uint64_t packets, bursts, cycles;
};

struct ObjectState {
    uint64_t key = 0;
    const char *type = "";             // of ObjectType
    std::string kind;                  // of a drop or a resolve; of a local or lookup the name of its VRF
    std::string interface;             // of an adjacency or a glean
    HostAddress next_hop;              // of an adjacency
    std::vector<uint64_t> members;     // of a group, their keys
    struct Leg {
        std::string interface;
        std::optional<HostAddress> remote;  // of a tunnel
    };
    std::vector<Leg> legs;             // of a replicate: to whom copies go
    uint64_t packets = 0, octets = 0;  // octets of layer 3
    uint32_t routes = 0;               // that point at it
};

// Some objects, and where the next ones are: 0xffffffff when there are no more.
struct ObjectPage {
    std::vector<ObjectState> objects;
    uint32_t next = 0;
};

struct PortState {
    std::string name, device;
    std::string driver;  // that serves it; empty: none
    std::string reason;  // why this driver, or what is wrong
    PortProblem problem = PortProblem::none;
    LinkState link;
    PortCounters counters;        // of all drivers that served it
    int64_t discontinuity = 0;    // milliseconds since the epoch: when they began
    std::vector<uint32_t> workers;  // by receive queue
    std::vector<OtherDriver> others;
    const char *fast_path = "";     // where the kernel fast path is attached; empty: nowhere
    std::string fast_path_reason;   // why not, or what does not go by it
    uint64_t fast_path_packets = 0;  // received, that went by it
    std::string made_namespace, made_device;  // the other end of one that is made; empty: it is not
    std::optional<LinkState> made_link;       // of that; absent: it is not there
    bool overrun = false, not_draining = false;  // for some seconds packets have been lost: received, to be sent
};

// A thread that forwards.
struct WorkerState {
    uint32_t id = 0;
    bool asleep = false;
    int cpu = -1;           // that it is bound to; -1: any
    std::string reason;     // why not to the one that it should be
    uint64_t cpu_time = 0;  // microseconds since it began
    uint32_t rx_queues = 0;  // of ports
};

struct Difference {
    uint64_t added = 0, changed = 0, removed = 0;
};

// What full transactions found to be repaired.
struct Repair {
    uint64_t transactions = 0;  // full ones since the engine began
    Difference interfaces, objects, routes;  // by the last of them
};

struct EngineStatistics {
    uint64_t routes4 = 0, routes6 = 0, objects = 0, neighbours = 0, held_packets = 0;
    uint64_t commit = 0;  // number of the last applied transaction's commit
    Repair repair;
};

// Of a member of a bridge domain.
struct BridgeMemberState {
    std::string interface;
    bool up = false;
    uint32_t addresses = 0;
};

// An address that moves more often than it may.
struct MovingMac {
    MacAddress mac{};
    std::string from, to;  // interfaces
    int64_t time = 0;      // milliseconds since the epoch
};

struct BridgeState {
    std::string name, routed;
    uint32_t addresses = 0, capacity = 0;  // capacity: of all domains together
    bool limited = false;                  // in the last minute an address found no room
    std::vector<BridgeMemberState> members;
    std::vector<MovingMac> moving;  // of the last five minutes
    int64_t discontinuity = 0;
    uint64_t forwarded = 0, to_box = 0, from_box = 0;
    uint64_t flooded[3] = {}, policed[3] = {};  // unknown unicast, broadcast, multicast
    uint64_t copies = 0, learned = 0, moves = 0, held = 0, not_learned = 0, suppressed = 0;
};

// What of the addresses is asked for: those for which all that is said is true.
struct MacQuery {
    std::string domain = {}, interface = {};  // empty: any
    std::optional<MacAddress> mac = {};
};

struct MacState {
    std::string domain, interface;
    MacAddress mac{};
    std::optional<HostAddress> remote;  // of a tunnel that has several
    bool fixed = false;
    uint32_t age = 0;  // seconds since it was heard
};

// Some addresses, and where the next ones are: 0xffffffff when there are no more.
struct MacPage {
    std::vector<MacState> macs;
    uint32_t next = 0;
};

// Packets that wait for something, by what: kept in every worker alike.
struct HoldState {
    const char *kind;
    uint64_t entries = 0, packets = 0, octets = 0;
    uint64_t events = 0;
    uint64_t queue_full = 0, holding_full = 0, table_full = 0, expired = 0, failed = 0;
    bool table_overflows = false, holding_overflows = false;  // for some seconds packets have been lost
};

// What a controller is to resolve (nodes/resolve.cc).
struct ResolveEvent {
    const char *kind = "";
    uint32_t id = 0, vrf = 0;
    HostAddress source, destination;
    uint8_t protocol = 0;
    uint16_t source_port = 0, destination_port = 0;
};

struct Event {
    // `condition`: what state says is wrong with ports, workers, packets that wait or addresses that move is something else now.
    // `member`: another member of the chassis is reached by the fabric, or no longer; its slot stands for the interface.
    enum class Kind : uint8_t { link, neighbour, port_lost, resolve, condition, member } kind;
    std::string interface;
    bool up = false;
    ResolveEvent resolve{};
};

struct AclEntryState {
    std::string name;  // empty: what no entry matched
    uint64_t packets = 0, octets = 0;
};

struct AclState {
    std::string name;
    std::vector<AclEntryState> entries;  // in order, the rest last
};

// The packet trace: the next `count` packets that match in every respect that is said, for at most so many seconds.
struct TraceRequest {
    uint32_t count = 10;    // 1 to 1000
    uint32_t seconds = 10;  // 1 to 60
    std::string interface = {};  // of ingress
    enum class From : uint8_t { any, port, host } from = From::any;
    uint8_t family = 0;  // 4 or 6
    std::optional<HostAddress> source = {}, destination = {};  // prefixes
    int protocol = -1, source_port = -1, destination_port = -1;
};

struct TraceStep {
    std::string node, decision;
    bool other = false;  // of a packet that was made or let go because of the traced one
};

struct TracedPacket {
    int64_t time = 0;  // milliseconds since the epoch
    std::string interface;  // empty: from the host's stack, by a layer-3 device
    uint32_t length = 0;
    std::string description;
    std::string result;  // sent, delivered (to the host's stack), held, consumed (by the engine), dropped
    std::vector<TraceStep> steps;
};

// A capture: packets that come in, leave or are dropped, as pcapng, until a limit is reached.
struct CaptureRequest {
    std::vector<std::string> interfaces = {};  // none: all that there are and come to be
    bool in = true, out = true;
    std::vector<std::string> drops = {};  // "all", a node, or "node/reason"
    std::string ethernet_filter = {}, layer3_filter = {};  // classic BPF (net/bpf.h), by what packets begin with
    uint32_t snap_length = 65535;      // octets of a packet
    uint64_t packets = 1000;
    uint64_t octets = 10u << 20;  // of pcapng
    uint32_t seconds = 60;
    uint32_t rate = 10000;  // packets a second
};

struct CaptureChunk {
    std::vector<uint8_t> octets;
    uint64_t packets = 0, over_rate = 0, ring_full = 0;  // since it began
    std::string ended;  // "packets", "size", "time", "stopped": nothing more comes, and the capture is forgotten
};

// A mirror: what was sent, and what was not.
struct MirrorState {
    std::string name;
    uint64_t packets = 0, octets = 0, over_rate = 0, lost = 0;
};

using TraceDone = std::function<void(std::vector<TracedPacket>)>;

class Engine {
  public:
    explicit Engine(std::unique_ptr<PortFactory> factory);
    ~Engine();
    Engine(const Engine &) = delete;
    Engine &operator=(const Engine &) = delete;

    void start(unsigned workers);
    void stop();

    // A transaction: stage any number of record blocks, prepare (all that can fail fails here: records checked, memory
    // reserved, ports and taps opened), then apply (cannot fail) or abort. `full`: the records are everything that should
    // be there; what they do not mention is swept away after the rest has been applied, and what is already right is not touched.
    // Texts are empty on success, else for a person and beginning with what was wrong (an interface, a prefix). `refusals`, when it
    // is not null, gets what prepare refused, each by itself: all of ports and interfaces, else the first.
    std::string stage(uint64_t transaction, const uint8_t *bytes, size_t length);
    std::string prepare(uint64_t transaction, bool full, std::vector<Refusal> *refusals = nullptr);
    void apply(uint64_t transaction, uint64_t commit);
    void abort(uint64_t transaction);

    std::vector<InterfaceState> interfaces(const std::string &only = {}) const;
    std::vector<NeighbourState> neighbours(const std::string &interface = {}) const;
    std::vector<PortState> ports() const;
    // Network devices that can be ports, in the order of their names.
    std::vector<NetworkDevice> devices() const;
    std::vector<WorkerState> workers() const;
    std::vector<DropCounter> drops() const;
    std::vector<NodeState> nodes() const;
    // At most `most` objects from a place on, which is 0 or what the page before said. One that comes or goes meanwhile may be left
    // out. Holds the programming lock for as long as it takes.
    ObjectPage objects(uint32_t from, size_t most) const;
    std::vector<ObjectState> object(uint64_t key) const;  // one or none
    std::vector<HoldState> holds() const;
    // Of all bridge domains, or of one.
    std::vector<BridgeState> bridges(const std::string &only = {}) const;
    // At most about `most` addresses from a place on, as objects().
    MacPage macs(const MacQuery &query, uint32_t from, size_t most) const;
    // Forgets what was learned; how many addresses.
    uint32_t clear_macs(const MacQuery &query);
    std::vector<PuntState> punts() const;
    // Of all lists, or of one.
    std::vector<AclState> acls(const std::string &only = {}) const;
    EngineStatistics statistics() const;
    // Traces packets; an error for a person, or empty, and then `done` is called from a thread of the engine once, when there
    // are enough packets, the time is over, or the engine stops. One at a time.
    std::string trace(const TraceRequest &request, TraceDone done);
    // Ends the trace under way, with what it has.
    void end_trace();
    // Begins a capture under a number of the caller's: an error for a person, or empty. read_capture() then gives what there is, about
    // `most` octets at a time; false: there is no such capture. Who reads too slowly loses packets, which are counted. At most
    // most_captures at once.
    static constexpr size_t most_captures = 8;
    std::string begin_capture(uint64_t number, const CaptureRequest &request);
    bool read_capture(uint64_t number, size_t most, CaptureChunk &chunk);
    // The rest of it is to be read still.
    void end_capture(uint64_t number);
    // Ends all, unread.
    void forget_captures();
    std::vector<MirrorState> mirrors() const;
    // Called from engine threads other than workers; must be quick.
    void on_event(std::function<void(const Event &)> handler);

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace weft
