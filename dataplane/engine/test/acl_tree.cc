// Compiled access lists against a linear scan of their rules.
#include <random>

#include "../tables/acl_tree.h"
#include "lab.h"

namespace weft::acl_tree_test {
namespace {

template <unsigned Words>
class Dice {
  public:
    using Key = AclKey<Words>;
    using Rule = AclRule<Words>;

    explicit Dice(unsigned seed) : random_(seed) {}
    uint32_t below(uint32_t n) { return random_() % n; }

    // Of few distinct networks, so that prefixes nest and rules hide one another; `wide`: hardly any prefix, ranges everywhere.
    Rule rule(uint32_t entry, bool wide) {
        Rule r;
        for (const unsigned side : {0u, Words}) {
            const unsigned length = wide ? below(5) : below(4) == 0 ? 0 : below(32 * Words + 1);
            for (unsigned n = 0; n < Words; n++) {
                r.mask[side + n] = length <= 32 * n ? 0 : mask4(std::min(32u, length - 32 * n));
                r.value[side + n] = random_() & 0xc1800183u & r.mask[side + n];
            }
        }
        uint32_t &mask = r.mask[2 * Words], &value = r.value[2 * Words];
        const auto want = [&](uint32_t bits) {
            mask |= bits;
            value |= random_() & bits;
        };
        if (below(3)) {
            mask |= acl_protocol;
            value |= below(2) ? 6 : 17;
        }
        r.source_port = range(wide);
        r.destination_port = range(wide);
        if (r.source_port != AclRange{} || r.destination_port != AclRange{}) {
            mask |= acl_layer4;
            value |= acl_layer4;
        }
        if (below(12) == 0) want(acl_fragment | acl_later);
        if (below(12) == 0) want(3u << acl_dscp_shift);
        if (below(12) == 0) want(0x12u << acl_flags_shift);
        if (below(16) == 0) r.ttl_high = static_cast<uint8_t>(below(256));
        if (below(16) == 0) r.length = range(true);
        r.entry = entry;
        return r;
    }

    // Of the same entry.
    Rule other_ports(Rule r) {
        r.source_port = range(false);
        r.destination_port = range(false);
        r.mask[2 * Words] |= acl_layer4;
        r.value[2 * Words] |= acl_layer4;
        return r;
    }

    // At an edge of a rule in each word, or beside it.
    Key near(const std::vector<Rule> &rules) {
        Key k{};
        const auto any = [&]() -> const Rule & { return rules[below(static_cast<uint32_t>(rules.size()))]; };
        const auto about = [&](uint32_t low, uint32_t high, uint32_t most) {
            const uint32_t at[] = {low, high, low - 1, high + 1, low + (high > low ? below(high - low) : 0)};
            return at[below(5)] & most;
        };
        const Rule &first = any();
        const bool one = below(4) != 0;  // all words of the same rule
        for (unsigned n = 0; n < 2 * Words; n++) {
            const Rule &r = one ? first : any();
            k.w[n] = below(8) ? r.value[n] | (random_() & ~r.mask[n]) : about(r.value[n], r.value[n] | ~r.mask[n], 0xffffffff);
        }
        const Rule &r = one ? first : any();
        k.w[Key::meta] = (r.value[2 * Words] | (random_() & ~r.mask[2 * Words])) & 0x1ffffff;
        k.w[Key::protocol] = k.w[Key::meta] & acl_protocol;
        if (k.w[Key::meta] & acl_layer4) {
            k.w[Key::source_port] = about(r.source_port.low, r.source_port.high, 0xffff);
            k.w[Key::destination_port] = about(r.destination_port.low, r.destination_port.high, 0xffff);
        }
        k.w[Key::ports] = k.w[Key::source_port] | k.w[Key::destination_port] << 16;
        k.w[Key::size_ttl] = about(r.length.low, r.length.high, 0xffff) << 8 | about(r.ttl_low, r.ttl_high, 0xff);
        return k;
    }

