// A growing array in blocks: nothing moves when it grows, so that growing costs one block and never a copy of all. Blocks are
// mapped, so that what a small table does not touch takes no memory, and what a large one gives up goes back to the system.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace weft::rib {

constexpr uint32_t none = UINT32_MAX;

template <class T>
class Column {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    Column() = default;
    ~Column() { clear(); }
    Column(const Column &) = delete;
    Column &operator=(const Column &) = delete;

    T &operator[](uint32_t at) { return blocks_[at >> shift][at & mask]; }
    const T &operator[](uint32_t at) const { return blocks_[at >> shift][at & mask]; }

    // Room for `size` elements; new ones are zero. Throws std::bad_alloc.
    void grow(uint32_t size) {
        while (blocks_.size() << shift < size) {
            blocks_.reserve(blocks_.size() + 1);
            void *block = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (block == MAP_FAILED) throw std::bad_alloc();
            blocks_.push_back(static_cast<T *>(block));
        }
    }
    void clear() {
        for (T *block : blocks_) munmap(block, bytes);
        blocks_ = {};
    }

  private:
    static constexpr unsigned shift = 14;
    static constexpr uint32_t mask = (1u << shift) - 1;
    static constexpr size_t bytes = sizeof(T) << shift;
    std::vector<T *> blocks_;
};

// A list in a column: appended to, and emptied.
template <class T>
class List {
  public:
    uint32_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    T &operator[](uint32_t at) { return column_[at]; }
    const T &operator[](uint32_t at) const { return column_[at]; }
    void push_back(const T &value) {
        column_.grow(size_ + 1);
        column_[size_++] = value;
    }
    T take_last() { return column_[--size_]; }
    void clear() {
        column_.clear();
        size_ = 0;
    }

  private:
    Column<T> column_;
    uint32_t size_ = 0;
};

// Numbers that are given out and taken back, the lowest never used yet last.
class Numbers {
  public:
    uint32_t take() {
        if (free_.empty()) return end_++;
        return free_.take_last();
    }
    void give_back(uint32_t number) { free_.push_back(number); }
    // All numbers ever given out are below this.
    uint32_t end() const { return end_; }
    uint32_t taken() const { return end_ - free_.size(); }

  private:
    List<uint32_t> free_;
    uint32_t end_ = 0;
};

}  // namespace weft::rib
