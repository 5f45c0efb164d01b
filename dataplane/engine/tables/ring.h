// A ring from one thread to another without locks: the producer never waits, and what does not fit is the caller's affair.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

namespace weft {

template <class Item, size_t capacity>
class Ring {
  public:
    // The producer's. False: full.
    bool push(const Item &item) {
        const size_t head = head_.load(std::memory_order_relaxed);
        if (head - tail_.load(std::memory_order_acquire) == capacity) return false;
        items_[head % capacity] = item;
        head_.store(head + 1, std::memory_order_release);
        return true;
    }
    // The producer's; the consumer may have taken more meanwhile.
    size_t size() const { return head_.load(std::memory_order_relaxed) - tail_.load(std::memory_order_acquire); }

    // The consumer's.
    bool any() const { return tail_.load(std::memory_order_relaxed) != head_.load(std::memory_order_acquire); }
    // The consumer's: all that is there now, in order.
    template <class Visit>
    void drain(Visit visit) {
        size_t tail = tail_.load(std::memory_order_relaxed);
        const size_t head = head_.load(std::memory_order_acquire);
        for (; tail != head; tail++) visit(items_[tail % capacity]);
        tail_.store(tail, std::memory_order_release);
    }

  private:
    std::array<Item, capacity> items_;
    alignas(64) std::atomic<size_t> head_{0};
    alignas(64) std::atomic<size_t> tail_{0};
};

}  // namespace weft
