// The compiled form of a list's rules: a few decision trees over disjoint parts of them, walked by a burst of keys at a time.
//
// A node compares a piece of 16 bits of one word of the key with up to 30 thresholds and so has up to 31 children; thresholds
// lie where they part the rules evenly. A leaf is a chain of blocks of eight rules, in the order of the list, compared at once. A
// rule that spans children stands in each of them; so that this stays bounded, rules with short source or destination prefixes
// may have trees of their own, and a part that would not get smaller or would outgrow its share of memory stays a longer leaf:
// such a list is slower, never wrong. Immutable once compiled; the workers' to read.
//
// Cost: some 2 ns for a node and 4 ns for a block when they are in the caches; the walk hides misses by prefetch across the burst,
// and takes no branch on where a key goes. Memory: some 512 octets a rule of IPv4 at most, 1.25 KiB of IPv6.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "acl_rule.h"
#include "pages.h"

namespace weft {

// Trees lie in lines of the cache: first the nodes, then the leaves. A reference is a line's number.
inline constexpr unsigned acl_line = 64;

// 128 octets when 16 bits are enough for references, as they are up to some 10,000 rules, else 192.
template <class Ref>
struct alignas(acl_line) AclNode {
    static constexpr unsigned cuts = 30;
    uint16_t thresholds[cuts];  // ascending, the first child is below all; unused ones are 0xffff
    uint32_t base;              // (word of the key - base) >> shift is what is compared, its lowest 16 bits
    Ref children[cuts + 1];     // those beyond the last threshold are as the last one
    uint8_t word, shift;
};
static_assert(sizeof(AclNode<uint16_t>) == 2 * acl_line && sizeof(AclNode<uint32_t>) == 3 * acl_line);

// Of a block: one line for each word of the addresses (values, masks), one for ports (lowest, highest), one for AclTail.
inline constexpr unsigned acl_lanes = 8;
struct alignas(acl_line) AclLine {
    uint32_t first[acl_lanes], second[acl_lanes];
};

struct alignas(acl_line) AclTail {
    static constexpr unsigned more_bit = 30;
    static constexpr uint32_t more = 1u << more_bit;  // in the first: another block follows
    static constexpr uint32_t measured = 1u << 31;    // an AclMeasure is to be asked
    static constexpr uint32_t number = more - 1;      // of the entry
    uint16_t value[acl_lanes], mask[acl_lanes];         // of the lowest bits of the meta word
    uint32_t entry[acl_lanes];
};
static_assert(sizeof(AclTail) == sizeof(AclLine));

// What is rarely asked: the other bits of the meta word, and bounds on the packet's size and TTL.
struct AclMeasure {
    uint32_t value, mask;
    AclRange length;
    uint8_t ttl_low, ttl_high;
    bool holds(uint32_t meta, uint32_t size_ttl) const {
        const uint32_t size = size_ttl >> 8, ttl = size_ttl & 0xff;
        return (meta & mask) == value && size >= length.low && size <= length.high && ttl >= ttl_low && ttl <= ttl_high;
    }
};

struct AclTree {
    uint32_t root;
    uint32_t first;  // lowest entry in it: no better one is found here
};

template <unsigned Words>
class AclTrees {
  public:
    static constexpr unsigned block_lines = 2 * Words + 2;
    using Key = AclKey<Words>;

    // Throws std::bad_alloc.
    explicit AclTrees(std::span<const AclRule<Words>> rules);

    // Lowers each entry[n] to the number of the first entry that matches keys[n], if there is one below it. At most 256 keys.
    void match(const Key *keys, unsigned count, uint32_t *entry) const { walk_(*this, keys, count, entry); }

    size_t bytes() const { return size_t{lines_} * acl_line; }
    const uint8_t *lines() const { return memory_.as<uint8_t>(); }

    std::vector<AclTree> trees;
    std::vector<AclMeasure> measures;  // by entry, of those that have one
    uint32_t first_leaf = 0;           // the line of it

    // The ways to walk that this machine has, the best last; all give the same answers.
    using Walk = void (*)(const AclTrees &, const Key *, unsigned, uint32_t *);
    struct NamedWalk {
        const char *name;
        Walk narrow, wide;  // by the size of references
    };
    static std::vector<NamedWalk> walks();
    void walk_with(const NamedWalk &walk) { walk_ = wide_ ? walk.wide : walk.narrow; }

  private:
    Pages memory_;
    uint32_t lines_ = 0;
    bool wide_ = false;
    Walk walk_;
};

}  // namespace weft
