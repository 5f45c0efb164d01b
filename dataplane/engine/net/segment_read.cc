// Super-packets: finding their headers and judging them.
#include "bytes.h"
#include "checksum.h"
#include "offload.h"
#include "protocols.h"
#include "segment.h"

namespace weft {
namespace {

using Kind = SuperPacket::Kind;

constexpr uint16_t type_ethernet = 0x6558;  // bridged, in GRE
constexpr size_t tcp_least = 20, udp_size = 8;

struct Reading {
    const uint8_t *data;
    uint32_t end;
    uint32_t start;   // of the transport, or 0: the outermost
    uint32_t offset;  // of the checksum in it
    SuperPacket &out;
    uint8_t family = 0;  // of the transport's IP header: 4 or 6

    bool room(uint32_t at, uint32_t octets) const { return at + octets <= std::min<uint32_t>(end, most_headers); }
    bool add(Kind kind, uint32_t at, uint32_t header, bool checksum = false) {
        if (out.layer_count == SuperPacket::most_layers) return false;
        out.layers[out.layer_count++] = {kind, static_cast<uint16_t>(at), static_cast<uint16_t>(header), checksum};
        return true;
    }
};

SuperFault read_ip(Reading &r, uint32_t at);

SuperFault read_ethernet(Reading &r, uint32_t at) {
    uint32_t type_at = at + 12;
    for (unsigned tags = 0;; tags++) {
        if (!r.room(type_at, 2)) return SuperFault::headers;
        const uint16_t type = load16(r.data + type_at);
        if (type == type_ip4 || type == type_ip6) return read_ip(r, type_at + 2);
        if ((type != type_vlan && type != type_qinq) || tags == 2) return SuperFault::headers;
        type_at += 4;
    }
}

SuperFault read_gre(Reading &r, uint32_t at) {
    if (!r.room(at, 4)) return SuperFault::headers;
    const uint8_t *h = r.data + at;
    // Version 0 without routing (RFC 2784, RFC 2890); a sequence number would have to be each segment's own.
    if ((h[0] & 0x4f) || (h[0] & 0x10) || (h[1] & 7)) return SuperFault::headers;
    const uint32_t header = 4u + (h[0] & 0x80 ? 4 : 0) + (h[0] & 0x20 ? 4 : 0);
    if (!r.room(at, header) || !r.add(Kind::gre, at, header, h[0] & 0x80)) return SuperFault::headers;
    const uint16_t type = load16(h + 2);
    if (type == type_ip4 || type == type_ip6) return read_ip(r, at + header);
    return type == type_ethernet ? read_ethernet(r, at + header) : SuperFault::headers;
}

// What is in a UDP tunnel is not said by it: the forms that are known are tried, then the IP header that stands before the transport.
SuperFault read_udp_tunnel(Reading &r, uint32_t at) {
    if (!r.room(at, udp_size)) return SuperFault::headers;
    if (load16(r.data + at + 4) != r.end - at) return SuperFault::lengths;
    const bool over_ip6 = r.out.layers[r.out.layer_count - 1].kind == Kind::ip6;
    if (!r.add(Kind::udp, at, udp_size, load16(r.data + at + 6) != 0 || over_ip6)) return SuperFault::headers;
    const uint32_t inside = at + udp_size;
    const uint8_t layers = r.out.layer_count;
    const auto leads = [&](SuperFault fault) {
        if (fault == SuperFault::none && r.out.transport == r.start) return true;
        r.out.layer_count = layers;
        return false;
    };
    if (r.room(inside, 8)) {
        const uint8_t *h = r.data + inside;
        if ((h[0] & 0x08) && leads(read_ethernet(r, inside + 8))) return SuperFault::none;  // VXLAN, RFC 7348
        const uint32_t geneve = 8 + (h[0] & 0x3fu) * 4;                                   // RFC 8926
        if (h[0] < 0x40 && load16(h + 2) == type_ethernet && leads(read_ethernet(r, inside + geneve))) return SuperFault::none;
    }
    for (const uint32_t header : {20u, 40u}) {
        if (r.start < inside + header || (r.start - inside) % 2) continue;
        if (r.data[r.start - header] >> 4 == (header == 20 ? 4 : 6) && leads(read_ip(r, r.start - header))) return SuperFault::none;
    }
    return SuperFault::headers;
}

SuperFault read_protocol(Reading &r, uint8_t protocol, uint32_t at) {
    const bool transport = protocol == protocol_tcp || protocol == protocol_udp;
    if (transport && (r.start == 0 || r.start == at)) {
        r.out.tcp = protocol == protocol_tcp;
        r.out.transport = static_cast<uint16_t>(at);
        return SuperFault::none;
    }
    if (r.start != 0 && at > r.start) return SuperFault::checksum;
    switch (protocol) {
        case protocol_ip4:
        case protocol_ip6: return read_ip(r, at);
        case protocol_gre: return read_gre(r, at);
        case protocol_udp: return read_udp_tunnel(r, at);
        default: return transport ? SuperFault::checksum : SuperFault::headers;
    }
}

SuperFault read_ip4(Reading &r, uint32_t at) {
    const uint8_t *h = r.data + at;
    if (!r.room(at, 20)) return SuperFault::headers;
    const uint32_t header = (h[0] & 15u) * 4;
    if (header < 20 || !r.room(at, header)) return SuperFault::headers;
    if (load16(h + 2) != r.end - at) return SuperFault::lengths;
    if ((load16(h + 6) & 0x3fff) || !r.add(Kind::ip4, at, header)) return SuperFault::headers;
    r.family = 4;
    return read_protocol(r, h[9], at + header);
}

SuperFault read_ip6(Reading &r, uint32_t at) {
    const uint8_t *h = r.data + at;
    if (!r.room(at, 40)) return SuperFault::headers;
    if (load16(h + 4) != r.end - at - 40) return SuperFault::lengths;
    uint8_t protocol = h[6];
    uint32_t offset = 40;
    // Hop-by-hop options, routing, destination options, mobility; an authentication header would be each segment's own.
    while (protocol == 0 || protocol == 43 || protocol == 60 || protocol == 135) {
        if (!r.room(at + offset, 8)) return SuperFault::headers;
        const uint8_t *e = h + offset;
        protocol = e[0];
        offset += (e[1] + 1u) * 8;
    }
    if (!r.room(at, offset) || !r.add(Kind::ip6, at, offset)) return SuperFault::headers;
    r.family = 6;
    return read_protocol(r, protocol, at + offset);
}

SuperFault read_ip(Reading &r, uint32_t at) {
    if (!r.room(at, 1)) return SuperFault::headers;
    switch (r.data[at] >> 4) {
        case 4: return read_ip4(r, at);
        case 6: return read_ip6(r, at);
        default: return SuperFault::headers;
    }
}

}  // namespace

SuperFault read_super(const Packet &p, uint32_t l3, SuperPacket &out) {
    const Offload &o = p.offload;
    out.layer_count = 0;
    const bool unfinished = o.flags & offload_needs_checksum;
    if (unfinished && (o.csum_start <= l3 || o.csum_start + uint32_t{o.csum_offset} + 2 > p.length)) return SuperFault::checksum;
    Reading r{p.data, p.length, unfinished ? o.csum_start : 0u, o.csum_offset, out};
    if (const SuperFault fault = read_ip(r, l3); fault != SuperFault::none) return fault;

    const uint8_t type = o.gso_type & static_cast<uint8_t>(~gso_ecn);
    const bool right = type == gso_udp_l4 ? !out.tcp && !(o.gso_type & gso_ecn)
                                          : out.tcp && type == (r.family == 4 ? gso_tcp4 : gso_tcp6);
    if (!right) return SuperFault::type;
    if (unfinished && o.csum_offset != (out.tcp ? 16 : 6)) return SuperFault::checksum;
    const uint32_t at = out.transport;
    if (!r.room(at, out.tcp ? tcp_least : udp_size)) return SuperFault::headers;
    const uint32_t header = out.tcp ? (p.data[at + 12] >> 4) * 4u : udp_size;
    if ((out.tcp && header < tcp_least) || !r.room(at, header)) return SuperFault::headers;
    if (!out.tcp && load16(p.data + at + 4) != p.length - at) return SuperFault::lengths;
    out.headers = static_cast<uint16_t>(at + header);
    out.payload = p.length - out.headers;
    out.size = o.gso_size;
    if (out.size == 0 || out.payload == 0) return SuperFault::size;
    out.count = (out.payload + out.size - 1) / out.size;
    return out.count > most_segments ? SuperFault::count : SuperFault::none;
}

}  // namespace weft
