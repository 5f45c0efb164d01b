// Super-packets of IPv4 whose segments are too big for a link and may be fragmented (no DF): cut into the segments that they stand
// for, as the sender's device would have done it, each with its own identification, sequence number and checksum; then each is
// fragmented. The rule is to let super-packets pass whole: this is for senders without path MTU discovery.
//
// Drops: ip4-forward cannot-fragment, when the packet is not what its offload says or a burst has made too much.
#include "../net/checksum.h"
#include "nodes.h"

namespace weft {
namespace {

constexpr uint8_t fin = 0x01, push = 0x08, congestion_window_reduced = 0x80;

// `at`: octets of payload before this segment.
void mend_tcp(uint8_t *tcp, uint32_t at, bool first, bool last) {
    store32(tcp + 4, load32(tcp + 4) + at);
    if (!last) tcp[13] = static_cast<uint8_t>(tcp[13] & ~(fin | push));
    if (!first) tcp[13] = static_cast<uint8_t>(tcp[13] & ~congestion_window_reduced);
}

}  // namespace

bool segment4(Worker &w, Packet &p, const Interface &out, const Ip6 &next_hop, uint32_t neighbour) {
    const uint8_t *h = l3(p);
    const uint32_t header = (h[0] & 15u) * 4, total = l3_length(p);
    const bool tcp = h[9] == protocol_tcp;
    const uint32_t least = header + (tcp ? 20 : 8);
    if ((!tcp && h[9] != protocol_udp) || total < least || (load16(h + 6) & 0x3fff)) return false;
    const uint32_t headers = header + (tcp ? (h[header + 12] >> 4) * 4u : 8), size = p.offload.gso_size;
    if (headers < least || headers >= total || size == 0) return false;
    for (uint32_t at = 0, n = 0; at < total - headers; at += size, n++) {
        const uint32_t part = std::min(size, total - headers - at);
        Packet *s = w.arena.take(ethernet_size + headers + part);
        if (!s) return false;
        s->interface = p.interface;
        s->ether_type = type_ip4;
        s->l3_offset = ethernet_size;
        s->local_origin = true;
        uint8_t *ip = l3(*s), *transport = ip + header;
        std::memcpy(ip, h, headers);
        std::memcpy(ip + headers, h + headers + at, part);
        const uint32_t length = headers - header + part;
        store16(ip + 2, static_cast<uint16_t>(header + length));
        store16(ip + 4, static_cast<uint16_t>(load16(h + 4) + n));
        store16(ip + 10, 0);
        store16(ip + 10, checksum(ip, header));
        if (tcp)
            mend_tcp(transport, at, at == 0, at + part == total - headers);
        else
            store16(transport + 4, static_cast<uint16_t>(length));
        uint8_t *sum = transport + (tcp ? 16 : 6);
        store16(sum, 0);
        const uint64_t pseudo = checksum_add(0, ip + 12, 8) + h[9] + length;
        const auto right = static_cast<uint16_t>(~checksum_fold(checksum_add(pseudo, transport, length)));
        store16(sum, !tcp && right == 0 ? 0xffff : right);
        forward4(w, *s, out, next_hop, neighbour);
        if (neighbour == no_neighbour) neighbour = w.neighbours.find(out.index, next_hop);
    }
    return true;
}

}  // namespace weft
