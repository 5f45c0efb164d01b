// The queue before a tree or a journal: many readers or one writer, first come first served.
//
// A lease is a place in the queues of everything that one call touches. All its places are taken at once, by the
// thread that owns the environment, so the order is the same in every queue and no two leases wait for each other.
// A lease is given back when its last owner lets go of it, on any thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace libyang_js {

class Gate {
  public:
    // Calls `granted` as soon as it is this caller's turn: at once, or later on the thread that lets it in.
    void enter(bool write, std::function<void()> granted);
    // Lets a reader in when that needs no waiting.
    bool enter_now();
    void leave(bool write);
    // Someone is inside or waits who is to write.
    bool written() const;
    bool used() const;

  private:
    struct Waiting {
        bool write;
        std::function<void()> granted;
    };
    void admit(std::unique_lock<std::mutex> &lock);

    mutable std::mutex mutex_;
    std::deque<Waiting> queue_;
    size_t readers_ = 0;
    bool writer_ = false;
};

struct Turn {
    std::shared_ptr<Gate> gate;
    bool write;
};

class Lease : public std::enable_shared_from_this<Lease> {
  public:
    explicit Lease(std::vector<Turn> turns) : turns_(std::move(turns)) {}
    ~Lease();
    // One of these, once, after construction by make_shared.
    void take(std::function<void()> granted);
    // For reading. False when it would have to wait: then it has taken nothing, and may still be taken.
    bool take_now();

  private:
    std::vector<Turn> turns_;
    bool taken_ = false;
};

}  // namespace libyang_js
