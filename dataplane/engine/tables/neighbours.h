// Neighbours by (interface, address), both families. One worker, the owner, runs their machine (nodes/neighbour.cc) and alone
// changes the table; all workers read, without a lock, what it publishes of an entry: whose it is, its MAC, whether that is known
// and stale. Fixed memory. No more than 2048 are incomplete at a time, in the order in which they were first asked for: a scan of
// unused addresses pushes out its own oldest questions, never an address that is known. When the table is full, a question gives
// way, else a stale entry.
//
// Reading: a published entry is one cache line with a sequence that is odd while it is written; who meets a writer takes the
// address to be unknown, which is never wrong, only slower. Cost: the line, twice its sequence.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "../engine.h"
#include "../net/address.h"
#include "slot_index.h"

namespace weft {

inline constexpr unsigned neighbour_owner = 0;  // the worker

// What packets for a neighbour need.
struct NeighbourLink {
    uint64_t bits = 0;     // MAC in the first six octets of memory, then flags
    uint64_t version = 0;  // of Neighbours::version() when it became so

    static constexpr uint64_t is_known = 1ull << 48, is_stale = 1ull << 49;
    bool known() const { return bits & is_known; }
    bool fresh() const { return (bits & (is_known | is_stale)) == is_known; }
    MacAddress mac() const {
        MacAddress m;
        std::memcpy(m.data(), &bits, m.size());
        return m;
    }
};

// The owner's.
struct Neighbour {
    Ip6 address;
    uint32_t interface = no_interface;
    MacAddress mac{};
    NeighbourState::State state = NeighbourState::State::incomplete;
    NeighbourState::Origin origin = NeighbourState::Origin::dynamic;
    bool router = false;
    bool dirty = false;  // the view has not been told
    bool told = false;   // the view knows of it
    bool gone = false;   // out of the index; the slot waits until the view has been told
    bool asked = false;  // in the row of the incomplete
    uint8_t probes = 0;
    uint32_t older = SlotIndex::none, newer = SlotIndex::none;  // in that row
    uint64_t deadline = 0;  // microseconds, of the state
};

class Neighbours {
  public:
    static constexpr uint32_t none = SlotIndex::none;
    static constexpr uint32_t capacity = 32768, incomplete_most = 2048;

    Neighbours();

    // Any worker's.
    uint32_t find(uint32_t interface, const Ip6 &address) const;
    // Whether the slot is that of the address, as far as can be told in passing: link() judges.
    bool is(uint32_t i, uint32_t interface, const Ip6 &address) const {
        const Published &p = published_[i];
        return p.low.load(std::memory_order_relaxed) == address.low && p.high.load(std::memory_order_relaxed) == address.high &&
               p.interface.load(std::memory_order_relaxed) == interface;
    }
    NeighbourLink link(uint32_t i, uint32_t interface, const Ip6 &address) const {
        const Published &p = published_[i];
        const uint32_t sequence = p.sequence.load(std::memory_order_acquire);
        const NeighbourLink link{p.bits.load(std::memory_order_relaxed), p.version.load(std::memory_order_relaxed)};
        const bool same = is(i, interface, address);
        std::atomic_thread_fence(std::memory_order_acquire);
        if (!same || (sequence & 1) || p.sequence.load(std::memory_order_relaxed) != sequence) [[unlikely]]
            return {};
        return link;
    }
    void prefetch(uint32_t i) const { __builtin_prefetch(&published_[i]); }
    // Rises with each address that becomes known or another.
    uint64_t version() const { return version_.load(std::memory_order_acquire); }

    // The rest is the owner's.
    Neighbour &operator[](uint32_t i) { return entries_[i]; }
    // Shows the others what the entry is now.
    void publish(uint32_t i);
    // Lets those that wait look again.
    void raise(uint32_t i);
    // As new. No worker may run.
    void clear();
    // none: full.
    uint32_t add(uint32_t interface, const Ip6 &address);
    // Takes it out of the index; release() gives the slot back.
    void remove(uint32_t i);
    void release(uint32_t i);
    // Slots below have been used at some time.
    uint32_t high() const { return high_; }
    bool full() const { return free_.empty(); }

    // The row of the incomplete.
    void ask(uint32_t i);
    void settle(uint32_t i);  // nothing when it is not in the row
    uint32_t oldest_asked() const { return oldest_; }
    uint32_t asked() const { return asked_; }
    // A dynamic stale entry: the one unused for longest among the next few of a hand that goes round the table; none: there is
    // none at all.
    uint32_t stale();

  private:
    struct alignas(64) Published {
        std::atomic<uint32_t> sequence{0};
        std::atomic<uint32_t> interface{no_interface};
        std::atomic<uint64_t> high{0}, low{0}, bits{0}, version{0};
    };
    static uint64_t hash(uint32_t interface, const Ip6 &address);
    void show(uint32_t i, uint32_t interface, const Ip6 &address, uint64_t bits, uint64_t version);

    std::vector<Neighbour> entries_;
    const std::unique_ptr<Published[]> published_;
    std::atomic<uint64_t> version_{0};
    std::vector<uint32_t> free_;
    SlotIndex index_{capacity};
    uint32_t high_ = 0, hand_ = 0;
    uint32_t oldest_ = none, newest_ = none, asked_ = 0;
};

}  // namespace weft
