// Rules to decision trees. Sets of rules are cut largest first, while nodes and copies fit the budget of memory: what remains
// is a leaf, however long. Several ways to part the rules into trees are tried and the cheapest to walk is kept.
//
// Cost: a few sorts of the rules for each level and way, some 0.1 s for 10,000 rules; memory about the result's.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <new>
#include <queue>
#include <unordered_map>

#include "acl_tree.h"

namespace weft {
namespace {

constexpr unsigned cuts = AclNode<uint32_t>::cuts;
// Octets of nodes and leaves that all trees of a list may have: so many a rule of IPv4, more where blocks are larger, and some.
constexpr size_t octets_each = 512, octets_free = 16384;
// More rules than this are not tried as one tree.
constexpr size_t one_tree = 4096;
// The exponent of copies in the score of a cut.
constexpr double copies_weigh = 1;
// What a level and a block cost to walk, in about nanoseconds, and a tree beside.
constexpr double level_cost = 2, block_cost = 3.7, tree_cost = 5;

struct Range {
    uint32_t low, high;
};

template <unsigned Words>
class Compiler {
  public:
    using Rule = AclRule<Words>;
    using Key = AclKey<Words>;
    using Node = AclNode<uint32_t>;
    // Source, destination, ports and protocol.
    static constexpr unsigned ports = 2 * Words, protocol = ports + 2, dimensions = protocol + 1;
    using Region = std::array<Range, dimensions>;
    using Ids = std::vector<uint32_t>;
    static constexpr uint32_t leaf_flag = 1u << 31;  // of a reference: the rest is the number of a leaf's line
    static constexpr unsigned block_lines = AclTrees<Words>::block_lines;
    static constexpr size_t copy_octets = block_lines * acl_line / acl_lanes;

