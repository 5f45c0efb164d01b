// Super-packets: writing their segments.
//
// The sums of outer headers need no look at what is within. A finished transport sums, with its pseudo header, to zero, so that its
// octets alone sum to the complement of that (local checksum offload); a finished IPv4 header sums to zero whatever its
// identification is. So an outer checksum is the same for all segments of one size.
#include "segment.h"

#include "bytes.h"
#include "checksum.h"
#include "offload.h"
#include "protocols.h"

namespace weft {
namespace {

using Kind = SuperPacket::Kind;


uint64_t pseudo(const uint8_t *h, Kind family, uint32_t length, uint8_t protocol) {
    return family == Kind::ip6 ? pseudo6(h, length, protocol) : checksum_add(0, h + 12, 8) + length + protocol;
}

uint16_t never_zero(uint16_t checksum) { return checksum ? checksum : 0xffff; }

}  // namespace

uint64_t copy_and_sum(uint8_t *dst, const uint8_t *src, size_t length) {
    // Octets in the order of the machine: the folded sum is swapped at the end (RFC 1071 §2(B)). Eight sums of halves side by side,
    // which compilers make vectors of.
    constexpr size_t block = 32;
    uint64_t low[4] = {}, high[4] = {};
    while (length >= block) {
        uint64_t v[4];
        std::memcpy(v, src, block);
        std::memcpy(dst, v, block);
        for (unsigned n = 0; n < 4; n++) {
            low[n] += v[n] & 0xffffffff;
            high[n] += v[n] >> 32;
        }
        src += block;
        dst += block;
        length -= block;
    }
    const uint64_t sum = low[0] + low[1] + low[2] + low[3] + high[0] + high[1] + high[2] + high[3];
    uint16_t folded = checksum_fold(sum);
    if constexpr (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) folded = __builtin_bswap16(folded);
    std::memcpy(dst, src, length);
    return checksum_add(folded, dst, length);
}

Segmenter::Segmenter(const Packet &packet, const SuperPacket &super, bool finish)
    : packet_(packet), super_(super), finish_(finish) {
    if (!super.tcp) return;
    sequence_ = load32(packet.data + super.transport + 4);
    flags_ = packet.data[super.transport + 13];
}

void Segmenter::make(uint32_t payload) {
    uint8_t *const t = template_.data();
    std::memcpy(t, packet_.data, super_.headers);
    const uint32_t end = super_.headers + payload, transport = super_.transport;
    const SuperPacket::Layer &ip = super_.layers[super_.layer_count - 1u];
    const uint32_t field = transport + (super_.tcp ? 16 : 6);
    // Behind a routing header the destination is another than the header's; an unfinished field has its sum.
    const bool routed = ip.kind == Kind::ip6 && ip.header > 40 && (packet_.offload.flags & offload_needs_checksum);
    const uint64_t over = routed
                              ? load16(t + field) + uint64_t{static_cast<uint16_t>(~checksum_fold(packet_.length - transport))} + end - transport
                              : pseudo(t + ip.at, ip.kind, end - transport, super_.tcp ? protocol_tcp : protocol_udp);
    if (super_.tcp) {
        store32(t + transport + 4, 0);
        t[transport + 13] = 0;
    } else {
        store16(t + transport + 4, static_cast<uint16_t>(end - transport));
    }
    store16(t + field, 0);
    transport_sum_ = checksum_add(over, t + transport, super_.headers - transport);
    if (!finish_) store16(t + field, checksum_fold(over));

    ip4_count_ = 0;
    uint64_t sum = static_cast<uint16_t>(~checksum_fold(over));  // of all octets from `from` on
    uint32_t from = transport;
    for (unsigned n = super_.layer_count; n-- > 0;) {
        const SuperPacket::Layer &layer = super_.layers[n];
        uint8_t *h = t + layer.at;
        switch (layer.kind) {
            case Kind::ip4:
                store16(h + 2, static_cast<uint16_t>(end - layer.at));
                store16(h + 4, 0);
                store16(h + 10, 0);
                ip4_[ip4_count_++] = {layer.at, load16(packet_.data + layer.at + 4), checksum_add(0, h, layer.header)};
                break;
            case Kind::ip6:
                store16(h + 4, static_cast<uint16_t>(end - layer.at - 40));
                sum = checksum_add(sum, h, from - layer.at);
                break;
            case Kind::udp: {
                store16(h + 4, static_cast<uint16_t>(end - layer.at));
                store16(h + 6, 0);
                sum = checksum_add(sum, h, from - layer.at);
                if (!layer.checksum) break;
                const SuperPacket::Layer &below = super_.layers[n - 1];
                const uint64_t head = pseudo(t + below.at, below.kind, end - layer.at, protocol_udp);
                store16(h + 6, never_zero(static_cast<uint16_t>(~checksum_fold(sum + head))));
                sum = static_cast<uint16_t>(~checksum_fold(head));
                break;
            }
            case Kind::gre:
                if (layer.checksum) store16(h + 4, 0);
                sum = checksum_add(sum, h, from - layer.at);
                if (!layer.checksum) break;
                store16(h + 4, static_cast<uint16_t>(~checksum_fold(sum)));
                sum = 0;
                break;
        }
        from = layer.at;
    }
    made_ = payload;
}

uint32_t Segmenter::next(uint8_t *to, Offload &offload) {
    const uint32_t at = number_ * super_.size, part = std::min<uint32_t>(super_.size, super_.payload - at);
    const bool last = number_ + 1 == super_.count;
    if (part != made_) make(part);
    std::memcpy(to, template_.data(), super_.headers);
    for (size_t n = 0; n < ip4_count_; n++) {
        const auto id = static_cast<uint16_t>(ip4_[n].id + number_);
        store16(to + ip4_[n].at + 4, id);
        store16(to + ip4_[n].at + 10, static_cast<uint16_t>(~checksum_fold(ip4_[n].sum + id)));
    }
    uint8_t *transport = to + super_.transport;
    uint64_t sum = transport_sum_;
    if (super_.tcp) {
        const uint32_t sequence = sequence_ + at;
        uint8_t flags = flags_;
        if (!last) flags &= static_cast<uint8_t>(~(tcp_fin | tcp_push));
        if (number_ > 0) flags &= static_cast<uint8_t>(~tcp_window_reduced);
        store32(transport + 4, sequence);
        transport[13] = flags;
        sum += uint64_t{sequence} + flags;
    }
    const uint8_t *payload = packet_.data + super_.headers + at;
    offload = {};
    if (finish_) {
        sum += copy_and_sum(to + super_.headers, payload, part);
        store16(transport + (super_.tcp ? 16 : 6), never_zero(static_cast<uint16_t>(~checksum_fold(sum))));
    } else {
        std::memcpy(to + super_.headers, payload, part);
        offload.flags = offload_needs_checksum;
        offload.csum_start = super_.transport;
        offload.csum_offset = super_.tcp ? 16 : 6;
    }
    number_++;
    return super_.headers + part;
}

uint32_t DatagramPacker::most() const {
    const uint64_t left = uint64_t{super_.count - segments_.number_} * (super_.headers + super_.size);
    return static_cast<uint32_t>(std::min<uint64_t>(left, 65535u + super_.layers[0].at));
}

uint32_t DatagramPacker::next(uint8_t *to, Offload &offload) {
    const SuperPacket::Layer &ip = super_.layers[0], &udp = super_.layers[1];
    // Each segment is written where the one before ended, and its outer headers make way for what was there.
    const uint32_t body = udp.at + udp.header;
    std::array<uint8_t, most_headers> kept;
    Offload ignored;
    uint32_t length = segments_.next(to, ignored), each = length - body, packed = 1;
    while (more()) {
        const uint32_t whole = length + super_.headers + super_.size - body;
        if (whole - ip.at > 65535) break;
        std::memcpy(kept.data(), to + length - body, body);
        const uint32_t next = segments_.next(to + length - body, ignored);
        std::memcpy(to + length - body, kept.data(), body);
        length += next - body;
        packed++;
    }
    if (ip.kind == Kind::ip6) {
        store16(to + ip.at + 4, static_cast<uint16_t>(length - ip.at - 40));
    } else {
        store16(to + ip.at + 2, static_cast<uint16_t>(length - ip.at));
        store16(to + ip.at + 10, 0);
        store16(to + ip.at + 10, checksum(to + ip.at, ip.header));
    }
    store16(to + udp.at + 4, static_cast<uint16_t>(length - udp.at));
    store16(to + udp.at + 6, checksum_fold(pseudo(to + ip.at, ip.kind, length - udp.at, protocol_udp)));
    offload = {};
    offload.flags = offload_needs_checksum;
    offload.csum_start = udp.at;
    offload.csum_offset = 6;
    if (packed > 1) {
        offload.gso_type = gso_udp_l4;
        offload.gso_size = static_cast<uint16_t>(each);
        offload.header_length = static_cast<uint16_t>(body);
    }
    return length;
}

}  // namespace weft
