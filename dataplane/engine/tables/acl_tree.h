// The compiled form of a list's rules: a few decision trees over disjoint parts of them, walked by a burst of keys at a time.
//
// A node compares one word of the key with up to 15 thresholds (two cache lines) and so has up to 16 children; thresholds lie
// where they part the rules evenly. A leaf is a chain of blocks of eight rules, in the order of the list, compared at once. A
// rule that spans children stands in each of them; so that this stays bounded, rules with short source or destination prefixes
// have trees of their own, and a part that would not get smaller or would outgrow its share of memory stays a longer leaf: such
// a list is slower, never wrong. Immutable once compiled; the workers' to read.
//
// Cost: some 1.5 ns for a node and 2 ns for a block when they are in the caches, of which the walk hides the misses by prefetch
// across the burst. Memory: below 1 KiB a rule.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>


#include "acl_rule.h"

namespace weft {

inline constexpr uint32_t acl_leaf = 1u << 31;  // of a reference: the rest is the number of a block's first line
inline constexpr unsigned acl_lanes = 8;

struct alignas(64) AclNode {
    uint32_t thresholds[15];  // ascending, the first child is below all; unused ones repeat the largest word
    uint32_t word;            // of the key
    uint32_t children[16];    // node or leaf
};
static_assert(sizeof(AclNode) == 128);

// Of a block: one line for each masked word (values, masks), one for ports (lowest, highest), one for AclTail.
struct alignas(64) AclLine {
    uint32_t first[acl_lanes], second[acl_lanes];
};

struct alignas(64) AclTail {
    uint32_t entry[acl_lanes];
    uint32_t measured;  // lanes that have an AclMeasure
    uint32_t measures;  // of the first of them; they follow one another
    uint32_t more;      // another block follows
};
static_assert(sizeof(AclTail) == sizeof(AclLine));

// What is rarely asked: bounds on the packet's size and TTL.
struct AclMeasure {
    AclRange length;
    uint8_t ttl_low, ttl_high;
    bool holds(uint32_t size_ttl) const {
        const uint32_t size = size_ttl >> 8, ttl = size_ttl & 0xff;
        return size >= length.low && size <= length.high && ttl >= ttl_low && ttl <= ttl_high;
    }
};

struct AclTree {
    uint32_t root;
    uint32_t first;  // lowest entry in it: no better one is found here
};

template <unsigned Words>
class AclTrees {
  public:
    static constexpr unsigned block_lines = AclRule<Words>::masked + 2;
    using Key = AclKey<Words>;

    // Throws std::bad_alloc.
    explicit AclTrees(std::span<const AclRule<Words>> rules);

    // Lowers each entry[n] to the number of the first entry that matches keys[n], if there is one below it. At most 256 keys.
    void match(const Key *keys, unsigned count, uint32_t *entry) const { walk_(*this, keys, count, entry); }

    size_t bytes() const { return nodes.size() * sizeof(AclNode) + lines.size() * sizeof(AclLine); }

    std::vector<AclNode> nodes;
    std::vector<AclLine> lines;
    std::vector<AclMeasure> measures;
    std::vector<AclTree> trees;

    // The ways to walk that this machine has, the best last; all give the same answers.
    using Walk = void (*)(const AclTrees &, const Key *, unsigned, uint32_t *);
    struct NamedWalk {
        const char *name;
        Walk walk;
    };
    static std::vector<NamedWalk> walks();
    void walk_with(Walk walk) { walk_ = walk; }

  private:
    explicit AclTrees(Walk walk) : walk_(walk) {}
    Walk walk_;
};

}  // namespace weft
