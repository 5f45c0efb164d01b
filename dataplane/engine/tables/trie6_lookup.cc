// The readers' half: a burst goes down the trie in turns of all its packets, those at pages first, then those at buckets, and
// what a packet needs next is asked for while the others take theirs. Large bursts do so by wide instructions (trie6_wide.cc).
#include <algorithm>

#include "trie6_walk.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace weft {
namespace {

constexpr uint8_t index_shift[4] = {32, 32, 28, 24};  // of the key, by type: the word of a page; none of a bucket

// Where a packet is: the word of a page or the first line of a bucket, and its own 32 bits of the address.
struct Cursor {
    const Word *at;
    uint32_t key;
};

[[gnu::always_inline]] inline Cursor locate(const Line6 *lines, Word node, const Ip6 &address) {
    const uint64_t half = node & low_half ? address.low : address.high;
    const auto key = static_cast<uint32_t>((half << ((node >> 22) & 0x3c)) >> 32);
    const uint64_t word = static_cast<uint64_t>(key) >> index_shift[(node >> 29) & 3];
    return {lines[node & line_mask].words.data() + word, key};
}

// How many of a bucket's last keys (`mask`: where they are in its first line) come before the key.
inline unsigned smaller(const Word *line, uint32_t key, unsigned mask) {
#if defined(__x86_64__)
    const auto *p = reinterpret_cast<const __m128i *>(line);
    const __m128i k = _mm_set1_epi32(static_cast<int>(key ^ 0x80000000u));
    const __m128i a = _mm_packs_epi32(_mm_cmpgt_epi32(k, _mm_load_si128(p)), _mm_cmpgt_epi32(k, _mm_load_si128(p + 1)));
    const __m128i b = _mm_packs_epi32(_mm_cmpgt_epi32(k, _mm_load_si128(p + 2)), _mm_cmpgt_epi32(k, _mm_load_si128(p + 3)));
    return static_cast<unsigned>(_mm_popcnt_u32(static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(a, b))) & mask));
#else
    const auto k = static_cast<int32_t>(key ^ 0x80000000u);
    unsigned n = 0;
    for (unsigned i = 1; i < 16; i++) n += (static_cast<int32_t>(load_word(line[i])) < k) & (mask >> i & 1);
    return n;
#endif
}

Word decide(Word node, const Cursor &c) {
    const unsigned large = (node >> 29) & 1;
    const unsigned before = smaller(c.at, c.key, large ? 0xfffe : 0x00fe);
    const Word word = load_word(c.at[8 + 8 * large + before]);
    const Word own = load_word(c.at[0]);
    return word ? word : own;
}

Walk6 *const best = walk6_wide() ? walk6_wide() : walk6_portable;

}  // namespace

void walk6_on(const Line6 *lines, const Ip6 *addresses, Word *words, uint8_t *who, size_t count) {
    Cursor cursors[burst6];
    uint8_t *pages = who, buckets[burst6];
    size_t at_page = 0, at_bucket = 0;
    const auto go = [&](size_t i, Word word) __attribute__((always_inline)) {
        words[i] = word;
        cursors[i] = locate(lines, is_node(word) ? word : 0, addresses[i]);
        __builtin_prefetch(cursors[i].at);
        __builtin_prefetch(cursors[i].at + ((word >> 25) & 16));
        pages[at_page] = buckets[at_bucket] = static_cast<uint8_t>(i);
        at_page += (word >> 30) == 3;
        at_bucket += (word >> 30) == 2;
    };
    for (size_t j = 0; j < count; j++) go(who[j], words[who[j]]);
    while (at_page + at_bucket) {
        const size_t turn_pages = at_page, turn_buckets = at_bucket;
        at_page = at_bucket = 0;
        uint8_t turn[burst6];
        std::copy_n(buckets, burst6, turn);
        for (size_t j = 0; j < turn_pages; j++) go(pages[j], load_word(*cursors[pages[j]].at));
        for (size_t j = 0; j < turn_buckets; j++) go(turn[j], decide(words[turn[j]], cursors[turn[j]]));
    }
}

void walk6_portable(const Line6 *lines, Start6 start, const Ip6 *addresses, Word *words, size_t count) {
    const Word usual = node_word(Node6::page8, 16, 0);
    uint8_t who[burst6];
    for (size_t i = 0; i < count; i++) {
        who[i] = static_cast<uint8_t>(i);
        const Word word = start.top ? load_word(start.top[addresses[i].high >> 48]) : start.root;
        // Most of a large table is below such a page: no turn of its own.
        words[i] = (word >> 22) == (usual >> 22)
                       ? load_word(lines[word & line_mask].words.data()[(addresses[i].high >> 40) & 255])
                       : word;
    }
    walk6_on(lines, addresses, words, who, count);
}

void Trie6::follow(Walk6 *large, const Ip6 *addresses, Word *words, size_t count) const {
    // A walk by wide instructions waits for its slowest at each level, which only many make up for.
    constexpr size_t many = 40;
    const Line6 *lines = nodes_.lines();
    const Top *top = __atomic_load_n(&top_, __ATOMIC_ACQUIRE);
    const Start6 start{top ? top->words : nullptr, top ? 0 : load_word(root_)};
    while (count) {
        const size_t n = std::min(count, burst6);
        (n < many ? walk6_portable : large)(lines, start, addresses, words, n);
        addresses += n;
        words += n;
        count -= n;
    }
}

void Trie6::lookup(const Ip6 *addresses, Word *words, size_t count) const { follow(best, addresses, words, count); }

void Trie6::lookup_portable(const Ip6 *addresses, Word *words, size_t count) const {
    follow(walk6_portable, addresses, words, count);
}

Word Trie6::lookup(const Ip6 &address) const {
    const Line6 *lines = nodes_.lines();
    const Top *top = __atomic_load_n(&top_, __ATOMIC_ACQUIRE);
    Word word = load_word(top ? top->words[address.high >> (64 - top_bits)] : root_);
    while (is_node(word)) {
        const Cursor c = locate(lines, word, address);
        word = is_page(word) ? load_word(*c.at) : decide(word, c);
    }
    return word;
}

uint8_t Trie6::depth(const Ip6 &address) const {
    const Line6 *lines = nodes_.lines();
    const Top *top = __atomic_load_n(&top_, __ATOMIC_ACQUIRE);
    const size_t first = address.high >> (64 - top_bits);
    Word word = load_word(top ? top->words[first] : root_);
    const uint8_t *length = top ? &top->lengths[first] : &root_length_;
    while (is_node(word)) {
        const Word node = word;
        const Cursor c = locate(lines, node, address);
        const uint8_t *side = nodes_.side(node);
        if (is_page(node)) {
            word = load_word(*c.at);
            length = side + (c.at - nodes_.words(node));
            continue;
        }
        const unsigned capacity = capacity_of(node);
        const unsigned before = smaller(c.at, c.key, capacity == 16 ? 0xfffe : 0x00fe);
        word = load_word(c.at[capacity + before]);
        length = side + (word ? before : capacity);
    }
    return __atomic_load_n(length, __ATOMIC_RELAXED);
}

}  // namespace weft
