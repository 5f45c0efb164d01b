// ethernet-input: frames of a port as they came. Is the frame for this box, and what is in it.
//
// Reads    the ingress interface: enabled, MAC address
// Sets     ether_type and l3_offset
// Next     arp-input, ip4-input, ip6-input, by the type
// Counts   octets, unicast, multicast, broadcast, errors, unknown protocols of the interface (RFC 8343)
// Drops    frame-too-short, destination-not-ours, vlan-tag-without-circuit (there are no circuits yet; a tag of VLAN 0 is only a
//          priority, and taken off), unknown-ether-type,
//          group-source-address (IEEE 802.3 §3.2.3), interface-disabled, port-without-interface
// Cost     one cache line of the frame, prefetched when the burst was received
#include "nodes.h"

namespace weft {
namespace {

// Counts a run of frames of one interface at its end.
struct Arrivals {
    Worker &w;
    const Interface *interface = nullptr;
    uint64_t octets = 0, unicast = 0;

    explicit Arrivals(Worker &worker) : w(worker) {}
    ~Arrivals() { count(); }
    void count() {
        if (!interface || !octets) return;
        InterfaceCounters &c = w.counters(*interface);
        c.in_octets += octets;
        c.in_unicast += unicast;
        octets = unicast = 0;
    }
};

// A tag that gives a priority and names no VLAN (IEEE 802.1Q §6.9: identifier 0) goes, whoever took it off the frame. False: there is
// another one.
bool strip_priority(Packet &p) {
    constexpr uint32_t tag = 4;
    constexpr uint16_t identifier = 0xfff;
    if (p.vlan_tpid != 0) {
        if (p.vlan_tpid != type_vlan || (p.vlan_tci & identifier) != 0) return false;
        p.vlan_tpid = p.vlan_tci = 0;
    } else {
        if (p.length < ethernet_size + tag || load16(p.data + 12) != type_vlan || (load16(p.data + 14) & identifier) != 0) return false;
        std::memmove(p.data + tag, p.data, 12);
        p.data += tag;
        p.length -= tag;
        p.headroom += tag;
        if (p.offload.csum_start >= tag) p.offload.csum_start = static_cast<uint16_t>(p.offload.csum_start - tag);
        if (p.offload.header_length >= tag) p.offload.header_length = static_cast<uint16_t>(p.offload.header_length - tag);
    }
    const uint16_t type = load16(p.data + 12);
    return type != type_vlan && type != type_qinq;
}

}  // namespace

void ethernet_input(Worker &w, Vector &in) {
    Arrivals run(w);
    Onward to4(w, Node::ip4_input), to6(w, Node::ip6_input);
    for (unsigned n = 0; n < in.size; n++) {
        Packet &p = *in.packets[n];
        if (!run.interface || run.interface->index != p.interface) [[unlikely]] {
            run.count();
            run.interface = w.interface(p.interface);
        }
        const Interface *i = run.interface;
        if (!i) [[unlikely]] {
            w.drop(p, Drop::ethernet_unbound);
            continue;
        }
        if (p.length < ethernet_size) [[unlikely]] {
            w.counters(*i).in_errors += 1;
            w.drop(p, Drop::ethernet_short);
            continue;
        }
        run.octets += p.wire_length();
        const uint8_t *frame = p.data;
        const bool group = frame[0] & 1;
        if (!group) [[likely]]
            run.unicast++;
        else if (std::memcmp(frame, broadcast_mac.data(), 6) == 0)
            w.counters(*i).in_broadcast += 1;
        else
            w.counters(*i).in_multicast += 1;
        if (!i->enabled) [[unlikely]] {
            w.discard(p, Drop::ethernet_disabled);
            continue;
        }
        if (frame[6] & 1) [[unlikely]] {
            w.discard(p, Drop::ethernet_source);
            continue;
        }
        if (!group && std::memcmp(frame, i->mac.data(), 6) != 0) [[unlikely]] {
            w.discard(p, Drop::ethernet_not_for_us);
            continue;
        }
        uint16_t type = load16(frame + 12);
        if (p.vlan_tpid != 0 || type == type_vlan || type == type_qinq) [[unlikely]] {
            if (!strip_priority(p)) {
                w.discard(p, Drop::ethernet_vlan);
                continue;
            }
            type = load16(p.data + 12);
        }
        p.ether_type = type;
        p.l3_offset = ethernet_size;
        if (type == type_ip4) {
            to4.push(p);
        } else if (type == type_ip6) {
            to6.push(p);
        } else if (type == type_arp) {
            w.push(Node::arp_input, &p);
        } else {
            w.counters(*i).in_unknown += 1;
            w.drop(p, Drop::ethernet_type);
        }
    }
}

}  // namespace weft
