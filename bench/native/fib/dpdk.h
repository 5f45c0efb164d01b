// DPDK's memory for its tables: none of the machine's huge pages, no files, no cards.
#pragma once

#include <rte_eal.h>
#include <rte_errno.h>

#include <cstdio>
#include <cstdlib>

namespace weft::bench {

inline void dpdk_needs(bool is_so, const char *what) {
    if (is_so) return;
    std::fprintf(stderr, "fib-bench: DPDK: %s: %s\n", what, rte_strerror(rte_errno));
    std::exit(1);
}

inline void start_dpdk() {
    static const bool started = [] {
        char name[] = "fib-bench", pages[] = "--no-huge", files[] = "--no-shconf", wide[] = "--force-max-simd-bitwidth=512",
             quiet[] = "--log-level=error", size[] = "-m", mib[] = "4096", cards[] = "--no-pci", addresses[] = "--iova-mode=va";
        char *arguments[] = {name, pages, files, wide, quiet, size, mib, cards, addresses};
        dpdk_needs(rte_eal_init(9, arguments) >= 0, "rte_eal_init");
        return true;
    }();
    static_cast<void>(started);
}

}  // namespace weft::bench
