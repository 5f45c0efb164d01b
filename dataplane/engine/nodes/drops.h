// Every way in which a packet ends without being delivered, by the node that ends it. Counted per worker.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft {

// clang-format off
#define WEFT_DROPS(X)                                                        \
    X(ethernet_short, "ethernet-input", "frame-too-short")                   \
    X(ethernet_not_for_us, "ethernet-input", "destination-not-ours")         \
    X(ethernet_vlan, "ethernet-input", "vlan-tag-without-circuit")           \
    X(ethernet_type, "ethernet-input", "unknown-ether-type")                 \
    X(ethernet_source, "ethernet-input", "group-source-address")             \
    X(ethernet_disabled, "ethernet-input", "interface-disabled")             \
    X(ethernet_unbound, "ethernet-input", "port-without-interface")          \
    X(circuit_unbound, "circuit-input", "port-without-interface")            \
    X(circuit_short, "circuit-input", "frame-too-short")                     \
    X(circuit_none, "circuit-input", "vlan-tag-without-circuit")             \
    X(circuit_disabled, "circuit-input", "interface-disabled")               \
    X(circuit_source, "circuit-input", "group-source-address")               \
    X(circuit_headroom, "circuit-input", "no-headroom")                      \
    X(bridge_no_way, "bridge-input", "interface-deleted")                    \
    X(bridge_reserved, "bridge-input", "reserved-address")                   \
    X(bridge_own_source, "bridge-input", "own-source-address")               \
    X(bridge_same, "bridge-input", "same-interface")                         \
    X(bridge_split, "bridge-input", "split-horizon")                         \
    X(bridge_unknown, "bridge-input", "unknown-destination")                 \
    X(bridge_suppressed, "bridge-input", "neighbour-suppressed")             \
    X(flood_unknown, "bridge-flood", "policed-unknown-unicast")              \
    X(flood_broadcast, "bridge-flood", "policed-broadcast")                  \
    X(flood_multicast, "bridge-flood", "policed-multicast")                  \
    X(flood_nobody, "bridge-flood", "nobody-else")                           \
    X(arp_malformed, "arp-input", "malformed")                               \
    X(arp_not_for_us, "arp-input", "not-for-us")                             \
    X(arp_off_subnet, "arp-input", "sender-off-subnet")                      \
    X(arp_conflict, "arp-input", "address-conflict")                         \
    X(arp_disabled, "arp-input", "ipv4-disabled")                            \
    X(arp_consumed, "arp-input", "consumed")                                 \
    X(ip4_short, "ip4-input", "too-short")                                   \
    X(ip4_version, "ip4-input", "bad-version")                               \
    X(ip4_header_length, "ip4-input", "bad-header-length")                   \
    X(ip4_length, "ip4-input", "bad-total-length")                           \
    X(ip4_checksum, "ip4-input", "bad-checksum")                             \
    X(ip4_martian_source, "ip4-input", "martian-source")                     \
    X(ip4_martian_destination, "ip4-input", "martian-destination")           \
    X(ip4_disabled, "ip4-input", "ipv4-disabled")                            \
    X(ip4_multicast, "ip4-input", "multicast-not-forwarded")                 \
    X(ip4_bad_option, "ip4-input", "bad-option")                         \
    X(ip4_source_route, "ip4-input", "source-route-option")              \
    X(ip4_link_local, "ip4-lookup", "link-local-not-forwarded")              \
    X(ip4_no_route, "ip4-lookup", "no-route")                                \
    X(ip4_blackhole, "ip4-lookup", "blackhole")                              \
    X(ip4_unreachable, "ip4-lookup", "unreachable")                          \
    X(ip4_prohibit, "ip4-lookup", "prohibit")                                \
    X(ip4_no_object, "ip4-lookup", "object-deleted")                         \
    X(ip4_forwarding_disabled, "ip4-lookup", "forwarding-disabled")          \
    X(ip4_ethernet_group, "ip4-lookup", "group-frame-not-forwarded")         \
    X(ip4_broadcast, "ip4-lookup", "broadcast-not-forwarded")                \
    X(vrf_too_many, "vrf-lookup", "too-many-lookups")                        \
    X(ip4_ttl, "ip4-forward", "ttl-expired")                                 \
    X(ip4_too_big, "ip4-forward", "fragmentation-needed")                    \
    X(ip4_fragment, "ip4-forward", "cannot-fragment")                        \
    X(ip6_short, "ip6-input", "too-short")                                   \
    X(ip6_version, "ip6-input", "bad-version")                               \
    X(ip6_length, "ip6-input", "bad-payload-length")                         \
    X(ip6_martian_source, "ip6-input", "martian-source")                     \
    X(ip6_martian_destination, "ip6-input", "martian-destination")           \
    X(ip6_disabled, "ip6-input", "ipv6-disabled")                            \
    X(ip6_multicast, "ip6-input", "multicast-not-forwarded")                 \
    X(acl_in_denied, "acl-in", "denied")                                     \
    X(acl_in_rejected, "acl-in", "rejected")                                 \
    X(acl_in_fragment, "acl-in", "tiny-fragment")                            \
    X(acl_in_headers, "acl-in", "header-chain")                              \
    X(acl_out_denied, "acl-out", "denied")                                   \
    X(acl_out_rejected, "acl-out", "rejected")                               \
    X(acl_out_fragment, "acl-out", "tiny-fragment")                          \
    X(acl_out_headers, "acl-out", "header-chain")                            \
    X(ip6_bad_extension, "ip6-input", "bad-extension-header")            \
    X(ip6_unknown_option, "ip6-input", "unknown-hop-by-hop-option")      \
    X(unicast_rpf4, "unicast-rpf", "ipv4-no-reverse-path")        \
    X(unicast_rpf6, "unicast-rpf", "ipv6-no-reverse-path")        \
    X(ip6_link_local, "ip6-lookup", "link-local-not-forwarded")              \
    X(ip6_no_route, "ip6-lookup", "no-route")                                \
    X(ip6_blackhole, "ip6-lookup", "blackhole")                              \
    X(ip6_unreachable, "ip6-lookup", "unreachable")                          \
    X(ip6_prohibit, "ip6-lookup", "prohibit")                                \
    X(ip6_no_object, "ip6-lookup", "object-deleted")                         \
    X(ip6_forwarding_disabled, "ip6-lookup", "forwarding-disabled")          \
    X(ip6_ethernet_group, "ip6-lookup", "group-frame-not-forwarded")         \
    X(ip6_hop_limit, "ip6-forward", "hop-limit-expired")                     \
    X(ip6_too_big, "ip6-forward", "packet-too-big")                          \
    X(forward_no_interface, "forward", "interface-deleted")                  \
    X(forward_headroom, "forward", "no-headroom")                            \
    X(neighbour_table_full, "neighbour", "table-full")                       \
    X(neighbour_queue_full, "neighbour", "queue-full")                       \
    X(neighbour_holding_full, "neighbour", "holding-full")                   \
    X(neighbour_gave_way, "neighbour", "gave-way")                           \
    X(neighbour_failed, "neighbour", "unresolved")                           \
    X(neighbour_note, "neighbour", "not-handed-over")                        \
    X(resolve_queue_full, "resolve", "queue-full")                           \
    X(resolve_holding_full, "resolve", "holding-full")                       \
    X(resolve_table_full, "resolve", "table-full")                           \
    X(resolve_expired, "resolve", "expired")                                 \
    X(resolve_withdrawn, "resolve", "withdrawn")                             \
    X(resolve_not_held, "resolve", "not-held")                               \
    X(local_malformed, "local", "malformed")                                 \
    X(local_checksum, "local", "bad-checksum")                               \
    X(nd_malformed, "nd-input", "malformed")                                 \
    X(nd_not_for_us, "nd-input", "not-for-us")                               \
    X(nd_conflict, "nd-input", "address-conflict")                           \
    X(nd_ignored, "nd-input", "ignored-message")                             \
    X(nd_consumed, "nd-input", "consumed")                                   \
    X(host_no_device, "host", "no-device")                                   \
    X(punt_arp_nd, "punt", "policed-arp-nd")                             \
    X(punt_icmp, "punt", "policed-icmp")                                 \
    X(punt_options, "punt", "policed-options")                           \
    X(punt_routing, "punt", "policed-routing")                           \
    X(punt_management, "punt", "policed-management")                     \
    X(punt_multicast, "punt", "policed-multicast")                       \
    X(punt_other, "punt", "policed-other")                               \
    X(host_short, "host", "frame-too-short")                                 \
    X(inject_version, "inject", "bad-version")                               \
    X(inject_checksum, "inject", "bad-checksum")                             \
    X(icmp_limited, "icmp-error", "rate-limited")                            \
    X(icmp_no_source, "icmp-error", "no-source-address")                     \
    X(segment_type, "segment", "type-of-other-protocol")                     \
    X(segment_size, "segment", "no-payload")                                 \
    X(segment_headers, "segment", "headers-not-understood")                  \
    X(segment_checksum, "segment", "checksum-start-not-of-transport")        \
    X(segment_lengths, "segment", "lengths-disagree")                        \
    X(segment_count, "segment", "too-many-segments")                         \
    X(egress_tag, "egress", "no-tag-to-take-off")                            \
    X(egress_headroom, "egress", "no-headroom")                              \
    X(egress_too_big, "egress", "frame-longer-than-mtu")                     \
    X(encapsulate_no_way, "encapsulate", "no-way-to-remote")                 \
    X(encapsulate_itself, "encapsulate", "way-by-tunnel-itself")             \
    X(encapsulate_many, "encapsulate", "too-many-tunnels")                   \
    X(encapsulate_too_long, "encapsulate", "longer-than-mtu")                \
    X(encapsulate_type, "encapsulate", "not-ip")                             \
    X(decapsulate_unknown, "decapsulate", "unknown-tunnel")                  \
    X(decapsulate_many, "decapsulate", "too-many-tunnels")                   \
    X(decapsulate_malformed, "decapsulate", "malformed")                     \
    X(decapsulate_fragment, "decapsulate", "fragment")                       \
    X(decapsulate_checksum, "decapsulate", "bad-checksum")                   \
    X(decapsulate_no_checksum, "decapsulate", "no-checksum")                 \
    X(decapsulate_type, "decapsulate", "unknown-content")                    \
    X(decapsulate_disabled, "decapsulate", "interface-disabled")             \
    X(decapsulate_congestion, "decapsulate", "congestion-not-understood")    \
    X(fabric_mtu, "fabric", "longer-than-fabric")                            \
    X(fabric_not_reached, "fabric", "member-not-reached")                    \
    X(fabric_unknown_sender, "fabric", "unknown-sender")                     \
    X(fabric_unknown_key, "fabric", "unknown-key")                           \
    X(fabric_malformed, "fabric", "malformed")                               \
    X(fabric_consumed, "fabric", "consumed")                                 \
    X(egress_down, "egress", "interface-down")                               \
    X(egress_no_port, "egress", "interface-without-port")                    \
    X(no_buffer, "worker", "no-buffer")                                      \
    X(no_room, "worker", "vector-full")
// clang-format on

enum class Drop : uint16_t {
#define X(name, node, reason) name,
    WEFT_DROPS(X)
#undef X
};

struct DropName {
    const char *node, *reason;
};

inline constexpr DropName drop_names[] = {
#define X(name, node, reason) {node, reason},
    WEFT_DROPS(X)
#undef X
};

inline constexpr size_t drop_count = sizeof drop_names / sizeof *drop_names;

}  // namespace weft
