#include "pool.h"

#include <malloc.h>

namespace libyang_js {

namespace {

// Longer work is bulk work: slices of prints and edits of some nodes are shorter.
constexpr auto bulk_time = std::chrono::milliseconds(20);
constexpr auto idle_time = std::chrono::milliseconds(300);

}  // namespace

Pool::Pool(size_t readers) {
    running_ = readers + 1;
    threads_.emplace_back([this] { run(queues_[0]); });
    for (size_t i = 0; i < readers; i++) {
        threads_.emplace_back([this] { run(queues_[1]); });
    }
}

Pool::~Pool() {
    abort();
    join();
}

bool Pool::post(Lane lane, Work work) {
    std::scoped_lock lock(mutex_);
    if (aborted_) {
        // Kept for join(), which drops it without a recursion; behind join() it is dropped by the caller.
        if (!joined_) {
            dropped_.push_back(std::move(work));
        }
        return false;
    }
    auto &queue = queues_[static_cast<size_t>(lane)];
    queue.work.push_back(std::move(work));
    queue.wake.notify_one();
    return true;
}

void Pool::close() {
    std::scoped_lock lock(mutex_);
    closed_ = true;
    for (auto &queue : queues_) {
        queue.wake.notify_all();
    }
}

void Pool::abort() {
    std::scoped_lock lock(mutex_);
    aborted_ = closed_ = true;
    for (auto &queue : queues_) {
        for (auto &work : queue.work) {
            dropped_.push_back(std::move(work));
        }
        queue.work.clear();
        queue.wake.notify_all();
    }
}

void Pool::join() {
    for (auto &thread : threads_) {
        if (thread.joinable()) {
            thread.join();
        }
    }
    // Dropped work gives leases back, which admits more work, which lands here.
    std::unique_lock lock(mutex_);
    while (!dropped_.empty()) {
        std::deque<Work> dropped;
        dropped.swap(dropped_);
        lock.unlock();
        dropped.clear();
        lock.lock();
    }
    joined_ = true;
}

// Waits for work. True when there was none for so long that memory should be given back.
bool Pool::quiet(std::unique_lock<std::mutex> &lock, Queue &queue) {
    const auto some = [&] { return closed_ || !queue.work.empty(); };
    if (&queue != &queues_[static_cast<size_t>(Lane::read)]) {
        queue.wake.wait(lock, some);
        return false;
    }
    queue.wake.wait(lock, [&] { return some() || bulk_end_; });
    while (!some() && bulk_end_) {
        const auto until = *bulk_end_ + idle_time;
        if (!queue.wake.wait_until(lock, until, some) && bulk_end_ && *bulk_end_ + idle_time <= until) {
            return true;
        }
    }
    return false;
}

void Pool::run(Queue &queue) {
    std::unique_lock lock(mutex_);
    for (;;) {
        if (quiet(lock, queue)) {
            bulk_end_.reset();
            lock.unlock();
            malloc_trim(0);
            lock.lock();
            continue;
        }
        if (queue.work.empty()) {
            if (!closed_) {
                continue;  // another reader has given memory back
            }
            break;
        }
        auto work = std::move(queue.work.front());
        queue.work.pop_front();
        lock.unlock();
        const auto start = Clock::now();
        const bool again = work();
        if (!again) {
            work = nullptr;
        }
        const auto end = Clock::now();
        lock.lock();
        if (end - start >= bulk_time) {
            bulk_end_ = end;
            queues_[static_cast<size_t>(Lane::read)].wake.notify_one();
        }
        if (again) {
            (aborted_ ? dropped_ : queue.work).push_back(std::move(work));
        }
    }
    running_--;
}

}  // namespace libyang_js
