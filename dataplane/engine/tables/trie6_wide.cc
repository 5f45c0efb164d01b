// The walk of a burst by AVX-512: 16 packets at a time through the pages by gathers, which takes nearly all of a large table's
// packets to one bucket or to their answer; a bucket's keys are compared by one instruction. A gather waits for the slowest
// of its loads, so what each packet needs next is asked for as soon as it is known. Those that have further to go (second half of
// the address, buckets below buckets) are few, and go on as everywhere.
#include "trie6_walk.h"

#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12's own header
#endif
#include <immintrin.h>

#define WEFT_WIDE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,bmi,bmi2,popcnt")))

namespace weft {
namespace {

constexpr size_t vectors = burst6 / 16, levels = 3;
constexpr Word page = node_flag | 1u << 30, bucket = node_flag;

WEFT_WIDE inline __m512i all(uint32_t value) { return _mm512_set1_epi32(static_cast<int>(value)); }

// Of 16 addresses, bits 0 to 31 and 32 to 63.
struct Half16 {
    __m512i first, second;
};

WEFT_WIDE inline Half16 load16(const Ip6 *addresses, size_t count) {
    __m512i four[4];
    for (size_t i = 0; i < 4; i++) {
        const size_t n = count > 4 * i ? std::min<size_t>(count - 4 * i, 4) : 0;
        four[i] = _mm512_maskz_loadu_epi64(static_cast<__mmask8>((1u << (2 * n)) - 1), addresses + 4 * i);
    }
    const __m512i order = _mm512_setr_epi32(1, 5, 9, 13, 17, 21, 25, 29, 0, 4, 8, 12, 16, 20, 24, 28);
    const __m512i a = _mm512_permutex2var_epi32(four[0], order, four[1]);
    const __m512i b = _mm512_permutex2var_epi32(four[2], order, four[3]);
    return {_mm512_shuffle_i64x2(a, b, 0x44), _mm512_shuffle_i64x2(a, b, 0xee)};
}

// Nodes of one kind in the first half of the address.
WEFT_WIDE inline __mmask16 are(Word kind, __m512i words) {
    return _mm512_cmpeq_epi32_mask(_mm512_and_si512(words, all(page | low_half)), all(kind));
}

// The 32 bits of its address that each node of the first half looks at.
WEFT_WIDE inline __m512i keys(const Half16 &half, __m512i nodes) {
    const __m512i shift = _mm512_and_si512(_mm512_srli_epi32(nodes, 22), all(31));
    const __mmask16 later = _mm512_test_epi32_mask(nodes, all(32u << 22));
    const __m512i from = _mm512_mask_mov_epi32(half.first, later, half.second);
    const __m512i next = _mm512_maskz_mov_epi32(static_cast<__mmask16>(~later), half.second);
    return _mm512_or_si512(_mm512_sllv_epi32(from, shift), _mm512_srlv_epi32(next, _mm512_sub_epi32(all(32), shift)));
}

// Which word each packet looks at next: of a page its own, of a bucket the first; else some word.
WEFT_WIDE inline __m512i place(const Half16 &half, __m512i at) {
    const __m512i four_more = _mm512_and_si512(_mm512_srli_epi32(at, 27), all(4));  // page8
    const __m512i index = _mm512_srlv_epi32(keys(half, at), _mm512_sub_epi32(all(28), four_more));
    const __m512i line = _mm512_slli_epi32(_mm512_maskz_and_epi32(_mm512_movepi32_mask(at), at, all(line_mask)), 4);
    return _mm512_mask_or_epi32(line, are(page, at), line, index);
}

WEFT_WIDE inline void prefetch16(const Word *words, __m512i places) {
    alignas(64) uint32_t place[16];
    _mm512_store_si512(place, places);
#pragma GCC unroll 16
    for (size_t i = 0; i < 16; i++) __builtin_prefetch(words + place[i]);
}

WEFT_WIDE void walk_wide(const Line6 *lines, Start6 start, const Ip6 *addresses, Word *words, size_t count) {
    Half16 halves[vectors];
    __m512i at[vectors], places[vectors];
    const Word *base = lines[0].words.data();
    const size_t used = (count + 15) / 16;
    for (size_t v = 0; v < used; v++) {
        halves[v] = load16(addresses + 16 * v, count - 16 * v);
        at[v] = start.top ? _mm512_i32gather_epi32(_mm512_srli_epi32(halves[v].first, 16), start.top, sizeof(Word)) : all(start.root);
        places[v] = place(halves[v], at[v]);
    }
    // A fixed number of turns: how far each has to go would not be guessed right.
    unsigned more = 1;
    for (size_t level = 0; more && level < levels; level++) {
        more = 0;
        for (size_t v = 0; v < used; v++) {
            const __mmask16 go = are(page, at[v]);
            more |= go;
            at[v] = _mm512_mask_i32gather_epi32(at[v], go, places[v], base, sizeof(Word));
            places[v] = place(halves[v], at[v]);
            prefetch16(base, places[v]);
        }
    }
    // Side by side those at buckets; a store of a vector may end beyond the last of them.
    alignas(64) uint32_t who[burst6 + 16], key[burst6 + 16], node[burst6 + 16];
    uint8_t rest[burst6];
    size_t n = 0, further = 0;
    const __m512i counting = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (size_t v = 0; v < used; v++) {
        const size_t left = count - 16 * v;
        const auto there = static_cast<__mmask16>(left < 16 ? (1u << left) - 1 : 0xffff);
        const __mmask16 go = are(bucket, at[v]) & there;
        const __m512i numbers = _mm512_add_epi32(counting, all(static_cast<uint32_t>(16 * v)));
        const __m512i turned = _mm512_xor_si512(keys(halves[v], at[v]), all(0x80000000));  // see trie6_nodes.h
        _mm512_storeu_si512(who + n, _mm512_maskz_compress_epi32(go, numbers));
        _mm512_storeu_si512(key + n, _mm512_maskz_compress_epi32(go, turned));
        _mm512_storeu_si512(node + n, _mm512_maskz_compress_epi32(go, at[v]));
        _mm512_mask_storeu_epi32(words + 16 * v, there, at[v]);
        n += static_cast<size_t>(_mm_popcnt_u32(go));
        for (unsigned others = _mm512_movepi32_mask(at[v]) & ~go & there; others; others &= others - 1)
            rest[further++] = static_cast<uint8_t>(16 * v + static_cast<size_t>(__builtin_ctz(others)));
    }
    // The first line of a bucket has been asked for; the second of a large one.
    for (size_t i = 0; i < n; i++) __builtin_prefetch(base + ((node[i] & line_mask) << 4) + ((node[i] >> 25) & 16));
    for (size_t i = 0; i < n; i++) {
        const Word *line = lines[node[i] & line_mask].words.data();
        const unsigned large = (node[i] >> 29) & 1;
        const __mmask16 smaller = _mm512_cmplt_epi32_mask(_mm512_load_si512(line), all(key[i])) & (large ? 0xfffe : 0x00fe);
        const Word inside = load_word(line[8 + 8 * large + static_cast<unsigned>(_mm_popcnt_u32(smaller))]);
        const Word own = load_word(line[0]), word = inside ? inside : own;
        words[who[i]] = word;
        rest[further] = static_cast<uint8_t>(who[i]);
        further += word >> 31;
    }
    if (further) walk6_on(lines, addresses, words, rest, further);
}

}  // namespace

Walk6 *walk6_wide() {
    __builtin_cpu_init();
    const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
    return has ? walk_wide : nullptr;
}

}  // namespace weft

#else

namespace weft {

Walk6 *walk6_wide() { return nullptr; }

}  // namespace weft

#endif
