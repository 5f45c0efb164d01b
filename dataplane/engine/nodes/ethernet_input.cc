// ethernet-input: frames of a port as they came. Is the frame for this box, and what is in it.
//
// Reads    the ingress interface: enabled, MAC address
// Sets     ether_type and l3_offset
// Next     arp-input, ip4-input, ip6-input, by the type; fabric-input, of 802.1ah on internal links
// Counts   octets, unicast, multicast, broadcast, errors, unknown protocols of the interface (RFC 8343)
// Drops    frame-too-short, destination-not-ours, vlan-tag-without-circuit (those of circuits have been taken off; a tag of VLAN 0 is
//          only a priority, and goes too), unknown-ether-type,
//          group-source-address (IEEE 802.3 §3.2.3), interface-disabled, port-without-interface
// Cost     one cache line of the frame, prefetched when the burst was received
#include "../net/tags.h"
#include "arrivals.h"

namespace weft {
namespace {

// A tag that gives a priority and names no VLAN (IEEE 802.1Q §6.9: identifier 0) goes, whoever took it off the frame. False: there is
// another one.
bool strip_priority(Packet &p) {
    const VlanTag outer = outer_tag(p);
    if (outer.tpid != type_vlan || outer.vid != 0) return false;
    pop_tags(p, 1);
    return !is_tag(load16(p.data + mac_pair));
}

}  // namespace

void ethernet_input(Worker &w, Vector &in) {
    Arrivals run(w);
    // Of a circuit's frames the tags that circuit-input took off count too.
    unsigned first = 0;
    const auto end_run = [&](unsigned n) {
        if (run.interface) run.octets += uint64_t{run.interface->tags_in.pop} * tag_size * (n - first);
        first = n;
    };
    Onward to4(w, Node::ip4_input), to6(w, Node::ip6_input);
    for (unsigned n = 0; n < in.size; n++) {
        Packet &p = *in.packets[n];
        if (!run.interface || run.interface->index != p.interface) [[unlikely]] {
            end_run(n);
            run.begin(w.interface(p.interface));
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
        else
            run.group(frame);
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
        if (p.vlan_tpid != 0 || is_tag(type)) [[unlikely]] {
            // Of the fabric, between members in a VLAN.
            if (i->internal && outer_tag(p).tpid == type_qinq) {
                p.ether_type = type_qinq;
                w.push(Node::fabric_input, &p);
                continue;
            }
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
        } else if (type == type_pbb && i->internal) {
            w.push(Node::fabric_input, &p);
        } else {
            w.counters(*i).in_unknown += 1;
            w.drop(p, Drop::ethernet_type);
        }
    }
    end_run(in.size);
}

}  // namespace weft
