// A worker: takes bursts from the receive queues that it serves, runs them through the graph of nodes to the end, and sends what
// came of it. One thread calls step(); it takes no lock, allocates nothing and logs nothing. Idle, it sleeps in epoll, or naps by
// the clock (pace.h), and is offline for epochs.
//
// Workers share the tables, which they only read, and policers (tables/shared_bucket.h). Each has its own counters, packets that
// wait, and transmit sides. Worker 0 owns the neighbours; the others leave it notes (tables/neighbour_note.h).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "core.h"
#include "nodes/drops.h"
#include "nodes/list.h"
#include "pace.h"
#include "tables/arena.h"
#include "tables/holding.h"
#include "tables/holds.h"
#include "tables/neighbour_note.h"
#include "tables/neighbours.h"
#include "tables/ring.h"
#include "tables/trace.h"
#include "tables/watch.h"

namespace weft {

// Packets that wait for a node, with their forwarding objects once they have one.
struct Vector {
    static constexpr unsigned capacity = 256;
    unsigned size = 0;
    Packet *packets[capacity];
    const Object *objects[capacity];
};

// Packets of one class for the box.
struct PuntCounters {
    Counter passed, dropped;
};

class Worker {
  public:
    Worker(Core &core, unsigned id);
    ~Worker();

    // One turn over all ports; true when a packet moved. `now` in microseconds of a clock that does not jump.
    bool step(uint64_t now);
    // Asks epoll which taps have something, waiting so many milliseconds.
    void look_at_descriptors(int timeout);
    // Until stop() is called.
    void run();
    void stop();
    void wake();
    // Costs a system call only while it sleeps.
    void wake_if_asleep();
    bool asleep() const { return asleep_.load(std::memory_order_relaxed); }
    // Gives up all queues and all that waits, for it will not be called again.
    void resign();
    // Something is due before long.
    void tick_soon() { next_tick_ = std::min(next_tick_, now + tick_every); }

    // What nodes use.
    void push(Node node, Packet *packet, const Object *object = nullptr) {
        Vector &v = *vectors_[static_cast<size_t>(node)];
        if (v.size == Vector::capacity) return drop(*packet, Drop::no_room);
        v.packets[v.size] = packet;
        v.objects[v.size++] = object;
        pending_ |= 1ull << static_cast<unsigned>(node);
    }
    // The end of a packet that is not sent.
    void drop(Packet &packet, Drop reason);
    // As drop(), and an input discard of its interface.
    void discard(Packet &packet, Drop reason);
    // Counts what could not be made: an answer, an error, a request.
    void unmade(Drop reason);
    const Interface *interface(uint32_t index) const { return table->at(index); }
    InterfaceCounters &counters(const Interface &i) { return i.counters(id); }
    // A packet on its way by a forwarding object.
    void count(uint32_t object, const Packet &packet) {
        core.objects.counters(id, object).count(packet.length - packet.l3_offset);
    }
    Vrf *vrf_of(const Packet &packet) const {
        const Interface *i = table->at(packet.interface);
        return i ? i->vrf : burst_vrf;
    }
    // Queues a whole frame on a port.
    void send(PortHandle &port, Packet &packet) {
        PortHandle::Sending &sending = queue_of(port);
        sending.queue[sending.queued++] = &packet;
        if (sending.queued == burst_size) {
            port.port->tx(id).transmit(sending.queue, sending.queued);
            sending.queued = 0;
        }
    }
    // For who does by hand what send() does, of many packets.
    PortHandle::Sending &queue_of(PortHandle &port) {
        PortHandle::Sending &sending = port.sending[id];
        if (!sending.dirty) {
            sending.dirty = true;
            dirty_.push_back(&port);
        }
        return sending;
    }
    // Those on which something is queued.
    const std::vector<PortHandle *> &dirty_ports() const { return dirty_; }
    // What is queued on a port goes out now, in the middle of a burst, so that its memory can be used again.
    void send_now(PortHandle &port);
    // A number that nobody outside can foretell well enough to spoof by.
    uint64_t draw() {
        random ^= random << 13;
        random ^= random >> 7;
        return random ^= random << 17;
    }
    // Until no node has anything left.
    void run_graph();
    // For a node that makes many packets of one, or who makes some between two dispatches: what nodes have goes on now. Not within
    // another's: then nothing happens, and it says false.
    bool make_way();
    // Only while `tracing`: notes what is decided about a packet (tables/trace.h says what the text may hold), and its end.
    void trace(const Packet &packet, const char *text, uint64_t a = 0, uint64_t b = 0, uint64_t c = 0);
    void trace(const Packet &packet, const char *text, const Ip6 &address, uint64_t a = 0, uint64_t b = 0);
    void trace_result(const Packet &packet, TraceResult result);
    // Is something captured or mirrored (tables/watch.h)? The others only while it is: of what leaves by an interface; of a packet
    // that does, and of one that comes by an interface without a port. `layer3`: no frame, but what begins with its IP header.
    bool watching() const { return watches_ != nullptr; }
    bool watches_out(uint32_t interface) const;
    void watch_departure(Packet &packet, const Interface &out, bool layer3 = false);
    void watch_arrival(Packet &packet, const Interface &in, bool layer3);

