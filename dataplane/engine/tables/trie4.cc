#include "trie4.h"

namespace weft {

void Trie4::free_below(uint32_t node) {
    for (const auto &entry : nodes_[node].entries) {
        const uint32_t e = entry.load(std::memory_order_relaxed);
        if (e & TrieNodes::child_flag) free_below(e & ~TrieNodes::child_flag);
    }
    nodes_.give(node);
}

template <class Replaces>
void Trie4::paint(uint32_t node, unsigned from, unsigned count, uint32_t leaf, uint8_t depth, Replaces replaces) {
    TrieNode &n = nodes_[node];
    for (unsigned i = from; i < from + count; i++) {
        const uint32_t e = n.entries[i].load(std::memory_order_relaxed);
        if (e & TrieNodes::child_flag) {
            paint(e & ~TrieNodes::child_flag, 0, 256, leaf, depth, replaces);
        } else if (replaces(n.depths[i])) {
            n.entries[i].store(leaf, std::memory_order_release);
            n.depths[i] = depth;
        }
    }
}

void Trie4::set(uint32_t prefix, uint8_t length, uint32_t leaf, bool fresh) {
    uint32_t node = root_;
    unsigned shift = 24, end = 8;
    while (length > end) {
        TrieNode &n = nodes_[node];
        if (fresh) n.routes++;
        const unsigned i = (prefix >> shift) & 255;
        const uint32_t e = n.entries[i].load(std::memory_order_relaxed);
        if (e & TrieNodes::child_flag) {
            node = e & ~TrieNodes::child_flag;
        } else {
            node = nodes_.take(e, n.depths[i]);
            n.entries[i].store(node | TrieNodes::child_flag, std::memory_order_release);
        }
        shift -= 8;
        end += 8;
    }
    if (fresh) nodes_[node].routes++;
    paint(node, (prefix >> shift) & 255, 1u << (end - length), leaf, length, [length](uint8_t d) { return d <= length; });
}

void Trie4::erase(uint32_t prefix, uint8_t length, uint32_t leaf, uint8_t depth) {
    uint32_t path[4] = {root_};
    unsigned level = 0, shift = 24, end = 8;
    nodes_[root_].routes--;
    while (length > end) {
        const uint32_t e = nodes_[path[level]].entries[(prefix >> shift) & 255].load(std::memory_order_relaxed);
        path[++level] = e & ~TrieNodes::child_flag;
        nodes_[path[level]].routes--;
        shift -= 8;
        end += 8;
    }
    paint(path[level], (prefix >> shift) & 255, 1u << (end - length), leaf, depth, [length](uint8_t d) { return d == length; });

    // A node without routes has one leaf all over: its parent takes it.
    for (; level > 0 && nodes_[path[level]].routes == 0; level--) {
        const uint32_t gone = path[level];
        TrieNode &parent = nodes_[path[level - 1]];
        const unsigned i = (prefix >> (32 - 8 * level)) & 255;
        parent.depths[i] = nodes_[gone].depths[0];
        parent.entries[i].store(nodes_[gone].entries[0].load(std::memory_order_relaxed), std::memory_order_release);
        epochs_.retire([nodes = &nodes_, gone] { nodes->give(gone); });
    }
}

}  // namespace weft
