// Routing tables and traces for benchmarks, made from a seed: the same on every machine and in every run. Their shape is that
// of the Internet's tables: the mix of prefix lengths, prefixes that lie together in allocations of very unequal size, often
// one after the other, and most routes of an allocation by the same next hop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "net/address.h"

namespace weft::bench {

// xorshift64* after splitmix64 of the seed.
class Random {
  public:
    explicit Random(uint64_t seed);
    uint64_t next();
    uint64_t below(uint64_t n) { return n == 0 ? 0 : static_cast<uint64_t>((static_cast<unsigned __int128>(next()) * n) >> 64); }
    double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  private:
    uint64_t state_;
};

struct Route4 {
    uint32_t prefix;  // host order, bits after the length zero
    uint8_t length;
    uint32_t next_hop;  // 0 … next_hops - 1
    bool operator==(const Route4 &) const = default;
};

struct Route6 {
    Ip6 prefix;
    uint8_t length;
    uint32_t next_hop;
    bool operator==(const Route6 &) const = default;
};

inline constexpr size_t global4 = 1000000, global6 = 200000;
inline constexpr uint32_t usual_next_hops = 500;

// `count` different prefixes in order of (prefix, length), without a default route; at most 4M (IPv4) and 2M (IPv6).
// IPv4: /24 60 %, 2.5 % longer ones, /22 and /23 10 % each, the rest /8 to /21. IPv6: /48 45 %, /32, /44, /40, /36, /29 …
std::vector<Route4> table4(size_t count = global4, uint32_t next_hops = usual_next_hops, uint64_t seed = 4);
std::vector<Route6> table6(size_t count = global6, uint32_t next_hops = usual_next_hops, uint64_t seed = 6);

// Destinations: a route by chance (uniform: each alike; zipf: the r-th most popular, in an order of chance, weighs 1/r), then
// an address in it by chance.
enum class Trace { uniform, zipf };
std::vector<uint32_t> trace4(const std::vector<Route4> &table, Trace kind, size_t count, uint64_t seed = 1);
std::vector<Ip6> trace6(const std::vector<Route6> &table, Trace kind, size_t count, uint64_t seed = 1);

}  // namespace weft::bench
