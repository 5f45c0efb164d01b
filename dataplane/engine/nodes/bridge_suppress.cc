// Suppression of requests for neighbours in a bridge domain (RFC 9161 §3): what stations say of themselves by ARP and by neighbour
// advertisements is noted, and who asks for one of them is answered in its name; the request goes no further. Probes and
// announcements (RFC 5227, duplicate address detection) are for all and pass. Answered are requests for the addresses of
//
//   stations that were heard within the domain's ageing time, whose MAC address is known behind another member
//   neighbours of the routed interface, likewise
//   the routed interface: it gets the request alone
//
// What the routed interface itself asks for is answered likewise: its table of neighbours takes the address from here, unconfirmed, so
// that the station itself is asked once packets use it.
//
// Drops  bridge-input: neighbour-suppressed, of the box too; no-buffer
#include "../net/nd.h"
#include "../net/offload.h"
#include "bridge.h"

namespace weft {
namespace {

constexpr size_t arp_size = 28, ip6_size = 40;
constexpr uint32_t for_ever = 1200;  // seconds, where addresses do not age

using Known = BridgeNeighbours::Known;

struct Asked {
    Worker &w;
    Packet &p;
    const Bridge &bridge;
    const BridgeOrigin &from;

    MacTable::Stamp now() const { return MacTable::stamp(w.now); }
    void learn(const Ip6 &address, const Known &known) const {
        w.table->bridge_neighbours->learn(bridge.id, address, known, now());
    }
    const Interface *routed() const { return bridge.routed == no_interface ? nullptr : w.interface(bridge.routed); }
    // Behind another member.
    bool reached(const MacAddress &mac) const {
        const MacTable::Found found = w.table->macs->find(mac_key(bridge.id, mac));
        return found && found.place().interface != from.interface;
    }
    std::optional<Known> find(const Ip6 &address) const {
        const uint32_t age = bridge.spec.ageing ? bridge.spec.ageing : for_ever;
        const auto known = w.table->bridge_neighbours->find(bridge.id, address, now(), age);
        if (known && reached(known->mac)) return known;
        // That the routed interface's neighbour is no router is not known of IPv6 ones.
        const uint32_t at = is_mapped(address) && routed() ? w.neighbours.find(bridge.routed, address) : no_neighbour;
        if (at == no_neighbour) return std::nullopt;
        const NeighbourLink link = w.neighbours.link(at, bridge.routed, address);
        return link.known() && link.fresh() && reached(link.mac()) ? std::optional(Known{link.mac(), false}) : std::nullopt;
    }
    bool goes_to(const Interface &routed) const {
        bridge.counters(w.id).suppressed += 1;
        to_routed(w, p, routed);
        return true;
    }
    // An answer of so many octets, whose content is filled in by `fill(l3)`, to who asked.
    template <class Fill>
    bool answer(const MacAddress &mac, uint16_t type, size_t length, Fill fill) const {
        Packet *a = w.arena.take(ethernet_size + length);
        if (!a) {
            w.drop(p, Drop::no_buffer);
            return true;
        }
        std::memcpy(a->data, p.data + 6, 6);
        std::memcpy(a->data + 6, mac.data(), 6);
        store16(a->data + 12, type);
        a->l3_offset = ethernet_size;
        a->ether_type = type;
        a->interface = p.interface;
        a->remote = p.remote;
        fill(l3(*a));
        bridge.counters(w.id).suppressed += 1;
        if (w.tracing) [[unlikely]] w.trace(p, "is answered in the name of the neighbour {mb}", 0, mac_number(mac));
        egress_frame(w, *a, *w.interface(from.interface));
        w.drop(p, Drop::bridge_suppressed);
        return true;
    }
};

bool arp(const Asked &asked) {
    Packet &p = asked.p;
    const uint8_t *a = l3(p);
    if (l3_length(p) < arp_size || load16(a) != 1 || load16(a + 2) != type_ip4 || a[4] != 6 || a[5] != 4) return false;
    const uint16_t operation = load16(a + 6);
    const MacAddress sender = load_mac(a + 8);
    const uint32_t from = load32(a + 14), target = load32(a + 24);
    if (from == 0 || (sender[0] & 1) || std::memcmp(a + 8, p.data + 6, 6) != 0) return false;
    asked.learn(mapped(from), {sender, false});
    if (operation != 1 || target == from || !(p.data[0] & 1)) return false;
    const Interface *routed = asked.routed();
    if (routed && routed->ip4 && routed->owns(target)) return asked.goes_to(*routed);
    const auto known = asked.find(mapped(target));
    if (!known) return false;
    return asked.answer(known->mac, type_arp, arp_size, [&](uint8_t *r) {
        std::memcpy(r, a, 6);
        store16(r + 6, 2);
        std::memcpy(r + 8, known->mac.data(), 6);
        store32(r + 14, target);
        std::memcpy(r + 18, sender.data(), 6);
        store32(r + 24, from);
    });
}

// The target's link-layer address in an advertisement's options.
std::optional<MacAddress> link_layer(const uint8_t *option, size_t length) {
    for (size_t size; length >= 8; option += size, length -= size) {
        size = option[1] * 8u;
        if (size == 0 || size > length) return std::nullopt;
        if (option[0] == nd_option_target && size == 8) return load_mac(option + 2);
    }
    return std::nullopt;
}

bool nd(const Asked &asked) {
    Packet &p = asked.p;
    const uint8_t *h = l3(p), *m = h + ip6_size;
    if (l3_length(p) < ip6_size + 24 || h[0] >> 4 != 6 || h[6] != protocol_icmp6 || h[7] != 255 || m[1] != 0) return false;
    const size_t length = load16(h + 4);
    if ((m[0] != nd_solicitation && m[0] != nd_advertisement) || length < 24 || length > l3_length(p) - ip6_size) return false;
    const bool finished = !(p.offload.flags & offload_needs_checksum);
    if (finished && checksum_fold(checksum_add(pseudo6(h, static_cast<uint32_t>(length), protocol_icmp6), m, length)) != 0xffff) return false;
    const Ip6 source = load_ip6(h + 8), target = load_ip6(m + 8);
    if (is_multicast6(target)) return false;
    if (m[0] == nd_advertisement) {
        const auto mac = link_layer(m + 24, length - 24);
        if (mac && !((*mac)[0] & 1) && std::memcmp(mac->data(), p.data + 6, 6) == 0)
            asked.learn(target, {*mac, (load32(m + 4) & nd_flag_router) != 0});
        return false;
    }
    if (is_unspecified6(source) || !(p.data[0] & 1)) return false;
    const Interface *routed = asked.routed();
    if (routed && routed->ip6 && routed->owns(target)) return asked.goes_to(*routed);
    const auto known = asked.find(target);
    if (!known) return false;
    const uint32_t flags = nd_flag_solicited | nd_flag_override | (known->router ? nd_flag_router : 0);
    return asked.answer(known->mac, type_ip6, nd_message_size, [&](uint8_t *r) {
        put_nd(r, {nd_advertisement, flags, target, target, source, nd_option_target, known->mac}, 0);
    });
}

}  // namespace

bool suppressed_of_box(Worker &w, Packet &p, const Bridge &bridge, const Interface &routed) {
    const uint8_t *h = l3(p);
    Ip6 target;
    if (p.ether_type == type_arp && l3_length(p) >= arp_size && load16(h + 6) == 1) {
        target = mapped(load32(h + 24));
    } else if (p.ether_type == type_ip6 && l3_length(p) >= ip6_size + 24 && h[6] == protocol_icmp6 && h[ip6_size] == nd_solicitation) {
        target = load_ip6(h + ip6_size + 8);
    } else {
        return false;
    }
    // Its own questions; those of the host's stack need an answer on the wire.
    const uint32_t at = w.neighbours.find(routed.index, target);
    if (at == no_neighbour || w.neighbours.link(at, routed.index, target).known()) return false;
    const BridgeOrigin from{routed.index, 0};
    const Asked asked{w, p, bridge, from};
    const auto known = asked.find(target);
    if (!known || !note_neighbour(w, routed, target, known->mac)) return false;
    bridge.counters(w.id).suppressed += 1;
    if (w.tracing) [[unlikely]] w.trace(p, "is answered in the name of the neighbour {mb}", 0, mac_number(known->mac));
    w.drop(p, Drop::bridge_suppressed);
    return true;
}

bool suppressed(Worker &w, Packet &p, const Bridge &bridge, const BridgeOrigin &from) {
    if (p.l3_offset != ethernet_size) return false;
    if (p.ether_type == type_arp) return arp({w, p, bridge, from});
    return p.ether_type == type_ip6 && nd({w, p, bridge, from});
}

}  // namespace weft
