// Pairs of measurements, one right after the other, and how they are printed: one JSON object a line,
// {"name", "unit", "better", "values": [ours …]} or {…, "peer", "pairs": [[ours, peer] …]}.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engines.h"

namespace weft::bench {

// Of this thread's processor time, so that others on the machine count less.
inline double seconds_now() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

template <class Work>
double seconds_of(Work work) {
    const double begin = seconds_now();
    work();
    return seconds_now() - begin;
}

using Pairs = std::vector<std::pair<double, double>>;

inline void print_figure(const std::string &name, const char *unit, const char *better, const std::vector<double> &values) {
    std::printf("{\"name\":\"%s\",\"unit\":\"%s\",\"better\":\"%s\",\"values\":[", name.c_str(), unit, better);
    for (size_t i = 0; i < values.size(); i++) std::printf("%s%.6g", i ? "," : "", values[i]);
    std::printf("]}\n");
    std::fflush(stdout);
}

inline void print_figure(const std::string &name, const char *unit, const char *better, const std::string &peer, const Pairs &pairs) {
    std::printf("{\"name\":\"%s\",\"unit\":\"%s\",\"better\":\"%s\",\"peer\":\"%s\",\"pairs\":[", name.c_str(), unit, better, peer.c_str());
    for (size_t i = 0; i < pairs.size(); i++) std::printf("%s[%.6g,%.6g]", i ? "," : "", pairs[i].first, pairs[i].second);
    std::printf("]}\n");
    std::fflush(stdout);
}

// Millions of lookups a second of `ours` beside each of the others (or the first of them), which must all say the same. The figure `name` is the one
// beside the first of them; `name`-beside-PEER are the others.
template <class Route, class Address>
void measure_lookups(const std::string &name, Lookups<Route, Address> &ours,
                     const std::vector<std::unique_ptr<Lookups<Route, Address>>> &all, const std::vector<Address> &trace,
                     size_t at_most = 4) {
    constexpr int rounds = 9, passes = 4;
    const std::span peers(all.data(), std::min(all.size(), at_most));
    const auto right = ours.answers(trace);
    for (const auto &peer : peers)
        if (peer->answers(trace) != right) {
            std::fprintf(stderr, "fib-bench: %s and %s disagree on %s\n", ours.name().c_str(), peer->name().c_str(), name.c_str());
            std::exit(1);
        }
    const auto rate = [&](auto &engine) {
        engine.pass(trace);
        const double spent = seconds_of([&] {
            for (int n = 0; n < passes; n++) engine.pass(trace);
        });
        return static_cast<double>(trace.size()) * passes / spent / 1e6;
    };
    std::vector<double> alone;
    std::vector<Pairs> pairs(peers.size());
    for (int round = 0; round < rounds; round++) {
        if (peers.empty()) alone.push_back(rate(ours));
        for (size_t i = 0; i < peers.size(); i++) {
            const double our_rate = rate(ours);
            pairs[i].emplace_back(our_rate, rate(*peers[i]));
        }
    }
    if (peers.empty()) print_figure(name, "M/s", "higher", alone);
    for (size_t i = 0; i < peers.size(); i++)
        print_figure(i == 0 ? name : name + "-beside-" + peers[i]->name(), "M/s", "higher", peers[i]->name(), pairs[i]);
}

// Thousands of changes a second, one at a time: routes of the table by chance, taken away and added again.
template <class Route, class Address>
void measure_changes(const std::string &name, Lookups<Route, Address> &ours,
                     const std::vector<std::unique_ptr<Lookups<Route, Address>>> &peers, const std::vector<Route> &table) {
    constexpr int rounds = 3;
    constexpr size_t changes = 20000;
    Random random(7);
    const auto rate = [&](auto &engine, const std::vector<Route> &routes) {
        const double spent = seconds_of([&] {
            for (const Route &route : routes) engine.remove(route);
            for (const Route &route : routes) engine.add(route);
        });
        return static_cast<double>(routes.size()) * 2 / spent / 1e3;
    };
    std::vector<double> alone;
    Pairs pairs;
    for (int round = 0; round < rounds; round++) {
        // Each once: a step that has no factor in common with the table's size.
        std::vector<Route> routes;
        size_t at = random.below(table.size());
        for (size_t n = 0; n < changes; n++) routes.push_back(table[at = (at + 611953) % table.size()]);
        if (peers.empty())
            alone.push_back(rate(ours, routes));
        else
            pairs.emplace_back(rate(ours, routes), rate(*peers[0], routes));
    }
    if (peers.empty())
        print_figure(name, "k/s", "higher", alone);
    else
        print_figure(name, "k/s", "higher", peers[0]->name(), pairs);
}

}  // namespace weft::bench
