// ICMPv6 (RFC 4443) of the engine's own: echo answered in place, neighbour discovery handed to its node, and errors: quoting as
// much as fits 1280 octets, rate-limited, never about errors, group packets (but packet-too-big) or senders that are no host.
#include "../net/checksum.h"
#include "nodes.h"

namespace weft {
namespace {

bool for_us(const Interface *i, const Ip6 &destination) {
    if (!is_multicast6(destination)) return true;  // the lookup said so
    if (!i) return false;
    if (destination.high == 0xff02000000000000ull && (destination.low == 1 || destination.low == 2)) return true;
    for (const Subnet6 &s : i->subnets6)
        if (solicited_node(s.address) == destination) return true;
    return false;
}

// Of the interface: an address on the sender's subnet, else a global one, else the link-local one.
Ip6 source_on(const Interface &i, const Ip6 &peer) {
    if (is_link_local6(peer)) return i.link_local;
    if (const Subnet6 *subnet = i.subnet(peer)) return subnet->address;
    for (const Subnet6 &s : i.subnets6)
        if (!is_link_local6(s.address)) return s.address;
    return i.link_local;
}

void echo(Worker &w, Packet &p, uint8_t *m, const Ip6 &source, const Ip6 &destination, const Interface *i) {
    uint8_t *h = l3(p);
    Ip6 from = destination;
    if (is_multicast6(destination)) from = source_on(*i, source);
    uint16_t sum = checksum_update(load16(m + 2), 0x8000, 0x8100);
    // Swapped addresses sum up alike; another one in place of the group does not.
    for (unsigned at = 0; at < 16 && from != destination; at += 2) {
        uint8_t bytes[16];
        store_ip6(bytes, from);
        sum = checksum_update(sum, load16(h + 24 + at), load16(bytes + at));
    }
    if (w.tracing) [[unlikely]] w.trace(p, "answers the echo request");
    m[0] = 129;
    store16(m + 2, sum);
    store_ip6(h + 8, from);
    store_ip6(h + 24, source);
    h[7] = 64;
    p.local_origin = true;
    p.flow_hash = 0;
    w.push(Node::ip6_lookup, &p);
}

}  // namespace

bool icmp6_input(Worker &w, Packet &p) {
    const Interface *i = w.interface(p.interface);
    uint8_t *h = l3(p);
    uint8_t protocol;
    uint32_t offset;
    bool fragment, first;
    if (!skip_extensions(p, protocol, offset, fragment, first)) {
        w.discard(p, Drop::local_malformed);
        return true;
    }
    if (protocol != protocol_icmp6 || fragment) return false;
    if (offset + 8 > l3_length(p)) {
        w.discard(p, Drop::local_malformed);
        return true;
    }
    uint8_t *m = h + offset;
    const Ip6 source = load_ip6(h + 8), destination = load_ip6(h + 24);
    const bool discovery = m[0] >= 133 && m[0] <= 137, asks = m[0] == 128 && m[1] == 0;
    // Behind extension headers a request wants more than an answer in place.
    if (!discovery && !(asks && offset == 40)) return false;
    if (!for_us(i, destination)) {
        w.discard(p, Drop::nd_not_for_us);
        return true;
    }
    complete_checksum(p);
    const uint32_t length = l3_length(p) - offset;
    if (checksum_fold(checksum_add(pseudo6(h, length, protocol_icmp6), m, length)) != 0xffff) {
        w.discard(p, Drop::local_checksum);
        return true;
    }
    if (asks) {
        if (is_unspecified6(source)) {
            w.discard(p, Drop::local_malformed);
            return true;
        }
        echo(w, p, m, source, destination, i);
        return true;
    }
    if (m[0] == 133) return false;  // router solicitations are a daemon's
    if (i && !p.local_origin)
        nd_input(w, p, *i, offset);
    else
        w.discard(p, Drop::nd_ignored);
    return true;
}

bool may_tell6(const Packet &p, bool group) {
    const uint8_t *h = l3(p);
    const Ip6 peer = load_ip6(h + 8);
    if (is_multicast6(peer) || is_unspecified6(peer) || is_loopback6(peer) || is_outer(p)) return false;
    if (!group && (h[24] == 0xff || in_group_frame(p))) return false;
    uint8_t protocol;
    uint32_t offset;
    bool fragment, first;
    if (!skip_extensions(p, protocol, offset, fragment, first)) return false;
    if (protocol != protocol_icmp6) return true;
    return first && offset < l3_length(p) && h[offset] >= 128 && h[offset] != 137;
}

void icmp6_error(Worker &w, Packet &p, uint8_t type, uint8_t code, uint32_t rest, const Interface *out) {
    const uint8_t *h = l3(p);
    const Ip6 peer = load_ip6(h + 8), destination = load_ip6(h + 24);
    if (!may_tell6(p, type == 2 || (type == 4 && code == 2))) return;
    const Interface *in = w.interface(p.interface);
    if (type == 1 && in && !in->settings.ip6.unreachables) return;
    if (!may_send_error(w, p)) return;

    Ip6 own{};
    if (in && in->owns(destination)) own = destination;
    for (const Interface *i : {in, out})
        if (i && i->ip6 && is_unspecified6(own)) own = source_on(*i, peer);
    if (is_unspecified6(own)) {
        const Vrf *vrf = w.vrf_of(p);
        for (const auto &i : w.table->interfaces)
            if (i && i->vrf == vrf && i->ip6 && is_unspecified6(own)) own = source_on(*i, peer);
    }
    if (is_unspecified6(own)) return w.unmade(Drop::icmp_no_source);
    const Packet *whole = quotable(w, p);
    if (!whole) return w.unmade(Drop::no_buffer);
    const uint32_t quoted = std::min<uint32_t>(l3_length(*whole), 1280 - 48), length = 8 + quoted;
    Packet *e = w.arena.take(ethernet_size + 40 + length);
    if (!e) return w.unmade(Drop::no_buffer);
    e->interface = p.interface;
    e->local_origin = true;
    e->ether_type = type_ip6;
    e->l3_offset = ethernet_size;
    uint8_t *n = l3(*e), *m = n + 40;
    store32(n, 0x6c000000);  // network control, as RFC 1812 §4.3.2.5 wants of IPv4
    store16(n + 4, static_cast<uint16_t>(length));
    n[6] = protocol_icmp6;
    n[7] = 64;
    store_ip6(n + 8, own);
    store_ip6(n + 24, peer);
    m[0] = type;
    m[1] = code;
    store16(m + 2, 0);
    store32(m + 4, rest);
    std::memcpy(m + 8, l3(*whole), quoted);
    store16(m + 2, static_cast<uint16_t>(~checksum_fold(checksum_add(pseudo6(n, length, protocol_icmp6), m, length))));
    if (w.tracing) [[unlikely]] w.trace(p, "sends ICMPv6 error type {na} code {nb} to {ip}", peer, type, code);
    w.push(Node::ip6_lookup, e);
}

}  // namespace weft
