// Small containers of the indexes: a table from 64-bit keys to 64-bit values, and groups of nodes under such keys.
#pragma once

#include <libyang/libyang.h>

#include <cstdint>
#include <span>
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

// Nodes by key. A node can be in a group of several tables; which place it has in its group it holds itself, in `priv`,
// for the first two tables (`ordinal` 0 and 1), so that it is taken out in O(1); for others it is searched for.
class Groups {
  public:
    explicit Groups(uint32_t ordinal) : ordinal_(ordinal) {}
    ~Groups();
    Groups(Groups &&other) noexcept = default;
    Groups(const Groups &) = delete;
    Groups &operator=(const Groups &) = delete;

    void add(uint64_t key, lyd_node *node);
    void remove(uint64_t key, lyd_node *node);
    std::span<lyd_node *const> find(uint64_t key) const;
    bool empty() const { return map_.size() == 0; }
    template <class Visit>
    void each(Visit visit) const {
        for (const auto &entry : map_.entries()) {
            if (entry.key != 0) {
                visit(entry.key, nodes_of(entry.value));
            }
        }
    }

  private:
    using Many = std::vector<lyd_node *>;
    // A value is one node, or, when odd, many.
    static Many *many(uint64_t value) { return (value & 1) != 0 ? reinterpret_cast<Many *>(value & ~uint64_t{1}) : nullptr; }
    static std::span<lyd_node *const> nodes_of(const uint64_t &value);
    void set_place(lyd_node *node, size_t place) const;
    size_t place_of(const lyd_node *node, const Many &in) const;

    uint32_t ordinal_;
    FlatMap map_;
};

}  // namespace libyang_js
