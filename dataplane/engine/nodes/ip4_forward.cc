// IPv4 out of an interface: time to live (RFC 1812 §5.3.1), size (fragments of RFC 791, or the error of RFC 1191), then the
// neighbour. A super-packet whose segments fit passes whole, else it is cut into them (segment.cc). Packets of our own keep their TTL.
#include "../net/checksum.h"
#include "../net/offload.h"
#include "nodes.h"

namespace weft {

bool fits(const Packet &p, uint32_t mtu) {
    if (p.offload.gso_type == gso_none) return l3_length(p) <= mtu;
    const uint8_t *h = l3(p);
    const uint32_t room = l3_length(p);
    uint8_t protocol;
    uint32_t header;
    if (p.ether_type == type_ip4) {
        protocol = h[9];
        header = (h[0] & 15u) * 4;
    } else {
        bool fragment, first;
        if (!skip_extensions(p, protocol, header, fragment, first)) return false;
    }
    if (protocol == protocol_tcp && header + 20 <= room)
        header += (h[header + 12] >> 4) * 4u;
    else
        header += 8;
    return header + p.offload.gso_size <= mtu;
}

namespace {

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

void fragment(Worker &w, Packet &p, const Interface &out, const Ip6 &next_hop, uint32_t neighbour) {
    complete_checksum(p);
    const uint8_t *h = l3(p);
    const uint32_t header = (h[0] & 15u) * 4, total = l3_length(p), payload = total - header;
    const uint16_t flags = load16(h + 6);
    // Reaches beyond what a datagram can be: the offsets of its parts could not be said.
    if ((flags & 0x1fffu) * 8 + payload > 0xffff) return w.discard(p, Drop::ip4_fragment);
    if (w.tracing) [[unlikely]] {
        w.trace(p, "is sent in fragments of at most {na} octets", out.mtu);
        w.trace_result(p, TraceResult::sent);
    }
    uint8_t options[40];
    const uint32_t later = 20 + later_options(h, header, options);
    for (uint32_t at = 0; at < payload;) {
        const uint32_t size = at ? later : header;
        const uint32_t part = std::min(payload - at, (out.mtu - size) & ~7u);
        Packet *f = part ? w.arena.take(ethernet_size + size + part) : nullptr;
        if (!f) return w.discard(p, Drop::ip4_fragment);
        f->interface = p.interface;
        f->ether_type = type_ip4;
        f->l3_offset = ethernet_size;
        f->local_origin = true;
        uint8_t *n = l3(*f);
        std::memcpy(n, h, at ? 20 : header);
        if (at) std::memcpy(n + 20, options, later - 20);
        n[0] = static_cast<uint8_t>(0x40 | size / 4);
        store16(n + 2, static_cast<uint16_t>(size + part));
        const bool more = at + part < payload || (flags & 0x2000);
        store16(n + 6, static_cast<uint16_t>((flags & 0xc000) | (more ? 0x2000 : 0) | ((flags & 0x1fff) + at / 8)));
        store16(n + 10, 0);
        store16(n + 10, checksum(n, size));
        std::memcpy(n + size, h + header + at, part);
        to_neighbour(w, *f, out, next_hop, neighbour);
        if (neighbour == no_neighbour) neighbour = w.neighbours.find(out.index, next_hop);
        at += part;
    }
}

}  // namespace

void forward4(Worker &w, Packet &p, const Interface &out, const Ip6 &next_hop, uint32_t neighbour) {
    uint8_t *h = l3(p);
    if (!p.local_origin) {
        if (h[0] != 0x45 && w.table->settings.router_alert_to_host && router_alert4(p)) [[unlikely]]
            return punt(w, p, PuntClass::options);
        if (h[8] <= 1) {
            icmp4_error(w, p, 11, 0, 0);
            return w.discard(p, Drop::ip4_ttl);
        }
    }
    const bool whole = fits(p, out.mtu);
    if (!whole && (h[6] & 0x40)) {
        icmp4_error(w, p, 3, 4, out.mtu, &out);
        return w.discard(p, Drop::ip4_too_big);
    }
    if (!p.local_origin) {
        if (p.interface == out.index && out.settings.ip4.redirects) [[unlikely]]
            redirect4(w, p, out, unmapped(next_hop));
        const uint16_t before = load16(h + 8);
        h[8]--;
        store16(h + 10, checksum_update(load16(h + 10), before, load16(h + 8)));
        w.counters(*w.interface(p.interface)).forwarded4 += 1;
    }
    if (whole)
        return to_neighbour(w, p, out, next_hop, neighbour);
    // A datagram that the sender left to be fragmented (UFO) is one packet; others are many.
    if (p.offload.gso_type == gso_none || p.offload.gso_type == gso_udp)
        fragment(w, p, out, next_hop, neighbour);
    else if (!segment4(w, p, out, next_hop, neighbour))
        w.discard(p, Drop::ip4_fragment);
}

}  // namespace weft
