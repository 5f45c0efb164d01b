// Memory and form of the nodes of all IPv6 tries. A node is one line of 64 octets or several, in one reserved, lazily backed
// region, so that a node is named by 32 bits; beside each line 16 octets of the writer's. Allocation is the programming lock's.
//
// A word of the trie is 0 (no route, or in a bucket: as the bucket's own word says), object + 1, or a node:
//   bit 31 set | type (2 bits) | bits of the address above the node, by 4 (5 bits) | first line (24 bits)
// Pages are arrays of words by the next 4 or 8 bits. Buckets are intervals of the next 32 bits (never across the middle of the
// address): word 0 is what covers all of the bucket, then the last keys of all intervals but the last, in order, as signed
// numbers with the sign turned (that is how SSE compares), filled up with the greatest; then a word for each interval.
//   bucket8   own, 7 keys, 8 words                bucket16  own, 15 keys | 16 words
//   page4     16 words                            page8     16 lines of 16 words
// Beside: the length of the route that each word of a leaf comes from, 0 for none; in buckets then that of `own`, and how many
// intervals there are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pages.h"

namespace weft {

using Word = uint32_t;

inline Word load_word(const Word &word) { return __atomic_load_n(&word, __ATOMIC_ACQUIRE); }
inline void store_word(Word &word, Word value) { __atomic_store_n(&word, value, __ATOMIC_RELEASE); }

// Intervals of the largest bucket.
inline constexpr size_t bucket_most = 16;

enum class Node6 : uint8_t { bucket8 = 0, bucket16 = 1, page4 = 2, page8 = 3 };

inline constexpr Word node_flag = 0x80000000, line_mask = 0x00ffffff, low_half = 64u << 22;
inline bool is_node(Word word) { return word & node_flag; }
inline Node6 type_of(Word word) { return static_cast<Node6>((word >> 29) & 3); }
inline unsigned depth_of(Word word) { return (word >> 22) & 0x7c; }
inline bool is_page(Word word) { return word & (1u << 30); }
inline unsigned stride_of(Word word) { return type_of(word) == Node6::page8 ? 8 : 4; }
inline unsigned capacity_of(Word word) { return type_of(word) == Node6::bucket16 ? 16 : 8; }
inline Word node_word(Node6 type, unsigned depth, uint32_t line) {
    return node_flag | static_cast<Word>(type) << 29 | depth << 22 | line;
}
// First bit of the address that a bucket at a depth does not see.
inline unsigned reach_of(unsigned depth) { return depth < 32 ? depth + 32 : depth < 64 ? 64 : depth < 96 ? depth + 32 : 128; }

struct alignas(64) Line6 {
    std::array<Word, 16> words;
};

struct Side6 {
    std::array<uint8_t, 16> octets;
};

class Trie6Nodes {
  public:
    Trie6Nodes();

    const Line6 *lines() const { return lines_; }
    Word *words(Word node) const { return lines_[node & line_mask].words.data(); }
    uint8_t *side(Word node) const { return sides_[node & line_mask].octets.data(); }
    // Uninitialized lines. Throws bad_alloc when the region is full.
    Word take(Node6 type, unsigned depth);
    void give(Word node);
    // The region of lines, as the kernel fast path shares it: what has ever been in use, and all of it, in octets.
    void *memory() const { return lines_; }
    size_t used() const { return next_ * sizeof(Line6); }
    size_t octets() const { return limit_ * sizeof(Line6); }
    // Lines that routes can still take. A 64th of all is kept back for what a change lays out anew beside what it replaces.
    size_t available() const {
        const size_t left = limit_ - next_ + free_lines_, kept = limit_ / 64;
        return left > kept ? left - kept : 0;
    }

  private:
    uint32_t take_lines(unsigned count_log);
    Pages line_memory_, side_memory_;
    Line6 *lines_ = nullptr;
    Side6 *sides_ = nullptr;
    uint32_t limit_ = 0, next_ = 0;
    size_t free_lines_ = 0;
    std::array<std::vector<uint32_t>, 5> free_;  // by logarithm of the number of lines
};

}  // namespace weft
