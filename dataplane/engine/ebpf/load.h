// What of bpf(2) the fast path needs, over libbpf: arrays mapped into this process, and programs out of the object file that was
// built with the engine, whose names of maps are made descriptors (the linking that libbpf does for clang's objects, but not for
// GCC's). Errors are texts for a person: what the kernel refused, and of programs the end of its verifier's log.
#pragma once

#include <bpf/bpf.h>

#include <cstddef>
#include <map>
#include <string>

#include "../ports/netlink.h"

namespace weft::ebpf {

// An array whose elements this process sees as its memory. Zeroed, and taken from the machine at once.
class Array {
  public:
    Array() = default;
    Array(Array &&other) noexcept { *this = std::move(other); }
    Array &operator=(Array &&other) noexcept {
        std::swap(map_, other.map_);
        std::swap(memory_, other.memory_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    ~Array();
    // `element`: octets, a multiple of 8.
    std::string make(const char *name, uint32_t element, uint32_t count);
    template <class T>
    T *as() const {
        return static_cast<T *>(memory_);
    }
    int map() const { return map_.get(); }

  private:
    Descriptor map_;
    void *memory_ = nullptr;
    size_t bytes_ = 0;
};

std::string failed(const std::string &what, int code);
std::string make_map(Descriptor &map, bpf_map_type type, const char *name, uint32_t key, uint32_t value, uint32_t count,
                     const bpf_map_create_opts *options = nullptr);

// The program of a section.
std::string load(Descriptor &program, bpf_prog_type type, const std::string &section, const std::map<std::string, int> &maps);

}  // namespace weft::ebpf
