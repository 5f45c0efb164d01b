#include "fib4.h"

namespace weft {

Fib4::Fib4(Epochs &epochs, TrieNodes &nodes) : epochs_(epochs), nodes_(nodes), root_(nodes.take(0, 0)), map_(epochs) {}

Fib4::~Fib4() { free_below(root_); }

void Fib4::free_below(uint32_t node) {
    for (const auto &entry : nodes_[node].entries) {
        const uint32_t e = entry.load(std::memory_order_relaxed);
        if (e & TrieNodes::child_flag) free_below(e & ~TrieNodes::child_flag);
    }
    nodes_.give(node);
}

template <class Replaces>
void Fib4::paint(uint32_t node, unsigned from, unsigned count, uint32_t leaf, uint8_t depth, Replaces replaces) {
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

Fib4::Map::Slot &Fib4::set(uint32_t prefix, uint8_t length, uint32_t object, int64_t &before) {
    Map::Slot &slot = map_.set(prefix, length, object, before);
    if (before == static_cast<int64_t>(object)) return slot;
    const bool fresh = before < 0;
    if (fresh) lengths_[length]++;
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
    paint(node, (prefix >> shift) & 255, 1u << (end - length), object + 1, length,
          [length](uint8_t depth) { return depth <= length; });
    return slot;
}

void Fib4::erase(Map::Slot &slot) {
    const uint32_t prefix = slot.bits;
    const uint8_t length = slot.length;
    map_.erase(slot);
    lengths_[length]--;

    uint32_t leaf = 0;
    uint8_t depth = 0;
    for (int shorter = length - 1; shorter >= 0; shorter--) {
        if (!lengths_[shorter]) continue;
        const int64_t object = map_.find(prefix & mask4(shorter), static_cast<uint8_t>(shorter));
        if (object < 0) continue;
        leaf = static_cast<uint32_t>(object) + 1;
        depth = static_cast<uint8_t>(shorter);
        break;
    }

    std::array<uint32_t, 4> path{root_};
    unsigned level = 0, shift = 24, end = 8;
    nodes_[root_].routes--;
    while (length > end) {
        const uint32_t e = nodes_[path[level]].entries[(prefix >> shift) & 255].load(std::memory_order_relaxed);
        path[++level] = e & ~TrieNodes::child_flag;
        nodes_[path[level]].routes--;
        shift -= 8;
        end += 8;
    }
    paint(path[level], (prefix >> shift) & 255, 1u << (end - length), leaf, depth,
          [length](uint8_t d) { return d == length; });

    // A node without routes has one leaf all over: its parent takes it.
    for (; level > 0 && nodes_[path[level]].routes == 0; level--) {
        const uint32_t gone = path[level];
        TrieNode &parent = nodes_[path[level - 1]];
        const unsigned i = (prefix >> (32 - 8 * level)) & 255;
        parent.depths[i] = nodes_[gone].depths[0];
        parent.entries[i].store(nodes_[gone].entries[0].load(std::memory_order_relaxed), std::memory_order_release);
        epochs_.retire([this, gone] { nodes_.give(gone); });
    }
}

}  // namespace weft
