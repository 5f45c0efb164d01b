// The last step to a port: what of a packet's offloads the port does not take is done here (PortOffload), and what is longer than
// the link is cut. The rule is to let everything pass as it came.
//
//   unfinished checksum     passes, or is finished
//   super-packet            passes whole; as datagrams of segments (USO), when it is in a UDP tunnel, of which no port is told; or as
//                           segments, whose transport checksums the port finishes if it can
//   longer than the MTU     IPv4 that may be fragmented is, after segmentation; what may not has been refused by forwarding
//   UFO                     passes whole, or is fragmented; by IPv6 too, for it is its sender who does so by us
//
// Memory   that of the worker's burst. Once some of it is in use, the parts of a packet are sent at once and their memory is used
//          again, so that any number goes through, and what they lie in stays in the cache.
// Drops    segment: one for each SuperFault; cannot-fragment (of ip4-forward); worker: no-buffer
#include "../net/checksum.h"
#include "../net/fragment.h"
#include "../net/offload.h"
#include "../net/segment.h"
#include "nodes.h"

namespace weft {
namespace {

// Where the IP header of a frame is that nobody has looked into yet: what the host sends on a tap. 0: it is not IP.
uint32_t find_l3(const Packet &p) {
    if (p.l3_offset != 0 || p.ether_type != 0) return p.l3_offset;
    for (uint32_t at = 12; at + 2 <= std::min<uint32_t>(p.length, 22); at += 4) {
        const uint16_t type = load16(p.data + at);
        if (type == type_ip4 || type == type_ip6) return at + 2;
        if (type != type_vlan && type != type_qinq) break;
    }
    return 0;
}

Drop reason_of(SuperFault fault) {
    switch (fault) {
        case SuperFault::type: return Drop::segment_type;
        case SuperFault::size: return Drop::segment_size;
        case SuperFault::checksum: return Drop::segment_checksum;
        case SuperFault::lengths: return Drop::segment_lengths;
        case SuperFault::count: return Drop::segment_count;
        case SuperFault::headers:
        case SuperFault::none: break;
    }
    return Drop::segment_headers;
}

// The way of one packet's parts to a port.
class Parts {
  public:
    Parts(Worker &w, const Packet &whole, PortHandle &port, const Interface *out)
        : w_(w), whole_(whole), port_(port), out_(out), mark_(w.arena.mark()) {}
    ~Parts() {
        if (w_.arena.crowded()) send_now();
    }
    Parts(const Parts &) = delete;

    // Memory for the next one; null, and the packet dropped, if there is none.
    Packet *take(size_t length) {
        Packet *p = w_.arena.take(length);
        if (!p) {
            send_now();
            p = w_.arena.take(length);
        }
        if (!p) {
            w_.drop(const_cast<Packet &>(whole_), Drop::no_buffer);
            return nullptr;
        }
        p->interface = whole_.interface;
        p->egress = whole_.egress;
        p->ether_type = whole_.ether_type;
        p->l3_offset = whole_.l3_offset;
        p->vlan_tci = whole_.vlan_tci;
        p->vlan_tpid = whole_.vlan_tpid;
        p->local_origin = whole_.local_origin;
        p->mirrored = whole_.mirrored;
        return p;
    }
    void send(Packet &p) { send_whole(w_, p, port_, out_); }
    // A packet that is none of the parts, in fragments of what the link takes; false: it can't be fragmented.
    bool send_fragments(const Packet &p, uint32_t l3) {
        Fragmenter fragments(p, l3, out_->mtu, static_cast<uint32_t>(w_.draw() >> 32));
        if (!fragments.possible()) return false;
        if (w_.tracing) [[unlikely]] {
            w_.trace(p, "is sent in fragments of at most {na} octets", out_->mtu);
            w_.trace_result(p, TraceResult::sent);
        }
        while (fragments.more()) {
            Packet *f = take(fragments.length());
            if (!f) return true;
            fragments.next(f->data);
            send(*f);
        }
        return true;
    }

  private:
    void send_now() {
        if (!port_.port) return;  // they wait for a node
        w_.send_now(port_);
        w_.arena.rewind(mark_);
    }

