// IPv6 longest prefix match of one VRF: routes by exact prefix, asked for each length in use from the longest down. One
// writer, any number of readers in an epoch. Memory is 40 octets a route at half load, whatever the prefixes look like; a
// lookup costs one probe for each length in use that is longer than the match.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

#include "route_map.h"

namespace weft {

class Fib6 {
  public:
    using Map = RouteMap<Ip6>;

    explicit Fib6(Epochs &epochs) : map_(epochs) {}

    // Object, or -1.
    int64_t lookup(const Ip6 &address) const {
        for (int word = 2; word >= 0; word--) {
            uint64_t bits = present_[word].load(std::memory_order_acquire);
            while (bits) {
                const unsigned bit = 63 - static_cast<unsigned>(std::countl_zero(bits));
                const unsigned length = static_cast<unsigned>(word) * 64 + bit;
                const int64_t object = map_.find(mask6(address, length), static_cast<uint8_t>(length));
                if (object >= 0) return object;
                bits &= ~(1ull << bit);
            }
        }
        return -1;
    }

    // The object of ::/0, or -1.
    int64_t default_object() const { return map_.find({}, 0); }
    // Does a longer prefix than ::/0 cover the address? Probes each length.
    bool beyond_default(const Ip6 &address) const {
        for (unsigned length = 128; length > 0; length--)
            if (map_.find(mask6(address, length), static_cast<uint8_t>(length)) >= 0) return true;
        return false;
    }

    size_t size() const { return map_.size(); }
    void reserve(size_t more) { map_.reserve(more); }

    int64_t set(const Ip6 &prefix, uint8_t length, uint32_t object, bool generation) {
        int64_t before;
        map_.set(prefix, length, object, before).mark = generation ? 3 : 1;
        if (before < 0 && lengths_[length]++ == 0) present_[length / 64].fetch_or(1ull << (length % 64));
        return before;
    }
    void doom(const Ip6 &prefix, uint8_t length) {
        if (Map::Slot *slot = map_.find_slot(prefix, length)) slot->mark &= ~uint64_t{1};
    }
    int64_t erase(const Ip6 &prefix, uint8_t length, bool even_kept) {
        Map::Slot *slot = map_.find_slot(prefix, length);
        if (!slot || ((slot->mark & 1) && !even_kept)) return -1;
        return erase(*slot);
    }
    template <class Visit>
    void sweep(bool generation, Visit visit) {
        map_.each([&](Map::Slot &slot) {
            if ((slot.mark >> 1) != generation) visit(erase(slot));
        });
    }
    void prefetch(const Ip6 &, uint8_t) const {}

  private:
    uint32_t erase(Map::Slot &slot) {
        const uint32_t object = slot.value.load() - Map::first;
        const uint8_t length = slot.length;
        map_.erase(slot);
        if (--lengths_[length] == 0) present_[length / 64].fetch_and(~(1ull << (length % 64)));
        return object;
    }

    Map map_;
    std::array<std::atomic<uint64_t>, 3> present_{};
    std::array<uint32_t, 129> lengths_{};
};

}  // namespace weft
