// Out to another member: a frame for a port that is not here. Not a node: it is encapsulate that puts the fabric's header in front, as it
// does for tunnels.
//
// Drops  egress: interface-down, interface-without-port; fabric: member-not-reached
#include "fabric.h"

#include <bit>

namespace weft {
namespace {

// Of several links one by the packet's flow: the n-th bit that is set.
uint16_t link_of(Packet &p, uint32_t links) {
    if ((links & (links - 1)) == 0) [[likely]]
        return static_cast<uint16_t>(std::countr_zero(links));
    if (p.ether_type == 0) look_into_frame(p);
    if (!p.flow_hash) p.flow_hash = has_ip(p) ? flow_hash(p) : static_cast<uint32_t>(mix(load64(p.data) ^ load32(p.data + 8))) | 1;
    // Not the bits that an underlay picks its own ways by.
    const auto n = static_cast<unsigned>((mix(p.flow_hash) >> 32) % static_cast<unsigned>(std::popcount(links)));
    for (unsigned skipped = 0; skipped < n; skipped++) links &= links - 1;
    return static_cast<uint16_t>(std::countr_zero(links));
}

}  // namespace

void look_into_frame(Packet &p) {
    uint32_t at = mac_pair;
    while (at + tag_size + 2 <= p.length && is_tag(load16(p.data + at))) at += tag_size;
    if (at + 2 > p.length) return;
    p.ether_type = load16(p.data + at);
    p.l3_offset = static_cast<uint16_t>(at + 2);
}

bool too_long(const Worker &w, const Packet &p, uint32_t peer) {
    const Interface *to = w.interface(peer);
    return to && (!fits(p, to->mtu) || (p.offload.gso_type == gso_none && p.wire_length() > to->mtu + ethernet_size));
}

void cross(Worker &w, Packet &p, const Interface &peer, uint32_t key) {
    const uint32_t links = peer.runtime->links.load(std::memory_order_relaxed);
    if (!links) [[unlikely]] {
        w.counters(peer).out_discards += 1;
        return w.drop(p, Drop::fabric_not_reached);
    }
    p.fabric_key = key;
    p.remote = link_of(p, links);
    p.egress = peer.index;
    if (w.tracing) [[unlikely]] w.trace(p, "goes to another member under the key {na}", key);
    w.push(Node::encapsulate, &p);
}

void egress_far(Worker &w, Packet &p, const Interface &out) {
    const Interface *peer = w.interface(out.peer);
    if (!out.fabric_key || !peer || !out.up()) {
        w.counters(out).out_discards += 1;
        return w.drop(p, out.fabric_key && peer ? Drop::egress_down : Drop::egress_no_port);
    }
    // Of what this member's engine says for the interface, and of what the host sends by it, no access list is asked.
    const bool own = p.local_origin && p.interface != no_interface;
    cross(w, p, *peer, out.fabric_key | (own ? key_of_host : 0));
}

}  // namespace weft
