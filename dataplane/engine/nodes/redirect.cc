// Redirects, sent where an interface is set to (RFC 1812 §5.2.7.2, RFC 4861 §8.2): a packet leaves by the interface that it came in
// by, to a router or host that its sender could have reached itself. The packet goes on. Limited as ICMP errors are.
#include "../net/checksum.h"
#include "nodes.h"

namespace weft {

void redirect4(Worker &w, Packet &p, const Interface &on, uint32_t next_hop) {
    const Subnet4 *subnet = on.subnet(load32(l3(p) + 12));
    if (subnet && subnet->contains(next_hop)) icmp4_error(w, p, 5, 1, next_hop);
}

void redirect6(Worker &w, Packet &p, const Interface &on, const Ip6 &next_hop, const MacAddress *mac) {
    const uint8_t *h = l3(p);
    const Ip6 sender = load_ip6(h + 8), destination = load_ip6(h + 24);
    // A router is named by its link-local address, the destination by its own.
    if (!on.subnet(sender) || (!is_link_local6(next_hop) && next_hop != destination)) return;
    if (!may_tell6(p, false)) return;
    if (!may_send_error(w, p)) return;
    const Packet *whole = quotable(w, p);
    if (!whole) return w.unmade(Drop::no_buffer);
    const uint32_t link_layer = mac ? 8 : 0;
    const uint32_t quoted = std::min<uint32_t>(l3_length(*whole), 1280 - 40 - 40 - link_layer - 8) & ~7u;
    const uint32_t length = 40 + link_layer + 8 + quoted;
    Packet *r = w.arena.take(ethernet_size + 40 + length);
    if (!r) return w.unmade(Drop::no_buffer);
    r->interface = p.interface;
    r->local_origin = true;
    r->ether_type = type_ip6;
    r->l3_offset = ethernet_size;
    uint8_t *n = l3(*r), *m = n + 40;
    std::memset(n, 0, 40 + length);
    store32(n, 0x6c000000);
    store16(n + 4, static_cast<uint16_t>(length));
    n[6] = protocol_icmp6;
    n[7] = 255;
    store_ip6(n + 8, on.link_local);
    store_ip6(n + 24, sender);
    m[0] = 137;
    store_ip6(m + 8, next_hop);
    store_ip6(m + 24, destination);
    uint8_t *option = m + 40;
    if (mac) {
        option[0] = 2;
        option[1] = 1;
        std::memcpy(option + 2, mac->data(), 6);
        option += 8;
    }
    option[0] = 4;
    option[1] = static_cast<uint8_t>(1 + quoted / 8);
    std::memcpy(option + 8, l3(*whole), quoted);
    store16(m + 2, static_cast<uint16_t>(~checksum_fold(checksum_add(pseudo6(n, length, protocol_icmp6), m, length))));
    w.push(Node::ip6_lookup, r);
}

}  // namespace weft
