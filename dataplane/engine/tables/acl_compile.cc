// Rules to decision trees. Sets of rules are cut largest first, while the copies that cuts make fit the budget: what remains
// is a leaf, however long. Several ways to part the rules into trees are tried and the cheapest to walk is kept.
//
// Cost: a few sorts of the rules for each level and way, some 0.1 s for 10,000 rules; memory about the result's.
#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <queue>
#include <unordered_map>

#include "acl_tree.h"

namespace weft {
namespace {

constexpr unsigned fanout = 16;
// Copies of rules in leaves that all trees of a list may hold: so many a rule, and some.
constexpr size_t copies_each = 8, copies_free = 8192;
// More rules than this are not tried as one tree.
constexpr size_t one_tree = 4096;
// What a level and a block cost to walk, in about nanoseconds.
constexpr double level_cost = 2.2, block_cost = 2.5, tree_cost = 1.5;

struct Range {
    uint32_t low, high;
};

template <unsigned Words>
class Compiler {
  public:
    using Rule = AclRule<Words>;
    static constexpr unsigned dimensions = 2 * Words + 3;
    using Region = std::array<Range, dimensions>;
    using Ids = std::vector<uint32_t>;

    Compiler(std::span<const Rule> rules, AclTrees<Words> &to, size_t copies) : rules_(rules), to_(to), copies_left_(copies) {
        to_.lines.resize(AclTrees<Words>::block_lines);
        for (uint32_t &value : to_.lines[0].first) value = 1;  // the empty leaf: masked by 0, no lane can match
    }

    // Adds the tree of some rules and gives its cost.
    double add(Ids ids);

  private:
    struct Pending {
        Ids ids;
        Region region;
        uint32_t node, from, to;  // the children that are to refer to it; of the root the node is `none`
        unsigned depth;
    };
    struct Cut {
        double score = std::numeric_limits<double>::infinity();
        unsigned dimension = 0;
        std::vector<uint32_t> thresholds;
        size_t copies = 0;
    };
    struct HashIds {
        size_t operator()(const Ids &ids) const {
            uint64_t h = ids.size();
            for (const uint32_t id : ids) h = (h ^ id) * 0x9e3779b97f4a7c15ull;
            return h ^ h >> 32;
        }
    };
    static constexpr uint32_t none = 0xffffffff;

    static Range range(const Rule &r, unsigned dimension) {
        if (dimension < 2 * Words) return {r.value[dimension], r.value[dimension] | ~r.mask[dimension]};
        if (dimension == 2 * Words) return {r.source_port.low, r.source_port.high};
        if (dimension == 2 * Words + 1) return {r.destination_port.low, r.destination_port.high};
        const uint32_t mask = r.mask[2 * Words] & acl_protocol, value = r.value[2 * Words] & acl_protocol;
        return {value, value | (~mask & 0xff)};
    }
    static uint32_t word_of(unsigned dimension) { return dimension < 2 * Words ? dimension : dimension + 2; }
    static Region everything() {
        Region all;
        for (unsigned d = 0; d < dimensions; d++) all[d] = {0, d < 2 * Words ? 0xffffffff : d < dimensions - 1 ? 0xffff : 0xffu};
        return all;
    }
    static bool covers(const Rule &r, const Region &region) {
        if (r.measured() || (r.mask[2 * Words] & ~acl_protocol)) return false;
        for (unsigned d = 0; d < dimensions; d++) {
            const Range own = range(r, d);
            if (own.low > region[d].low || own.high < region[d].high) return false;
        }
        return true;
    }

    void judge(const Ids &ids, const Range &region, unsigned dimension, Cut &best);
    void part(const Pending &p, const Cut &cut, std::vector<Pending> &children);
    uint32_t leaf(Ids ids);

