#include "prefixes.h"

namespace weft::rib {

namespace {

uint64_t hash_of(const Prefix &prefix) {
    uint64_t x = prefix.address.high ^ (prefix.address.low * 0x9e3779b97f4a7c15ull) ^ prefix.length;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    return x ^ (x >> 32);
}

size_t shard_of(uint64_t hash) { return hash >> 56; }

}  // namespace

uint32_t Prefixes::find(const Prefix &prefix) const {
    const uint64_t hash = hash_of(prefix);
    const std::vector<uint32_t> &places = shards_[shard_of(hash)].places;
    if (places.empty()) return none;
    const size_t mask = places.size() - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        if (places[at] == 0) return none;
        if (is(places[at] - 1, prefix)) return places[at] - 1;
    }
}

uint32_t Prefixes::insert(const Prefix &prefix) {
    const uint64_t hash = hash_of(prefix);
    Shard &shard = shards_[shard_of(hash)];
    if ((shard.size + 1) * 5 > shard.places.size() * 4) enlarge(shard);
    const size_t mask = shard.places.size() - 1;
    size_t at = hash & mask;
    for (; shard.places[at] != 0; at = (at + 1) & mask) {
        if (is(shard.places[at] - 1, prefix)) return shard.places[at] - 1;
    }
    const uint32_t number = numbers_.take();
    lengths_.grow(numbers_.end());
    lengths_[number] = prefix.length;
    if (family_ == 4) {
        short_.grow(numbers_.end());
        short_[number] = static_cast<uint32_t>(prefix.address.high >> 32);
    } else {
        long_.grow(numbers_.end());
        long_[number] = prefix.address;
    }
    shard.places[at] = number + 1;
    shard.size++;
    count_[prefix.length]++;
    return number;
}

void Prefixes::erase(uint32_t number) {
    const Prefix prefix = at(number);
    const uint64_t hash = hash_of(prefix);
    Shard &shard = shards_[shard_of(hash)];
    const size_t mask = shard.places.size() - 1;
    size_t hole = hash & mask;
    while (shard.places[hole] != number + 1) hole = (hole + 1) & mask;
    // What was pushed past the hole moves into it, so that a search that ends at an empty place has seen all.
    for (size_t next = (hole + 1) & mask; shard.places[next] != 0; next = (next + 1) & mask) {
        const size_t home = hash_of(at(shard.places[next] - 1)) & mask;
        if (((next - home) & mask) < ((next - hole) & mask)) continue;
        shard.places[hole] = shard.places[next];
        hole = next;
    }
    shard.places[hole] = 0;
    shard.size--;
    if (shard.size == 0) shard.places = {};
    count_[prefix.length]--;
    lengths_[number] = unused;
    numbers_.give_back(number);
}

void Prefixes::enlarge(Shard &shard) {
    const std::vector<uint32_t> old = std::move(shard.places);
    shard.places.assign(old.empty() ? 4 : old.size() * 2, 0);
    const size_t mask = shard.places.size() - 1;
    for (const uint32_t place : old) {
        if (place == 0) continue;
        size_t at = hash_of(this->at(place - 1)) & mask;
        while (shard.places[at] != 0) at = (at + 1) & mask;
        shard.places[at] = place;
    }
}

}  // namespace weft::rib
