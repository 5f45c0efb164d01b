// Memory of all IPv4 tries (trie4.h): nodes of 256 entries in one reserved, lazily backed region, so that an entry names its child by a
// 32-bit index and a small VRF costs a few KiB. Allocation is the programming lock's.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

namespace weft {

struct alignas(64) TrieNode {
    std::array<std::atomic<uint32_t>, 256> entries;
    std::array<uint8_t, 256> depths;  // the writer's
    uint32_t routes;                  // that end in this node or below; the writer's
};

class TrieNodes {
  public:
    static constexpr uint32_t child_flag = 0x80000000;

    TrieNodes();
    ~TrieNodes();
    TrieNodes(const TrieNodes &) = delete;

    TrieNode &operator[](uint32_t node) const { return base_[node]; }
    // A node painted with one leaf. Throws bad_alloc when the region is full.
    uint32_t take(uint32_t leaf, uint8_t depth);
    void give(uint32_t node) { free_.push_back(node); }
    // The region, as the kernel fast path shares it: what has ever been in use, and all of it, in octets.
    void *memory() const { return base_; }
    size_t used() const { return next_ * sizeof(TrieNode); }
    size_t octets() const { return limit_ * sizeof(TrieNode); }
    size_t available() const { return limit_ - next_ + free_.size(); }

  private:
    TrieNode *base_ = nullptr;
    uint32_t limit_ = 0, next_ = 0;
    std::vector<uint32_t> free_;
};

}  // namespace weft
