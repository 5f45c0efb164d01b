// The MAC addresses of all bridge domains of an engine: behind which interface each one is. One table that every worker reads and
// learns into, without waiting for anybody.
//
// A bucket is a cache line of four entries. An address lies in its home bucket or, when that is full, in its other one; when both
// are full, one of theirs moves to its own other bucket. An entry is two words, key and value. A reader believes a value when
// the key is the same before and after it: at worst (the entry was given to another address and back within that moment) a
// frame goes to another interface, and the caller sees whether that one is of the domain.
//
// Who writes entries of a bucket holds the bucket's stripe, one of 4096; a worker tries once, and lets the next packet of that
// address do it when somebody has it. When an address was heard last is part of the value, and is put there without the stripe, once a second.
//
//   key    MAC address 48 | domain 16
//   value  interface + 1: 32 | remote of a multipoint tunnel 16 | stamp 16: second when it was heard, modulo 65535, + 1; 0: fixed
//
// Memory  32 octets for an address of the capacity, backed when touched; counts by domain and by interface
// Cost    find(): one line, of few addresses two; learning and moving: a stripe's line and a bucket's or two
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "hash.h"
#include "pages.h"

namespace weft {

using MacKey = uint64_t;
// `mac`: 8 octets may be read there.
inline MacKey mac_key(uint16_t domain, const uint8_t *mac) {
    uint64_t octets;
    std::memcpy(&octets, mac, 8);
    return (octets & 0xffffffffffff) | static_cast<uint64_t>(domain) << 48;
}
MacKey mac_key(uint16_t domain, const MacAddress &mac);
inline uint16_t domain_of(MacKey key) { return static_cast<uint16_t>(key >> 48); }
MacAddress mac_of(MacKey key);

// Where an address is.
struct MacPlace {
    uint32_t interface = 0;
    uint16_t remote = 0;  // of a multipoint tunnel; 0: none
    bool operator==(const MacPlace &) const = default;
};

class MacTable {
  public:
    using Stamp = uint16_t;
    static constexpr Stamp fixed = 0;
    static constexpr uint32_t no_limit = 0xffffffff, most_entries = 1u << 20, most_interfaces = 1u << 20;
    static constexpr uint32_t longest_ageing = 43200;  // seconds

    static Stamp stamp(uint64_t microseconds) { return static_cast<Stamp>(microseconds / 1000000 % 65535 + 1); }
    // Seconds from one stamp to a later one. Threads see the time pass one after the other: a little earlier is now.
    static uint32_t between(Stamp from, Stamp to) {
        const uint32_t seconds = (to + 65535u - from) % 65535u;
        return seconds < 65535 - 60 ? seconds : 0;
    }

    struct Entry {
        std::atomic<uint64_t> key, value;
    };
    static constexpr unsigned ways = 4;
    struct alignas(64) Bucket {
        std::array<Entry, ways> entries;
    };
    // What is in an entry; `value` 0: nothing.
    struct Found {
        Entry *entry = nullptr;
        uint64_t value = 0;
        explicit operator bool() const { return value != 0; }
        MacPlace place() const { return {static_cast<uint32_t>(value >> 32) - 1, static_cast<uint16_t>(value >> 16)}; }
        Stamp stamp() const { return static_cast<Stamp>(value); }
    };

    // Room for so many at least. Throws bad_alloc.
    explicit MacTable(uint32_t capacity);

    uint32_t capacity() const { return capacity_; }
    uint32_t size() const { return size_.load(std::memory_order_relaxed); }
    uint32_t in_domain(uint16_t domain) const { return domains()[domain].load(std::memory_order_relaxed); }
    uint32_t on_interface(uint32_t interface) const {
        return interface < most_interfaces ? interfaces()[interface].load(std::memory_order_relaxed) : 0;
    }

    // Any thread's. For a burst: home_of() of each, which fetches it, then find() in there.
    Bucket *home_of(MacKey key) const {
        Bucket *bucket = &buckets()[home(mix(key))];
        __builtin_prefetch(bucket);
        return bucket;
    }
    Found find(MacKey key, Bucket *home) const {
        if (const Found found = in(*home, key)) [[likely]]
            return found;
        return in(buckets()[other(mix(key))], key);
    }
    Found find(MacKey key) const { return find(key, &buckets()[home(mix(key))]); }
    // It was heard now. Nothing if the entry has become another one.
    static void refresh(const Found &found, Stamp now) {
        uint64_t value = found.value;
        found.entry->value.compare_exchange_strong(value, (value & ~uint64_t{0xffff}) | now, std::memory_order_relaxed);
    }

    // How an address may be learned.
    struct Terms {
        uint32_t domain_most = no_limit, interface_most = no_limit;  // entries
        // More moves than that in so many seconds are reported, once in each such time, and then the address stays where it is
        // for `hold` seconds. No moves: none is.
        uint32_t moves = 0, window = 0, hold = 0;
    };
    enum class Learned : uint8_t {
        known,      // as it was, or by another thread meanwhile
        added,
        moved,
        moving,     // moved, and more often than it may: to be reported
        held,       // it stays where it was, having moved too often
        is_fixed,   // it stays, being configured
        domain_full,
        interface_full,
        table_full,
        busy,       // somebody else writes there
    };
    Learned learn(MacKey key, const MacPlace &place, Stamp now, const Terms &terms);

