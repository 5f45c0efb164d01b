#include "mac_table.h"

#include <sched.h>

#include <algorithm>
#include <bit>

namespace weft {

MacKey mac_key(uint16_t domain, const MacAddress &mac) {
    uint8_t octets[8] = {};
    std::memcpy(octets, mac.data(), mac.size());
    return mac_key(domain, octets);
}

MacAddress mac_of(MacKey key) {
    MacAddress mac;
    std::memcpy(mac.data(), &key, mac.size());
    return mac;
}

// Half of the places stay empty, so that hardly an address has to lie in its other bucket.
MacTable::MacTable(uint32_t capacity)
    : capacity_(std::clamp(capacity, 64u, most_entries)),
      mask_(std::bit_ceil(capacity_ * 2 / ways) - 1),
      buckets_(sizeof(Bucket) * (mask_ + size_t{1}), true),
      stripes_(sizeof(Stripe) * stripes),
      domains_(sizeof(std::atomic<uint32_t>) << 16, true),
      interfaces_(sizeof(std::atomic<uint32_t>) * most_interfaces, true) {}

void MacTable::yield() { sched_yield(); }

bool MacTable::Tried::take(uint32_t bucket) {
    Stripe *wanted = &table_.stripe(bucket);
    if (std::find(mine_.begin(), mine_.begin() + count_, wanted) != mine_.begin() + count_) return true;
    if (count_ == mine_.size() || !try_take(*wanted)) return false;
    mine_[count_++] = wanted;
    return true;
}

MacTable::Entry *MacTable::empty_in(Bucket &bucket) {
    for (Entry &e : bucket.entries)
        if (e.key.load(std::memory_order_relaxed) == 0) return &e;
    return nullptr;
}

void MacTable::write(Entry &entry, MacKey key, uint64_t value) {
    entry.value.store(value, std::memory_order_release);
    entry.key.store(key, std::memory_order_release);
}

void MacTable::clear(Entry &entry) {
    const MacKey key = entry.key.load(std::memory_order_relaxed);
    const Found found{&entry, entry.value.load(std::memory_order_relaxed)};
    entry.key.store(0, std::memory_order_release);
    domains()[domain_of(key)].fetch_sub(1, std::memory_order_relaxed);
    if (found.place().interface < most_interfaces) interfaces()[found.place().interface].fetch_sub(1, std::memory_order_relaxed);
    size_.fetch_sub(1, std::memory_order_relaxed);
}

bool MacTable::count_in(std::atomic<uint32_t> &count, uint32_t most) {
    if (count.fetch_add(1, std::memory_order_relaxed) < most) return true;
    count.fetch_sub(1, std::memory_order_relaxed);
    return false;
}

// One of a full bucket goes to its own other bucket, where readers find it before it leaves its place here.
MacTable::Entry *MacTable::make_room(uint32_t bucket, Tried &tried) {
    for (Entry &e : buckets()[bucket].entries) {
        const uint64_t hash = mix(e.key.load(std::memory_order_relaxed));
        const uint32_t to = home(hash) == bucket ? other(hash) : home(hash);
        if (to == bucket || !empty_in(buckets()[to]) || !tried.take(to)) continue;
        Entry *place = empty_in(buckets()[to]);
        if (!place) return nullptr;
        write(*place, e.key.load(std::memory_order_relaxed), e.value.load(std::memory_order_relaxed));
        e.key.store(0, std::memory_order_release);
        return &e;
    }
    return nullptr;
}

// With the stripe of the home bucket, which decides between two who add the same.
MacTable::Learned MacTable::add(MacKey key, uint64_t hash, uint64_t value, Tried &tried) {
    const uint32_t first = home(hash), second = other(hash);
    Entry *place = empty_in(buckets()[first]);
    if (!place) {
        if (!tried.take(second)) return Learned::busy;
        place = empty_in(buckets()[second]);
    }
    if (!place) place = make_room(first, tried);
    if (!place && second != first) place = make_room(second, tried);
    if (!place) return Learned::table_full;
    write(*place, key, value);
    size_.fetch_add(1, std::memory_order_relaxed);
    return Learned::added;
}

MacTable::Learned MacTable::move(MacKey key, const Found &found, const MacPlace &place, Stamp now, const Terms &terms, Stripe &about) {
    const bool watched = terms.moves > 0;
    if (watched && about.moving != key) {
        about.moving = key;
        about.moves = 0;
        about.since = now;
        about.told = about.held = false;
    }
    if (about.held && watched) {
        if (between(about.held_from, now) < terms.hold) return Learned::held;
        about.held = false;
    }
    if (watched && between(about.since, now) >= terms.window) {
        about.moves = 0;
        about.since = now;
        about.told = false;
    }
    bool report = false;
    if (watched && ++about.moves > terms.moves) {
        report = !about.told;
        about.told = true;
        about.held = terms.hold > 0;
        about.held_from = now;
        if (about.held) return report ? Learned::moving : Learned::held;
    }
    const uint32_t from = found.place().interface;
    if (from != place.interface) {
        if (!count_in(interfaces()[place.interface], terms.interface_most)) return Learned::interface_full;
        if (from < most_interfaces) interfaces()[from].fetch_sub(1, std::memory_order_relaxed);
    }
    found.entry->value.store(value_of(place, now), std::memory_order_release);
    return report ? Learned::moving : Learned::moved;
}

MacTable::Learned MacTable::learn(MacKey key, const MacPlace &place, Stamp now, const Terms &terms) {
    if (place.interface >= most_interfaces) return Learned::interface_full;
    const uint64_t hash = mix(key);
    const uint32_t first = home(hash);
    Tried tried(*this);
    if (!tried.take(first)) return Learned::busy;
    if (const Found found = find(key)) {
        if (found.place() == place) return Learned::known;
        if (found.stamp() == fixed) return Learned::is_fixed;
        if (!tried.take(static_cast<uint32_t>(reinterpret_cast<const Bucket *>(found.entry) - buckets()))) return Learned::busy;
        if (found.entry->key.load(std::memory_order_relaxed) != key) return Learned::busy;
        return move(key, found, place, now, terms, stripe(first));
    }
    if (!count_in(domains()[domain_of(key)], terms.domain_most)) return Learned::domain_full;
    Learned done = Learned::interface_full;
    if (count_in(interfaces()[place.interface], terms.interface_most)) {
        done = add(key, hash, value_of(place, now), tried);
        if (done == Learned::added) return done;
        interfaces()[place.interface].fetch_sub(1, std::memory_order_relaxed);
    }
    domains()[domain_of(key)].fetch_sub(1, std::memory_order_relaxed);
    return done;
}

bool MacTable::place(MacKey key, const MacPlace &place) {
    remove(key);
    const uint64_t hash = mix(key);
    constexpr unsigned patience = 10000;
    for (unsigned n = 0; n < patience; n++) {
        Learned done = Learned::busy;
        {
            Tried tried(*this);
            if (tried.take(home(hash)) && !find(key)) done = add(key, hash, value_of(place, fixed), tried);
        }
        if (done == Learned::added) {
            domains()[domain_of(key)].fetch_add(1, std::memory_order_relaxed);
            if (place.interface < most_interfaces) interfaces()[place.interface].fetch_add(1, std::memory_order_relaxed);
            return true;
        }
        if (done == Learned::table_full) {
            // One that was only learned gives way.
            bool gone = false;
            const auto give_way = [&](MacKey, const Found &found) { return !gone && found.stamp() != fixed; };
            for (const uint32_t bucket : {home(hash), other(hash)}) gone = gone || remove_if(bucket, 1, give_way) > 0;
            if (!gone) return false;
        }
        yield();
        remove(key);  // a worker may have learned it meanwhile
    }
    return false;
}

void MacTable::remove(MacKey key) {
    const uint64_t hash = mix(key);
    for (const uint32_t bucket : {home(hash), other(hash)}) remove_if(bucket, 1, [&](MacKey k, const Found &) { return k == key; });
}

void MacTable::adopt(const MacTable &from) {
    from.each(0, [&](MacKey key, const Found &found) {
        const uint64_t hash = mix(key);
        Tried tried(*this);
        if (!tried.take(home(hash)) || find(key) || add(key, hash, found.value, tried) != Learned::added) return true;
        domains()[domain_of(key)].fetch_add(1, std::memory_order_relaxed);
        if (found.place().interface < most_interfaces) interfaces()[found.place().interface].fetch_add(1, std::memory_order_relaxed);
        return true;
    });
}

}  // namespace weft
