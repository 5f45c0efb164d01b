// Features of interfaces: nodes that only packets of some interfaces visit. The bits of an interface are computed by derive()
// (tables/interfaces.cc); where there are none, a packet pays one branch.
//
//   ip4-input, ip6-input → [input arc] → lookup       by the ingress interface
//   lookup → adjacency, glean ⇄ [output arc]          by the egress interface
//
// A node of the input arc hands what passes to next_input(family, features, itself). A node of the output arc gets the packet with its
// object, notes itself in Packet::passed, and hands what passes back to the node of that object's type.
#pragma once

#include "../packet.h"
#include "list.h"

namespace weft {

enum Feature : uint16_t {
    feature_acl_in4 = 1,
    feature_acl_in6 = 2,
    feature_unicast_rpf4 = 4,
    feature_unicast_rpf6 = 8,
    feature_fabric4 = 16,
    feature_fabric6 = 32,
    feature_acl_out4 = 256,
    feature_acl_out6 = 512,
};
inline constexpr uint16_t input_features = 0x00ff, output_features = 0xff00;

// X(node, feature of IPv4, feature of IPv6), in the order of the arc, which is theirs in the list of nodes too.
#define WEFT_INPUT_ARC(X)                           \
    X(fabric_input, feature_fabric4, feature_fabric6) \
    X(acl_in, feature_acl_in4, feature_acl_in6) \
    X(unicast_rpf, feature_unicast_rpf4, feature_unicast_rpf6)
#define WEFT_OUTPUT_ARC(X) X(acl_out, feature_acl_out4, feature_acl_out6)

// Where a packet of a family that came by an interface with these features goes after `passed`.
inline Node next_input(bool v4, uint16_t features, [[maybe_unused]] Node passed) {
    if (features & input_features) [[unlikely]] {
#define X(node, feature4, feature6) \
    if (passed < Node::node && (features & (v4 ? feature4 : feature6))) return Node::node;
        WEFT_INPUT_ARC(X)
#undef X
    }
    return v4 ? Node::ip4_lookup : Node::ip6_lookup;
}

// Where a packet to a group or the limited broadcast goes that is for the box without a lookup: to its access list first.
inline Node next_for_box(const Packet &p, uint16_t features) {
    return features & (p.ether_type == type_ip4 ? feature_acl_in4 : feature_acl_in6) ? Node::acl_in : Node::local;
}

// The node of the output arc that a packet has still to visit, or `here`, which sends it.
inline Node next_output([[maybe_unused]] const Packet &p, uint16_t features, Node here) {
    if (features & output_features) [[unlikely]] {
#define X(node, feature4, feature6) \
    if (p.passed < static_cast<uint8_t>(Node::node) && (features & (p.ether_type == type_ip4 ? feature4 : feature6))) return Node::node;
        WEFT_OUTPUT_ARC(X)
#undef X
    }
    return here;
}

}  // namespace weft
