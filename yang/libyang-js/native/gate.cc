#include "gate.h"

namespace libyang_js {

void Gate::enter(bool write, std::function<void()> granted) {
    std::unique_lock lock(mutex_);
    queue_.push_back({write, std::move(granted)});
    admit(lock);
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
    missing_ = turns_.size();
    auto self = shared_from_this();
    auto shared = std::make_shared<std::function<void()>>(std::move(granted));
    for (auto &turn : turns_) {
        turn.gate->enter(turn.write, [self, shared] {
            if (--self->missing_ == 0) {
                (*shared)();
            }
        });
    }
}

Lease::~Lease() {
    if (taken_) {
        for (auto &turn : turns_) {
            turn.gate->leave(turn.write);
        }
    }
}

}  // namespace libyang_js
