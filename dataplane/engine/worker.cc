#include "worker.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "nodes/fabric.h"

namespace weft {
namespace {

constexpr uint64_t look_every = 50;

uint64_t monotonic() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<uint64_t>(t.tv_sec) * 1000000 + static_cast<uint64_t>(t.tv_nsec) / 1000;
}

// Between two turns the table may be gone, when there is another one, which the next turn takes. True: it is there until the worker
// leaves.
bool enter_table(const Worker &w) {
    w.core.epochs.enter(w.id);
    if (w.core.table.load(std::memory_order_acquire) == w.table) return true;
    w.core.epochs.leave(w.id);
    return false;
}

}  // namespace

Worker::Worker(Core &c, unsigned number)
    : core(c), id(number), neighbours(c.neighbour_table), random(0x853c49e6748fea9bull + number), epoll_(epoll_create1(EPOLL_CLOEXEC)), event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    core.objects.add_worker(id);
    dirty_.reserve(256);
    for (size_t n = 0; n < node_count; n++) vectors_[n] = &memory_[n];
    spare_ = &memory_[node_count];
    inner_spare_ = &memory_[node_count + 1];
}

Worker::~Worker() {
    close(epoll_);
    close(event_);
}

void Worker::wake() {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = write(event_, &one, sizeof one);
}

void Worker::stop() {
    stopping_ = true;
    wake();
}

void Worker::wake_if_asleep() {
    // What was done before is seen by who goes to sleep, or its going to sleep is seen here.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (asleep_.load(std::memory_order_relaxed)) wake();
}

void Worker::drop(Packet &p, Drop reason) {
    drops[static_cast<size_t>(reason)] += 1;
    if (tracing) [[unlikely]] trace_drop(p, reason);
    if (watches_) [[unlikely]] watch_drop_of(p, reason);
}

void Worker::unmade(Drop reason) {
    drops[static_cast<size_t>(reason)] += 1;
    if (tracing) [[unlikely]] trace(*traced_, "makes no packet: {da}", static_cast<uint64_t>(reason));
}

void Worker::discard(Packet &p, Drop reason) {
    if (const Interface *i = table->at(p.interface)) counters(*i).in_discards += 1;
    drop(p, reason);
}

void Worker::flush() {
    run_graph();  // what is sent between two bursts may wait for a node of its egress interface
    for (PortHandle *port : dirty_) {
        PortHandle::Sending &sending = port->sending[id];
        TxQueue &tx = port->port->tx(id);
        if (sending.queued) tx.transmit(sending.queue, sending.queued);
        tx.flush();
        sending.queued = 0;
        sending.dirty = false;
    }
    dirty_.clear();
    arena.reset();
    copies_.reset();
    holding.flushed();
}

void Worker::send_now(PortHandle &port) {
    PortHandle::Sending &sending = port.sending[id];
    TxQueue &tx = port.port->tx(id);
    if (sending.queued) tx.transmit(sending.queue, sending.queued);
    sending.queued = 0;
    tx.flush();
}

void Worker::send_all_now() {
    for (PortHandle *port : dirty_) send_now(*port);
}

void Worker::enter(const PortUse &use, Packet *packets, size_t count) {
    switch (use.role) {
        case PortRole::data: {
            const Node first = use.attached ? Node::circuit_input : Node::ethernet_input;
            for (size_t n = 0; n < count; n++) {
                __builtin_prefetch(packets[n].data);
                packets[n].interface = use.interface;
                push(first, &packets[n]);
            }
            break;
        }
        case PortRole::tap:
            for (size_t n = 0; n < count; n++) packets[n].interface = use.interface;
            host_output(*this, packets, count, use);
            break;
        case PortRole::inject:
            inject_input(*this, packets, count, use);
            break;
    }
}

bool Worker::take_burst(const PortUse &use) {
    RxQueue &queue = use.handle->port->rx(use.queue);
    const size_t count = queue.receive(burst_.data(), burst_size);
    if (count == 0) {
        std::atomic<uint32_t> &empty = use.handle->receiving[use.queue].empty;
        empty.store(empty.load(std::memory_order_relaxed) + 1, std::memory_order_release);
        return false;
    }
    taken_.packets += count;
    taken_.more |= count == burst_size;
    for (size_t n = 0; n < count; n++) taken_.octets += burst_[n].length;
    burst_vrf = nullptr;
    if (watches_) [[unlikely]] watch_arrivals(use, count);
    if (trace_run_) [[unlikely]]
        enter_traced(use, count);
    else
        enter(use, burst_.data(), count);
    run_graph();
    flush();
    queue.release();
    return true;
}

