#include "dpdk.h"

#include <dlfcn.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memory.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace {
bool huge = false;
}

// Without huge pages set aside, DPDK takes its memory from a file in memory, which the kernel backs by small pages. Refused
// that, it takes anonymous memory, which can have huge ones.
extern "C" int memfd_create(const char *name, unsigned flags) noexcept {
    if (huge) {
        errno = ENOSYS;
        return -1;
    }
    static const auto real = reinterpret_cast<int (*)(const char *, unsigned)>(dlsym(RTLD_NEXT, "memfd_create"));
    return real(name, flags);
}

namespace weft::bench {

void dpdk_with_huge_pages() { huge = true; }

void dpdk_needs(bool is_so, const char *what) {
    if (is_so) return;
    std::fprintf(stderr, "fib-bench: DPDK: %s: %s\n", what, rte_strerror(rte_errno));
    std::exit(1);
}

void start_dpdk() {
    static bool started = false;
    if (started) return;
    started = true;
    char name[] = "fib-bench", pages[] = "--no-huge", files[] = "--no-shconf", wide[] = "--force-max-simd-bitwidth=512",
         quiet[] = "--log-level=error", size[] = "-m", mib[] = "4096", cards[] = "--no-pci", addresses[] = "--iova-mode=va";
    char *arguments[] = {name, pages, files, wide, quiet, size, mib, cards, addresses};
    dpdk_needs(rte_eal_init(9, arguments) >= 0, "rte_eal_init");
    if (!huge) return;
    const auto advise = [](const rte_memseg_list *list, void *) {
        madvise(list->base_va, list->len, MADV_HUGEPAGE);
        return 0;
    };
    rte_memseg_list_walk(advise, nullptr);
}

}  // namespace weft::bench
