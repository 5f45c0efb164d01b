// Frames of a port: is it for us, what is in it. Tagged frames belong to circuits, which there are none of yet.
#include "nodes.h"

namespace weft {

void ethernet_input(Worker &w, Vector &in) {
    const Interface *i = nullptr;
    for (unsigned n = 0; n < in.size; n++) {
        Packet &p = *in.packets[n];
        if (n + 4 < in.size) __builtin_prefetch(in.packets[n + 4]->data);
        if (!i || i->index != p.interface) i = w.interface(p.interface);
        if (!i) {
            w.drop(p, Drop::ethernet_unbound);
            continue;
        }
        InterfaceCounters &c = w.counters(*i);
        if (p.length < ethernet_size) {
            c.in_errors += 1;
            w.drop(p, Drop::ethernet_short);
            continue;
        }
        c.in_octets += p.length;
        const uint8_t *frame = p.data;
        const bool group = frame[0] & 1;
        if (!group)
            c.in_unicast += 1;
        else if (std::memcmp(frame, broadcast_mac.data(), 6) == 0)
            c.in_broadcast += 1;
        else
            c.in_multicast += 1;
        if (!i->enabled) {
            w.discard(p, Drop::ethernet_disabled);
            continue;
        }
        if (frame[6] & 1) {
            w.discard(p, Drop::ethernet_source);
            continue;
        }
        if (!group && std::memcmp(frame, i->mac.data(), 6) != 0) {
            w.discard(p, Drop::ethernet_not_for_us);
            continue;
        }
        const uint16_t type = load16(frame + 12);
        if (p.vlan_tpid != 0 || type == type_vlan || type == type_qinq) {
            w.discard(p, Drop::ethernet_vlan);
            continue;
        }
        p.ether_type = type;
        p.l3_offset = ethernet_size;
        if (type == type_ip4) {
            w.push(Node::ip4_input, &p);
        } else if (type == type_ip6) {
            w.push(Node::ip6_input, &p);
        } else if (type == type_arp) {
            w.push(Node::arp_input, &p);
        } else {
            c.in_unknown += 1;
            w.drop(p, Drop::ethernet_type);
        }
    }
}

}  // namespace weft
