// The tables of one engine and what programs them; workers and housekeeping are given a reference. Lock: `program` is held by
// whoever programs, reads the registry, retires or collects; workers never take it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "conditions.h"
#include "ebpf/fast_path.h"
#include "engine.h"
#include "program/transaction.h"
#include "tables/epochs.h"
#include "tables/interfaces.h"
#include "tables/neighbour_view.h"
#include "tables/neighbour_note.h"
#include "tables/neighbours.h"
#include "tables/objects.h"
#include "tables/ring.h"
#include "tables/trace.h"
#include "tables/vrfs.h"
#include "tables/watch.h"

namespace weft {

class Worker;
struct CaptureSession;

// Where a tunnel goes.
struct TunnelPath {
    bool up = false;
    uint32_t mtu = 0;    // of IP packets in it; 0: not known
    std::string by;      // the interface by which its packets leave
    std::string reason;  // why it is not up
    bool recursive = false;
    int64_t held = 0;  // milliseconds since the epoch until which it stays down
};

struct Core {
    explicit Core(std::unique_ptr<PortFactory> ports);
    ~Core();

    std::string stage(uint64_t number, const uint8_t *bytes, size_t length);
    std::string prepare(uint64_t number, bool full, std::vector<Refusal> *refusals = nullptr);
    void apply(uint64_t number, uint64_t commit);
    void abort(uint64_t number);

    std::vector<InterfaceState> interface_states(const std::string &only) const;
    std::vector<NeighbourState> neighbour_states(const std::string &interface);
    std::vector<PortState> port_states() const;
    std::vector<WorkerState> worker_states() const;
    std::vector<DropCounter> drop_counters() const;
    std::vector<NodeState> node_states() const;
    ObjectPage object_page(uint32_t from, size_t most) const;
    std::vector<ObjectState> object_state(uint64_t key) const;
    std::vector<AclState> acl_states(const std::string &only) const;
    std::vector<BridgeState> bridge_states(const std::string &only) const;
    // Some addresses of a domain from a place on, which is 0 or what the page before said.
    MacPage mac_page(const MacQuery &query, uint32_t from, size_t most, uint64_t now) const;
    // Forgets what was learned; the number of addresses.
    uint32_t clear_macs(const MacQuery &query);
    std::vector<HoldState> hold_states() const;
    std::vector<PuntState> punt_states() const;
    EngineStatistics statistics();

    // Housekeeping, under the programming lock: carriers, lost devices, neighbours to be told.
    void watch_links();
    void reopen_ports();
    // Devices whose MTU or address is another one now: interfaces without their own follow.
    void follow_devices();
    // What tunnels stand on: their links, and the MTU of those that have none of their own (tunnel_paths.cc).
    void follow_tunnels();
    void follow_tunnel_mtus();
    TunnelPath path_of(const Interface &tunnel) const;
    LinkState tunnel_link(const Interface &tunnel) const;
    std::map<std::string, TunnelPath> tunnel_paths;
    bool misses_ports() const;  // some device is not there, or not for the driver that it has
    // Receive queues among which packets are no longer divided leave the tables when they are empty. True: some are not.
    bool close_queues();
    // Losses that go on, once a second; and an event when something is wrong that was not, or is no longer (conditions.cc).
    void watch_losses();
    void tell_conditions();
    void tell_neighbours();
    void tell_misses();
    void note_moves();
    // In the last minute an address found no room; addresses that moved too often in the last five.
    static bool is_limited(const Bridge &bridge);
    std::vector<MovingMac> moving_in(const std::string &bridge) const;
    // Forgets addresses that have not been heard for long: a part of the table at a time, all of it in 8 calls.
    void age_macs(uint64_t now);
    // The kernel fast path keeps in step with interfaces, links and traces; it begins with the first port that asks for it.
    void follow_fast_path();
    // No worker runs any more.
    void end_fast_path();
    // Frees what readers have left behind; `most`: what waits for those of the kernel alone may be so much.
    void collect(size_t most);
    // Packets that no worker sees use a stale neighbour.
    void use_neighbour(uint32_t interface, const Ip6 &address);
    Ring<NeighbourNote, 1024> used_neighbours;  // to their owner
    // The packet trace (trace_report.cc); times are the workers'.
    std::string begin_trace(const TraceRequest &request, uint64_t now, TraceDone done);
    void follow_trace(uint64_t now);
    void end_trace();
    void note_trace_programs();
    // Captures (captures.cc); times are the workers'.
    std::string begin_capture(uint64_t number, const CaptureRequest &request, uint64_t now);
    bool read_capture(uint64_t number, size_t most, uint64_t now, CaptureChunk &chunk);
    void end_capture(uint64_t number);
    void forget_captures();
    std::vector<MirrorState> mirror_states() const;
    // After captures, mirrors or interfaces have changed.
    void publish_watches();
    bool watched(uint32_t interface) const;  // captured or mirrored as it comes or leaves
    void event(const Event &e);

