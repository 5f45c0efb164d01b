// A growing array in blocks: nothing moves when it grows, so that growing costs one block and never a copy of all.
// Elements are not initialized.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

namespace weft::rib {

constexpr uint32_t none = UINT32_MAX;

template <class T>
class Column {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    T &operator[](uint32_t at) { return blocks_[at >> shift][at & mask]; }
    const T &operator[](uint32_t at) const { return blocks_[at >> shift][at & mask]; }

    // Room for `size` elements.
    void grow(uint32_t size) {
        while (blocks_.size() << shift < size) blocks_.push_back(std::make_unique_for_overwrite<T[]>(size_t{1} << shift));
    }

  private:
    static constexpr unsigned shift = 12;
    static constexpr uint32_t mask = (1u << shift) - 1;
    std::vector<std::unique_ptr<T[]>> blocks_;
};

// Numbers that are given out and taken back, the lowest never used yet last.
class Numbers {
  public:
    uint32_t take() {
        if (free_.empty()) return end_++;
        const uint32_t number = free_.back();
        free_.pop_back();
        return number;
    }
    void give_back(uint32_t number) { free_.push_back(number); }
    // All numbers ever given out are below this.
    uint32_t end() const { return end_; }
    uint32_t taken() const { return end_ - static_cast<uint32_t>(free_.size()); }

  private:
    std::vector<uint32_t> free_;
    uint32_t end_ = 0;
};

}  // namespace weft::rib
