#include "pool.h"

namespace libyang_js {

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
    auto &queue = queues_[lane == Lane::write ? 0 : 1];
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

void Pool::run(Queue &queue) {
    std::unique_lock lock(mutex_);
    for (;;) {
        queue.wake.wait(lock, [&] { return closed_ || !queue.work.empty(); });
        if (queue.work.empty()) {
            break;
        }
        auto work = std::move(queue.work.front());
        queue.work.pop_front();
        lock.unlock();
        const bool again = work();
        if (!again) {
            work = nullptr;
        }
        lock.lock();
        if (again) {
            (aborted_ ? dropped_ : queue.work).push_back(std::move(work));
        }
    }
    running_--;
}

}  // namespace libyang_js
