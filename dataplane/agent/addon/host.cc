#include "host.h"

#include <pthread.h>

#include <exception>

namespace weft::addon {

Host &Host::instance() {
    // Never destroyed: engine threads may outlast the static destructors of a process that ends in haste.
    static Host *host = new Host;
    return *host;
}

void Host::start(const std::string &keeper, unsigned workers) {
    const std::lock_guard lock(engine_mutex_);
    if (engine_) return;
    auto factory = std::make_unique<KeeperFactory>(keeper);
    factory_ = factory.get();
    auto engine = std::make_unique<Engine>(std::move(factory));
    engine->on_event([this](const Event &event) { tell(event); });
    engine->start(workers);
    engine_ = std::move(engine);
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "programming");
}

void Host::stop() {
    {
        const std::lock_guard lock(queue_mutex_);
        ending_ = true;
    }
    queued_.notify_all();
    if (thread_.joinable()) thread_.join();
    const std::lock_guard lock(engine_mutex_);
    if (engine_) engine_->stop();
}

Engine *Host::engine() {
    const std::lock_guard lock(engine_mutex_);
    return engine_.get();
}

void Host::program(std::function<void()> work) {
    {
        const std::lock_guard lock(queue_mutex_);
        if (ending_) return;
        queue_.push_back(std::move(work));
    }
    queued_.notify_one();
}

void Host::run() {
    while (true) {
        std::unique_lock lock(queue_mutex_);
        queued_.wait(lock, [this] { return ending_ || !queue_.empty(); });
        if (ending_) return;
        const std::function<void()> work = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        work();
    }
}

namespace {

// Out of memory, at worst: a transaction's failure, never the engine's end.
template <typename Work>
std::string guarded(Work work) {
    try {
        return work();
    } catch (const std::exception &exception) {
        return std::string("the engine can't take this: ") + exception.what();
    }
}

}  // namespace

void Host::stage(uint64_t transaction, std::vector<uint8_t> bytes) {
    auto block = std::make_shared<std::vector<uint8_t>>(std::move(bytes));
    program([this, transaction, block] {
        Staged &staged = open_[transaction];
        if (!staged.error.empty()) return;
        staged.error = guarded([&] { return engine_->stage(transaction, block->data(), block->size()); });
    });
}

void Host::prepare(uint64_t transaction, bool full, Prepared done) {
    program([this, transaction, full, done = std::move(done)] {
        Staged &staged = open_[transaction];
        staged.full = full;
        std::vector<Refusal> refusals;
        if (staged.error.empty()) staged.error = guarded([&] { return engine_->prepare(transaction, full, &refusals); });
        done(staged.error, std::move(refusals));
    });
}

void Host::apply(uint64_t transaction, uint64_t commit, Done done) {
    program([this, transaction, commit, done = std::move(done)] {
        const auto staged = open_.find(transaction);
        if (staged == open_.end() || !staged->second.error.empty()) {
            done("transaction " + std::to_string(transaction) + " is not prepared");
            return;
        }
        const bool full = staged->second.full;
        open_.erase(staged);
        engine_->apply(transaction, commit);
        if (full) factory_->remove_unclaimed();
        done({});
    });
}

void Host::abort(uint64_t transaction, Done done) {
    program([this, transaction, done = std::move(done)] {
        if (open_.erase(transaction) > 0) engine_->abort(transaction);
        done({});
    });
}

void Host::reset(Done done) {
    program([this, done = std::move(done)] {
        for (const auto &[transaction, staged] : open_) engine_->abort(transaction);
        open_.clear();
        done({});
    });
}

uint64_t Host::subscribe(std::function<void(const Event &)> handler) {
    const std::lock_guard lock(handlers_mutex_);
    handlers_[next_handler_] = std::move(handler);
    return next_handler_++;
}

void Host::unsubscribe(uint64_t number) {
    const std::lock_guard lock(handlers_mutex_);
    handlers_.erase(number);
}

void Host::tell(const Event &event) {
    const std::lock_guard lock(handlers_mutex_);
    for (const auto &[number, handler] : handlers_) handler(event);
}

}  // namespace weft::addon
