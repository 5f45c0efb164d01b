#include <malloc.h>
#include <unistd.h>

#include <fstream>

#include "figures.h"

namespace weft::bench {
namespace {

constexpr size_t block_routes = 16384;
constexpr int rounds = 3;

double resident_mib() {
    malloc_trim(0);
    std::ifstream file("/proc/self/statm");
    double size = 0, pages = 0;
    file >> size >> pages;
    return pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

void append(Block &block, const Route4 &r, bool remove, uint32_t vrf = 0) {
    block.u8(remove ? 8 : 7).u32(vrf).v4(r.prefix).u8(r.length);
    if (!remove) block.u64(Box::adjacency4 + r.next_hop);
}

void append(Block &block, const Route6 &r, bool remove, uint32_t vrf = 0) {
    block.u8(remove ? 8 : 7).u32(vrf).v6(r.prefix).u8(r.length);
    if (!remove) block.u64(Box::adjacency6 + r.next_hop);
}

template <class Route>
std::vector<Block> blocks(const std::vector<Route> &table) {
    std::vector<Block> all;
    for (size_t i = 0; i < table.size(); i++) {
        if (i % block_routes == 0) all.emplace_back();
        append(all.back(), table[i], false);
    }
    return all;
}

template <class Route>
void build(const char *name, const std::vector<Route> &table) {
    std::vector<double> rates;
    const auto records = blocks(table);
    for (int round = 0; round < rounds; round++) {
        Box box(usual_next_hops);
        rates.push_back(static_cast<double>(table.size()) / seconds_of([&] { load(box, records); }) / 1e6);
    }
    print_figure(name, "M/s", "higher", rates);
}

// Routes by chance go in one transaction and come back in the next.
template <class Route>
void churn(const char *name, Box &box, const std::vector<Route> &table) {
    constexpr size_t batch = 1000, batches = 200;
    std::vector<double> rates;
    size_t at = 0;
    for (int round = 0; round < rounds; round++) {
        std::vector<Block> records;
        for (size_t n = 0; n < batches; n++) {
            Block going, coming;
            for (size_t i = 0; i < batch; i++) {
                const Route &route = table[at = (at + 611953) % table.size()];
                append(going, route, true);
                append(coming, route, false);
            }
            records.push_back(going);
            records.push_back(coming);
        }
        const double spent = seconds_of([&] {
            for (const Block &block : records) box.commit(block);
        });
        rates.push_back(2.0 * batch * batches / spent / 1e6);
    }
    print_figure(name, "M/s", "higher", rates);
}

// A VRF of ten routes of each family, on average of 1000 of them.
double small_vrf_kib(const std::vector<Route4> &table4, const std::vector<Route6> &table6) {
    constexpr uint32_t vrfs = 1000, routes = 10;
    Box box(usual_next_hops);
    Random random(8);
    std::vector<Block> records(1);
    for (uint32_t vrf = 1; vrf <= vrfs; vrf++) {
        records[0].u8(56).u32(vrf).str(std::to_string(vrf));
        for (uint32_t n = 0; n < routes; n++) {
            append(records[0], table4[random.below(table4.size())], false, vrf);
            append(records[0], table6[random.below(table6.size())], false, vrf);
        }
    }
    const double before = resident_mib();
    load(box, records);
    return (resident_mib() - before) * 1024 / vrfs;
}

}  // namespace

std::vector<Block> blocks4(const std::vector<Route4> &table) { return blocks(table); }
std::vector<Block> blocks6(const std::vector<Route6> &table) { return blocks(table); }

void load(Box &box, const std::vector<Block> &blocks) {
    constexpr uint64_t number = 1u << 30;
    std::string error;
    for (const Block &block : blocks)
        if (error.empty()) error = box.core->stage(number, block.bytes.data(), block.bytes.size());
    if (error.empty()) error = box.core->prepare(number, false);
    if (!error.empty()) {
        std::fprintf(stderr, "fib-bench: %s\n", error.c_str());
        std::exit(1);
    }
    box.core->apply(number, number);
    box.core->epochs.collect();
}

void figures_programming(const std::vector<Route4> &table4, const std::vector<Route6> &table6) {
    std::vector<double> mib;
    {
        Box box(usual_next_hops);
        const double before = resident_mib();
        load(box, blocks(table4));
        mib.push_back(resident_mib() - before);
        load(box, blocks(table6));
        mib.push_back(resident_mib() - before);
    }
    print_figure("memory-mib", "MiB", "lower", {mib[1]});
    print_figure("memory-mib-ipv4", "MiB", "lower", {mib[0]});
    print_figure("small-vrf-kib", "KiB", "lower", {small_vrf_kib(table4, table6)});
    build("build", table4);
    build("build-ipv6", table6);
    Box box(usual_next_hops);
    load(box, blocks(table4));
    load(box, blocks(table6));
    churn("churn", box, table4);
    churn("churn-ipv6", box, table6);
}

}  // namespace weft::bench
