// The routes of one VRF and family by exact prefix: what the programmer asks before it changes the table that packets read.
// Open addressing with linear probing in a power of two of slots of 8 (IPv4) or 24 octets (IPv6), at most three quarters full;
// a deleted route's slot is filled by moving others back. The programming lock's: packets never come here.
// Cost: one cache line, mostly, which prefetch() brings in ahead.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "../net/address.h"
#include "hash.h"
#include "pages.h"

namespace weft {

template <class Bits>
class RouteStore {
    static constexpr bool v4 = sizeof(Bits) == 4;
    using Word = std::conditional_t<v4, uint32_t, uint64_t>;

  public:
    static constexpr uint32_t most_objects = 1u << 24;

    struct Slot {
        Bits bits;
        Word object : 24;
        Word length1 : v4 ? 6 : 8;  // length + 1; 0: empty
        Word generation : 1;        // of the full transaction that last set it: mark and sweep
        Word kept : 1;              // set by the last record about it in the transaction under way
        uint8_t length() const { return static_cast<uint8_t>(length1 - 1); }
    };

    size_t size() const { return size_; }

    // How many routes there may be before memory is needed.
    size_t room() const { return capacity() / 4 * 3; }
    // Room for `more` routes without another allocation. Throws bad_alloc, nothing changed.
    void reserve(size_t more) {
        if (size_ + more <= room()) return;
        rebuild(std::max(std::bit_ceil((size_ + more) * 4 / 3 + 1), std::bit_floor(4096 / sizeof(Slot))));
    }

    void prefetch(const Bits &bits, uint8_t length) const {
        if (slots_) __builtin_prefetch(&slots_[home(bits, length)]);
    }

    // Null when there is no such route.
    Slot *find(const Bits &bits, uint8_t length) const {
        if (!slots_) return nullptr;
        for (size_t i = home(bits, length);; i = (i + 1) & mask_) {
            Slot &s = slots_[i];
            if (s.length1 == 0) return nullptr;
            if (s.bits == bits && s.length1 == length + 1u) return &s;
        }
    }

    // The slot of a prefix; `fresh`: it is new, and its object is for the caller to set.
    Slot &take(const Bits &bits, uint8_t length, bool &fresh) {
        reserve(1);
        for (size_t i = home(bits, length);; i = (i + 1) & mask_) {
            Slot &s = slots_[i];
            if (s.length1 == 0) {
                s = Slot{};
                s.bits = bits;
                s.length1 = length + 1u;
                size_++;
                fresh = true;
                return s;
            }
            if (s.bits == bits && s.length1 == length + 1u) {
                fresh = false;
                return s;
            }
        }
    }

    // A record says that the route leads to an object: the one that it led to, or -1. `fresh`: there was no such route.
    int64_t set(const Bits &bits, uint8_t length, uint32_t object, bool generation, bool &fresh) {
        Slot &slot = take(bits, length, fresh);
        const int64_t before = fresh ? -1 : static_cast<int64_t>(slot.object);
        slot.object = object & (most_objects - 1);
        slot.generation = generation;
        slot.kept = true;
        return before;
    }
    // A record says that the route is to go; unless set() comes for it again.
    void doom(const Bits &bits, uint8_t length) {
        if (Slot *slot = find(bits, length)) slot->kept = false;
    }
    // The route as it is to be erased; null when there is none, or it is kept and `even_kept` is false.
    Slot *doomed(const Bits &bits, uint8_t length, bool even_kept) const {
        Slot *slot = find(bits, length);
        return slot && (!slot->kept || even_kept) ? slot : nullptr;
    }

    // Pointers to other slots are void afterwards.
    void erase(Slot &slot) {
        size_t hole = static_cast<size_t>(&slot - slots_);
        for (size_t i = (hole + 1) & mask_; slots_[i].length1; i = (i + 1) & mask_) {
            // One that is not past its home by as far as the hole is stays where it is.
            const size_t from = home(slots_[i].bits, slots_[i].length());
            if (((i - from) & mask_) < ((i - hole) & mask_)) continue;
            slots_[hole] = slots_[i];
            hole = i;
        }
        slots_[hole] = Slot{};
        size_--;
    }

    // `visit` may erase the slot it is given, and no other.
    template <class Visit>
    void each(Visit visit) const {
        if (size_ == 0) return;
        // Backwards from an empty slot: what erase() moves comes from where this has been already.
        size_t start = 0;
        while (slots_[start].length1) start++;
        for (size_t i = (start - 1) & mask_; i != start; i = (i - 1) & mask_)
            if (slots_[i].length1) visit(slots_[i]);
    }

  private:
    size_t capacity() const { return slots_ ? mask_ + 1 : 0; }
    size_t home(const Bits &bits, uint8_t length) const { return hash_prefix(bits, length) & mask_; }

    void rebuild(size_t capacity) {
        Pages pages(capacity * sizeof(Slot));
        Slot *slots = pages.as<Slot>();
        const size_t mask = capacity - 1;
        for (size_t i = 0; slots_ && i <= mask_; i++) {
            if (slots_[i].length1 == 0) continue;
            size_t j = hash_prefix(slots_[i].bits, slots_[i].length()) & mask;
            while (slots[j].length1) j = (j + 1) & mask;
            slots[j] = slots_[i];
        }
        pages_ = std::move(pages);
        slots_ = slots;
        mask_ = mask;
    }

    Pages pages_;
    Slot *slots_ = nullptr;
    size_t mask_ = 0, size_ = 0;
};

}  // namespace weft
