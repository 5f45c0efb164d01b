// Deferred freeing for readers without locks. A worker is online with the epoch that it saw when its burst began, and offline
// (0) while it sleeps; what is taken out of a table is retired with the epoch of that moment and freed once every worker
// is offline or has begun a later burst. Nobody waits: collect() frees what it can. Retire and collect are the programming
// lock's; enter and leave are the workers'.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>

namespace weft {

inline constexpr unsigned max_workers = 16;

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
            auto free = std::move(retired_.front().free);
            retired_.pop_front();
            free();
        }
    }

    void free_all() {
        while (!retired_.empty()) {
            auto free = std::move(retired_.front().free);
            retired_.pop_front();
            free();
        }
    }

    size_t pending() const { return retired_.size(); }

  private:
    struct alignas(64) Reader {
        std::atomic<uint64_t> epoch{0};
    };
    struct Retired {
        uint64_t epoch;
        std::function<void()> free;
    };
    alignas(64) std::atomic<uint64_t> global_{1};
    std::array<Reader, max_workers> readers_;
    std::deque<Retired> retired_;
};

}  // namespace weft