  private:
    AclRange range(bool wide) {
        if (!wide && below(2)) return {};
        if (!wide && below(2)) {
            const auto port = static_cast<uint16_t>(below(20));
            return {port, port};
        }
        const auto low = static_cast<uint16_t>(random_());
        return {low, static_cast<uint16_t>(low + below(0x10000u - low))};
    }

    std::mt19937 random_;
};

template <unsigned Words>
void compare(const std::vector<AclRule<Words>> &rules, const std::vector<AclKey<Words>> &keys) {
    AclTrees<Words> trees(rules);
    CHECK(trees.bytes() <= rules.size() * 2048 + (64u << 10));
    std::vector<uint32_t> right;
    for (const auto &key : keys) {
        uint32_t first = 0xffffffff;
        for (const auto &rule : rules)
            if (rule.matches(key)) {
                first = rule.entry;
                break;
            }
        right.push_back(first);
    }
    for (const auto &walk : AclTrees<Words>::walks()) {
        trees.walk_with(walk);
        std::vector<uint32_t> found(keys.size(), 0xffffffff);
        size_t burst = 1;
        for (size_t at = 0; at < keys.size(); at += burst, burst = burst % 256 + 1) {
            burst = std::min(burst, keys.size() - at);
            trees.match(&keys[at], static_cast<unsigned>(burst), &found[at]);
        }
        for (size_t n = 0; n < keys.size(); n++)
            if (found[n] != right[n])
                throw CheckFailed{std::string(walk.name) + " finds entry " + std::to_string(found[n]) + ", not " + std::to_string(right[n]) +
                                  ", of " + std::to_string(rules.size()) + " rules"};
    }
}

template <unsigned Words>
void random_lists(unsigned seed) {
    Dice<Words> dice(seed);
    for (unsigned round = 0; round < 60; round++) {
        const unsigned sizes[] = {0, 1, 7, 8, 9, 30, 100, 400};
        const bool wide = round % 5 == 4;
        std::vector<AclRule<Words>> rules;
        for (unsigned n = 0; n < sizes[round % 8]; n++) rules.push_back(n % 2 ? dice.other_ports(rules.back()) : dice.rule(n, wide));
        std::vector<AclKey<Words>> keys;
        for (unsigned n = 0; n < 600; n++) keys.push_back(rules.empty() ? AclKey<Words>{} : dice.near(rules));
        compare<Words>(rules, keys);
    }
}

TEST("acl: IPv4 trees answer as a scan of the rules does") { random_lists<1>(1); }
TEST("acl: IPv6 trees answer as a scan of the rules does") { random_lists<4>(2); }

template <unsigned Words>
void wide_lists(unsigned seed, uint32_t count) {
    Dice<Words> dice(seed);
    std::vector<AclRule<Words>> rules;
    for (uint32_t n = 0; n < count; n++) rules.push_back(dice.rule(n, true));
    std::vector<AclKey<Words>> keys;
    for (unsigned n = 0; n < 2000; n++) keys.push_back(dice.near(rules));
    compare<Words>(rules, keys);
}

TEST("acl: thousands of rules that are wide in every field stay right, and within their memory") {
    wide_lists<1>(3, 5000);
    wide_lists<4>(4, 4000);
}

TEST("acl: rules of one small network are told apart as well as those of many") {
    Dice<1> dice(5);
    std::vector<AclRule<1>> rules;
    for (uint32_t n = 0; n < 300; n++) {
        AclRule<1> r;
        r.mask[0] = r.mask[1] = 0xffffffff;
        r.value[0] = 0x0a01fff0 + dice.below(40);
        r.value[1] = 0xc0a80000 + dice.below(300);
        r.entry = n;
        rules.push_back(r);
    }
    std::vector<AclKey<1>> keys;
    for (unsigned n = 0; n < 2000; n++) keys.push_back(dice.near(rules));
    compare<1>(rules, keys);
}

}  // namespace
}  // namespace weft::acl_tree_test
