// Longest prefix match of one VRF's IPv6 routes (all but ::/0) as a trie that fits itself to them: pages of 16 or 256 words where
// many prefixes part, sorted buckets of up to 16 intervals of the next 32 bits where few do (trie6_nodes.h), and over a large
// table one page of the first 16 bits. In a table like the Internet's a lookup takes a line of memory at each of one to three
// pages and one or two at the bucket below them, at most 32 nodes whatever the routes are; a burst is walked level by level.
//
// One writer, any number of readers in an epoch. What a reader finds is one load: a word of a page, which always says the whole
// answer, or of a bucket, which never turns between "as the bucket's own word says" and an answer in place; that takes a copy
// of the bucket, published by one store. So a route that comes, changes or goes is seen by each address at one moment. A
// change costs a copy of one bucket, and a store for each node (in pages, each word) below the prefix that it decides.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "../net/address.h"
#include "epochs.h"
#include "trie6_nodes.h"

namespace weft {

using Wide = unsigned __int128;

// trie6_walk.h
struct Start6;
using Walk6 = void(const Line6 *lines, Start6 start, const Ip6 *addresses, Word *words, size_t count);

inline Wide wide(const Ip6 &a) { return static_cast<Wide>(a.high) << 64 | a.low; }
inline Ip6 narrow(Wide a) { return {static_cast<uint64_t>(a >> 64), static_cast<uint64_t>(a)}; }
// The 32 bits from `depth` on, those past the middle of the address 0.
inline uint32_t key_of(Wide address, unsigned depth) {
    const uint64_t half = depth < 64 ? static_cast<uint64_t>(address >> 64) : static_cast<uint64_t>(address);
    return static_cast<uint32_t>((half << (depth & 63)) >> 32);
}
// The bits after the first `length`.
inline Wide rest6(unsigned length) { return length == 0 ? ~Wide{0} : length == 128 ? Wide{0} : ~Wide{0} >> length; }

class Trie6 {
  public:
    // An answer, and the length of the route it is from.
    struct Leaf {
        Word word = 0;
        uint8_t length = 0;
        bool operator==(const Leaf &) const = default;
    };
    struct Route {
        Ip6 prefix;
        uint8_t length;
        uint32_t object;
    };
    // The exact routes, which the writer is asked for what a longer one hid.
    class Routes {
      public:
        // Of the routes that cover `address`, the longest of a length between the two, neither included; {} when there is none.
        virtual Leaf longest(const Ip6 &address, unsigned longer_than, unsigned shorter_than) const = 0;
        // All, in order of (prefix, length).
        virtual std::vector<Route> sorted() const = 0;

      protected:
        ~Routes() = default;
    };

    Trie6(Epochs &epochs, Trie6Nodes &nodes, const Routes &routes) : epochs_(epochs), nodes_(nodes), routes_(routes) {}
    ~Trie6();
    Trie6(const Trie6 &) = delete;

    // Words of `count` addresses: object + 1, 0 without a route.
    void lookup(const Ip6 *addresses, Word *words, size_t count) const;
    Word lookup(const Ip6 &address) const;
    // The same by the instructions that every machine has.
    void lookup_portable(const Ip6 *addresses, Word *words, size_t count) const;

    // Where lookups begin, as the kernel fast path shares it: pages of words by the first 16 bits, or null, and then one word.
    struct Beginning {
        void *top;
        size_t octets;
        Word root;
    };
    Beginning beginning() const { return {top_, sizeof(Top), top_ ? 0 : root_}; }

    // Length of the route that answers, 0 for none; beside a writer it may be another's.
    uint8_t depth(const Ip6 &address) const;

    // The routes already know. Lengths 1 to 128; objects below 2^31 - 1.
    void insert(const Ip6 &prefix, uint8_t length, uint32_t object);
    void replace(const Ip6 &prefix, uint8_t length, uint32_t object);
    void erase(const Ip6 &prefix, uint8_t length);
    // Brings the nodes near that a change of the prefix will read.
    void prefetch(const Ip6 &prefix) const;

    // Makes room for tables of so many routes. Throws bad_alloc.
    void reserve(size_t routes);
    // Lines that so many more routes take at most, in a table of them.
    static size_t lines_for(size_t routes) { return routes * 12; }

  private:
    static constexpr unsigned top_bits = 16;
    static constexpr size_t top_from = 4096;  // routes
    struct Top {
        Word words[1u << top_bits];
        uint8_t lengths[1u << top_bits];
    };
    struct Item {  // an interval that ends there; `word` may be a node for exactly that block
        Wide end;
        Word word;
        uint8_t length;
    };
    struct Change {
        Wide first, last;
        uint8_t length;
        bool exact;  // decides what has exactly this length, not what has at most
        Leaf leaf;   // what stands there then
        bool decides(uint8_t other) const { return exact ? other == length : other <= length; }
    };
    struct Place {  // where a word stands
        Word *slot;
        uint8_t *length;  // beside it; null in a bucket
        Wide start;
        unsigned depth;
    };
    static constexpr uint8_t of_node = 255;

    void follow(Walk6 *large, const Ip6 *addresses, Word *words, size_t count) const;
    void apply(Change &change, bool reveal);
    void change_bucket(Change &change, bool reveal);
    void change_page(Change &change, bool reveal);
    void paint(Word *words, uint8_t *lengths, size_t count, const Change &change);
    void push(Word node, const Change &change);
    void settle(size_t level, Leaf leaf);
    void collapse(size_t level);
    void promote(size_t level);
    Leaf own(Word bucket) const;
    unsigned place_in(Word bucket, Wide address) const;
    size_t expand(Word bucket, Wide start, Item *items) const;
    void collect(Word node, Wide start, std::vector<Item> &items) const;
    void retire(Word node);
    void retire_all(Word node);
    void give_all(Word node);
    void make_top();

    // trie6_build.cc
    Word build(Wide start, unsigned depth, Leaf own, std::span<Item> items);
    Word build_page(Wide start, unsigned depth, unsigned stride, Leaf own, std::span<Item> items);
    void fill_page(Wide start, unsigned depth, unsigned stride, Leaf own, std::span<Item> items, Word *words, uint8_t *lengths);
    Word build_bucket(unsigned depth, Leaf own, std::span<const Item> items);
    size_t coarse(Wide start, unsigned depth, std::span<const Item> items, size_t enough) const;
    Leaf own_of(Wide start, unsigned depth, Leaf above, std::span<const Item> items) const;
    static void append(std::vector<Item> &items, Item item);
    static std::vector<Item> intervals(const std::vector<Route> &routes);

    Epochs &epochs_;
    Trie6Nodes &nodes_;
    const Routes &routes_;
    Pages top_pages_, spare_;
    Top *top_ = nullptr;
    Word root_ = 0;
    uint8_t root_length_ = 0;
    size_t count_ = 0;  // routes
    std::vector<Place> path_;
};

}  // namespace weft
