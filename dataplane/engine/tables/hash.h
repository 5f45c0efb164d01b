// Hashes of what tables are asked for.
#pragma once

#include <cstdint>

#include "../net/address.h"

namespace weft {

inline uint64_t mix(uint64_t x) {
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    return x ^ (x >> 32);
}

inline uint64_t hash_prefix(uint32_t bits, uint8_t length) { return mix(static_cast<uint64_t>(bits) << 8 | length); }
inline uint64_t hash_prefix(const Ip6 &bits, uint8_t length) {
    return mix((bits.high ^ length) * 0x9e3779b97f4a7c15ull + mix(bits.low + 0x632be59bd9b4e019ull));
}

}  // namespace weft
