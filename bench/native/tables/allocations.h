// What both families' tables are made of: how many routes of each length, and allocations that routes fall into.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tables.h"

namespace weft::bench {

struct Share {
    uint8_t length;
    double weight;
};

// Splits `count` by the weights; what rounding leaves over goes to the heaviest.
inline std::vector<size_t> split(const std::vector<Share> &shares, size_t count) {
    const double all = std::accumulate(shares.begin(), shares.end(), 0.0, [](double a, const Share &s) { return a + s.weight; });
    std::vector<size_t> counts;
    size_t given = 0, heaviest = 0;
    for (size_t i = 0; i < shares.size(); i++) {
        counts.push_back(static_cast<size_t>(static_cast<double>(count) * shares[i].weight / all));
        given += counts.back();
        if (shares[i].weight > shares[heaviest].weight) heaviest = i;
    }
    counts[heaviest] += count - given;
    return counts;
}

// Draws ranks 0 … n - 1 with weight 1 / (rank + 1) ^ exponent.
class Zipf {
  public:
    Zipf(size_t n, double exponent) : sums_(n) {
        double sum = 0;
        for (size_t r = 0; r < n; r++) sums_[r] = sum += 1 / std::pow(static_cast<double>(r + 1), exponent);
    }
    size_t draw(Random &random) const {
        const auto found = std::upper_bound(sums_.begin(), sums_.end(), random.unit() * sums_.back());
        return std::min(static_cast<size_t>(found - sums_.begin()), sums_.size() - 1);
    }

  private:
    std::vector<double> sums_;
};

// The same next hop for most routes of an allocation, a few next hops for most allocations.
class NextHops {
  public:
    NextHops(uint32_t count, size_t allocations, Random &random) : zipf_(count, 0.8) {
        for (size_t i = 0; i < allocations; i++) usual_.push_back(draw(random));
    }
    uint32_t of(size_t allocation, Random &random) const {
        return random.below(100) < 75 ? usual_[allocation] : draw(random);
    }

  private:
    uint32_t draw(Random &random) const { return static_cast<uint32_t>(zipf_.draw(random)); }
    Zipf zipf_;
    std::vector<uint32_t> usual_;
};

// Indexes of routes that a trace visits.
inline std::vector<size_t> visits(size_t routes, Trace kind, size_t count, Random &random) {
    std::vector<size_t> out(count);
    if (routes == 0) return {};
    if (kind == Trace::uniform) {
        for (auto &index : out) index = random.below(routes);
        return out;
    }
    std::vector<size_t> order(routes);
    std::iota(order.begin(), order.end(), size_t{0});
    for (size_t i = routes - 1; i > 0; i--) std::swap(order[i], order[random.below(i + 1)]);
    const Zipf zipf(routes, 1);
    for (auto &index : out) index = order[zipf.draw(random)];
    return out;
}

}  // namespace weft::bench
