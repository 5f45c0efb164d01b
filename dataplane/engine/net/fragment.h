// Fragments of a packet (RFC 791 §3.2, RFC 8200 §4.5), written one after the other. What precedes the IP header is copied before
// each. The packet's checksums must be finished, and its lengths be those of its headers. An IPv6 packet is fragmented behind its
// hop-by-hop and routing headers, as its sender would have done; for IPv4 fragments may be fragmented again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "../packet.h"

namespace weft {

class Fragmenter {
  public:
    // Fragments of at most `mtu` octets from the IP header on, which is at `l3`; `identification`: of IPv6.
    Fragmenter(const Packet &packet, uint32_t l3, uint32_t mtu, uint32_t identification);

    // False: the headers leave no room for eight octets, or it can't be fragmented.
    bool possible() const { return part_ >= 8; }
    bool more() const { return at_ < payload_; }
    // Octets that next() will write.
    uint32_t length() const { return l3_ + header() + part(); }
    uint32_t next(uint8_t *to);

  private:
    uint32_t header() const { return at_ ? later_ : first_; }
    uint32_t part() const;
    void write4(uint8_t *to, uint32_t header, uint32_t part, bool last) const;
    void write6(uint8_t *to, uint32_t part, bool last) const;

    const Packet &packet_;
    const uint32_t l3_, mtu_, identification_;
    bool ip4_;
    uint32_t unfragmentable_ = 0;        // octets of headers that the packet has before what is fragmented
    uint32_t first_ = 0, later_ = 0;     // octets of headers of the first fragment and of the others
    uint32_t payload_ = 0, at_ = 0;
    uint32_t part_ = 0;                  // the least that a fragment holds
    uint32_t next_header_at_ = 0;        // of IPv6: where the fragment header is to be named
    std::array<uint8_t, 40> options_{};  // of IPv4: those that are copied
};

}  // namespace weft
