// A burst's way down the trie (trie6_lookup.cc), in the form that every machine has and in that of AVX-512 (trie6_wide.cc). Both
// give the same answers. Workers', in an epoch.
#pragma once

#include "trie6.h"

namespace weft {

inline constexpr size_t burst6 = 64;

// Where lookups begin: at the words of the first 16 bits, or, in a table without them, at one word.
struct Start6 {
    const Word *top;
    Word root;
};

// The last words of at most burst6 addresses.
Walk6 walk6_portable;
// Null where the processor has no such instructions.
Walk6 *walk6_wide();
// From the words that they have on, those packets that `who` lists; it is overwritten, and has room for burst6.
void walk6_on(const Line6 *lines, const Ip6 *addresses, Word *words, uint8_t *who, size_t count);

}  // namespace weft
