// A hash map in parts that grow one by one, so that no insertion pays for moving all.
#pragma once

#include <array>
#include <unordered_map>

#include "column.h"

namespace weft::rib {

// Numbers by key.
template <class Key>
class Index {
  public:
    // `none` when it is not there.
    uint32_t find(const Key &key) const {
        const Part &part = parts_[part_of(key)];
        const auto found = part.find(key);
        return found == part.end() ? none : found->second;
    }
    void insert(const Key &key, uint32_t number) { size_ += parts_[part_of(key)].emplace(key, number).second; }
    void erase(const Key &key) { size_ -= parts_[part_of(key)].erase(key); }
    size_t size() const { return size_; }

  private:
    using Part = std::unordered_map<Key, uint32_t>;
    // The upper bits: a part makes its own use of the lower ones.
    static size_t part_of(const Key &key) { return (std::hash<Key>()(key) * 0x9e3779b97f4a7c15ull) >> 56; }

    std::array<Part, 256> parts_;
    size_t size_ = 0;
};

}  // namespace weft::rib