    std::unique_ptr<PortFactory> factory;
    std::mutex program;
    Epochs epochs;
    TrieNodes trie_nodes;
    Trie6Nodes trie6_nodes;
    Objects objects{epochs};
    Vrfs vrfs{epochs, trie_nodes, trie6_nodes};
    Registry registry;
    AclLists acls;
    std::atomic<const InterfaceTable *> table;
    std::map<uint64_t, Transaction> transactions;
    bool generation = false;  // of routes: another one with each full transaction, which all that it sets have
    std::atomic<uint64_t> commit{0};
    Conditions conditions;
    bool announces = true;  // to neighbours what changes of its addresses; said before workers begin
    std::atomic<uint32_t> link_ups{0};  // of all interfaces
    std::atomic<uint64_t> changes{0};  // transactions applied: what waits may go now
    std::map<MacKey, MacPlace> placed_macs;
    uint32_t ageing_bucket = 0;
    // By domain, the last addresses that moved too often.
    std::map<std::string, std::vector<MovingMac>> moving_macs;
    Repair repair;
    std::atomic<TraceRun *> trace_run{nullptr};
    bool trace_busy = false;     // until the records have been read
    uint64_t trace_until = 0;    // the workers' microseconds
    int64_t trace_began = 0;     // milliseconds since the epoch when those were 0
    TraceDone trace_done;
    std::vector<std::shared_ptr<const AclProgram>> trace_programs;  // that its notes may name
    std::atomic<const Watches *> watches{nullptr};  // null: nothing is looked at
    std::map<uint64_t, std::unique_ptr<CaptureSession>> captures;
    Neighbours neighbour_table;
    NeighbourView neighbours;
    // Policers of all workers together; what they hold to is in the table's settings.
    std::array<SharedBucket, punt_class_count> punts;
    SharedBucket icmp_errors, miss_events;
    // Those that ever ran, so that their counters stay: room for all is reserved, and workers find each other here below the count.
    std::vector<std::unique_ptr<Worker>> workers;
    std::atomic<unsigned> worker_count{0};
    void add_worker();
    // Threads are the engine's; a box whose steps are taken by hand has none.
    std::function<void(unsigned)> start_worker = [](unsigned) {}, stop_worker = [](unsigned) {};
    std::function<std::string(unsigned, int)> pin_worker = [](unsigned, int) { return std::string(); };  // why not
    std::function<uint64_t(unsigned)> worker_time = [](unsigned) { return uint64_t{0}; };  // microseconds on a CPU
    unsigned running_workers = 0, default_workers = 1;
    std::array<std::string, max_workers> worker_reasons;  // why one is not on the CPU that it should be on
    // Wakes housekeeping: there is something to tell. Any thread's; costs a system call when it was not called yet.
    void call_housekeeping();
    std::atomic<bool> called{false};
    std::unique_ptr<FastPath> fast;  // null: no port has asked for it, or the kernel refused
    std::string no_fast;             // why
    const int call_event;
    std::function<void(const Event &)> handler;
    std::mutex handler_lock;