    Worker &w_;
    const Packet &whole_;
    PortHandle &port_;
    const Interface *out_;
    const Arena::Mark mark_;
};

bool takes(const PortHandle &port, const Packet &p, const SuperPacket &super) {
    uint8_t needed = 0;
    switch (p.offload.gso_type & static_cast<uint8_t>(~gso_ecn)) {
        case gso_tcp4: needed = takes_tcp4; break;
        case gso_tcp6: needed = takes_tcp6; break;
        case gso_udp_l4: needed = takes_udp_l4; break;
        default: return false;
    }
    if (p.offload.gso_type & gso_ecn) needed |= takes_ecn;
    if (p.offload.flags & offload_needs_checksum) needed |= takes_checksum;
    return !super.tunnelled() && (port.offloads & needed) == needed;
}

void send_segments(Worker &w, Packet &p, const SuperPacket &super, bool fragments, PortHandle &port, const Interface *out) {
    if (w.tracing) [[unlikely]] w.trace(p, "is cut into {na} segments", super.count);
    Parts parts(w, p, port, out);
    Segmenter segmenter(p, super, fragments || !(port.offloads & takes_checksum));
    for (uint32_t n = 0; n < super.count; n++) {
        Packet *s = parts.take(super.headers + super.size);
        if (!s) return;
        s->length = segmenter.next(s->data, s->offload);
        if (!fragments || s->length - super.layers[0].at <= out->mtu)
            parts.send(*s);
        else if (!Parts(w, *s, port, out).send_fragments(*s, super.layers[0].at))
            return w.drop(p, Drop::ip4_fragment);
    }
}

void send_datagrams(Worker &w, Packet &p, const SuperPacket &super, PortHandle &port, const Interface *out) {
    if (w.tracing) [[unlikely]] w.trace(p, "is cut into datagrams of {na} segments in all", super.count);
    Parts parts(w, p, port, out);
    DatagramPacker packer(p, super);
    while (packer.more()) {
        Packet *s = parts.take(packer.most());
        if (!s) return;
        s->length = packer.next(s->data, s->offload);
        parts.send(*s);
    }
}

void send_super(Worker &w, Packet &p, uint32_t l3, PortHandle &port, const Interface *out) {
    SuperPacket super;
    if (const SuperFault fault = read_super(p, l3, super); fault != SuperFault::none) return w.discard(p, reason_of(fault));
    const bool fit = !out || p.l3_offset == 0 || super.longest() <= out->mtu;
    if (fit && takes(port, p, super)) {
        p.offload.header_length = super.headers;
        return send_whole(w, p, port, out);
    }
    constexpr uint8_t uso = takes_udp_l4 | takes_checksum;
    if (fit && super.tunnelled() && super.in_udp() && (port.offloads & uso) == uso && super.count > 1)
        return send_datagrams(w, p, super, port, out);
    send_segments(w, p, super, !fit, port, out);
}

// Of what the host sends on a tap nobody has looked at the header.
bool whole_ip(const Packet &p, uint32_t l3) {
    const uint8_t *h = p.data + l3;
    const uint32_t room = p.length - l3;
    if (room >= 20 && h[0] >> 4 == 4) return (h[0] & 15u) >= 5 && (h[0] & 15u) * 4 <= room && load16(h + 2) == room;
    return room >= 40 && h[0] >> 4 == 6 && load16(h + 4) + 40u == room;
}

// A datagram that the sender left to be fragmented.
void send_ufo(Worker &w, Packet &p, uint32_t l3, PortHandle &port, const Interface *out) {
    if (!whole_ip(p, l3)) return w.discard(p, Drop::segment_lengths);
    if (port.offloads & takes_ufo) return send_whole(w, p, port, out);
    complete_checksum(p);
    p.offload = {};
    if (!out || p.length - l3 <= out->mtu) return send_whole(w, p, port, out);
    Parts parts(w, p, port, out);
    if (!parts.send_fragments(p, l3)) w.discard(p, Drop::ip4_fragment);
}

}  // namespace

void deliver(Worker &w, Packet &p, PortHandle &port, const Interface *out) {
    if (p.offload.gso_type != gso_none) {
        const uint32_t l3 = find_l3(p);
        if (l3 == 0 && !(p.ether_type && port.port->layer3())) return w.discard(p, Drop::segment_headers);
        return p.offload.gso_type == gso_udp ? send_ufo(w, p, l3, port, out) : send_super(w, p, l3, port, out);
    }
    const bool fits = !out || p.l3_offset == 0 || p.ether_type != type_ip4 || l3_length(p) <= out->mtu || (l3(p)[6] & 0x40);
    if (!fits || !(port.offloads & takes_checksum)) complete_checksum(p);
    if (fits) return send_whole(w, p, port, out);
    Parts parts(w, p, port, out);
    if (!parts.send_fragments(p, p.l3_offset)) w.discard(p, Drop::ip4_fragment);
}

Packet *quotable(Worker &w, Packet &p) {
    SuperPacket super;
    if (p.offload.gso_type == gso_none || p.offload.gso_type == gso_udp || read_super(p, p.l3_offset, super) != SuperFault::none) {
        complete_checksum(p);
        return &p;
    }
    Packet *first = w.arena.take(super.headers + super.size);
    if (!first) return nullptr;
    first->interface = p.interface;
    first->ether_type = p.ether_type;
    first->l3_offset = p.l3_offset;
    first->length = Segmenter(p, super, true).next(first->data, first->offload);
    return first;
}

bool not_super(Worker &w, Packet &p) {
    SuperPacket super;
    if (p.offload.gso_type == gso_none || p.offload.gso_type == gso_udp) return false;
    const SuperFault fault = read_super(p, p.l3_offset, super);
    if (fault == SuperFault::none) return false;
    w.discard(p, reason_of(fault));
    return true;
}

bool fits(const Packet &p, uint32_t mtu) {
    if (p.offload.gso_type == gso_none) return l3_length(p) <= mtu;
    if (p.offload.gso_type == gso_udp) return (p.ether_type == type_ip4 ? (l3(p)[0] & 15u) * 4 : 48) + p.offload.gso_size <= mtu;
    SuperPacket super;
    return read_super(p, p.l3_offset, super) != SuperFault::none || super.longest() <= mtu;
}

}  // namespace weft
