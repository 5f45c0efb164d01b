// The prefixes of one table: each has a number (its row in the table's columns) that it keeps as long as it is there. Found
// by hash; the hash table is in shards that grow one by one, so that no insertion pays for all of them.
// Cost: find, insert and erase O(1); 5 bytes (IPv4) or 17 (IPv6) a prefix and 5 to 11 for the hash.
#pragma once

#include <array>
#include <vector>

#include "address.h"
#include "column.h"

namespace weft::rib {

class Prefixes {
  public:
    explicit Prefixes(Family family) : family_(family) {}

    Family family() const { return family_; }
    // Its number, or `none`.
    uint32_t find(const Prefix &prefix) const;
    // Its number; made when it is not there.
    uint32_t insert(const Prefix &prefix);
    void erase(uint32_t number);

    Prefix at(uint32_t number) const {
        const Address address = family_ == 4 ? Address{static_cast<uint64_t>(short_[number]) << 32, 0} : long_[number];
        return {address, lengths_[number]};
    }
    bool used(uint32_t number) const { return lengths_[number] != unused; }
    // Are there prefixes of this length?
    bool has_length(unsigned length) const { return count_[length] > 0; }
    uint32_t end() const { return numbers_.end(); }
    uint32_t size() const { return numbers_.taken(); }

  private:
    static constexpr uint8_t unused = 255;
    static constexpr size_t shard_count = 256;

    // Numbers plus one by hash, linear probing; a power of two of places, 0 for an empty one.
    struct Shard {
        std::vector<uint32_t> places;
        uint32_t size = 0;
    };
    bool is(uint32_t number, const Prefix &prefix) const {
        if (lengths_[number] != prefix.length) return false;
        if (family_ == 4) return short_[number] == static_cast<uint32_t>(prefix.address.high >> 32);
        return long_[number] == prefix.address;
    }
    void enlarge(Shard &shard);

    Family family_;
    std::array<Shard, shard_count> shards_;
    Numbers numbers_;
    Column<uint32_t> short_;
    Column<Address> long_;
    Column<uint8_t> lengths_;
    std::array<uint32_t, 129> count_{};
};

}  // namespace weft::rib
