// What a FIB has to do, as packed records of dataplane/engine/program/records.h.
#pragma once

#include <cstdint>
#include <vector>

#include "objects.h"

namespace weft::rib {

// Records of one kind, in blocks of at most some 300 KB, well under what one gRPC message may hold.
class Records {
  public:
    void route_set(uint32_t vrf, Family family, const Prefix &prefix, uint64_t key);
    void route_delete(uint32_t vrf, Family family, const Prefix &prefix);
    // `body`: of the object itself, or of what it leads to.
    void object_set(uint64_t key, const Object &body, const Objects &objects);
    void object_delete(uint64_t key);

    size_t count() const { return count_; }
    std::vector<std::vector<uint8_t>> &blocks() { return blocks_; }

  private:
    // Room for a record of at most this many bytes.
    void begin(uint8_t kind, size_t most);
    void u8(uint8_t value) { block_->push_back(value); }
    void u16(uint64_t value) { number(value, 2); }
    void u32(uint64_t value) { number(value, 4); }
    void u64(uint64_t value) { number(value, 8); }
    void number(uint64_t value, int bytes);
    void address(Address address, Family family);
    void text(const std::string &text);
    void route(uint8_t kind, uint32_t vrf, Family family, const Prefix &prefix);

    size_t count_ = 0;
    std::vector<std::vector<uint8_t>> blocks_;
    std::vector<uint8_t> *block_ = nullptr;
};

}  // namespace weft::rib
