// Groups of nodes under 64-bit keys, of which the indexes are made.
#pragma once

#include <libyang/libyang.h>

#include <cstdint>
#include <span>
#include <vector>

#include "flat_map.h"

namespace libyang_js {

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