    // The rest is the programmer's.
    // Fixed, whatever there is now. False: no room, which a table of its capacity has.
    bool place(MacKey key, const MacPlace &place);
    void remove(MacKey key);
    // All of another table, which may still be learned into.
    void adopt(const MacTable &from);
    // Removes entries of some buckets for which gone(key, found) is true.
    template <class Gone>
    uint32_t remove_if(uint32_t first, uint32_t count, Gone gone) {
        uint32_t removed = 0;
        for (uint32_t b = first; b < first + count && b < bucket_count(); b++)
            for (Entry &e : buckets()[b].entries) {
                const uint64_t key = e.key.load(std::memory_order_acquire);
                if (key == 0 || !gone(key, Found{&e, e.value.load(std::memory_order_relaxed)})) continue;
                const Hold hold(*this, b);
                if (e.key.load(std::memory_order_relaxed) != key || !gone(key, Found{&e, e.value.load(std::memory_order_relaxed)})) continue;
                clear(e);
                removed++;
            }
        return removed;
    }
    // Entries from a bucket on until visit(key, found) says false after one of its bucket's; the bucket where to go on.
    template <class Visit>
    uint32_t each(uint32_t first, Visit visit) const {
        for (uint32_t b = first; b < bucket_count(); b++) {
            bool more = true;
            for (const Entry &e : buckets()[b].entries) {
                const uint64_t key = e.key.load(std::memory_order_acquire);
                const uint64_t value = e.value.load(std::memory_order_relaxed);
                if (key != 0 && value != 0 && e.key.load(std::memory_order_relaxed) == key)
                    more = visit(key, Found{const_cast<Entry *>(&e), value}) && more;
            }
            if (!more) return b + 1;
        }
        return bucket_count();
    }
    uint32_t bucket_count() const { return mask_ + 1; }

  private:
    static constexpr uint32_t stripes = 4096;
    // Who writes, and how the address there that moved last has moved.
    struct alignas(64) Stripe {
        std::atomic<uint32_t> taken;
        uint32_t moves;
        MacKey moving;
        Stamp since, held_from;
        bool told, held;
    };
    // The stripe of a bucket, waited for.
    class Hold {
      public:
        Hold(const MacTable &table, uint32_t bucket) : stripe_(table.stripe(bucket)) {
            while (!try_take(stripe_)) yield();
        }
        ~Hold() { stripe_.taken.store(0, std::memory_order_release); }
        Hold(const Hold &) = delete;

      private:
        Stripe &stripe_;
    };
    // The same, of a few buckets, if they are free.
    class Tried {
      public:
        explicit Tried(const MacTable &table) : table_(table) {}
        ~Tried() {
            for (unsigned n = 0; n < count_; n++) mine_[n]->taken.store(0, std::memory_order_release);
        }
        Tried(const Tried &) = delete;
        bool take(uint32_t bucket);

      private:
        const MacTable &table_;
        std::array<Stripe *, 3> mine_;
        unsigned count_ = 0;
    };
    static void yield();
    static bool try_take(Stripe &stripe) {
        return stripe.taken.load(std::memory_order_relaxed) == 0 && stripe.taken.exchange(1, std::memory_order_acquire) == 0;
    }

    Bucket *buckets() const { return buckets_.as<Bucket>(); }
    Stripe &stripe(uint32_t bucket) const { return stripes_.as<Stripe>()[bucket % stripes]; }
    std::atomic<uint32_t> *domains() const { return domains_.as<std::atomic<uint32_t>>(); }
    std::atomic<uint32_t> *interfaces() const { return interfaces_.as<std::atomic<uint32_t>>(); }
    uint32_t home(uint64_t hash) const { return static_cast<uint32_t>(hash) & mask_; }
    uint32_t other(uint64_t hash) const { return static_cast<uint32_t>(hash >> 32) & mask_; }

    // All four are compared, for in which one it is, nobody can predict.
    static Found in(Bucket &bucket, MacKey key) {
        static_assert(ways == 4);
        const auto is = [&](unsigned n) { return static_cast<unsigned>(bucket.entries[n].key.load(std::memory_order_acquire) == key) << n; };
        const unsigned where = is(0) | is(1) | is(2) | is(3);
        if (where == 0) return {};
        Entry &e = bucket.entries[static_cast<unsigned>(std::countr_zero(where))];
        const uint64_t value = e.value.load(std::memory_order_acquire);
        return e.key.load(std::memory_order_relaxed) == key ? Found{&e, value} : Found{};
    }
    static uint64_t value_of(const MacPlace &place, Stamp stamp) {
        return static_cast<uint64_t>(place.interface + 1) << 32 | static_cast<uint64_t>(place.remote) << 16 | stamp;
    }
    // With the bucket's stripe.
    static Entry *empty_in(Bucket &bucket);
    static void write(Entry &entry, MacKey key, uint64_t value);
    void clear(Entry &entry);
    Entry *make_room(uint32_t bucket, Tried &tried);
    Learned add(MacKey key, uint64_t hash, uint64_t value, Tried &tried);
    Learned move(MacKey key, const Found &found, const MacPlace &place, Stamp now, const Terms &terms, Stripe &about);
    // False: it would be one too many.
    static bool count_in(std::atomic<uint32_t> &count, uint32_t most);

    uint32_t capacity_, mask_;
    Pages buckets_, stripes_, domains_, interfaces_;
    std::atomic<uint32_t> size_{0};
};

}  // namespace weft
