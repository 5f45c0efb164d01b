// fabric-input: packets of an internal link (tables/fabric.h). What another member sent by it loses the fabric's header, of whichever
// kind, whatever kind this member sends: so the kind can change while frames are under way. Everything else of such an interface goes on
// as elsewhere.
//
// Reads    the headers; the fabric's links
// Next     decapsulate, of VXLAN and NVGRE; arrive(), of 802.1ah; the input arc
// Drops    fabric: malformed, unknown-sender
// Cost     the header's cache line; a comparison for each member of the chassis
#include "../net/tags.h"
#include "fabric.h"

namespace weft {
namespace {

constexpr size_t instance_tag = 4;

Arrival from(uint32_t fabric_key) {
    return {static_cast<uint16_t>(fabric_key & 0xff), static_cast<uint8_t>(fabric_key >> 8 & 0xf), 0};
}

uint32_t arrival_of(const Fabric &fabric, const Fabric::Link &link, uint16_t slot) {
    return fabric_arrival | static_cast<uint32_t>(&link - fabric.links.data()) << 8 | slot;
}

// VXLAN to the fabric's port, or NVGRE, from another member. Fragments are not.
bool is_ours(const Fabric &fabric, const Fabric::Link &link, const Packet &p, uint16_t &slot) {
    const uint8_t *h = l3(p);
    const bool v4 = p.ether_type == type_ip4;
    const uint8_t protocol = v4 ? h[9] : h[6];
    const uint32_t header = v4 ? (h[0] & 15u) * 4 : 40;
    if (!link.address || (protocol != protocol_udp && protocol != protocol_gre) || l3_length(p) < header + 8) return false;
    if (v4 && (load16(h + 6) & 0x3fff)) return false;
    if ((v4 ? mapped(load32(h + 16)) : load_ip6(h + 24)) != *link.address) return false;
    if (protocol == protocol_udp ? load16(h + header + 2) != fabric.spec.port : (h[header] & 0xb0) != 0x20 || load16(h + header + 2) != 0x6558)
        return false;
    slot = fabric.sender(link, v4 ? mapped(load32(h + 12)) : load_ip6(h + 8));
    return slot != no_slot;
}

void backbone(Worker &w, Packet &p, const Fabric &fabric, const Fabric::Link &link) {
    const auto sender = link.by_mac.find(load_mac(p.data + 6));
    if (sender == link.by_mac.end()) return w.discard(p, Drop::fabric_unknown_sender);
    const bool tagged = outer_tag(p).tpid != 0;
    const uint32_t at = ethernet_size + (tagged && p.vlan_tpid == 0 ? tag_size : 0);
    if (outer_tag(p).vid != fabric.spec.vlan || p.length < at + instance_tag + ethernet_size || load16(p.data + at - 2) != type_pbb)
        return w.discard(p, Drop::fabric_malformed);
    Arrival arrival = from(arrival_of(fabric, link, sender->second));
    arrival.key = load32(p.data + at) & 0xffffff;
    if (const Interface *peer = w.interface(fabric.peer(sender->second)->interface)) {
        InterfaceCounters &c = w.counters(*peer);
        c.in_octets += p.length - at - instance_tag;
        c.in_unicast += 1;
    }
    p.vlan_tci = p.vlan_tpid = 0;
    grow_front(p, -static_cast<int>(at + instance_tag));
    arrive(w, p, arrival);
}

}  // namespace

void fabric_input(Worker &w, Vector &in) {
    const Fabric *fabric = w.table->fabric.get();
    for (unsigned n = 0; n < in.size; n++) {
        Packet &p = *in.packets[n];
        const Interface &i = *w.interface(p.interface);
        const Fabric::Link *link = fabric ? fabric->link(p.interface) : nullptr;
        const bool ip = p.ether_type == type_ip4 || p.ether_type == type_ip6;
        if (!link) [[unlikely]] {
            if (!ip) {
                w.discard(p, Drop::fabric_unknown_sender);
                continue;
            }
        } else if (!ip) {
            backbone(w, p, *fabric, *link);
            continue;
        } else if (uint16_t slot; is_ours(*fabric, *link, p, slot)) {
            p.fabric_key = arrival_of(*fabric, *link, slot);
            w.push(Node::decapsulate, &p);
            continue;
        }
        w.push(next_input(p.ether_type == type_ip4, i.features, Node::fabric_input), &p);
    }
}

}  // namespace weft
