// graph-bench [SECONDS [NAME]]: nanoseconds a packet through the whole graph of one worker, as lines "name value", and ticks a
// packet in each node without and with a list, as lines "node name value"; with a NAME only that figure. 1M IPv4 and 200k IPv6 routes of the Internet's shape over 500 next hops, uniform
// destinations, a new one for each packet; with access lists, packets within entries by chance.
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include "acls.h"
#include "box.h"
#include "tables.h"

namespace weft::bench {
namespace {

constexpr unsigned rounds = 5;
constexpr size_t block_routes = 100000;

void load(Box &box, const std::vector<Route4> &table) {
    for (size_t at = 0; at < table.size();) {
        Block b;
        for (const size_t end = std::min(table.size(), at + block_routes); at < end; at++) {
            const Route4 &r = table[at];
            b.u8(7).u32(0).v4(r.prefix).u8(r.length).u64(Box::adjacency4 + r.next_hop);
        }
        box.commit(b);
    }
}

void load(Box &box, const std::vector<Route6> &table) {
    for (size_t at = 0; at < table.size();) {
        Block b;
        for (const size_t end = std::min(table.size(), at + block_routes); at < end; at++) {
            const Route6 &r = table[at];
            b.u8(7).u32(0).v6(r.prefix).u8(r.length).u64(Box::adjacency6 + r.next_hop);
        }
        box.commit(b);
    }
}

struct Figure {
    const char *name;
    std::function<double()> measure;
    std::vector<double> values;
};

// Memory of an object with its counters and its place by key, over a million adjacencies.
double object_octets(Box &box) {
    constexpr uint64_t count = 1000000, first = 1u << 24;
    const auto in_use = [] {
        const auto m = mallinfo2();
        return static_cast<double>(m.uordblks + m.hblkhd);
    };
    const double before = in_use();
    for (uint64_t n = 0; n < count;) {
        Block b;
        for (const uint64_t end = n + block_routes; n < end; n++)
            b.u8(5).u64(first + n).u8(1).str("if2").v4(0x0a020000 + 256 + static_cast<uint32_t>(n % 60000));
        box.commit(b);
    }
    return (in_use() - before) / static_cast<double>(count);
}

// Rounds over all figures and the best of each: what else the machine does only makes them worse.
void run(double seconds, const std::string &only) {
    Box box(usual_next_hops);
    const auto table = table4();
    const auto table_6 = table6();
    load(box, table);
    load(box, table_6);
    const auto usable = [](uint32_t a) { return a >> 24 != 0 && a >> 24 != 127 && a >> 24 < 224 && a >> 16 != 0xa9fe; };
    auto destinations = trace4(table, Trace::uniform, 1u << 20);
    std::erase_if(destinations, [&](uint32_t a) { return !usable(a); });
    const Traffic four = traffic4(std::move(destinations)), six = traffic6(trace6(table_6, Trace::uniform, 1u << 18));
    const Traffic flow = traffic4(std::vector<uint32_t>{table.front().prefix | 1});

    AclSpec list_1k = access_list(1000, 1, false, table), list_10k = access_list(10000, 1, false, table);
    list_1k.name = "1k";
    list_10k.name = "10k";
    set(box, list_1k);
    set(box, list_10k);
    const Traffic traffic_1k = traffic_of(box, list_1k, 1u << 18), traffic_10k = traffic_of(box, list_10k, 1u << 18);
    const auto with_list = [&](const std::string &name, const Traffic &traffic) {
        bind(box, name);
        const double value = box.nanoseconds(traffic, seconds);
        bind(box, "");
        return value;
    };

    Figure figures[] = {
        {"ns-per-packet", [&] { return box.nanoseconds(four, seconds); }, {}},
        {"ns-per-packet-acl-1k", [&] { return with_list(list_1k.name, traffic_1k); }, {}},
        {"ns-per-packet-acl-10k", [&] { return with_list(list_10k.name, traffic_10k); }, {}},
        {"ns-per-packet-source", [&] { return box.source_nanoseconds(four, seconds); }, {}},
        {"ns-per-packet-one-destination", [&] { return box.nanoseconds(flow, seconds); }, {}},
        {"ns-per-packet-one-destination-burst-1", [&] { return box.nanoseconds(flow, seconds, 1); }, {}},
        {"ns-per-packet-burst-4", [&] { return box.nanoseconds(four, seconds, 4); }, {}},
        {"ns-per-packet-burst-1", [&] { return box.nanoseconds(four, seconds, 1); }, {}},
        {"ns-per-packet-ip6", [&] { return box.nanoseconds(six, seconds); }, {}},
    };
    // Where the cycles of the first two figures go.
    std::map<std::string, double> nodes;
    const auto by_node = [&](const std::function<double()> &measure, const std::string &what) {
        const auto before = box.core->node_states();
        measure();
        const auto after = box.core->node_states();
        for (size_t n = 0; n < after.size(); n++) {
            const auto packets = static_cast<double>(after[n].packets - before[n].packets);
            if (packets == 0) continue;
            const double each = static_cast<double>(after[n].cycles - before[n].cycles) / packets;
            const auto [at, fresh] = nodes.emplace(after[n].node + what, each);
            if (!fresh) at->second = std::min(at->second, each);
        }
    };
    for (unsigned n = 0; n < rounds; n++) {
        for (Figure &f : figures)
            if (only.empty() || only == f.name) f.values.push_back(f.measure());
        by_node(figures[0].measure, "");
        by_node(figures[1].measure, "-acl-1k");
    }
    for (const auto &[node, ticks] : nodes) std::printf("node %s %.1f\n", node.c_str(), ticks);
    if (only.empty()) std::printf("object-octets %.1f\n", object_octets(box));
    for (const Figure &f : figures)
        if (!f.values.empty()) std::printf("%s %.2f\n", f.name, *std::min_element(f.values.begin(), f.values.end()));
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char **argv) {
    weft::bench::run(argc > 1 ? std::atof(argv[1]) : 0.3, argc > 2 ? argv[2] : "");
    return 0;
}
