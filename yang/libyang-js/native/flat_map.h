// A table from 64-bit keys to 64-bit values, for many small things that a node-based map would scatter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace libyang_js {

// Open addressing with linear probing: 16 bytes a slot, at most three quarters of them used. Key 0 is not allowed.
class FlatMap {
  public:
    struct Entry {
        uint64_t key = 0;
        uint64_t value = 0;
    };

    // The value of a key, or null; valid until the next change.
    uint64_t *find(uint64_t key);
    const uint64_t *find(uint64_t key) const { return const_cast<FlatMap *>(this)->find(key); }
    // The value of a key; a new one is 0.
    uint64_t &at(uint64_t key);
    void erase(uint64_t key);
    size_t size() const { return size_; }
    // Some entries have key 0: they are free.
    const std::vector<Entry> &entries() const { return entries_; }

  private:
    size_t home(uint64_t key) const;
    void grow();

    std::vector<Entry> entries_;
    size_t size_ = 0;
};

}  // namespace libyang_js
