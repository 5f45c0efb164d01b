#include "fragment.h"

#include <algorithm>

#include "bytes.h"
#include "checksum.h"

namespace weft {
namespace {

constexpr uint8_t fragment_header = 44;
constexpr uint32_t fragment_size = 8;

// Options whose copied flag is set go into every fragment, the others only into the first.
uint32_t later_options(const uint8_t *h, uint32_t header, uint8_t *out) {
    uint32_t length = 0;
    for (uint32_t at = 20; at < header;) {
        const uint8_t type = h[at];
        if (type == 0) break;
        if (type == 1) {
            at++;
            continue;
        }
        if (at + 1 >= header || h[at + 1] < 2 || at + h[at + 1] > header) break;
        if (type & 0x80) {
            std::memcpy(out + length, h + at, h[at + 1]);
            length += h[at + 1];
        }
        at += h[at + 1];
    }
    while (length % 4) out[length++] = 0;
    return length;
}

}  // namespace

Fragmenter::Fragmenter(const Packet &p, uint32_t l3, uint32_t mtu, uint32_t identification)
    : packet_(p), l3_(l3), mtu_(mtu), identification_(identification), ip4_(p.data[l3] >> 4 == 4) {
    const uint8_t *h = p.data + l3;
    const uint32_t room = p.length - l3;
    if (ip4_) {
        unfragmentable_ = first_ = (h[0] & 15u) * 4;
        later_ = 20 + later_options(h, first_, options_.data());
    } else {
        uint32_t header = 40;
        next_header_at_ = 6;
        while ((h[next_header_at_] == 0 || h[next_header_at_] == 43) && header + 8 <= room) {
            next_header_at_ = header;
            header += (h[header + 1] + 1u) * 8;
        }
        if (header > room || h[next_header_at_] == fragment_header) return;
        unfragmentable_ = header;
        first_ = later_ = header + fragment_size;
    }
    payload_ = room - unfragmentable_;
    // One that reaches beyond what a datagram can be: the offsets of its parts could not be said.
    if (ip4_ && (load16(h + 6) & 0x1fffu) * 8 + payload_ > 0xffff) return;
    if (mtu > first_) part_ = (mtu - first_) & ~7u;
}

// All fragments but the last hold a multiple of eight octets.
uint32_t Fragmenter::part() const {
    const uint32_t left = payload_ - at_;
    return header() + left <= mtu_ ? left : (mtu_ - header()) & ~7u;
}

uint32_t Fragmenter::next(uint8_t *to) {
    const uint32_t h = header(), size = part();
    const bool last = at_ + size == payload_;
    std::memcpy(to, packet_.data, l3_);
    if (ip4_)
        write4(to + l3_, h, size, last);
    else
        write6(to + l3_, size, last);
    std::memcpy(to + l3_ + h, packet_.data + l3_ + unfragmentable_ + at_, size);
    at_ += size;
    return l3_ + h + size;
}

void Fragmenter::write4(uint8_t *n, uint32_t header, uint32_t part, bool last) const {
    const uint8_t *h = packet_.data + l3_;
    const uint16_t flags = load16(h + 6);
    std::memcpy(n, h, at_ ? 20 : header);
    if (at_) std::memcpy(n + 20, options_.data(), header - 20);
    n[0] = static_cast<uint8_t>(0x40 | header / 4);
    store16(n + 2, static_cast<uint16_t>(header + part));
    const bool more = !last || (flags & 0x2000);
    store16(n + 6, static_cast<uint16_t>((flags & 0xc000) | (more ? 0x2000 : 0) | ((flags & 0x1fff) + at_ / 8)));
    store16(n + 10, 0);
    store16(n + 10, checksum(n, header));
}

void Fragmenter::write6(uint8_t *n, uint32_t part, bool last) const {
    std::memcpy(n, packet_.data + l3_, unfragmentable_);
    uint8_t *f = n + unfragmentable_;
    f[0] = n[next_header_at_];
    n[next_header_at_] = fragment_header;
    f[1] = 0;
    store16(f + 2, static_cast<uint16_t>(at_ | (last ? 0 : 1)));
    store32(f + 4, identification_);
    store16(n + 4, static_cast<uint16_t>(first_ - 40 + part));
}

}  // namespace weft
