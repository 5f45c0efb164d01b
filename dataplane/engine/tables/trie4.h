// The small form of an IPv4 table (table4.h): a trie of four 8-bit strides with leaves pushed down.
#pragma once

#include <atomic>
#include <cstddef>

#include "epochs.h"
#include "table4.h"
#include "trie_nodes.h"

namespace weft {

class Trie4 final : public Table4 {
  public:
    Trie4(Epochs &epochs, TrieNodes &nodes) : Table4(Form::trie), epochs_(epochs), nodes_(nodes), root_(nodes.take(0, 0)) {}
    ~Trie4() override { free_below(root_); }
    Trie4(const Trie4 &) = delete;

    void set(uint32_t prefix, uint8_t length, uint32_t leaf, bool fresh) override;
    void erase(uint32_t prefix, uint8_t length, uint32_t leaf, uint8_t depth) override;
    void prefetch(uint32_t) const override {}

    uint32_t root() const { return root_; }
    // Object, or no_object.
    uint32_t lookup(uint32_t address) const {
        uint32_t node = root_;
        for (unsigned shift = 24;; shift -= 8) {
            const uint32_t e = nodes_[node].entries[(address >> shift) & 255].load(std::memory_order_acquire);
            if (!(e & TrieNodes::child_flag)) return e - 1;
            node = e & ~TrieNodes::child_flag;
        }
    }
    // Of each address: its object, or `fallback` - 1.
    void lookup(const uint32_t *addresses, uint32_t *objects, size_t n, uint32_t fallback) const {
        for (size_t i = 0; i < n; i++) {
            const uint32_t object = lookup(addresses[i]);
            objects[i] = object == no_object ? fallback - 1 : object;
        }
    }

  private:
    // Writes a leaf over those entries of a range, and below them, whose depth `replaces` says yes to.
    template <class Replaces>
    void paint(uint32_t node, unsigned from, unsigned count, uint32_t leaf, uint8_t depth, Replaces replaces);
    void free_below(uint32_t node);

    Epochs &epochs_;
    TrieNodes &nodes_;
    uint32_t root_;
};

}  // namespace weft
