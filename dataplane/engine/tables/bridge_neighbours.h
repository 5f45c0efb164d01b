// Which MAC address an IP address has in a bridge domain, as stations say themselves by ARP and ND: so much that requests can be
// answered on their behalf (RFC 9161). One table for all domains that do so, of a fixed size: who was heard least lately of the few
// that share a place gives way. Any worker reads and writes; a writer that finds another one at an entry leaves it.
//
// Memory  2 MiB, backed when touched
// Cost    two lines
#pragma once

#include <atomic>
#include <cstring>
#include <optional>

#include "hash.h"
#include "mac_table.h"
#include "pages.h"

namespace weft {

class BridgeNeighbours {
  public:
    static constexpr uint32_t capacity = 65536;

    struct Known {
        MacAddress mac{};
        bool router = false;  // it says so (IPv6)
    };

    BridgeNeighbours() : entries_(sizeof(Entry) * capacity, true) {}

    // Heard at most `age` seconds ago.
    std::optional<Known> find(uint16_t domain, const Ip6 &address, MacTable::Stamp now, uint32_t age) const {
        Entry *const place = place_of(domain, address);
        for (unsigned n = 0; n < ways; n++) {
            const Entry &e = place[n];
            const uint32_t sequence = e.sequence.load(std::memory_order_acquire);
            const bool same = is(e, domain, address);
            const uint64_t bits = e.bits.load(std::memory_order_relaxed);
            const MacTable::Stamp heard = e.stamp.load(std::memory_order_relaxed);
            std::atomic_thread_fence(std::memory_order_acquire);
            if (!same || (sequence & 1) || e.sequence.load(std::memory_order_relaxed) != sequence) continue;
            if (MacTable::between(heard, now) > age) return std::nullopt;
            Known known;
            std::memcpy(known.mac.data(), &bits, known.mac.size());
            known.router = bits & is_router;
            return known;
        }
        return std::nullopt;
    }

    void learn(uint16_t domain, const Ip6 &address, const Known &known, MacTable::Stamp now) {
        Entry *const place = place_of(domain, address);
        Entry *to = place;
        for (unsigned n = 0; n < ways; n++) {
            Entry &e = place[n];
            if (is(e, domain, address)) {
                to = &e;
                break;
            }
            if (MacTable::between(e.stamp.load(std::memory_order_relaxed), now) > MacTable::between(to->stamp.load(std::memory_order_relaxed), now) ||
                e.domain.load(std::memory_order_relaxed) == 0)
                to = &e;
        }
        uint64_t bits = known.router ? is_router : 0;
        std::memcpy(&bits, known.mac.data(), known.mac.size());
        write(*to, domain, address, bits, now);
    }

    // All that is known in a domain.
    void forget(uint16_t domain) {
        for (uint32_t n = 0; n < capacity; n++) {
            Entry &e = entries_.as<Entry>()[n];
            if (e.domain.load(std::memory_order_relaxed) == domain) write(e, 0, {}, 0, 0);
        }
    }

  private:
    static constexpr unsigned ways = 4;
    static constexpr uint64_t is_router = 1ull << 48;
    struct Entry {
        std::atomic<uint32_t> sequence;  // odd: somebody writes
        std::atomic<uint16_t> domain;    // 0: none
        std::atomic<MacTable::Stamp> stamp;
        std::atomic<uint64_t> high, low, bits;  // MAC address, flags
    };
    static_assert(sizeof(Entry) == 32);

    Entry *place_of(uint16_t domain, const Ip6 &address) const {
        const uint64_t hash = mix(address.high * 0x9e3779b97f4a7c15ull + mix(address.low + domain));
        return entries_.as<Entry>() + hash % (capacity / ways) * ways;
    }
    static bool is(const Entry &e, uint16_t domain, const Ip6 &address) {
        return e.low.load(std::memory_order_relaxed) == address.low && e.high.load(std::memory_order_relaxed) == address.high &&
               e.domain.load(std::memory_order_relaxed) == domain;
    }
    static void write(Entry &e, uint16_t domain, const Ip6 &address, uint64_t bits, MacTable::Stamp now) {
        uint32_t sequence = e.sequence.load(std::memory_order_relaxed);
        if ((sequence & 1) || !e.sequence.compare_exchange_strong(sequence, sequence + 1, std::memory_order_acquire)) return;
        std::atomic_thread_fence(std::memory_order_release);
        e.domain.store(domain, std::memory_order_relaxed);
        e.stamp.store(now, std::memory_order_relaxed);
        e.high.store(address.high, std::memory_order_relaxed);
        e.low.store(address.low, std::memory_order_relaxed);
        e.bits.store(bits, std::memory_order_relaxed);
        e.sequence.store(sequence + 2, std::memory_order_release);
    }

    Pages entries_;
};

}  // namespace weft
