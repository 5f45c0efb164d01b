// ICMP (RFC 792) of the engine's own: echo answered in place, and errors as RFC 1812 §4.3.2 wants them: quoting as much as fits
// 576 octets, rate-limited, and never about errors, later fragments, group packets, senders that are no host, or
// what a tunnel made.
#include "../net/checksum.h"
#include "nodes.h"

namespace weft {

bool icmp4_echo(Worker &w, Packet &p) {
    uint8_t *h = l3(p);
    const uint32_t header = (h[0] & 15u) * 4, room = l3_length(p);
    // Options want an answer of their own (RFC 1122 §3.2.2.6), and what came in a group frame none: both are the host's affair.
    if (h[9] != protocol_icmp || (load16(h + 6) & 0x3fff) || header != 20 || in_group_frame(p)) return false;
    if (room < header + 8) {
        w.discard(p, Drop::local_malformed);
        return true;
    }
    uint8_t *m = h + header;
    if (m[0] != 8 || m[1] != 0) return false;
    const uint32_t source = load32(h + 12), destination = load32(h + 16);
    if (destination >= 0xe0000000 || source == 0) return false;
    complete_checksum(p);
    if (!checksum_good(m, room - header)) {
        w.discard(p, Drop::local_checksum);
        return true;
    }
    if (w.tracing) [[unlikely]] w.trace(p, "answers the echo request");
    m[0] = 0;
    store16(m + 2, checksum_update(load16(m + 2), 0x0800, 0x0000));
    store32(h + 12, destination);
    store32(h + 16, source);
    const uint16_t before = load16(h + 8);
    h[8] = 64;
    store16(h + 10, checksum_update(load16(h + 10), before, load16(h + 8)));
    p.local_origin = true;
    p.flow_hash = 0;
    w.push(Node::ip4_lookup, &p);
    return true;
}

namespace {

bool may_complain(const Packet &p) {
    const uint8_t *h = l3(p);
    const uint32_t header = (h[0] & 15u) * 4, source = load32(h + 12), destination = load32(h + 16);
    if ((load16(h + 6) & 0x1fff) || is_outer(p)) return false;
    if (source == 0 || source >> 24 == 127 || source >= 0xe0000000 || destination >= 0xe0000000) return false;
    if (in_group_frame(p)) return false;
    if (h[9] != protocol_icmp) return true;
    if (l3_length(p) < header + 1) return false;
    const uint8_t type = h[header];
    return type == 0 || type == 8 || (type >= 13 && type <= 18);
}

// The interface by which the error leaves; null: it has no route, or one that is no interface's.
const Interface *way_to(Worker &w, const Vrf *vrf, uint32_t peer) {
    const int64_t found = vrf ? vrf->fib4.lookup(peer) : -1;
    const Object *o = found < 0 ? nullptr : w.core.objects.at(static_cast<uint32_t>(found));
    if (o && o->type == ObjectType::group) o = w.core.objects.at(o->group->buckets[0]);
    return o && (o->type == ObjectType::adjacency || o->type == ObjectType::glean) ? w.interface(o->interface) : nullptr;
}

// Of the interface by which it leaves (RFC 1812 §4.3.2.4), on the sender's subnet if there is one; else of the ingress interface,
// of the egress one, of any in the VRF.
uint32_t own_address(Worker &w, const Packet &p, uint32_t peer, const Interface *out) {
    const Vrf *vrf = w.vrf_of(p);
    for (const Interface *i : {way_to(w, vrf, peer), w.interface(p.interface), out}) {
        if (!i || i->subnets4.empty()) continue;
        const Subnet4 *subnet = i->subnet(peer);
        return subnet ? subnet->address : i->subnets4.front().address;
    }
    for (const auto &i : w.table->interfaces)
        if (i && i->vrf == vrf && !i->subnets4.empty()) return i->subnets4.front().address;
    return 0;
}

}  // namespace

void icmp4_error(Worker &w, Packet &p, uint8_t type, uint8_t code, uint32_t rest, const Interface *out) {
    if (!may_complain(p)) return;
    const Interface *in = w.interface(p.interface);
    // What path MTU discovery lives by is told in any case.
    if (type == 3 && code != 4 && in && !in->settings.ip4.unreachables) return;
    if (!may_send_error(w, p)) return;
    const uint8_t *h = l3(p);
    const uint32_t peer = load32(h + 12), own = own_address(w, p, peer, out);
    if (!own) return w.unmade(Drop::icmp_no_source);
    const Packet *whole = quotable(w, p);
    if (!whole) return w.unmade(Drop::no_buffer);
    const uint32_t quoted = std::min<uint32_t>(l3_length(*whole), 576 - 28), total = 28 + quoted;
    Packet *e = w.arena.take(ethernet_size + total);
    if (!e) return w.unmade(Drop::no_buffer);
    e->interface = p.interface;
    e->local_origin = true;
    e->ether_type = type_ip4;
    e->l3_offset = ethernet_size;
    uint8_t *n = l3(*e), *m = n + 20;
    std::memset(n, 0, 28);
    n[0] = 0x45;
    n[1] = 0xc0;  // internetwork control, RFC 1812 §4.3.2.5
    store16(n + 2, static_cast<uint16_t>(total));
    n[8] = 64;
    n[9] = protocol_icmp;
    store32(n + 12, own);
    store32(n + 16, peer);
    store16(n + 10, checksum(n, 20));
    m[0] = type;
    m[1] = code;
    store32(m + 4, rest);
    std::memcpy(m + 8, l3(*whole), quoted);
    store16(m + 2, checksum(m, total - 20));
    if (w.tracing) [[unlikely]] w.trace(p, "sends ICMP error type {na} code {nb} to {ip}", mapped(peer), type, code);
    w.push(Node::ip4_lookup, e);
}

}  // namespace weft
