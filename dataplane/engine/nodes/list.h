// The nodes of the graph. A new one is a file nodes/NAME.cc with `void NAME(Worker &, Vector &)` and a line here; the order of the
// lines is the order in which waiting vectors are taken, so a node stands before those that it hands packets to.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft {

// X(enumerator and function, name in operational state)
// clang-format off
#define WEFT_NODES(X)                       \
    X(circuit_input, "circuit-input")       \
    X(bridge_input, "bridge-input")         \
    X(ethernet_input, "ethernet-input")     \
    X(arp_input, "arp-input")               \
    X(ip4_input, "ip4-input")               \
    X(ip6_input, "ip6-input")               \
    X(fabric_input, "fabric-input")         \
    X(acl_in, "acl-in")                     \
    X(unicast_rpf, "unicast-rpf")           \
    X(ip4_lookup, "ip4-lookup")             \
    X(ip6_lookup, "ip6-lookup")             \
    X(adjacency, "adjacency")               \
    X(glean, "glean")                       \
    X(resolve, "resolve")                   \
    X(acl_out, "acl-out")                   \
    X(encapsulate, "encapsulate")           \
    X(bridge_output, "bridge-output")       \
    X(local, "local")                       \
    X(decapsulate, "decapsulate")
// clang-format on

enum class Node : uint8_t {
#define X(node, name) node,
    WEFT_NODES(X)
#undef X
};

inline constexpr const char *node_names[] = {
#define X(node, name) name,
    WEFT_NODES(X)
#undef X
};

inline constexpr size_t node_count = sizeof node_names / sizeof *node_names;
static_assert(node_count <= 64);
// In a packet trace, where the host's packets come in.
inline constexpr uint8_t trace_host_output = node_count, trace_inject = node_count + 1;

}  // namespace weft
