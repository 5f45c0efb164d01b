// Memory of packets that wait for something to be resolved, as copies, in queues of one key each. A worker's own; nothing here
// says what is waited for: the queues are in the holds (tables/holds.h).
//
// Bounds: 16 packets a queue; 4096 in all, of which 64 may be larger than a usual frame (11.9 MiB); of either sort one kind
// gets at most three quarters, so that a flood of misses of one kind leaves room to the others. Slots whose packet has been
// taken out stay valid until the burst has been flushed. Cost: one copy of the packet.
#pragma once

#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "../net/tags.h"
#include "counters.h"

namespace weft {

// What is missing: a neighbour's address, a LISP mapping, an IPsec security association.
enum class HoldKind : uint8_t { glean, lisp, ike };
inline constexpr size_t hold_kinds = 3;
inline constexpr const char *hold_names[hold_kinds] = {"glean", "lisp", "ike"};

// Why a packet that should have waited, or did, will not be sent.
enum class HoldDrop : uint8_t {
    queue_full,    // as many wait for the same key already
    holding_full,  // no room for packets
    table_full,    // no room for another key
    expired,       // waited too long, or gave way to younger ones
    failed,        // there is no answer, or what was to be resolved is gone
};
inline constexpr size_t hold_drops = 5;

// Of one kind, for readers.
struct HoldCounters {
    Counter entries, packets, octets;  // now
    Counter events;
    std::array<Counter, hold_drops> drops;
};

// In order of arrival.
struct HoldQueue {
    uint32_t first = 0xffffffff, last = 0xffffffff;
    uint32_t count = 0;
};

class Holding {
  public:
    static constexpr uint32_t none = 0xffffffff;
    static constexpr uint32_t queue_most = 16;
    static constexpr uint32_t small_count = 4032, large_count = 64;
    static constexpr uint32_t kind_small = small_count / 4 * 3, kind_large = large_count / 4 * 3;
    static constexpr size_t headroom = 64, small_size = 2048, large_size = 66u << 10;

    Holding()
        : small_(new uint8_t[small_count * small_size]), large_(new uint8_t[large_count * large_size]),
          slots_(small_count + large_count) {
        for (uint32_t i = large_count; i-- > 0;) free_large_.push_back(small_count + i);
        for (uint32_t i = small_count; i-- > 0;) free_small_.push_back(i);
        taken_.reserve(small_count + large_count);
    }

    // A copy of the packet, from its IP header on, at the end of the queue. False: no room.
    bool keep(HoldQueue &queue, HoldKind kind, const Packet &p) {
        const size_t length = p.length - p.l3_offset;
        const bool large = length + headroom > small_size;
        auto &free = large ? free_large_ : free_small_;
        uint32_t &used = used_[static_cast<size_t>(kind)][large];
        if (free.empty() || length + headroom > large_size || used == (large ? kind_large : kind_small)) return false;
        const uint32_t at = free.back();
        free.pop_back();
        used++;
        Slot &slot = slots_[at];
        slot.kind = kind;
        Packet &copy = slot.packet;
        copy = p;
        grow_front(copy, -static_cast<int>(p.l3_offset));
        copy.data = memory(at) + headroom;
        copy.headroom = headroom;
        copy.l3_offset = 0;
        std::memcpy(copy.data, p.data + p.l3_offset, length);
        slot.next = none;
        (queue.last == none ? queue.first : slots_[queue.last].next) = at;
        queue.last = at;
        queue.count++;
        HoldCounters &c = counters[static_cast<size_t>(kind)];
        c.packets += 1;
        c.octets += length;
        return true;
    }

    // The packet that waits longest.
    Packet &front(const HoldQueue &queue) { return slots_[queue.first].packet; }

    // Takes it out of a queue that is not empty; it is valid until flushed().
    Packet &take(HoldQueue &queue) {
        const uint32_t at = queue.first;
        Slot &slot = slots_[at];
        queue.first = slot.next;
        if (--queue.count == 0) queue = {};
        HoldCounters &c = counters[static_cast<size_t>(slot.kind)];
        c.packets -= 1;
        c.octets -= slot.packet.length;
        taken_.push_back(at);
        return slot.packet;
    }

    void flushed() {
        for (const uint32_t at : taken_) {
            const bool large = at >= small_count;
            (large ? free_large_ : free_small_).push_back(at);
            used_[static_cast<size_t>(slots_[at].kind)][large]--;
        }
        taken_.clear();
    }

    std::array<HoldCounters, hold_kinds> counters;

  private:
    struct Slot {
        Packet packet;
        uint32_t next = none;
        HoldKind kind = HoldKind::glean;
    };
    uint8_t *memory(uint32_t at) {
        return at < small_count ? &small_[at * small_size] : &large_[(at - small_count) * large_size];
    }
    std::unique_ptr<uint8_t[]> small_, large_;
    std::vector<Slot> slots_;
    std::vector<uint32_t> free_small_, free_large_, taken_;
    std::array<std::array<uint32_t, 2>, hold_kinds> used_{};  // small, large; until flushed
};

}  // namespace weft
