#include <set>

#include "allocations.h"

namespace weft::bench {
namespace {

const std::vector<Share> lengths6 = {
    {48, 0.450}, {32, 0.105}, {44, 0.090}, {40, 0.080}, {36, 0.055}, {46, 0.045}, {29, 0.030}, {47, 0.030}, {42, 0.020},
    {45, 0.018}, {38, 0.012}, {33, 0.012}, {34, 0.008}, {35, 0.006}, {37, 0.004}, {39, 0.004}, {41, 0.004}, {43, 0.004},
    {30, 0.004}, {31, 0.003}, {28, 0.002}, {24, 0.0006}, {20, 0.0002}, {22, 0.0002}, {26, 0.0003}, {52, 0.001}, {56, 0.004},
    {64, 0.006}, {127, 0.001}, {128, 0.001},
};

// Where the registries allocate from.
const std::vector<Ip6> regions = {
    {0x2001020000000000ull, 0}, {0x2001400000000000ull, 0}, {0x2400000000000000ull, 0}, {0x2600000000000000ull, 0},
    {0x2620000000000000ull, 0}, {0x2800000000000000ull, 0}, {0x2a00000000000000ull, 0}, {0x2c00000000000000ull, 0},
};

struct Allocation {
    Ip6 prefix;
    uint8_t length;
    Ip6 last;
};

Ip6 any(Random &random) { return {random.next(), random.next()}; }

// The bits of `a` after the first `length`.
Ip6 host(const Ip6 &a, unsigned length) {
    const Ip6 net = mask6(a, length);
    return {a.high ^ net.high, a.low ^ net.low};
}

Ip6 join(const Ip6 &a, const Ip6 &b) { return {a.high | b.high, a.low | b.low}; }

Ip6 after(const Ip6 &a, unsigned length) {
    if (length <= 64) return {a.high + (1ull << (64 - length)), 0};
    const uint64_t low = a.low + (1ull << (128 - length));
    return {a.high + (low < a.low), low};
}

// A few /20 to /28 of operators, the others /29 to /32.
std::vector<Allocation> allocations(size_t count, Random &random) {
    std::vector<Allocation> all;
    for (size_t i = 0; i < count; i++) {
        const unsigned length = random.below(20) ? 32 - 3 * (random.below(3) == 0) : 20 + random.below(9);
        const Ip6 &region = regions[random.below(regions.size())];
        const Ip6 prefix = mask6(join(region, host(any(random), region.high >> 48 == 0x2001 ? 18 : 12)), length);
        all.push_back({prefix, static_cast<uint8_t>(length), prefix});
    }
    return all;
}

}  // namespace

std::vector<Route6> table6(size_t count, uint32_t next_hops, uint64_t seed) {
    Random random(seed);
    auto blocks = allocations(std::max<size_t>(16, count / 10), random);
    const Zipf popular(blocks.size(), 0.7);
    const NextHops hops(next_hops, blocks.size(), random);
    std::set<std::pair<std::pair<uint64_t, uint64_t>, uint8_t>> taken;
    std::vector<Route6> table;
    table.reserve(count);
    const auto counts = split(lengths6, count);
    for (size_t i = 0; i < lengths6.size(); i++) {
        const uint8_t length = lengths6[i].length;
        for (size_t made = 0, missed = 0; made < counts[i];) {
            const size_t b = popular.draw(random);
            Allocation &block = blocks[b];
            Ip6 prefix;
            if (missed > 1000)
                prefix = join(regions[random.below(regions.size())], host(any(random), 18));
            else if (length < block.length || random.below(4) == 0)
                prefix = block.prefix;
            else if (random.below(2))
                prefix = after(mask6(block.last, length), length);
            else
                prefix = join(block.prefix, host(any(random), block.length));
            prefix = mask6(prefix, length);
            if (prefix.high >> 61 != 1 || !taken.insert({{prefix.high, prefix.low}, length}).second) {
                missed++;
                continue;
            }
            if (length >= block.length) block.last = prefix;
            table.push_back({prefix, length, hops.of(b, random)});
            made++;
            missed = 0;
        }
    }
    std::sort(table.begin(), table.end(), [](const Route6 &a, const Route6 &b) {
        if (a.prefix.high != b.prefix.high) return a.prefix.high < b.prefix.high;
        return a.prefix.low != b.prefix.low ? a.prefix.low < b.prefix.low : a.length < b.length;
    });
    return table;
}

std::vector<Ip6> trace6(const std::vector<Route6> &table, Trace kind, size_t count, uint64_t seed) {
    Random random(seed);
    std::vector<Ip6> out;
    out.reserve(count);
    for (const size_t index : visits(table.size(), kind, count, random))
        out.push_back(join(table[index].prefix, host(any(random), table[index].length)));
    return out;
}

}  // namespace weft::bench
