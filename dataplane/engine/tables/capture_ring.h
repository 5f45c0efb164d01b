// Captured packets from one worker to the control side, as they are: a ring of octets without locks. The worker never waits; what
// does not fit is lost and counted.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace weft {

// In front of a packet's octets.
struct CapturedPacket {
    uint32_t size = 0;        // in the ring, with this header; a multiple of 8
    bool filler = false;      // nothing but the rest up to the ring's end: of this header only the first 8 octets are there
    uint8_t point = 0;        // WatchPoint
    bool layer3 = false;      // no Ethernet header
    uint8_t direction = 0;    // as pcapng numbers it: 1 in, 2 out, 0 not known
    uint64_t time = 0;        // nanoseconds since the epoch
    uint32_t interface = 0;
    uint32_t length = 0, kept = 0;
    uint32_t lost = 0;  // by this worker since the one before
    uint16_t drop = 0;  // Drop, of a packet that was dropped
    const uint8_t *octets() const { return reinterpret_cast<const uint8_t *>(this + 1); }
    uint8_t *octets() { return reinterpret_cast<uint8_t *>(this + 1); }
};
static_assert(sizeof(CapturedPacket) % 8 == 0);

class CaptureRing {
  public:
    static constexpr size_t size = 4u << 20;  // octets; memory that was never written to is none

    CaptureRing() : memory_(new uint64_t[size / 8]) {}

    // The worker's: room for a packet, header first; null: full. It is in the ring once commit() is called.
    CapturedPacket *reserve(size_t kept) {
        const auto need = static_cast<uint32_t>((sizeof(CapturedPacket) + kept + 7) & ~size_t{7});
        size_t head = head_.load(std::memory_order_relaxed);
        const size_t to_end = size - head % size, skip = to_end < need ? to_end : 0;
        if (head + skip + need - tail_.load(std::memory_order_acquire) > size) return nullptr;
        if (skip) {
            CapturedPacket *filler = at(head);
            filler->size = static_cast<uint32_t>(skip);
            filler->filler = true;
            head += skip;
        }
        next_ = head + need;
        CapturedPacket *p = at(head);
        *p = {};
        p->size = need;
        return p;
    }
    void commit() { head_.store(next_, std::memory_order_release); }

    // The reader's: the oldest; null: none. pop() takes it out.
    const CapturedPacket *front() {
        const size_t head = head_.load(std::memory_order_acquire);
        size_t tail = tail_.load(std::memory_order_relaxed);
        if (tail != head && at(tail)->filler) {
            tail += at(tail)->size;
            tail_.store(tail, std::memory_order_release);
        }
        return tail == head ? nullptr : at(tail);
    }
    void pop() {
        const size_t tail = tail_.load(std::memory_order_relaxed);
        tail_.store(tail + at(tail)->size, std::memory_order_release);
    }

  private:
    CapturedPacket *at(size_t place) const { return reinterpret_cast<CapturedPacket *>(memory_.get() + place % size / 8); }

    std::unique_ptr<uint64_t[]> memory_;
    size_t next_ = 0;  // the worker's
    alignas(64) std::atomic<size_t> head_{0};
    alignas(64) std::atomic<size_t> tail_{0};
};

}  // namespace weft
