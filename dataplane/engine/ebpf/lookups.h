/* Lookups in the engine's FIBs, as they lie in its memory: tables/trie_nodes.h, dir24.h and trie6_nodes.h have their forms. Of a
 * destination that no route has, 0; of one whose table can't be read from here, no_word. */
#ifndef WEFT_EBPF_LOOKUPS_H
#define WEFT_EBPF_LOOKUPS_H

#include "program.h"

enum { no_word = 0xffffffff };

/* A word of a region, or what cannot be one. */
inlined __u32 word_at(void *region, __u64 at) {
    const __u32 page = at / fast_page;
    const __u8 *p = find(region, &page);
    return p ? *(const volatile __u32 *)(p + (at & (fast_page - 4))) : no_word;
}

inlined __u32 half_at(void *region, __u64 at) {
    const __u32 page = at / fast_page;
    const __u8 *p = find(region, &page);
    return p ? *(const volatile __u16 *)(p + (at & (fast_page - 2))) : no_word;
}

inlined void *region_of(__u32 number) { return find(&regions, &number); }

/* Object + 1, 0 for no route, no_word when the tables cannot be read from here. */
inlined __u32 look_up4(const struct fast_vrf *vrf, __u32 to) {
    const __u64 table = *(const volatile __u64 *)&vrf->table4;
    if (!(table & fast_there)) return no_word;
    const __u32 form = (table >> fast_form_shift) & 3, number = (table >> fast_region_shift) & fast_region_mask;
    void *region = region_of(number);
    if (!region) return no_word;
    __u32 word;
    if (form == fast_trie) {
        word = word_at(region, (__u64)(__u32)table * fast_trie_node + (to >> 24) * 4);
        for (int shift = 16; shift >= 0; shift -= 8) {
            if (!(word & 0x80000000)) break;
            if (word == no_word) return no_word;
            word = word_at(region, (__u64)(word & 0x7fffffff) * fast_trie_node + ((to >> shift) & 255) * 4);
        }
    } else if (form == fast_narrow) {
        word = half_at(region, (__u64)(to >> 8) * 2);
        if (word == no_word) return no_word;
        if (word & 0x8000) {
            region = region_of(number + 1);
            if (!region) return no_word;
            word = half_at(region, ((__u64)(word & 0x7fff) * 256 + (to & 255)) * 2);
        }
    } else {
        word = word_at(region, (__u64)(to >> 8) * 4);
        if (word == no_word) return no_word;
        if (word & 0x80000000) {
            region = region_of(number + 1);
            if (!region) return no_word;
            word = word_at(region, ((__u64)(word & 0x7fffffff) * 256 + (to & 255)) * 4);
        }
    }
    return word ? word : *(const volatile __u32 *)&vrf->default4;
}

/* tables/trie6_nodes.h has the form of the words. */
inlined __u32 look_up6(const struct fast_vrf *vrf, __u64 high, __u64 low) {
    const __u64 table = *(const volatile __u64 *)&vrf->table6;
    if (!(table & fast_there)) return no_word;
    __u32 word = table;
    if (((table >> fast_form_shift) & 3) == fast_top) {
        void *top = region_of((table >> fast_region_shift) & fast_region_mask);
        if (!top) return no_word;
        word = word_at(top, (high >> 48) * 4);
    }
    void *lines = region_of(fast_line_region);
    if (!lines) return no_word;
    for (int level = 0; level < 34 && (word & 0x80000000); level++) {
        if (word == no_word) return no_word;
        const __u64 half = word & (64u << 22) ? low : high;
        const __u32 key = (half << ((word >> 22) & 0x3c)) >> 32;
        const __u64 at = (__u64)(word & 0xffffff) * fast_line;
        const __u32 large = (word >> 29) & 1;
        if (word & (1u << 30)) {
            word = word_at(lines, at + (key >> (28 - 4 * large)) * 4);
            continue;
        }
        const __u32 page = at / fast_page;
        const __u8 *p = find(lines, &page);
        if (!p) return no_word;
        const __u8 *bucket = p + (at & (fast_page - fast_line));
        const __s64 wanted = (__s32)(key ^ 0x80000000);
        __u32 before = 0;
        unrolled for (int i = 1; i < 8; i++) before += (__u64)((__s64) * (const volatile __s32 *)(bucket + 4 * i) - wanted) >> 63;
        if (large)
            unrolled for (int i = 8; i < 16; i++) before += (__u64)((__s64) * (const volatile __s32 *)(bucket + 4 * i) - wanted) >> 63;
        const __u32 offset = (at + (8 + 8 * large + before) * 4) & (fast_page - 4);
        word = *(const volatile __u32 *)(p + offset);
        if (!word) word = *(const volatile __u32 *)bucket;
    }
    if (word & 0x80000000) return no_word;
    return word ? word : *(const volatile __u32 *)&vrf->default6;
}

#endif
