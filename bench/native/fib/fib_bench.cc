// fib-bench [--lpm] [--huge]: the forwarding tables with 1M IPv4 and 200k IPv6 routes of the Internet's shape: lookups, changes, loading
// and memory, beside DPDK's tables where the build found them (--huge: those on huge pages too; --lpm: rte_lpm too). One core. Output: measure.h.
#include <cstring>

#include "figures.h"

namespace weft::bench {

std::vector<uint32_t> next_hops_by_object(const Core &core, uint64_t first) {
    std::vector<uint32_t> hops;
    for (uint32_t n = 0; n < usual_next_hops; n++) {
        const auto object = static_cast<size_t>(core.objects.find(first + n));
        if (hops.size() <= object) hops.resize(object + 1);
        hops[object] = n + 1;
    }
    return hops;
}

}  // namespace weft::bench

int main(int argc, char **argv) {
    using namespace weft::bench;
    bool lpm = false;
    for (int n = 1; n < argc; n++) {
        if (std::strcmp(argv[n], "--lpm") == 0)
            lpm = true;
        else if (std::strcmp(argv[n], "--huge") == 0)
            dpdk_with_huge_pages();
    }
    const auto routes4 = table4();
    const auto routes6 = table6();
    figures_programming(routes4, routes6);
    Box box(usual_next_hops);
    load(box, blocks4(routes4));
    load(box, blocks6(routes6));
    figures4(box, routes4, lpm);
    figures6(box, routes6);
}
