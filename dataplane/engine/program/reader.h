// Reads the fields of packed records (records.h) from a block. Once a field does not fit what is left, everything after it is
// zero or empty and good() is false; nothing is read past the end.
#pragma once

#include <cstring>
#include <string>

#include "../net/address.h"

namespace weft {

class Reader {
  public:
    Reader(const uint8_t *bytes, size_t length) : p_(bytes), end_(bytes + length) {}
    bool more() const { return p_ < end_; }
    bool good() const { return good_; }

    uint8_t u8() { return take(1) ? at_[0] : 0; }
    uint16_t u16() { return static_cast<uint16_t>(little(2)); }
    uint32_t u32() { return static_cast<uint32_t>(little(4)); }
    uint64_t u64() { return little(8); }
    std::string str() {
        const uint16_t n = u16();
        return take(n) ? std::string(reinterpret_cast<const char *>(at_), n) : std::string();
    }
    MacAddress mac() {
        MacAddress m{};
        if (take(6)) std::memcpy(m.data(), at_, 6);
        return m;
    }
    HostAddress addr() {
        HostAddress a;
        a.family = u8();
        if (!good_) return a;
        if (a.family != 4 && a.family != 6) {
            family_bad = true;
            good_ = false;
            return a;
        }
        const size_t n = a.family == 4 ? 4 : 16;
        if (take(n)) std::memcpy(a.bytes.data(), at_, n);
        return a;
    }

    bool family_bad = false;

  private:
    bool take(size_t n) {
        if (!good_ || static_cast<size_t>(end_ - p_) < n) return good_ = false;
        at_ = p_;
        p_ += n;
        return true;
    }
    uint64_t little(size_t n) {
        if (!take(n)) return 0;
        uint64_t v = 0;
        std::memcpy(&v, at_, n);
        return v;
    }

    const uint8_t *p_, *end_, *at_ = nullptr;
    bool good_ = true;
};

inline bool is_host(const HostAddress &a) {
    if (a.family == 4) {
        const uint32_t v = load32(a.bytes.data());
        return v != 0 && v >> 28 < 14;
    }
    const Ip6 v = load_ip6(a.bytes.data());
    return !is_unspecified6(v) && !is_multicast6(v) && !is_mapped(v);
}

inline std::string quoted(const std::string &name) { return "'" + name + "'"; }

}  // namespace weft
