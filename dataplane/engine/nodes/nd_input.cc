// Neighbour discovery (RFC 4861 §7): solicitations for our own addresses are answered (duplicate address detection of RFC 4862
// §5.4 among them), advertisements confirm what we asked for. The checksum has been checked. Router advertisements and redirects
// are not for a router.
#include "../net/nd.h"
#include "nodes.h"

namespace weft {
namespace {

constexpr uint8_t dscp_control = 48;  // CS6

// The link-layer address option of this type, or false; `good` is false when an option is malformed.
bool option(const uint8_t *options, size_t length, uint8_t type, MacAddress &mac, bool &good) {
    bool found = false;
    while (length) {
        if (length < 2 || options[1] == 0 || options[1] * 8u > length) {
            good = false;
            return false;
        }
        if (options[0] == type && options[1] == 1 && !found) {
            mac = load_mac(options + 2);
            found = !(mac[0] & 1) && mac != MacAddress{};
        }
        length -= options[1] * 8u;
        options += options[1] * 8u;
    }
    return found;
}

void send(Worker &w, const Interface &i, const NdMessage &message, const MacAddress &to) {
    Packet *p = w.arena.take(ethernet_size + nd_message_size);
    if (!p) return w.unmade(Drop::no_buffer);
    p->l3_offset = ethernet_size;
    p->local_origin = true;
    p->ether_type = type_ip6;
    put_nd(l3(*p), message, dscp_control);
    if (put_ethernet(w, *p, to, i, type_ip6)) egress(w, *p, i);
}

constexpr Ip6 all_nodes{0xff02000000000000ull, 1};

MacAddress group_mac(const Ip6 &group) {
    return {0x33, 0x33, static_cast<uint8_t>(group.low >> 24), static_cast<uint8_t>(group.low >> 16),
            static_cast<uint8_t>(group.low >> 8), static_cast<uint8_t>(group.low)};
}

void advertise(Worker &w, const Interface &i, const Ip6 &target, uint32_t flags, const Ip6 &to, const MacAddress &to_mac) {
    send(w, i, {nd_advertisement, flags, target, target, to, nd_option_target, i.mac}, to_mac);
}

void solicited(Worker &w, Packet &p, const Interface &i, const uint8_t *m, size_t length) {
    const Ip6 source = load_ip6(l3(p) + 8), destination = load_ip6(l3(p) + 24), target = load_ip6(m + 8);
    bool good = true;
    MacAddress mac{};
    const bool has_mac = option(m + 24, length - 24, nd_option_source, mac, good);
    const bool probing = is_unspecified6(source);
    if (!good || is_multicast6(target) || (probing && (has_mac || destination != solicited_node(target))))
        return w.discard(p, Drop::nd_malformed);
    if (!i.owns(target)) return w.drop(p, Drop::nd_not_for_us);
    const uint32_t router = i.forward6 ? nd_flag_router : 0;
    if (probing) {
        advertise(w, i, target, router | nd_flag_override, all_nodes, group_mac(all_nodes));
        return w.drop(p, Drop::nd_consumed);
    }
    if (i.owns(source)) return w.discard(p, Drop::nd_conflict);
    if (has_mac && (i.subnet(source) || is_link_local6(source))) learn(w, i, source, mac, Learn::create, false);
    advertise(w, i, target, router | nd_flag_solicited | nd_flag_override, source, has_mac ? mac : load_mac(p.data + 6));
    w.drop(p, Drop::nd_consumed);
}

// RFC 4861 §7.2.5.
void advertisement_came(Worker &w, Packet &p, const Interface &i, const uint8_t *m, size_t length) {
    const uint32_t flags = load32(m + 4);
    Advertisement a;
    a.target = load_ip6(m + 8);
    a.solicited = flags & nd_flag_solicited;
    a.override = flags & nd_flag_override;
    a.router = flags & nd_flag_router;
    bool good = true;
    a.has_mac = option(m + 24, length - 24, nd_option_target, a.mac, good);
    if (!good || is_multicast6(a.target) || (a.solicited && is_multicast6(load_ip6(l3(p) + 24)))) return w.discard(p, Drop::nd_malformed);
    if (i.owns(a.target)) return w.discard(p, Drop::nd_conflict);
    w.drop(p, advertised(w, i, a));
}

}  // namespace

void nd_input(Worker &w, Packet &p, const Interface &i, size_t offset) {
    const uint8_t *h = l3(p), *m = h + offset;
    const size_t length = l3_length(p) - offset;
    if (m[0] != nd_solicitation && m[0] != nd_advertisement) return w.drop(p, Drop::nd_ignored);
    if (h[7] != 255 || m[1] != 0 || length < 24) return w.discard(p, Drop::nd_malformed);
    if (m[0] == nd_solicitation && !admit(w, p, PuntClass::arp_nd)) return;
    if (m[0] == nd_solicitation)
        solicited(w, p, i, m, length);
    else
        advertisement_came(w, p, i, m, length);
}

void send_unsolicited_advertisement(Worker &w, const Interface &i, const Ip6 &address) {
    const uint32_t router = i.forward6 ? nd_flag_router : 0;
    advertise(w, i, address, router | nd_flag_override, all_nodes, group_mac(all_nodes));
}

void send_solicitation(Worker &w, const Interface &i, const Ip6 &target, const MacAddress *to) {
    if (!i.ip6) return;
    const Subnet6 *subnet = is_link_local6(target) ? nullptr : i.subnet(target);
    const Ip6 from = subnet ? subnet->address : i.link_local;
    const Ip6 group = solicited_node(target);
    send(w, i, {nd_solicitation, 0, target, from, to ? target : group, nd_option_source, i.mac}, to ? *to : group_mac(group));
}

}  // namespace weft
