// Deferred freeing for readers without locks. A worker is online with the epoch that it saw when its burst began, and offline
// (0) while it sleeps; what is taken out of a table is retired with the epoch of that moment and freed once every worker
// is offline or has begun a later burst. Nobody waits: collect() frees what it can. Retire and collect are the programming
// lock's; enter and leave are the workers'.
//
// There may be readers that hold no epoch (the kernel fast path): then what collect() would free becomes ripe, and is freed by
// free_ripe() once those have been waited for too.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>

#include "../packet.h"

namespace weft {

class Epochs {
  public:
    void enter(unsigned worker) { readers_[worker].epoch.store(global_.load(std::memory_order_relaxed)); }
    void leave(unsigned worker) { readers_[worker].epoch.store(0, std::memory_order_release); }

    void retire(std::function<void()> free) { retired_.push_back({global_.load(), std::move(free)}); }

    // Makes what was retired until now free as soon as the bursts under way have ended.
    void collect() {
        if (retired_.empty()) return;
        const uint64_t now = global_.fetch_add(1) + 1;
        uint64_t oldest = now;
        for (const auto &reader : readers_) {
            const uint64_t e = reader.epoch.load();
            if (e) oldest = std::min(oldest, e);
        }
        while (!retired_.empty() && retired_.front().epoch < oldest) {
            if (others_) {
                ripe_.push_back(std::move(retired_.front()));
                retired_.pop_front();
                ripened_++;
            } else {
                free_first(retired_);
            }
        }
    }

    // From now on there are readers without an epoch.
    void expect_others() { others_ = true; }
    size_t ripe() const { return ripe_.size(); }
    // Counts all that ever became ripe.
    uint64_t ripened() const { return ripened_; }
    // Frees those that were ripe when ripened() was `until`.
    void free_ripe(uint64_t until) {
        while (!ripe_.empty() && ripened_ - ripe_.size() < until) free_first(ripe_);
    }

    void free_all() {
        while (!ripe_.empty()) free_first(ripe_);
        while (!retired_.empty()) free_first(retired_);
    }

    size_t pending() const { return retired_.size() + ripe_.size(); }

  private:
    struct alignas(64) Reader {
        std::atomic<uint64_t> epoch{0};
    };
    struct Retired {
        uint64_t epoch;
        std::function<void()> free;
    };
    static void free_first(std::deque<Retired> &of) {
        auto free = std::move(of.front().free);
        of.pop_front();
        free();
    }

    alignas(64) std::atomic<uint64_t> global_{1};
    std::array<Reader, max_workers> readers_;
    std::deque<Retired> retired_, ripe_;
    uint64_t ripened_ = 0;
    bool others_ = false;
};

}  // namespace weft
