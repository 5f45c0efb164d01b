// The readers' half: a burst goes down the trie in turns of all its packets, those at pages first, then those at buckets, and
// what a packet needs next is asked for while the others take theirs.
#include <algorithm>

#include "trie6.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace weft {
namespace {

constexpr size_t burst = 64;
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
struct Portable {
    static unsigned smaller(const Word *line, uint32_t key, unsigned mask) {
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
};

#if defined(__x86_64__)
#define WEFT_WIDE __attribute__((target("avx512f,avx512bw,avx512vl,bmi,bmi2,popcnt")))
struct Wide16 {
    WEFT_WIDE static unsigned smaller(const Word *line, uint32_t key, unsigned mask) {
        const __mmask16 m = _mm512_cmplt_epi32_mask(_mm512_load_si512(line), _mm512_set1_epi32(static_cast<int>(key ^ 0x80000000u)));
        return static_cast<unsigned>(_mm_popcnt_u32(m & mask));
    }
};
#endif

template <class Compare>
[[gnu::always_inline]] inline Word decide(Word node, const Cursor &c) {
    const unsigned large = (node >> 29) & 1;
    const unsigned before = Compare::smaller(c.at, c.key, large ? 0xfffe : 0x00fe);
    const Word word = load_word(c.at[8 + 8 * large + before]);
    const Word own = load_word(c.at[0]);
    return word ? word : own;
}

// Follows up to a burst from their first words to the last.
template <class Compare>
[[gnu::always_inline]] inline void walk(const Line6 *lines, const Ip6 *addresses, Word *words, size_t count) {
    Cursor cursors[burst];
    uint8_t pages[burst], buckets[burst];
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
    for (size_t i = 0; i < count; i++) go(i, words[i]);
    while (at_page + at_bucket) {
        const size_t turn_pages = at_page, turn_buckets = at_bucket;
        at_page = at_bucket = 0;
        uint8_t turn[burst];
        std::copy_n(buckets, burst, turn);
        for (size_t j = 0; j < turn_pages; j++) go(pages[j], load_word(*cursors[pages[j]].at));
        for (size_t j = 0; j < turn_buckets; j++) go(turn[j], decide<Compare>(words[turn[j]], cursors[turn[j]]));
    }
}

using Walk = void(const Line6 *lines, const Ip6 *addresses, Word *words, size_t count);

void walk_portable(const Line6 *lines, const Ip6 *addresses, Word *words, size_t count) {
    walk<Portable>(lines, addresses, words, count);
}

#if defined(__x86_64__)
WEFT_WIDE __attribute__((flatten)) void walk_wide(const Line6 *lines, const Ip6 *addresses, Word *words, size_t count) {
    walk<Wide16>(lines, addresses, words, count);
}

Walk *choose() {
    __builtin_cpu_init();
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    return wide ? walk_wide : walk_portable;
}
#else
Walk *choose() { return walk_portable; }
#endif

Walk *const best = choose();

}  // namespace

template <class Walk>
void Trie6::follow(Walk walk, const Ip6 *addresses, Word *words, size_t count) const {
    const Line6 *lines = nodes_.lines();
    const Top *top = __atomic_load_n(&top_, __ATOMIC_ACQUIRE);
    while (count) {
        const size_t n = std::min(count, burst);
        if (top) {
            for (size_t i = 0; i < n; i++) {
                const Word word = load_word(top->words[addresses[i].high >> (64 - top_bits)]);
                // Most of a large table is below such a page: no turn of its own.
                words[i] = (word >> 22) == (node_word(Node6::page8, top_bits, 0) >> 22)
                               ? load_word(lines[word & line_mask].words.data()[(addresses[i].high >> (56 - top_bits)) & 255])
                               : word;
            }
        } else {
            std::fill_n(words, n, load_word(root_));
        }
        walk(lines, addresses, words, n);
        addresses += n;
        words += n;
        count -= n;
    }
}

void Trie6::lookup(const Ip6 *addresses, Word *words, size_t count) const { follow(best, addresses, words, count); }

void Trie6::lookup_portable(const Ip6 *addresses, Word *words, size_t count) const {
    follow(walk_portable, addresses, words, count);
}

Word Trie6::lookup(const Ip6 &address) const {
    const Line6 *lines = nodes_.lines();
    const Top *top = __atomic_load_n(&top_, __ATOMIC_ACQUIRE);
    Word word = load_word(top ? top->words[address.high >> (64 - top_bits)] : root_);
    while (is_node(word)) {
        const Cursor c = locate(lines, word, address);
        word = is_page(word) ? load_word(*c.at) : decide<Portable>(word, c);
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
        const unsigned before = Portable::smaller(c.at, c.key, capacity == 16 ? 0xfffe : 0x00fe);
        word = load_word(c.at[capacity + before]);
        length = side + (word ? before : capacity);
    }
    return __atomic_load_n(length, __ATOMIC_RELAXED);
}

}  // namespace weft
