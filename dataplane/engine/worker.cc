#include "worker.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "nodes/nodes.h"

namespace weft {
namespace {

constexpr uint64_t tick_every = 100000, look_every = 50;
constexpr unsigned empty_turns_before_sleep = 64;

uint64_t monotonic() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<uint64_t>(t.tv_sec) * 1000000 + static_cast<uint64_t>(t.tv_nsec) / 1000;
}

}  // namespace

Worker::Worker(Core &c, unsigned number) : core(c), id(number), epoll_(epoll_create1(EPOLL_CLOEXEC)), event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    core.objects.add_worker(id);
    dirty_.reserve(256);
    for (size_t n = 0; n < node_count; n++) vectors_[n] = &memory_[n];
    spare_ = &memory_[node_count];
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

void Worker::drop(Packet &p, Drop reason) {
    drops[static_cast<size_t>(reason)] += 1;
    if (tracing) [[unlikely]] trace_drop(p, reason);
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
    for (PortHandle *port : dirty_) {
        if (port->queued) port->port->transmit(port->queue, port->queued);
        port->port->flush();
        port->queued = 0;
        port->dirty = false;
    }
    dirty_.clear();
    arena.reset();
    holding.flushed();
}

void Worker::enter(const PortUse &use, Packet *packets, size_t count) {
    switch (use.role) {
        case PortRole::data:
            for (size_t n = 0; n < count; n++) {
                __builtin_prefetch(packets[n].data);
                packets[n].interface = use.interface;
                push(Node::ethernet_input, &packets[n]);
            }
            break;
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
    Port &port = *use.handle->port;
    const size_t count = port.receive(burst_.data(), burst_size);
    if (count == 0) return false;
    burst_vrf = nullptr;
    if (trace_run_) [[unlikely]]
        enter_traced(use, count);
    else
        enter(use, burst_.data(), count);
    run_graph();
    flush();
    port.release();
    return true;
}

void Worker::new_table() {
    neighbours_follow_table(*this);
    flush();
    icmp_errors.set(table->settings.icmp_errors);
    for (size_t n = 0; n < punts.size(); n++) punts[n].bucket.set(table->settings.punt[n]);
    // Ports that went may live on in other processes' descriptors: a fresh set forgets them for sure.
    close(epoll_);
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    epoll_event wakeup{EPOLLIN, {.u32 = UINT32_MAX}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, event_, &wakeup);
    ready_.assign(table->ports.size(), 1);
    polled_ = false;
    for (uint32_t n = 0; n < table->ports.size(); n++) {
        const int descriptor = table->ports[n].handle->port->descriptor();
        if (descriptor < 0) {
            polled_ = true;
            continue;
        }
        epoll_event e{EPOLLIN, {.u32 = n}};
        epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &e);
    }
}

bool Worker::step(uint64_t time) {
    now = time;
    core.epochs.enter(id);
    const InterfaceTable *current = core.table.load(std::memory_order_acquire);
    if (current != table) {
        table = current;
        new_table();
    }
    trace_run_ = core.trace_run.load(std::memory_order_acquire);
    if (holds.any()) {
        release_resolved(*this);
        flush();
    }
    bool moved = false;
    // All ports belong to the first worker.
    for (size_t n = 0; id == 0 && n < table->ports.size(); n++) {
        const PortUse &use = table->ports[n];
        // Rings are looked into for nothing; taps cost a system call, so they wait until epoll names them.
        if (use.role != PortRole::data && !ready_[n]) continue;
        const bool got = take_burst(use);
        moved |= got;
        if (!got && use.handle->port->descriptor() >= 0) ready_[n] = 0;
    }
    if (now >= next_tick_) {
        next_tick_ = now + tick_every;
        neighbour_tick(*this);
        holds_tick(*this);
        flush();
    }
    core.epochs.leave(id);
    return moved;
}

void Worker::look_at_descriptors(int timeout) {
    epoll_event events[64];
    const int count = epoll_wait(epoll_, events, 64, timeout);
    for (int n = 0; n < count; n++) {
        const uint32_t at = events[n].data.u32;
        if (at < ready_.size()) {
            ready_[at] = 1;
        } else {
            uint64_t ignored;
            [[maybe_unused]] const ssize_t r = read(event_, &ignored, sizeof ignored);
        }
    }
}

void Worker::run() {
    unsigned empty = 0;
    while (!stopping_.load(std::memory_order_relaxed)) {
        const uint64_t time = monotonic();
        if (step(time))
            empty = 0;
        else
            empty++;
        if (empty >= empty_turns_before_sleep) {
            look_at_descriptors(polled_ ? 0 : 100);
            empty = 0;
        } else if (time >= next_look_) {
            next_look_ = time + look_every;
            look_at_descriptors(0);
        }
    }
}

}  // namespace weft
