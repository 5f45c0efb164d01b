// The threads of one context: one that writes and some that read. Nothing runs on libuv's pool.
//
// Work that is not done after its share of time asks to be put at the end of the queue again, so that a long print
// does not hold up a short read. Once bulk work is done and the readers have been idle for a moment, one of them gives
// what was freed back to the system: the heap keeps it otherwise, for a big edit as much as the tree itself. The owner is the environment (addon.h); close() lets queued work finish,
// abort() drops it, and join() returns when the threads are gone.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace libyang_js {

enum class Lane : uint8_t { write, read };

class Pool {
  public:
    // Work answers true to be called again later.
    using Work = std::function<bool()>;

    explicit Pool(size_t readers);
    ~Pool();
    // False when the pool has been aborted: the work is dropped.
    bool post(Lane lane, Work work);
    void close();
    void abort();
    void join();
    bool done() const { return running_ == 0; }

    // Lets go of something big on a reader's thread.
    template <class T>
    void drop(std::shared_ptr<T> &&pointer) {
        if (pointer && pointer.use_count() == 1) {
            auto box = std::make_shared<std::shared_ptr<T>>(std::move(pointer));
            post(Lane::read, [box] {
                box->reset();
                return false;
            });
        }
        pointer.reset();
    }

  private:
    using Clock = std::chrono::steady_clock;
    struct Queue {
        std::deque<Work> work;
        std::condition_variable wake;
    };
    void run(Queue &queue);
    bool quiet(std::unique_lock<std::mutex> &lock, Queue &queue);

    std::mutex mutex_;
    Queue queues_[2];
    std::deque<Work> dropped_;
    bool closed_ = false;
    bool aborted_ = false;
    bool joined_ = false;
    std::optional<Clock::time_point> bulk_end_;  // of the last bulk work since memory was given back
    std::atomic<size_t> running_{0};
    std::vector<std::thread> threads_;
};

}  // namespace libyang_js