    std::span<const Rule> rules_;
    AclTrees<Words> &to_;
    size_t copies_left_;
    std::unordered_map<Ids, uint32_t, HashIds> leaves_;
    std::vector<uint32_t> lows_, highs_, bounds_;
};

template <unsigned Words>
void Compiler<Words>::judge(const Ids &ids, const Range &region, unsigned dimension, Cut &best) {
    lows_.clear();
    highs_.clear();
    bounds_.clear();
    for (const uint32_t id : ids) {
        const Range r = range(rules_[id], dimension);
        const uint32_t low = std::max(r.low, region.low), high = std::min(r.high, region.high);
        lows_.push_back(low);
        highs_.push_back(high);
        if (low > region.low) bounds_.push_back(low);
        if (high < region.high) bounds_.push_back(high + 1);
    }
    if (bounds_.empty()) return;
    std::sort(lows_.begin(), lows_.end());
    std::sort(highs_.begin(), highs_.end());
    std::sort(bounds_.begin(), bounds_.end());
    // Rules on both sides of a bound.
    const auto crossing = [&](uint32_t bound) {
        const auto begun = std::lower_bound(lows_.begin(), lows_.end(), bound) - lows_.begin();
        const auto ended = std::lower_bound(highs_.begin(), highs_.end(), bound) - highs_.begin();
        return begun - ended;
    };
    Cut cut;
    cut.dimension = dimension;
    const size_t total = bounds_.size(), slack = total / (3 * fanout);
    for (unsigned n = 1; n < fanout; n++) {
        const size_t at = n * total / fanout, from = at > slack ? at - slack : 0, to = std::min(total - 1, at + slack);
        uint32_t pick = bounds_[at];
        auto fewest = crossing(pick);
        // Some places near by, at most eight each way, where fewer rules span.
        for (size_t i = from, step = std::max<size_t>(1, slack / 8); i <= to; i += step) {
            const auto here = crossing(bounds_[i]);
            if (here < fewest) {
                fewest = here;
                pick = bounds_[i];
            }
        }
        if (cut.thresholds.empty() || pick > cut.thresholds.back()) cut.thresholds.push_back(pick);
    }
    double squares = 0;
    size_t largest = 0;
    uint32_t low = region.low;
    for (size_t n = 0; n <= cut.thresholds.size(); n++) {
        const auto begun = n == cut.thresholds.size()
                               ? static_cast<size_t>(lows_.size())
                               : static_cast<size_t>(std::lower_bound(lows_.begin(), lows_.end(), cut.thresholds[n]) - lows_.begin());
        const auto ended = static_cast<size_t>(std::lower_bound(highs_.begin(), highs_.end(), low) - highs_.begin());
        const size_t here = begun - ended;
        squares += static_cast<double>(here) * static_cast<double>(here);
        cut.copies += here;
        largest = std::max(largest, here);
        if (n < cut.thresholds.size()) low = cut.thresholds[n];
    }
    if (largest == ids.size() && squares / static_cast<double>(cut.copies) > 0.9 * static_cast<double>(ids.size())) return;
    const auto size = static_cast<double>(ids.size()), copies = static_cast<double>(cut.copies);
    // The expected size of a child, times what its copies cost in memory.
    cut.score = squares / copies * std::pow(copies / size, 1.5);
    if (cut.score < best.score) best = std::move(cut);
}

template <unsigned Words>
void Compiler<Words>::part(const Pending &p, const Cut &cut, std::vector<Pending> &children) {
    children.clear();
    const Range whole = p.region[cut.dimension];
    for (uint32_t n = 0; n <= cut.thresholds.size(); n++) {
        Pending child{{}, p.region, p.node, n, n, p.depth + 1};
        Range &own = child.region[cut.dimension];
        own.low = n == 0 ? whole.low : cut.thresholds[n - 1];
        own.high = n == cut.thresholds.size() ? whole.high : cut.thresholds[n] - 1;
        for (const uint32_t id : p.ids) {
            const Range r = range(rules_[id], cut.dimension);
            if (r.low > own.high || r.high < own.low) continue;
            child.ids.push_back(id);
            if (covers(rules_[id], child.region)) break;  // none after it is reached
        }
        if (!children.empty() && children.back().ids == child.ids && child.ids.size() <= acl_lanes)
            children.back().to = n;  // the same leaf
        else
            children.push_back(std::move(child));
    }
    children.back().to = fanout - 1;
}

template <unsigned Words>
uint32_t Compiler<Words>::leaf(Ids ids) {
    if (ids.empty()) return acl_leaf;
    const auto known = leaves_.find(ids);
    if (known != leaves_.end()) return known->second;
    const size_t first = to_.lines.size();
    for (size_t at = 0; at < ids.size(); at += acl_lanes) {
        const size_t line = to_.lines.size(), count = std::min<size_t>(acl_lanes, ids.size() - at);
        to_.lines.resize(line + AclTrees<Words>::block_lines);
        AclLine *block = &to_.lines[line];
        auto &tail = reinterpret_cast<AclTail &>(block[AclTrees<Words>::block_lines - 1]);
        const auto measures = static_cast<uint32_t>(to_.measures.size());
        uint32_t measured = 0;
        for (unsigned lane = 0; lane < acl_lanes; lane++) {
            if (lane >= count) {
                block[0].first[lane] = 1;
                continue;
            }
            const Rule &r = rules_[ids[at + lane]];
            for (unsigned w = 0; w < Rule::masked; w++) {
                block[w].first[lane] = r.value[w];
                block[w].second[lane] = r.mask[w];
            }
            block[Rule::masked].first[lane] = r.source_port.low | static_cast<uint32_t>(r.destination_port.low) << 16;
            block[Rule::masked].second[lane] = r.source_port.high | static_cast<uint32_t>(r.destination_port.high) << 16;
            tail.entry[lane] = r.entry;
            if (!r.measured()) continue;
            measured |= 1u << lane;
            to_.measures.push_back({r.length, r.ttl_low, r.ttl_high});
        }
        tail.measured = measured;
        tail.measures = measures;
        tail.more = at + count < ids.size();
    }
    const uint32_t ref = acl_leaf | static_cast<uint32_t>(first);
    leaves_.emplace(std::move(ids), ref);
    return ref;
}

template <unsigned Words>
double Compiler<Words>::add(Ids ids) {
    AclTree tree{acl_leaf, rules_[ids.front()].entry};
    double cost = 0, weight = 0;
    const auto smaller = [](const Pending &a, const Pending &b) { return a.ids.size() < b.ids.size(); };
    std::priority_queue<Pending, std::vector<Pending>, decltype(smaller)> pending(smaller);
    copies_left_ -= std::min(copies_left_, ids.size());
    pending.push({std::move(ids), everything(), none, 0, 0, 0});
    std::vector<Pending> children;
    while (!pending.empty()) {
        Pending p = std::move(const_cast<Pending &>(pending.top()));
        pending.pop();
        Cut cut;
        if (p.ids.size() > acl_lanes)
            for (unsigned d = 0; d < dimensions; d++) judge(p.ids, p.region[d], d, cut);
        const bool worth = cut.score < std::numeric_limits<double>::infinity() && cut.copies <= p.ids.size() + copies_left_;
        uint32_t ref;
        if (worth) {
            ref = static_cast<uint32_t>(to_.nodes.size());
            copies_left_ -= cut.copies > p.ids.size() ? cut.copies - p.ids.size() : 0;
        } else {
            const auto size = static_cast<double>(p.ids.size());
            cost += size * (p.depth * level_cost + static_cast<double>((p.ids.size() + acl_lanes - 1) / acl_lanes) * block_cost);
            weight += size;
            ref = leaf(std::move(p.ids));
        }
        if (p.node == none)
            tree.root = ref;
        else
            for (uint32_t n = p.from; n <= p.to; n++) to_.nodes[p.node].children[n] = ref;
        if (!worth) continue;
        AclNode node;
        std::fill(std::begin(node.thresholds), std::end(node.thresholds), 0xffffffff);
        std::copy(cut.thresholds.begin(), cut.thresholds.end(), node.thresholds);
        node.word = word_of(cut.dimension);
        std::fill(std::begin(node.children), std::end(node.children), acl_leaf);
        to_.nodes.push_back(node);
        p.node = ref;
        part(p, cut, children);
        for (Pending &child : children) pending.push(std::move(child));
    }
    to_.trees.push_back(tree);
    return tree_cost + cost / std::max(weight, 1.0);
}

// Rules by whether their source and destination prefixes are long.
template <unsigned Words>
std::array<std::vector<uint32_t>, 4> by_width(std::span<const AclRule<Words>> rules, unsigned length) {
    const unsigned bit = length - 1;
    const uint32_t mask = 1u << (31 - bit % 32);
    std::array<std::vector<uint32_t>, 4> classes;  // both long, source, destination, none
    for (uint32_t n = 0; n < rules.size(); n++) {
        const bool s = rules[n].mask[bit / 32] & mask, d = rules[n].mask[Words + bit / 32] & mask;
        classes[s ? (d ? 0 : 1) : (d ? 2 : 3)].push_back(n);
    }
    return classes;
}

}  // namespace

template <unsigned Words>
AclTrees<Words>::AclTrees(std::span<const AclRule<Words>> rules) : walk_(walks().back().walk) {
    if (rules.empty()) return;
    double best = std::numeric_limits<double>::infinity();
    const auto attempt = [&](const std::array<std::vector<uint32_t>, 4> &classes, const std::array<uint8_t, 4> &way) {
        AclTrees tried(walk_);
        Compiler<Words> compiler(rules, tried, rules.size() * copies_each + copies_free);
        std::array<std::vector<uint32_t>, 4> parts;
        for (unsigned c = 0; c < 4; c++) parts[way[c]].insert(parts[way[c]].end(), classes[c].begin(), classes[c].end());
        double cost = 0;
        for (auto &part : parts) {
            if (part.empty()) continue;
            std::sort(part.begin(), part.end());
            cost += compiler.add(std::move(part));
            if (cost >= best) return;
        }
        best = cost;
        // The tree of the first entries first: what it finds may spare the others.
        std::sort(tried.trees.begin(), tried.trees.end(), [](const AclTree &a, const AclTree &b) { return a.first < b.first; });
        *this = std::move(tried);
    };
    for (const unsigned length : {Words == 1 ? 8u : 32u, Words == 1 ? 24u : 48u}) {
        const auto classes = by_width<Words>(rules, length);
        if (best == std::numeric_limits<double>::infinity() && rules.size() <= one_tree) attempt(classes, {0, 0, 0, 0});
        attempt(classes, {0, 0, 1, 1});
        attempt(classes, {0, 1, 0, 1});
        attempt(classes, {0, 1, 2, 3});
    }
    nodes.shrink_to_fit();
    lines.shrink_to_fit();
}

template AclTrees<1>::AclTrees(std::span<const AclRule<1>>);
template AclTrees<4>::AclTrees(std::span<const AclRule<4>>);

}  // namespace weft
