// Values out of the octets of a fuzz input, so that a mutation changes a value and not the sense of all that follows, and the
// other way round for seeds. At the end of the input every value is 0 and every run of octets is empty.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace weft::fuzz {

class Reader {
  public:
    Reader(const uint8_t *bytes, size_t size) : at_(bytes), end_(bytes + size) {}

    bool more() const { return at_ < end_; }
    size_t left() const { return static_cast<size_t>(end_ - at_); }
    uint8_t u8() { return more() ? *at_++ : 0; }
    uint16_t u16() { return static_cast<uint16_t>(u8() | u8() << 8); }
    uint32_t u32() { return u16() | static_cast<uint32_t>(u16()) << 16; }
    uint64_t u64() { return u32() | static_cast<uint64_t>(u32()) << 32; }
    // 0 … count - 1 of at most 256.
    unsigned below(unsigned count) { return u8() % count; }
    bool flag() { return u8() & 1; }
    template <class List>
    const auto &pick(const List &list) {
        return list[below(static_cast<unsigned>(std::size(list)))];
    }
    // At most so many octets.
    std::vector<uint8_t> bytes(size_t count) {
        const size_t n = count < left() ? count : left();
        std::vector<uint8_t> taken(at_, at_ + n);
        at_ += n;
        return taken;
    }
    std::vector<uint8_t> rest() { return bytes(left()); }
    std::string_view text() const { return {reinterpret_cast<const char *>(at_), left()}; }

  private:
    const uint8_t *at_, *end_;
};

}  // namespace weft::fuzz