    Core &core;
    const unsigned id;
    const InterfaceTable *table = nullptr;
    uint64_t now = 0;
    Vrf *burst_vrf = nullptr;  // of packets without an interface: those of an inject device
    std::array<Counter, drop_count> drops;
    std::array<NodeCounters, node_count> nodes;
    Arena arena;
    Holding holding;
    Holds holds;                                 // behind objects of type resolve
    Holds gleans{Neighbours::incomplete_most};  // behind neighbours that are not known
    static constexpr size_t move_ring = 256;
    Ring<MacMove, move_ring> moves;  // to housekeeping
    static constexpr size_t miss_ring = 1024;
    Ring<Miss, miss_ring> misses;  // to housekeeping
    Neighbours &neighbours;
    uint64_t neighbours_seen = 0;  // their version when the burst began
    static constexpr size_t notes_most = 1024;
    Ring<NeighbourNote, notes_most> notes;  // to the owner of the neighbours
    bool left_notes = false;                // in this turn
    uint32_t link_ups_seen = 0;
    // The stale neighbour that the owner was last told is in use, and when.
    uint64_t used_said = 0;
    uint32_t used_interface = no_interface;
    Ip6 used_address;
    std::array<PuntCounters, punt_class_count> punts;
    uint64_t random;
    bool tracing = false;  // the packet under way is being traced

  private:
    friend class Onward;
    // A receive queue that it serves, or will as soon as its owner lets go of it.
    struct Serving {
        uint32_t use;  // place in table->ports
        bool owned = false;
        bool waits = false;  // for epoll to name its descriptor
        bool armed = false;  // its descriptor is in epoll
        bool ready = true;   // it has
    };
    bool take_burst(const PortUse &use);
    // Packets of a port to their first node.
    void enter(const PortUse &use, Packet *packets, size_t count);
    void enter_traced(const PortUse &use, size_t count);
    void run_traced();
    void visit(uint8_t node, const Packet &packet);
    void note(const Packet &packet, const TraceNote &note);
    void trace_visit(Node node, Packet &packet, const Object *object);
    void trace_drop(const Packet &packet, Drop reason);
    void begin_watching();
    void watch_arrivals(const PortUse &use, size_t count);
    void watch_drop_of(Packet &packet, Drop reason);
    void see(Packet &packet, uint32_t interface, uint8_t point, uint8_t direction, bool layer3 = false, Drop reason = {});
    Packet *take_copy(uint32_t length);
    void mirror(const Watch &watch, const Packet &packet, uint32_t tag);
    void send_all_now();
    void flush();
    void new_table();
    bool own(Serving &serving, uint32_t place);
    void arm(Serving &serving, uint32_t place, int descriptor);
    void arm_all();
    void disarm();
    void rest(uint64_t time);
    bool look_at_neighbours();
    bool wake_others(uint64_t neighbours_before);
    int sleep_for() const;
    template <bool timed, bool traced>
    void dispatch(uint64_t weight);

    std::array<Vector, node_count + 2> memory_;
    std::array<Vector *, node_count> vectors_;  // by node
    Vector *spare_, *inner_spare_;
    bool made_way_ = false;  // just now
    uint64_t pending_ = 0;  // nodes whose vectors are not empty
    uint64_t small_ = 0;    // bursts of few packets so far
    std::array<Packet, burst_size> burst_;
    TraceRun *trace_run_ = nullptr;
    TraceRecord *record_ = nullptr;  // of the packet that is traced
    const Packet *traced_ = nullptr;
    uint8_t trace_node_ = 0;
    const Watches *watches_ = nullptr;
    uint64_t wall_clock_ = 0;  // of the burst, while it watches: nanoseconds since the epoch
    Arena copies_;             // of mirrors
    std::vector<PortHandle *> dirty_;
    std::vector<Serving> serving_;
    static constexpr uint64_t tick_every = 100000, tick_at_rest = 1000000;
    uint64_t next_tick_ = 0, next_look_ = 0;
    uint64_t fabric_due_ = UINT64_MAX;  // of the owner of the neighbours: when the fabric is to be looked after
    Pace pace_;
    Pace::Taken taken_;     // in this turn
    bool armed_ = false;    // queues wake it that it otherwise looks at in each turn
    bool polled_ = false;   // a queue without a descriptor: no sleep
    bool named_ = false;    // a queue waits for epoll to name it
    bool missing_ = false;  // a queue is still another's
    std::atomic<bool> asleep_{false};
    std::atomic<bool> waiting_{false};  // with packets that wait for neighbours
    int epoll_ = -1, event_ = -1;
    std::atomic<bool> stopping_{false};
};

// What Worker::push() does, for most packets of a burst go to one node: how many wait there stays in a register. As long as it
// lives, what else may push to that node is done within aside().
class Onward {
  public:
    Onward(Worker &worker, Node node) : w_(worker), to_(*worker.vectors_[static_cast<size_t>(node)]), size_(to_.size), node_(node) {}
    ~Onward() { settle(); }
    Onward(const Onward &) = delete;

    Node node() const { return node_; }
    void push(Packet &packet, const Object *object = nullptr) {
        if (size_ == Vector::capacity) [[unlikely]] return w_.drop(packet, Drop::no_room);
        to_.packets[size_] = &packet;
        to_.objects[size_++] = object;
    }
    template <class Do>
    void aside(Do what) {
        settle();
        what();
        size_ = to_.size;
    }

  private:
    void settle() {
        to_.size = size_;
        if (size_) w_.pending_ |= 1ull << static_cast<unsigned>(node_);
    }

    Worker &w_;
    Vector &to_;
    unsigned size_;
    const Node node_;
};

}  // namespace weft
