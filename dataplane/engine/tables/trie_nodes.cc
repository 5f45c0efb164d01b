#include "trie_nodes.h"

#include <sys/mman.h>

#include <new>

namespace weft {

TrieNodes::TrieNodes() {
    for (uint32_t limit = 6u << 20; limit >= 1u << 14; limit /= 2) {
        void *p = mmap(nullptr, limit * sizeof(TrieNode), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED) continue;
        base_ = static_cast<TrieNode *>(p);
        limit_ = limit;
        return;
    }
    throw std::bad_alloc();
}

TrieNodes::~TrieNodes() { munmap(base_, limit_ * sizeof(TrieNode)); }

uint32_t TrieNodes::take(uint32_t leaf, uint8_t depth) {
    uint32_t node;
    if (!free_.empty()) {
        node = free_.back();
        free_.pop_back();
    } else if (next_ < limit_) {
        node = next_++;
    } else {
        throw std::bad_alloc();
    }
    TrieNode &n = base_[node];
    for (auto &entry : n.entries) entry.store(leaf, std::memory_order_relaxed);
    n.depths.fill(depth);
    n.routes = 0;
    return node;
}

}  // namespace weft
