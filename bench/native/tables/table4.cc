#include <bit>
#include <unordered_set>

#include "allocations.h"

namespace weft::bench {
namespace {

const std::vector<Share> lengths4 = {
    {24, 0.597}, {23, 0.098}, {22, 0.105}, {21, 0.050}, {20, 0.044}, {19, 0.025}, {18, 0.014}, {17, 0.0083},
    {16, 0.0135}, {15, 0.002}, {14, 0.0012}, {13, 0.0006}, {12, 0.0003}, {11, 0.0001}, {10, 0.00004}, {9, 0.00001},
    {8, 0.000016}, {25, 0.003}, {26, 0.003}, {27, 0.003}, {28, 0.002}, {29, 0.004}, {30, 0.003}, {32, 0.007},
};

struct Allocation {
    uint32_t prefix;
    uint8_t length;
    uint32_t last;  // the route that was made last
};

bool is_global(uint32_t a) {
    const uint32_t top = a >> 24;
    return top >= 1 && top <= 223 && top != 10 && top != 127 && top != 100 && a >> 20 != 0xac1 && a >> 16 != 0xc0a8 &&
           a >> 16 != 0xa9fe;
}

std::vector<Allocation> allocations(size_t count, Random &random) {
    std::vector<Allocation> all;
    while (all.size() < count) {
        // Few large blocks, many small ones.
        const uint8_t length = static_cast<uint8_t>(20 - std::min<uint64_t>(9, static_cast<uint64_t>(std::countl_zero(random.next()))));
        const uint32_t prefix = static_cast<uint32_t>(random.next()) & mask4(length);
        if (is_global(prefix)) all.push_back({prefix, length, prefix});
    }
    return all;
}

}  // namespace

std::vector<Route4> table4(size_t count, uint32_t next_hops, uint64_t seed) {
    Random random(seed);
    auto blocks = allocations(std::max<size_t>(16, count / 25), random);
    const Zipf popular(blocks.size(), 0.55);
    const NextHops hops(next_hops, blocks.size(), random);
    std::unordered_set<uint64_t> taken;
    taken.reserve(count);
    std::vector<Route4> table;
    table.reserve(count);
    const auto counts = split(lengths4, count);
    for (size_t i = 0; i < lengths4.size(); i++) {
        const uint8_t length = lengths4[i].length;
        const uint32_t step = length ? 1u << (32 - length) : 0;
        for (size_t made = 0, missed = 0; made < counts[i];) {
            const size_t b = popular.draw(random);
            Allocation &block = blocks[b];
            uint32_t prefix;
            if (length < block.length || missed > 1000)
                prefix = static_cast<uint32_t>(random.next());
            else if (random.below(2))
                prefix = block.last + step;
            else
                prefix = block.prefix | (static_cast<uint32_t>(random.next()) & ~mask4(block.length));
            prefix &= mask4(length);
            if (!is_global(prefix) || !taken.insert(static_cast<uint64_t>(prefix) << 8 | length).second) {
                missed++;
                continue;
            }
            if (length >= block.length) block.last = prefix;
            table.push_back({prefix, length, hops.of(b, random)});
            made++;
            missed = 0;
        }
    }
    std::sort(table.begin(), table.end(), [](const Route4 &a, const Route4 &b) {
        return a.prefix != b.prefix ? a.prefix < b.prefix : a.length < b.length;
    });
    return table;
}

std::vector<uint32_t> trace4(const std::vector<Route4> &table, Trace kind, size_t count, uint64_t seed) {
    Random random(seed);
    std::vector<uint32_t> out;
    out.reserve(count);
    for (const size_t index : visits(table.size(), kind, count, random))
        out.push_back(table[index].prefix | (static_cast<uint32_t>(random.next()) & ~mask4(table[index].length)));
    return out;
}

}  // namespace weft::bench