void Worker::new_table() {
    if (id == neighbour_owner) neighbours_follow_table(*this);
    if (id == neighbour_owner) fabric_due_ = table->fabric ? 0 : UINT64_MAX;
    gleans_follow_table(*this);
    holds_follow_table(*this);
    flush();
    // Ports that went may live on in other processes' descriptors: a fresh set forgets them for sure.
    close(epoll_);
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    epoll_event wakeup{EPOLLIN, {.u32 = UINT32_MAX}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, event_, &wakeup);
    serving_.clear();
    polled_ = named_ = armed_ = false;
    for (uint32_t n = 0; n < table->ports.size(); n++) {
        const PortUse &use = table->ports[n];
        if (use.worker == id) {
            serving_.push_back({n});
            continue;
        }
        unsigned me = id;
        if (use.handle->receiving[use.queue].owner.compare_exchange_strong(me, no_worker, std::memory_order_release,
                                                                           std::memory_order_relaxed))
            core.workers[use.worker]->wake_if_asleep();
    }
}

void Worker::resign() {
    core.epochs.enter(id);
    begin_watching();
    table = core.table.load(std::memory_order_acquire);
    for (const PortUse &use : table->ports) {
        unsigned me = id;
        if (use.handle->receiving[use.queue].owner.compare_exchange_strong(me, no_worker, std::memory_order_release,
                                                                           std::memory_order_relaxed))
            core.workers[use.worker]->wake_if_asleep();
    }
    drop_all_held(*this);
    flush();
    table = nullptr;
    serving_.clear();
    core.epochs.leave(id);
}

// Takes a queue that nobody owns. False: another worker does.
bool Worker::own(Serving &serving, uint32_t place) {
    const PortUse &use = table->ports[serving.use];
    unsigned owner = no_worker;
    if (!use.handle->receiving[use.queue].owner.compare_exchange_strong(owner, id, std::memory_order_acquire) && owner != id)
        return false;
    const RxQueue &queue = use.handle->port->rx(use.queue);
    const int descriptor = queue.descriptor();
    serving.owned = true;
    serving.waits = descriptor >= 0 && queue.costs_call();
    named_ |= serving.waits;
    if (descriptor < 0)
        polled_ = true;
    else if (serving.waits || armed_)
        arm(serving, place, descriptor);
    return true;
}

void Worker::arm(Serving &serving, uint32_t place, int descriptor) {
    epoll_event e{EPOLLIN, {.u32 = place}};
    serving.armed = epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &e) == 0;
}

// Packets wake it.
void Worker::arm_all() {
    if (armed_) return;
    armed_ = true;
    if (!enter_table(*this)) return;
    for (uint32_t n = 0; n < serving_.size(); n++) {
        Serving &serving = serving_[n];
        if (!serving.owned || serving.armed) continue;
        const PortUse &use = table->ports[serving.use];
        if (const int descriptor = use.handle->port->rx(use.queue).descriptor(); descriptor >= 0) arm(serving, n, descriptor);
    }
    core.epochs.leave(id);
}

// And no longer: to be in epoll costs who sends a part of each packet.
void Worker::disarm() {
    if (!armed_) return;
    armed_ = false;
    if (!enter_table(*this)) return;
    for (Serving &serving : serving_) {
        if (!serving.armed || serving.waits) continue;
        const PortUse &use = table->ports[serving.use];
        epoll_ctl(epoll_, EPOLL_CTL_DEL, use.handle->port->rx(use.queue).descriptor(), nullptr);
        serving.armed = false;
    }
    core.epochs.leave(id);
}

// The owner of the neighbours reads what the others say; they look what has become known.
bool Worker::look_at_neighbours() {
    if (id == neighbour_owner) {
        const bool said = core.worker_count.load(std::memory_order_relaxed) > 1 || core.used_neighbours.any() || notes.size() > 0;
        const bool moved = said && read_notes(*this);
        if (moved) flush();
        neighbours_seen = neighbours.version();
        if (const uint32_t ups = core.link_ups.load(std::memory_order_acquire); ups != link_ups_seen) [[unlikely]] {
            link_ups_seen = ups;
            next_tick_ = now;
        }
        return moved;
    }
    const uint64_t version = neighbours.version();
    if (version == neighbours_seen) return false;
    neighbours_seen = version;
    if (!gleans.any() || !look_for_neighbours(*this)) return false;
    flush();
    return true;
}

