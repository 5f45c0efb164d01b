// acl-bench [SECONDS]: nanoseconds a packet of the compiled access list, and of DPDK's rte_acl beside it when the build found
// it: same list, same headers, bursts of 64, rounds of each in turn, the lowest of each (others use the machine too). Prints a line of JSON for each list.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "peer.h"
#include "rules.h"
#include "tables/acl_tree.h"

namespace weft::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr unsigned burst = 64;
constexpr size_t trace_length = 1 << 16;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

template <unsigned Words>
AclKey<Words> key_of(const Header &h) {
    using Key = AclKey<Words>;
    Key k{};
    if constexpr (Words == 1) {
        k.w[0] = static_cast<uint32_t>(h.source.low);
        k.w[1] = static_cast<uint32_t>(h.destination.low);
    } else {
        const uint64_t halves[] = {h.source.high, h.source.low, h.destination.high, h.destination.low};
        for (unsigned n = 0; n < 8; n++) k.w[n] = static_cast<uint32_t>(halves[n / 2] >> (n % 2 ? 0 : 32));
    }
    k.w[Key::meta] = h.protocol | acl_layer4;
    k.w[Key::protocol] = h.protocol;
    k.w[Key::source_port] = h.source_port;
    k.w[Key::destination_port] = h.destination_port;
    k.w[Key::ports] = h.source_port | static_cast<uint32_t>(h.destination_port) << 16;
    k.w[Key::size_ttl] = 64u << 8 | 64;
    return k;
}

// Nanoseconds a packet of one pass over the trace.
template <class Pass>
double pass(size_t packets, Pass run) {
    const auto begin = Clock::now();
    run();
    return seconds_since(begin) * 1e9 / static_cast<double>(packets);
}

double lowest(const std::vector<double> &v) { return *std::min_element(v.begin(), v.end()); }

template <unsigned Words>
int run(size_t entries, double seconds) {
    const AclSpec list = access_list(entries, 1, Words == 4);
    const std::vector<Header> trace = headers(list, trace_length);
    std::vector<AclKey<Words>> keys;
    for (const Header &h : trace) keys.push_back(key_of<Words>(h));
    const auto rules = acl_rules<Words>(list);
    auto begin = Clock::now();
    AclTrees<Words> trees(rules);
    const double built = seconds_since(begin);
    begin = Clock::now();
    const auto peer = make_peer(list, trace);
    const double peer_built = seconds_since(begin);

    std::vector<uint32_t> found(trace_length), theirs(trace_length);
    const auto ways = AclTrees<Words>::walks();
    std::vector<std::vector<double>> ours(ways.size());
    std::vector<double> others;
    const auto until = Clock::now() + std::chrono::duration<double>(seconds);
    do {
        for (size_t n = 0; n < ways.size(); n++) {
            trees.walk_with(ways[n]);
            std::fill(found.begin(), found.end(), 0xffffffff);
            ours[n].push_back(pass(trace_length, [&] {
                for (size_t at = 0; at < trace_length; at += burst) trees.match(&keys[at], burst, &found[at]);
            }));
        }
        if (peer) others.push_back(pass(trace_length, [&] { peer->match(burst, theirs.data()); }));
    } while (Clock::now() < until);
    if (peer && found != theirs) {
        std::fprintf(stderr, "acl-bench: rte_acl and the list disagree\n");
        return 1;
    }
    std::printf("{\"family\": %d, \"entries\": %zu, \"trees\": %zu, \"kib\": %.0f, \"compile-ms\": %.0f", Words == 1 ? 4 : 6, entries,
                trees.trees.size(), static_cast<double>(trees.bytes()) / 1024, built * 1000);
    for (size_t n = 0; n < ways.size(); n++) std::printf(", \"ns-%s\": %.1f", ways[n].name, lowest(ours[n]));
    if (peer)
        std::printf(", \"ns-rte-acl\": %.1f, \"rte-acl-compile-ms\": %.0f", lowest(others), peer_built * 1000);
    std::printf("}\n");
    return 0;
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char **argv) {
    using namespace weft::bench;
    const double seconds = argc > 1 ? std::strtod(argv[1], nullptr) : 1;
    return run<1>(1000, seconds) | run<1>(10000, seconds) | run<4>(1000, seconds) | run<4>(10000, seconds);
}
