// The engine's face: the core under its lock, workers on their threads, and housekeeping (carriers, deferred freeing, the
// mirror of neighbours) on one of its own.
#include "engine.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
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
    explicit Parts(std::unique_ptr<PortFactory> factory) : core(std::move(factory)) {
        if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) CPU_ZERO(&allowed);
        core.start_worker = [this](unsigned id) {
            threads[id] = std::thread([worker = core.workers[id].get()] { worker->run(); });
            pthread_setname_np(threads[id].native_handle(), ("worker " + std::to_string(id)).c_str());
        };
        core.stop_worker = [this](unsigned id) {
            core.workers[id]->stop();
            threads[id].join();
        };
        core.worker_time = [this](unsigned id) {
            clockid_t clock;
            timespec t{};
            if (!threads[id].joinable() || pthread_getcpuclockid(threads[id].native_handle(), &clock) != 0 || clock_gettime(clock, &t) != 0)
                return uint64_t{0};
            return static_cast<uint64_t>(t.tv_sec) * 1000000 + static_cast<uint64_t>(t.tv_nsec) / 1000;
        };
        core.pin_worker = [this](unsigned id, int cpu) { return pin(id, cpu); };
    }
    Core core;
    std::array<std::thread, max_workers> threads;  // by worker
    cpu_set_t allowed;
    std::thread housekeeping;
    std::atomic<bool> running{false};

    void keep_house();
    std::string pin(unsigned id, int cpu);
};

std::string Engine::Parts::pin(unsigned id, int cpu) {
    cpu_set_t wanted = allowed;
    if (cpu != Crew::any_cpu) {
        if (cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &allowed)) return "CPU " + std::to_string(cpu) + " is not one that this process may use";
        CPU_ZERO(&wanted);
        CPU_SET(cpu, &wanted);
    }
    const int code = threads[id].joinable() ? pthread_setaffinity_np(threads[id].native_handle(), sizeof wanted, &wanted) : 0;
    if (code == 0) return {};
    return "CPU " + std::to_string(cpu) + ": " + std::strerror(code);
}

// Housekeeping sleeps until workers have something to tell, a device changes, or what was taken out of the tables may be free; and
// looks at everything once a second all the same.
void Engine::Parts::keep_house() {
    using clock = std::chrono::steady_clock;
    constexpr std::chrono::milliseconds settled(10), often(200), always(1000);
    constexpr size_t all_may_wait = SIZE_MAX;
    auto look_at_links = clock::now(), look_at_losses = look_at_links;
    int timeout = 0;
    int links = -1;
    while (true) {
        pollfd waiting[2] = {{core.call_event, POLLIN, 0}, {links, POLLIN, 0}};
        poll(waiting, 2, timeout);
        if (!running.load(std::memory_order_acquire)) return;
        if (waiting[0].revents) {
            uint64_t ignored;
            [[maybe_unused]] const ssize_t n = read(core.call_event, &ignored, sizeof ignored);
            core.called.store(false, std::memory_order_release);
        }
        std::unique_lock program(core.program);
        const auto now = clock::now();
        if (waiting[1].revents) {
            core.factory->read_link_events();
            look_at_links = std::min<clock::time_point>(look_at_links, now + settled);
        }
        if (core.links_moved.exchange(false, std::memory_order_acquire)) look_at_links = now;
        if (now >= look_at_links) {
            core.watch_links();
            core.follow_devices();
            if (core.fast) core.fast->follow_devices();
            if (core.misses_ports()) core.reopen_ports();
            look_at_links = now + (core.misses_ports() ? often : always);
            links = core.factory->link_events();
            if (core.fast) core.fast->tell_used();
            if (now >= look_at_losses) {
                core.watch_losses();
                look_at_losses = now + always - settled;
            }
            core.tell_conditions();
            core.age_macs(monotonic_microseconds());
            if (links < 0) look_at_links = now + often;
        }
        core.tell_neighbours();
        core.tell_misses();
        core.note_moves();
        core.follow_trace(monotonic_microseconds());
        const bool emptying = core.close_queues();
        core.collect(all_may_wait);
        const uint64_t ripened = core.epochs.ripened();
        if (core.fast && core.epochs.ripe()) {
            // Nobody else ends it: this thread is the one that stop() waits for first.
            program.unlock();
            core.fast->grace();
            program.lock();
            core.epochs.free_ripe(ripened);
        }
        const auto rest = std::chrono::ceil<std::chrono::milliseconds>(look_at_links - now);
        timeout = static_cast<int>(std::clamp<int64_t>(rest.count(), 1, 1000));
        if (core.trace_busy || core.epochs.pending() || emptying) timeout = std::min(timeout, 20);
    }
}

