#include "gate.h"

#include <atomic>

namespace libyang_js {

void Gate::enter(bool write, std::function<void()> granted) {
    std::unique_lock lock(mutex_);
    queue_.push_back({write, std::move(granted)});
    admit(lock);
}

bool Gate::enter_now() {
    std::scoped_lock lock(mutex_);
    if (writer_ || !queue_.empty()) {
        return false;
    }
    readers_++;
    return true;
}

void Gate::leave(bool write) {
    std::unique_lock lock(mutex_);
    if (write) {
        writer_ = false;
    } else {
        readers_--;
    }
    admit(lock);
}

bool Gate::written() const {
    std::scoped_lock lock(mutex_);
    if (writer_) {
        return true;
    }
    for (const auto &waiting : queue_) {
        if (waiting.write) {
            return true;
        }
    }
    return false;
}

bool Gate::used() const {
    std::scoped_lock lock(mutex_);
    return writer_ || readers_ > 0 || !queue_.empty();
}

void Gate::admit(std::unique_lock<std::mutex> &lock) {
    std::vector<std::function<void()>> granted;
    while (!queue_.empty() && !writer_ && !(queue_.front().write && readers_ > 0)) {
        auto &front = queue_.front();
        if (front.write) {
            writer_ = true;
        } else {
            readers_++;
        }
        granted.push_back(std::move(front.granted));
        queue_.pop_front();
    }
    lock.unlock();
    for (auto &call : granted) {
        call();
    }
}

void Lease::take(std::function<void()> granted) {
    taken_ = true;
    if (turns_.empty()) {
        granted();
        return;
    }
    // Who is last to be let in lets go of the lease before it calls: then only the call's own owner holds it, and it is
    // given back when that one says, whatever other threads still have in hand.
    struct Waiting {
        std::atomic<size_t> missing;
        std::shared_ptr<Lease> lease;
        std::function<void()> granted;
    };
    auto waiting = std::make_shared<Waiting>(turns_.size(), shared_from_this(), std::move(granted));
    // With the last turn all may be over, and this lease gone.
    const auto turns = turns_;
    for (const auto &turn : turns) {
        turn.gate->enter(turn.write, [waiting] {
            if (--waiting->missing == 0) {
                const auto call = std::move(waiting->granted);
                waiting->lease.reset();
                call();
            }
        });
    }
}

bool Lease::take_now() {
    for (auto turn = turns_.begin(); turn != turns_.end(); ++turn) {
        if (turn->gate->enter_now()) {
            continue;
        }
        while (turn != turns_.begin()) {
            (--turn)->gate->leave(false);
        }
        return false;
    }
    taken_ = true;
    return true;
}

Lease::~Lease() {
    if (taken_) {
        for (auto &turn : turns_) {
            turn.gate->leave(turn.write);
        }
    }
}

}  // namespace libyang_js
