#include "regions.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace weft::ebpf {
namespace {

constexpr size_t least = 256 << 10;
// Of no region: what is written there lets a grace period pass.
constexpr uint32_t nowhere = fast_regions - 1;

std::string make_pages(Descriptor &map, uint32_t count) {
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE | BPF_F_INNER_MAP);
    return make_map(map, BPF_MAP_TYPE_ARRAY, "weft_region", 4, fast_page, count, &options);
}

}  // namespace

std::string Regions::make() {
    if (std::string error = make_pages(empty_, 1); !error.empty()) return error;
    LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = static_cast<uint32_t>(empty_.get()));
    for (uint32_t n = fast_first_region; n + 1 < nowhere; n += 2) free_.push_back(n);
    return make_map(map_, BPF_MAP_TYPE_ARRAY_OF_MAPS, "weft_regions", 4, 4, fast_regions, &options);
}

std::string Regions::share(uint32_t number, void *base, size_t used, size_t limit) {
    Shared &shared = shared_[number];
    if (shared.base == base && used <= shared.octets) return {};
    const size_t pages = limit / fast_page * fast_page;
    const size_t octets = std::min(pages, std::bit_ceil(std::max(least, used + used / 4)));
    if (used > octets) return "a table is larger than its memory";
    Descriptor map;
    if (std::string error = make_pages(map, static_cast<uint32_t>(octets / fast_page)); !error.empty()) return error;
    void *copy = mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_SHARED, map.get(), 0);
    if (copy == MAP_FAILED) return failed("memory of BPF can't be mapped", errno);
    std::memcpy(copy, base, used);
    munmap(copy, octets);
    // Readers find the same octets before and after; nobody writes meanwhile.
    if (mmap(base, octets, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, map.get(), 0) == MAP_FAILED)
        return failed("memory of BPF can't be mapped", errno);
    const int descriptor = map.get();
    if (const int code = bpf_map_update_elem(map_.get(), &number, &descriptor, BPF_ANY); code != 0)
        return failed("the kernel refused a region", code);
    shared = {base, octets};
    return {};
}

uint32_t Regions::take() {
    if (free_.empty()) return 0;
    const uint32_t numbers = free_.back();
    free_.pop_back();
    return numbers;
}

void Regions::give(uint32_t numbers) {
    for (uint32_t n = numbers; n < numbers + 2; n++) {
        shared_[n] = {};
        bpf_map_delete_elem(map_.get(), &n);
    }
    free_.push_back(numbers);
}

void Regions::grace() const {
    const uint32_t number = nowhere;
    const int descriptor = empty_.get();
    bpf_map_update_elem(map_.get(), &number, &descriptor, BPF_ANY);
}

}  // namespace weft::ebpf