// True: there is something for another.
bool Worker::wake_others(uint64_t neighbours_before) {
    if (left_notes) {
        left_notes = false;
        core.workers[neighbour_owner]->wake_if_asleep();
        return true;
    }
    if (id != neighbour_owner || neighbours.version() == neighbours_before) return false;
    const unsigned count = core.worker_count.load(std::memory_order_acquire);
    for (unsigned other = 1; other < count; other++)
        if (core.workers[other]->waiting_.load(std::memory_order_relaxed)) core.workers[other]->wake_if_asleep();
    return count > 1;
}

bool Worker::step(uint64_t time) {
    now = time;
    core.epochs.enter(id);
    begin_watching();
    const uint64_t neighbours_before = neighbours.version();
    const InterfaceTable *current = core.table.load(std::memory_order_acquire);
    if (current != table) {
        table = current;
        new_table();
    }
    trace_run_ = core.trace_run.load(std::memory_order_acquire);
    bool moved = look_at_neighbours();
    if (holds.any()) {
        release_resolved(*this);
        flush();
    }
    missing_ = false;
    taken_ = {};
    for (uint32_t n = 0; n < serving_.size(); n++) {
        Serving &serving = serving_[n];
        if (!serving.owned && !own(serving, n)) {
            missing_ = true;
            continue;
        }
        if (serving.waits && !serving.ready) continue;
        const bool got = take_burst(table->ports[serving.use]);
        moved |= got;
        if (!got) serving.ready = false;
    }
    if (now >= next_tick_) {
        // Set first: what is done now may want it sooner.
        next_tick_ = now + tick_at_rest;
        if (id == neighbour_owner && neighbour_tick(*this)) tick_soon();
        if (id != neighbour_owner) glean_tick(*this);
        holds_tick(*this);
        if (gleans.any() || holds.any()) tick_soon();
        flush();
    }
    if (now >= fabric_due_) [[unlikely]] {
        fabric_due_ = fabric_tick(*this);
        flush();
    }
    moved |= wake_others(neighbours_before);
    core.epochs.leave(id);
    return moved;
}

// Milliseconds until something is to be done without a packet.
int Worker::sleep_for() const {
    if (polled_) return 0;
    if (missing_) return 1;
    const uint64_t next = std::min(next_tick_, fabric_due_);
    return static_cast<int>((next - std::min(next, now)) / 1000) + 1;
}

void Worker::look_at_descriptors(int timeout) {
    epoll_event events[64];
    const int count = epoll_wait(epoll_, events, 64, timeout);
    for (int n = 0; n < count; n++) {
        const uint32_t at = events[n].data.u32;
        if (at < serving_.size()) {
            serving_[at].ready = true;
        } else {
            uint64_t ignored;
            [[maybe_unused]] const ssize_t r = read(event_, &ignored, sizeof ignored);
        }
    }
}

// Until a packet or another worker wakes it, or something is due.
void Worker::rest(uint64_t time) {
    arm_all();
    waiting_.store(gleans.any(), std::memory_order_relaxed);
    asleep_.store(true, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    // A last turn, for what came before others could know that it sleeps. A new table disarms.
    if (!step(time) && armed_) look_at_descriptors(sleep_for());
    asleep_.store(false, std::memory_order_relaxed);
}

void Worker::run() {
    prctl(PR_SET_TIMERSLACK, 1000);  // nanoseconds: a nap is as long as it says
    while (!stopping_.load(std::memory_order_relaxed)) {
        const uint64_t time = monotonic();
        const bool moved = step(time);
        switch (pace_.after(moved, taken_, time)) {
            case Pace::Next::look: break;
            case Pace::Next::nap: {
                disarm();
                const timespec nap{0, static_cast<long>(pace_.nap()) * 1000};
                nanosleep(&nap, nullptr);
                break;
            }
            case Pace::Next::sleep: rest(time); continue;
        }
        if (named_ && time >= next_look_) {
            next_look_ = time + look_every;
            look_at_descriptors(0);
        }
    }
    resign();
    stopping_ = false;
}

}  // namespace weft
