// The engine's face: the core under its lock, workers on their threads, and housekeeping (carriers, deferred freeing, the
// mirror of neighbours) on one of its own.
#include "engine.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <thread>

#include "core.h"
#include "worker.h"

namespace weft {

int64_t milliseconds_since_epoch() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

uint64_t monotonic_microseconds() {
    using namespace std::chrono;
    return static_cast<uint64_t>(duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count());
}

struct Engine::Parts {
    explicit Parts(std::unique_ptr<PortFactory> factory) : core(std::move(factory)) {}
    Core core;
    std::vector<std::thread> threads;
    std::thread housekeeping;
    std::mutex lock;
    std::condition_variable changed;
    bool running = false;

    void keep_house();
};

void Engine::Parts::keep_house() {
    auto next_links = std::chrono::steady_clock::now(), next_reopen = next_links;
    std::unique_lock guard(lock);
    while (running) {
        changed.wait_for(guard, std::chrono::milliseconds(20));
        if (!running) break;
        guard.unlock();
        {
            const std::lock_guard program(core.program);
            const auto now = std::chrono::steady_clock::now();
            if (now >= next_links) {
                next_links = now + std::chrono::milliseconds(200);
                core.watch_links();
            }
            if (now >= next_reopen) {
                next_reopen = now + std::chrono::milliseconds(200);
                core.reopen_ports();
            }
            core.tell_neighbours();
            core.tell_misses();
            core.follow_trace(monotonic_microseconds());
            core.epochs.collect();
        }
        guard.lock();
    }
}

Engine::Engine(std::unique_ptr<PortFactory> factory) : parts_(std::make_unique<Parts>(std::move(factory))) {}

Engine::~Engine() { stop(); }

void Engine::start(unsigned workers) {
    if (parts_->running) return;
    Core &core = parts_->core;
    {
        const std::lock_guard guard(core.program);
        for (unsigned id = 0; id < std::clamp(workers, 1u, max_workers); id++)
            core.workers.push_back(std::make_unique<Worker>(core, id));
    }
    parts_->running = true;
    for (const auto &worker : core.workers) parts_->threads.emplace_back([w = worker.get()] { w->run(); });
    parts_->housekeeping = std::thread([this] { parts_->keep_house(); });
}

void Engine::stop() {
    if (!parts_->running) return;
    {
        const std::lock_guard guard(parts_->lock);
        parts_->running = false;
    }
    parts_->changed.notify_all();
    for (const auto &worker : parts_->core.workers) worker->stop();
    for (std::thread &thread : parts_->threads) thread.join();
    parts_->housekeeping.join();
    parts_->threads.clear();
    {
        const std::lock_guard guard(parts_->core.program);
        parts_->core.end_trace();
    }
    const std::lock_guard guard(parts_->core.program);
    parts_->core.workers.clear();
    parts_->core.neighbours.clear();
    parts_->core.tell_neighbours();
    parts_->core.epochs.collect();
}

std::string Engine::stage(uint64_t transaction, const uint8_t *bytes, size_t length) {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.stage(transaction, bytes, length);
}

std::string Engine::prepare(uint64_t transaction, bool full) {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.prepare(transaction, full);
}

void Engine::apply(uint64_t transaction, uint64_t commit) {
    const std::lock_guard guard(parts_->core.program);
    parts_->core.apply(transaction, commit);
}

void Engine::abort(uint64_t transaction) {
    const std::lock_guard guard(parts_->core.program);
    parts_->core.abort(transaction);
}

std::vector<InterfaceState> Engine::interfaces(const std::string &only) const {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.interface_states(only);
}

std::vector<NeighbourState> Engine::neighbours(const std::string &interface) const {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.neighbour_states(interface);
}

std::vector<PortState> Engine::ports() const {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.port_states();
}

std::vector<DropCounter> Engine::drops() const {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.drop_counters();
}

std::vector<AclState> Engine::acls(const std::string &only) const {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.acl_states(only);
}

std::vector<HoldState> Engine::holds() const {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.hold_states();
}

std::vector<PuntState> Engine::punts() const {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.punt_states();
}

std::vector<NodeState> Engine::nodes() const {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.node_states();
}

ObjectPage Engine::objects(uint32_t from, size_t most) const {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.object_page(from, most);
}

std::vector<ObjectState> Engine::object(uint64_t key) const {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.object_state(key);
}

EngineStatistics Engine::statistics() const {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.statistics();
}

std::string Engine::trace(const TraceRequest &request, TraceDone done) {
    const std::lock_guard guard(parts_->core.program);
    if (!parts_->running) return "the engine is not running";
    return parts_->core.begin_trace(request, monotonic_microseconds(), std::move(done));
}

void Engine::end_trace() {
    const std::lock_guard guard(parts_->core.program);
    parts_->core.end_trace();
}

void Engine::on_event(std::function<void(const Event &)> handler) {
    const std::lock_guard guard(parts_->core.handler_lock);
    parts_->core.handler = std::move(handler);
}

}  // namespace weft
