// Routes by exact prefix: open addressing with linear probing, one writer, readers without locks. A slot's key never changes
// while its table lives, so a reader that sees a value sees the key that belongs to it: a deleted route leaves its slot to the
// same prefix, and a rebuilt table (growth, too many dead slots) replaces the old one, which is retired.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>

#include "epochs.h"
#include "hash.h"

namespace weft {

template <class Bits>
class RouteMap {
  public:
    static constexpr uint32_t empty = 0, dead = 1, first = 2;

    struct Slot {
        Bits bits;
        uint8_t length;
        std::atomic<uint32_t> value;  // empty, dead, or object + first
        uint64_t mark;                // when the programmer last set it; the writer's
    };

    explicit RouteMap(Epochs &epochs) : epochs_(&epochs), table_(new Table(16)) {}
    ~RouteMap() { delete table_.load(); }
    RouteMap(const RouteMap &) = delete;

    // Any thread that is in an epoch. Object, or -1.
    int64_t find(const Bits &bits, uint8_t length) const {
        const Table *t = table_.load(std::memory_order_acquire);
        for (uint64_t i = hash_prefix(bits, length);; i++) {
            const Slot &s = t->slots[i & t->mask];
            const uint32_t v = s.value.load(std::memory_order_acquire);
            if (v == empty) return -1;
            if (s.length == length && s.bits == bits) return v == dead ? -1 : static_cast<int64_t>(v - first);
        }
    }

    size_t size() const { return live_.load(std::memory_order_relaxed); }

    // Room for `more` routes without another allocation. May throw bad_alloc, nothing changed.
    void reserve(size_t more) {
        const Table *t = table_.load(std::memory_order_relaxed);
        if ((used_ + more) * 4 <= (t->mask + 1) * 3) return;
        rebuild(std::bit_ceil((live_.load(std::memory_order_relaxed) + more) * 2 + 16));
    }

    // The writer's: the slot of a prefix, made if it is new; `before` gets the object it had, or -1.
    Slot &set(const Bits &bits, uint8_t length, uint32_t object, int64_t &before) {
        reserve(1);
        Table *t = table_.load(std::memory_order_relaxed);
        for (uint64_t i = hash_prefix(bits, length);; i++) {
            Slot &s = t->slots[i & t->mask];
            const uint32_t v = s.value.load(std::memory_order_relaxed);
            if (v == empty) {
                s.bits = bits;
                s.length = length;
                used_++;
            } else if (s.length != length || !(s.bits == bits)) {
                continue;
            }
            before = v < first ? -1 : static_cast<int64_t>(v - first);
            if (before < 0) live_.store(live_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
            s.value.store(object + first, std::memory_order_release);
            return s;
        }
    }

    // The writer's: null when there is no such route.
    Slot *find_slot(const Bits &bits, uint8_t length) {
        Table *t = table_.load(std::memory_order_relaxed);
        for (uint64_t i = hash_prefix(bits, length);; i++) {
            Slot &s = t->slots[i & t->mask];
            const uint32_t v = s.value.load(std::memory_order_relaxed);
            if (v == empty) return nullptr;
            if (s.length == length && s.bits == bits) return v == dead ? nullptr : &s;
        }
    }

    void erase(Slot &slot) {
        slot.value.store(dead, std::memory_order_release);
        live_.store(live_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
    }

    // The writer's, over living routes; `visit` may erase the slot it is given.
    template <class Visit>
    void each(Visit visit) {
        Table *t = table_.load(std::memory_order_relaxed);
        for (uint64_t i = 0; i <= t->mask; i++)
            if (t->slots[i].value.load(std::memory_order_relaxed) >= first) visit(t->slots[i]);
    }

  private:
    struct Table {
        explicit Table(uint64_t size) : mask(size - 1), slots(new Slot[size]()) {}
        uint64_t mask;
        std::unique_ptr<Slot[]> slots;
    };

    void rebuild(uint64_t size) {
        auto next = std::make_unique<Table>(size);
        Table *old = table_.load(std::memory_order_relaxed);
        size_t used = 0;
        for (uint64_t i = 0; i <= old->mask; i++) {
            const Slot &s = old->slots[i];
            const uint32_t v = s.value.load(std::memory_order_relaxed);
            if (v < first) continue;
            uint64_t j = hash_prefix(s.bits, s.length);
            while (next->slots[j & next->mask].value.load(std::memory_order_relaxed) != empty) j++;
            Slot &n = next->slots[j & next->mask];
            n.bits = s.bits;
            n.length = s.length;
            n.mark = s.mark;
            n.value.store(v, std::memory_order_relaxed);
            used++;
        }
        epochs_->retire([old] { delete old; });
        table_.store(next.release(), std::memory_order_release);
        used_ = used;
    }

    Epochs *epochs_;
    std::atomic<Table *> table_;
    size_t used_ = 0;  // living and dead
    std::atomic<size_t> live_{0};
};

}  // namespace weft
