// Memory of the engine that the fast path's program reads too. A region begins at an address of this process: what lies there is
// copied into a BPF array of pages, and the array is mapped in its place, by one call that readers see nothing of; the program
// knows the array by the region's number, in an array of maps. It holds what is in use and some room; when more is in use, a larger one
// takes its place. What lies beyond it is not there for the program.
//
// The programming lock's (nobody else writes there), but for grace().
#pragma once

#include <array>
#include <string>
#include <vector>

#include "layout.h"
#include "load.h"

namespace weft::ebpf {

class Regions {
  public:
    std::string make();
    int map() const { return map_.get(); }

    // Makes the region hold `used` octets from `base` on, which is the beginning of a page of memory with room for `limit`. A text
    // when the kernel refuses; then it is as before.
    std::string share(uint32_t number, void *base, size_t used, size_t limit);
    // Two numbers in a row that are free; 0: there are none.
    uint32_t take();
    // They are free again; the memory goes when nobody has it mapped any more.
    void give(uint32_t numbers);
    void grace() const;

  private:
    struct Shared {
        void *base = nullptr;
        size_t octets = 0;
    };
    Descriptor map_, empty_;
    std::array<Shared, fast_regions> shared_{};
    std::vector<uint32_t> free_;
};

}  // namespace weft::ebpf