    // The parts of prepare and apply, one file each (program/).
    std::string prepare_all(uint64_t number, bool full);
    std::string prepare_workers(Transaction &t);
    void settle_workers();
    std::string prepare_vrfs(Transaction &t);
    // The VRF of a number once the transaction is applied; null: there is none.
    std::shared_ptr<Vrf> vrf_after(const Transaction &t, uint32_t id) const;
    void undo_vrfs(Transaction &t);
    void end_vrfs(const Transaction &t);
    std::string prepare_ports(Transaction &t);
    std::string prepare_interfaces(Transaction &t);
    std::string prepare_settings(Transaction &t);
    std::string prepare_circuits(Transaction &t);
    // Of an interim registry: those that are new, or in another VRF than before, have no frames yet.
    void deafen_circuits(Registry &interim) const;
    // By the names of interfaces that are in one.
    std::string prepare_bridges(Transaction &t, std::map<std::string, std::shared_ptr<const Domain>> &domains);
    std::string prepare_domains(Transaction &t, std::map<std::string, std::shared_ptr<const Domain>> &domains);
    std::string prepare_tunnels(Transaction &t);
    // The chassis (prepare_fabric.cc): what is said of it; then what that makes of interfaces.
    std::string prepare_places(Transaction &t);
    std::string prepare_fabric(Transaction &t);
    // Interfaces whose MTU the fabric does not carry are refused.
    void refuse_long(Transaction &t) const;
    // Interfaces of other members.
    void make_peers(Registry &next) const;
    // What a far interface stands on: its port, as the member says that has it, no longer than the fabric carries.
    LinkState far_link(const Registry &in, const Interface &far) const;
    // Far ports that are others now; what changes is added.
    void follow_far(std::vector<std::shared_ptr<const Interface>> &changed);
    std::atomic<bool> links_moved{false};  // to other members, or of their ports: housekeeping is to look at once
    bool fabric_changed = false;  // by that
    // An event for each member that is reached now, or no longer.
    void tell_members();
    // What is heard of other members, by slot; and what this one says of itself with each start.
    std::array<PeerRuntime, most_slots> heard;
    const uint32_t boot;
    // Of worker 0: when the next hellos are due, and where in the table of addresses sharing goes on.
    uint64_t hellos_due = 0;
    uint32_t shared_bucket = 0;
    std::string prepare_mirrors(Transaction &t);
    std::string prepare_acls(Transaction &t);
    void prepare_tables(Transaction &t);
    std::string prepare_objects(Transaction &t);
    std::string prepare_routes(Transaction &t);
    void undo(Transaction &t);
    void apply_interfaces(Transaction &t);
    void apply_acls(Transaction &t);
    void forget_acls(const Transaction &t);
    Difference apply_routes(Transaction &t);
    uint64_t sweep();
    // What is to be done to interfaces and objects.
    Repair difference(const Transaction &t) const;
    void publish(std::unique_ptr<InterfaceTable> next);
    void configure(const Interface &interface);
    // Has no port, and says why, when it can't be had. `only`: by the driver that is asked for.
    std::shared_ptr<PortHandle> open_port(const std::string &name, const PortSpec &spec, uint32_t mtu, bool only);
    // The interface's that sits on it, 0: the device's own.
    uint32_t mtu_of(const PortHandle &port) const;
    bool misfits(const PortHandle &port) const;
    std::map<std::string, uint32_t> wanted_mtus(const Transaction &t) const;
    std::string change_port(Transaction &t, const std::shared_ptr<PortHandle> &handle, const PortSpec &spec);
    void apply_port_changes(const Transaction &t);
    // Devices of the host get a queue for each worker that there is now, as far as they can. True: some did.
    bool follow_workers();
    void follow_fast_counts();
    // What a port has of the fast path.
    PortCounters fast_count(const PortRuntime &runtime) const;
    // Ports, taps and inject devices.
    template <class Visit>
    static void for_each_port(const Registry &in, Visit visit) {
        for (const auto &[name, handle] : in.ports) visit(*handle);
        for (const auto &[name, interface] : in.interfaces)
            if (interface->tap) visit(*interface->tap);
        for (const auto &[vrf, handle] : in.injects) visit(*handle);
    }
    unsigned sending_workers() const;
    // As it is on that port; a circuit as its parent in `in` has it.
    std::shared_ptr<Interface> rebuilt(const Registry &in, const Interface &from, std::shared_ptr<PortHandle> port);
    // Circuits whose parents are others now; what changes is added.
    void follow_parents(std::vector<std::shared_ptr<const Interface>> &changed);
    // Counters of what is on a port, to its interface; of circuits that go they stay with it (circuit_state.cc).
    void count_circuits(InterfaceState &state, const Interface &parent) const;
    void part_with_circuits(Transaction &t);
    // Bridge domains (bridge_tables.cc): before workers see new ones, and when they see none of those that go.
    void begin_bridges(const Transaction &t);
    void settle_bridges(const Transaction &t);
    // Configured addresses, and those of routed interfaces, as they are now.
    void place_macs();
    // What was learned behind interfaces.
    void forget_behind(const std::vector<uint32_t> &interfaces);
    // What is known behind interfaces that are not in the domain.
    void forget_strangers();
    // Routed interfaces of bridge domains whose members are others now; what changes is added.
    void follow_members(std::vector<std::shared_ptr<const Interface>> &changed);
    void keep_counts(const Transaction &t);  // once no worker will find them any more
    // Tap and inject device of an interface that has none and wants them; a text when they can not be had.
    std::string add_devices(Interface &interface, Registry &next, bool strict);
    void bind_injects();
    void begin_ports();
    void wake();
};

int64_t milliseconds_since_epoch();
uint64_t monotonic_microseconds();  // the workers' clock

}  // namespace weft
