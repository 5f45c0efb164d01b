#include "pages.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace weft {
namespace {

constexpr size_t page = 4096, huge_page = 2u << 20;

size_t round_up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

}  // namespace

Pages::Pages(size_t bytes, bool sparse) {
    const bool huge = bytes >= huge_page;
    bytes_ = round_up(bytes, page);
    const size_t all = bytes_ + (huge ? huge_page : 0);
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | (sparse ? MAP_NORESERVE : 0);
    void *p = mmap(nullptr, all, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (p == MAP_FAILED) throw std::bad_alloc();
    address_ = p;
    if (!huge) return;
    // From a huge page's border: what lies before and after is given back.
    const auto from = reinterpret_cast<uintptr_t>(p);
    const uintptr_t begin = round_up(from, huge_page);
    if (begin > from) munmap(p, begin - from);
    if (from + all > begin + bytes_) munmap(reinterpret_cast<void *>(begin + bytes_), from + all - begin - bytes_);
    address_ = reinterpret_cast<void *>(begin);
    madvise(address_, bytes_, MADV_HUGEPAGE);
}

Pages::~Pages() {
    if (address_) munmap(address_, bytes_);
}

}  // namespace weft
