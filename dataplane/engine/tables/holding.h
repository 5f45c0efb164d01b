// Packets that wait for their neighbour's address, as copies: 4096 in all, of which 64 may be larger than a usual frame. A
// worker's; slots are chained in the order of arrival and those sent are given back after the flush.
#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "../packet.h"

namespace weft {

class Holding {
  public:
    static constexpr uint32_t none = 0xffffffff;
    static constexpr uint32_t small_count = 4032, large_count = 64;
    static constexpr size_t headroom = 64, small_size = 2048, large_size = 66u << 10;

    Holding()
        : small_(new uint8_t[small_count * small_size]), large_(new uint8_t[large_count * large_size]),
          slots_(small_count + large_count) {
        for (uint32_t i = large_count; i-- > 0;) free_large_.push_back(small_count + i);
        for (uint32_t i = small_count; i-- > 0;) free_small_.push_back(i);
        sent_.reserve(small_count + large_count);
    }

    // A copy of the packet from its IP header on; none when there is no room.
    uint32_t keep(const Packet &p) {
        const size_t length = p.length - p.l3_offset;
        auto &free = length + headroom <= small_size ? free_small_ : free_large_;
        if (free.empty() || length + headroom > large_size) return none;
        const uint32_t slot = free.back();
        free.pop_back();
        Packet &copy = slots_[slot].packet;
        copy = p;
        copy.data = memory(slot) + headroom;
        copy.length = static_cast<uint32_t>(length);
        copy.headroom = headroom;
        copy.l3_offset = 0;
        copy.offload.csum_start = static_cast<uint16_t>(p.offload.csum_start - p.l3_offset);
        std::memcpy(copy.data, p.data + p.l3_offset, length);
        slots_[slot].next = none;
        count_++;
        return slot;
    }

    Packet &packet(uint32_t slot) { return slots_[slot].packet; }
    uint32_t &next(uint32_t slot) { return slots_[slot].next; }
    // The slot's packet is on its way out (or dropped): free once the burst has been flushed.
    void done(uint32_t slot) { sent_.push_back(slot); }
    void flushed() {
        for (const uint32_t slot : sent_) (slot < small_count ? free_small_ : free_large_).push_back(slot);
        count_ -= sent_.size();
        sent_.clear();
    }
    size_t count() const { return count_; }

  private:
    struct Slot {
        Packet packet;
        uint32_t next = none;
    };
    uint8_t *memory(uint32_t slot) {
        return slot < small_count ? &small_[slot * small_size] : &large_[(slot - small_count) * large_size];
    }
    std::unique_ptr<uint8_t[]> small_, large_;
    std::vector<Slot> slots_;
    std::vector<uint32_t> free_small_, free_large_, sent_;
    size_t count_ = 0;
};

}  // namespace weft