Engine::Engine(std::unique_ptr<PortFactory> factory) : parts_(std::make_unique<Parts>(std::move(factory))) {}

Engine::~Engine() { stop(); }

void Engine::start(unsigned workers) {
    if (parts_->running) return;
    Core &core = parts_->core;
    const std::lock_guard guard(core.program);
    const unsigned count = std::clamp(workers, 1u, max_workers);
    core.default_workers = core.registry.crew.count = count;
    while (core.workers.size() < count) core.add_worker();
    for (unsigned id = 0; id < count; id++) core.start_worker(id);
    core.settle_workers();
    parts_->running = true;
    parts_->housekeeping = std::thread([this] { parts_->keep_house(); });
}

void Engine::stop() {
    if (!parts_->running) return;
    Core &core = parts_->core;
    parts_->running = false;
    core.called = false;
    core.call_housekeeping();
    parts_->housekeeping.join();
    const std::lock_guard guard(core.program);
    for (unsigned id = 0; id < core.running_workers; id++) core.workers[id]->stop();
    for (unsigned id = 0; id < core.running_workers; id++) parts_->threads[id].join();
    core.end_trace();
    core.forget_captures();
    core.end_fast_path();
    core.running_workers = 0;
    core.worker_count = 0;
    core.workers.clear();
    core.neighbour_table.clear();
    core.neighbours.clear();
    core.tell_neighbours();
    core.epochs.collect();
}

std::string Engine::stage(uint64_t transaction, const uint8_t *bytes, size_t length) {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.stage(transaction, bytes, length);
}

std::string Engine::prepare(uint64_t transaction, bool full, std::vector<Refusal> *refusals) {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.prepare(transaction, full, refusals);
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

std::vector<NetworkDevice> Engine::devices() const {
    const std::lock_guard guard(parts_->core.program);
    std::vector<NetworkDevice> found = parts_->core.factory->devices();
    std::sort(found.begin(), found.end(), [](const auto &a, const auto &b) { return a.name < b.name; });
    return found;
}

std::vector<WorkerState> Engine::workers() const {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.worker_states();
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

std::vector<BridgeState> Engine::bridges(const std::string &only) const {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.bridge_states(only);
}

MacPage Engine::macs(const MacQuery &query, uint32_t from, size_t most) const {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.mac_page(query, from, most, monotonic_microseconds());
}

uint32_t Engine::clear_macs(const MacQuery &query) {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.clear_macs(query);
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
    std::string error = parts_->core.begin_trace(request, monotonic_microseconds(), std::move(done));
    parts_->core.call_housekeeping();
    return error;
}

void Engine::end_trace() {
    const std::lock_guard guard(parts_->core.program);
    parts_->core.end_trace();
}

std::string Engine::begin_capture(uint64_t number, const CaptureRequest &request) {
    const std::lock_guard guard(parts_->core.program);
    if (!parts_->running) return "the engine is not running";
    return parts_->core.begin_capture(number, request, monotonic_microseconds());
}

bool Engine::read_capture(uint64_t number, size_t most, CaptureChunk &chunk) {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.read_capture(number, most, monotonic_microseconds(), chunk);
}

void Engine::end_capture(uint64_t number) {
    const std::lock_guard guard(parts_->core.program);
    parts_->core.end_capture(number);
}

void Engine::forget_captures() {
    const std::lock_guard guard(parts_->core.program);
    parts_->core.forget_captures();
}

std::vector<MirrorState> Engine::mirrors() const {
    const std::lock_guard guard(parts_->core.program);
    return parts_->core.mirror_states();
}

void Engine::on_event(std::function<void(const Event &)> handler) {
    const std::lock_guard guard(parts_->core.handler_lock);
    parts_->core.handler = std::move(handler);
}

}  // namespace weft