    explicit Compiler(std::span<const Rule> rules)
        : rules_(rules), left_(rules.size() * octets_each * block_lines / 4 + octets_free), leaves(block_lines) {
        AclTail &none = tail_of(leaves.data());
        std::fill(std::begin(none.value), std::end(none.value), 1);  // masked by 0, no lane can match
        ranges_.reserve(rules.size());
        for (const Rule &r : rules) ranges_.push_back(ranges_of(r));
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
    // Thresholds in one dimension, which a node compares in units of 1 << shift from `base`.
    struct Cut {
        double score = std::numeric_limits<double>::infinity();
        unsigned dimension = 0, shift = 0;
        uint32_t base = 0;
        std::vector<uint32_t> thresholds;
        size_t copies = 0;
        bool narrows = false;  // parts no rules, but its middle can be cut finer
    };
    struct HashIds {
        size_t operator()(const Ids &ids) const {
            uint64_t h = ids.size();
            for (const uint32_t id : ids) h = (h ^ id) * 0x9e3779b97f4a7c15ull;
            return h ^ h >> 32;
        }
    };
    static constexpr uint32_t none = 0xffffffff;
    static constexpr unsigned deepest = 32;

    static AclTail &tail_of(AclLine *block) { return reinterpret_cast<AclTail &>(block[block_lines - 1]); }
    static Region ranges_of(const Rule &r) {
        Region all;
        for (unsigned d = 0; d < 2 * Words; d++) all[d] = {r.value[d], r.value[d] | ~r.mask[d]};
        all[ports] = {r.source_port.low, r.source_port.high};
        all[ports + 1] = {r.destination_port.low, r.destination_port.high};
        const uint32_t mask = r.mask[2 * Words] & acl_protocol, value = r.value[2 * Words] & acl_protocol;
        all[protocol] = {value, value | (~mask & 0xff)};
        return all;
    }
    static Region everything() { return ranges_of(Rule{}); }
    bool covers(uint32_t id, const Region &region) const {
        const Rule &r = rules_[id];
        if (r.measured() || (r.mask[2 * Words] & ~acl_protocol)) return false;
        for (unsigned d = 0; d < dimensions; d++)
            if (ranges_[id][d].low > region[d].low || ranges_[id][d].high < region[d].high) return false;
        return true;
    }

    // Of lows_ and highs_: the rules on both sides of a bound.
    size_t crossing(uint32_t bound) const { return begun(bound) - ended(bound); }
    size_t begun(uint32_t bound) const {
        return static_cast<size_t>(std::lower_bound(lows_.begin(), lows_.end(), bound) - lows_.begin());
    }
    size_t ended(uint32_t bound) const {
        return static_cast<size_t>(std::lower_bound(highs_.begin(), highs_.end(), bound) - highs_.begin());
    }
    bool choose(const Range &region, Cut &cut) const;
    void judge(const Ids &ids, const Range &region, unsigned dimension, Cut &best);
    void part(const Pending &p, const Cut &cut, std::vector<Pending> &children);
    uint32_t leaf(Ids ids);
    Node node_of(const Cut &cut) const;

    std::span<const Rule> rules_;
    std::vector<Region> ranges_;
    size_t left_;  // octets
    std::unordered_map<Ids, uint32_t, HashIds> known_;
    std::vector<uint32_t> lows_, highs_, bounds_;

  public:
    std::vector<Node> nodes;
    std::vector<AclLine> leaves;  // the first is empty
    std::vector<AclTree> trees;
};

// Thresholds among bounds_ that part the rules evenly, and what comes of them; false: the rules stay together.
template <unsigned Words>
bool Compiler<Words>::choose(const Range &region, Cut &cut) const {
    cut.thresholds.clear();
    cut.copies = 0;
    const size_t total = bounds_.size(), slack = total / (3 * (cuts + 1));
    for (unsigned n = 1; n <= cuts && total; n++) {
        const size_t at = n * total / (cuts + 1), from = at > slack ? at - slack : 0, to = std::min(total - 1, at + slack);
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
        const size_t here = (n == cut.thresholds.size() ? lows_.size() : begun(cut.thresholds[n])) - ended(low);
        squares += static_cast<double>(here) * static_cast<double>(here);
        cut.copies += here;
        largest = std::max(largest, here);
        if (n < cut.thresholds.size()) low = cut.thresholds[n];
    }
    const auto size = static_cast<double>(lows_.size()), copies = static_cast<double>(cut.copies);
    if (cut.thresholds.empty() || (largest == lows_.size() && squares / copies > 0.9 * size)) return false;
    // The expected size of a child, times what its copies cost in memory.
    cut.score = squares / copies * std::pow(copies / size, copies_weigh);
    return true;
}

template <unsigned Words>
void Compiler<Words>::judge(const Ids &ids, const Range &region, unsigned dimension, Cut &best) {
    lows_.clear();
    highs_.clear();
    bounds_.clear();
    for (const uint32_t id : ids) {
        const Range &r = ranges_[id][dimension];
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
    Cut cut;
    cut.dimension = dimension;
    const auto base = [&] { return region.low & ~((1u << cut.shift) - 1); };
    while ((region.high - base()) >> cut.shift > 0xffff) cut.shift++;
    cut.base = base();
    bool parts = choose(region, cut);
    if (parts && cut.shift) {
        // In units, the borders below and above each bound.
        const double finest = cut.score;
        const uint64_t unit = 1ull << cut.shift;
        std::vector<uint32_t> exact;
        exact.swap(bounds_);
        for (const uint64_t bound : exact) {
            const uint64_t below = bound & ~(unit - 1);
            if (below > region.low) bounds_.push_back(static_cast<uint32_t>(below));
            if (below != bound && below + unit <= region.high) bounds_.push_back(static_cast<uint32_t>(below + unit));
        }
        if (!choose(region, cut)) {
            if (cut.thresholds.empty()) return;
            cut.narrows = true;
            cut.score = finest * 1.5;
        }
    }
    if (parts && cut.score < best.score) best = std::move(cut);
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
            const Range &r = ranges_[id][cut.dimension];
            if (r.low > own.high || r.high < own.low) continue;
            child.ids.push_back(id);
            if (covers(id, child.region)) break;  // none after it is reached
        }
        if (!children.empty() && children.back().ids == child.ids) {
            children.back().to = n;
            children.back().region[cut.dimension].high = own.high;
        } else {
            children.push_back(std::move(child));
        }
    }
    children.back().to = cuts;
}

template <unsigned Words>
uint32_t Compiler<Words>::leaf(Ids ids) {
    if (ids.empty()) return leaf_flag;
    const auto [known, fresh] = known_.try_emplace(std::move(ids), static_cast<uint32_t>(leaves.size()) | leaf_flag);
    if (!fresh) return known->second;
    const Ids &all = known->first;
    for (size_t at = 0; at < all.size(); at += acl_lanes) {
        const size_t count = std::min<size_t>(acl_lanes, all.size() - at);
        leaves.resize(leaves.size() + block_lines);
        AclLine *block = &leaves[leaves.size() - block_lines];
        AclTail &tail = tail_of(block);
        for (size_t lane = 0; lane < acl_lanes; lane++) {
            if (lane >= count) {
                tail.value[lane] = 1;
                continue;
            }
            const Rule &r = rules_[all[at + lane]];
            for (unsigned w = 0; w < 2 * Words; w++) {
                block[w].first[lane] = r.value[w];
                block[w].second[lane] = r.mask[w];
            }
            block[ports].first[lane] = r.source_port.low | static_cast<uint32_t>(r.destination_port.low) << 16;
            block[ports].second[lane] = r.source_port.high | static_cast<uint32_t>(r.destination_port.high) << 16;
            tail.value[lane] = static_cast<uint16_t>(r.value[ports]);
            tail.mask[lane] = static_cast<uint16_t>(r.mask[ports]);
            tail.entry[lane] = r.entry | (r.measured() ? AclTail::measured : 0);
        }
        if (at + count < all.size()) tail.entry[0] |= AclTail::more;
    }
    return known->second;
}

template <unsigned Words>
auto Compiler<Words>::node_of(const Cut &cut) const -> Node {
    Node node;
    std::fill(std::begin(node.thresholds), std::end(node.thresholds), 0xffff);
    for (size_t n = 0; n < cut.thresholds.size(); n++)
        node.thresholds[n] = static_cast<uint16_t>((cut.thresholds[n] - cut.base) >> cut.shift);
    node.base = cut.base;
    static_assert(Key::destination_port == Key::source_port + 1 && Key::protocol == Key::source_port + 2);
    node.word = static_cast<uint8_t>(cut.dimension < ports ? cut.dimension : cut.dimension - ports + Key::source_port);
    node.shift = static_cast<uint8_t>(cut.shift);
    return node;
}

template <unsigned Words>
double Compiler<Words>::add(Ids ids) {
    AclTree tree{0, rules_[ids.front()].entry};
    double cost = 0, weight = 0;
    const auto smaller = [](const Pending &a, const Pending &b) { return a.ids.size() < b.ids.size(); };
    std::priority_queue<Pending, std::vector<Pending>, decltype(smaller)> pending(smaller);
    const auto pay = [&](size_t octets) { left_ -= std::min(left_, octets); };
    pay(ids.size() * copy_octets);
    pending.push({std::move(ids), everything(), none, 0, 0, 0});
    std::vector<Pending> children;
    while (!pending.empty()) {
        Pending p = std::move(const_cast<Pending &>(pending.top()));
        pending.pop();
        Cut cut;
        if (p.ids.size() > acl_lanes && p.depth < deepest)
            for (unsigned d = 0; d < dimensions; d++) judge(p.ids, p.region[d], d, cut);
        const size_t more = sizeof(AclNode<uint16_t>) + (std::max(cut.copies, p.ids.size()) - p.ids.size()) * copy_octets;
        const bool worth = cut.score < std::numeric_limits<double>::infinity() && more <= left_;
        uint32_t ref;
        if (worth) {
            ref = static_cast<uint32_t>(nodes.size());
            nodes.push_back(node_of(cut));
            pay(more);
        } else {
            const auto size = static_cast<double>(p.ids.size());
            const auto blocks = static_cast<double>((p.ids.size() + acl_lanes - 1) / acl_lanes);
            // The first that matches ends the walk of a chain: half of it on average.
            cost += size * (p.depth * level_cost + (1 + blocks) / 2 * block_cost);
            weight += size;
            ref = leaf(std::move(p.ids));
        }
        if (p.node == none)
            tree.root = ref;
        else
            for (uint32_t n = p.from; n <= p.to; n++) nodes[p.node].children[n] = ref;
        if (!worth) continue;
        p.node = ref;
        part(p, cut, children);
        for (Pending &child : children) pending.push(std::move(child));
    }
    trees.push_back(tree);
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

// Nodes, then leaves, with references of a size.
template <unsigned Words, class Ref>
void lay_out(const Compiler<Words> &compiler, uint8_t *to) {
    constexpr uint32_t each = sizeof(AclNode<Ref>) / acl_line;
    const auto place = [&](uint32_t ref) {
        const uint32_t number = ref & ~Compiler<Words>::leaf_flag;
        return ref & Compiler<Words>::leaf_flag ? static_cast<uint32_t>(compiler.nodes.size()) * each + number : number * each;
    };
    auto *node = reinterpret_cast<AclNode<Ref> *>(to);
    for (const auto &from : compiler.nodes) {
        std::copy(std::begin(from.thresholds), std::end(from.thresholds), node->thresholds);
        node->base = from.base;
        for (unsigned n = 0; n <= cuts; n++) node->children[n] = static_cast<Ref>(place(from.children[n]));
        node->word = from.word;
        node->shift = from.shift;
        node++;
    }
    std::copy(compiler.leaves.begin(), compiler.leaves.end(), reinterpret_cast<AclLine *>(node));
}

}  // namespace

template <unsigned Words>
AclTrees<Words>::AclTrees(std::span<const AclRule<Words>> rules) {
    std::unique_ptr<Compiler<Words>> best;
    double lowest = std::numeric_limits<double>::infinity();
    const auto attempt = [&](const std::array<std::vector<uint32_t>, 4> &classes, const std::array<uint8_t, 4> &way) {
        auto tried = std::make_unique<Compiler<Words>>(rules);
        std::array<std::vector<uint32_t>, 4> parts;
        for (unsigned c = 0; c < 4; c++) parts[way[c]].insert(parts[way[c]].end(), classes[c].begin(), classes[c].end());
        double cost = 0;
        for (auto &part : parts) {
            if (part.empty()) continue;
            std::sort(part.begin(), part.end());
            cost += tried->add(std::move(part));
            if (cost >= lowest) return;
        }
        lowest = cost;
        best = std::move(tried);
    };
    for (const unsigned length : {Words == 1 ? 8u : 32u, Words == 1 ? 24u : 48u}) {
        const auto classes = by_width<Words>(rules, length);
        if (!best && rules.size() <= one_tree) attempt(classes, {0, 0, 0, 0});
        attempt(classes, {0, 0, 1, 1});
        attempt(classes, {0, 1, 0, 1});
        attempt(classes, {0, 1, 2, 3});
    }

    const size_t nodes = best->nodes.size(), leaves = best->leaves.size();
    wide_ = nodes * sizeof(AclNode<uint16_t>) / acl_line + leaves > 0xffff;
    const size_t each = (wide_ ? sizeof(AclNode<uint32_t>) : sizeof(AclNode<uint16_t>)) / acl_line;
    first_leaf = static_cast<uint32_t>(nodes * each);
    lines_ = static_cast<uint32_t>(first_leaf + leaves);
    memory_ = Pages(bytes());
    if (wide_)
        lay_out<Words, uint32_t>(*best, memory_.as<uint8_t>());
    else
        lay_out<Words, uint16_t>(*best, memory_.as<uint8_t>());
    trees = std::move(best->trees);
    for (AclTree &tree : trees) {
        const uint32_t number = tree.root & ~Compiler<Words>::leaf_flag;
        tree.root = tree.root & Compiler<Words>::leaf_flag ? first_leaf + number : number * static_cast<uint32_t>(each);
    }
    // The tree of the first entries first: what it finds may spare the others.
    std::sort(trees.begin(), trees.end(), [](const AclTree &a, const AclTree &b) { return a.first < b.first; });

    for (const AclRule<Words> &rule : rules) {
        if (!rule.measured()) continue;
        measures.resize(std::max<size_t>(measures.size(), rule.entry + 1));
        constexpr uint32_t upper = ~0xffffu;
        measures[rule.entry] = {rule.value[2 * Words] & upper, rule.mask[2 * Words] & upper, rule.length, rule.ttl_low, rule.ttl_high};
    }
    walk_with(walks().back());
}

template AclTrees<1>::AclTrees(std::span<const AclRule<1>>);
template AclTrees<4>::AclTrees(std::span<const AclRule<4>>);

}  // namespace weft
