// The packed records that program an engine: the one encoding of tables between weftd (dataplane/client/records.ts), the
// agent, and the engine (program/decode.cc). A block is any number of whole records. Little endian, no padding.
//
//   str   u16 length, bytes (UTF-8)
//   addr  u8 family (4 or 6), 4 or 16 bytes in network order
//   key   u64: identity of a forwarding object, the same in all members and after every restart
//
//   record := u8 kind, body
#pragma once

#include <cstdint>

namespace weft {

enum class Record : uint8_t {
    port_set = 1,          // str name, str driver, str device
    port_delete = 2,       // str name
    interface_set = 3,     // str name, u32 vrf, str port ('' = none), u8 flags (InterfaceFlag), u16 mtu (0 = the port's),
                           // u8 has_mac, 6 bytes mac when 1, u16 n, n × (addr, u8 prefix length)
    interface_delete = 4,  // str name
    object_set = 5,        // key, u8 ObjectType, body by type
    object_delete = 6,     // key
    route_set = 7,         // u32 vrf, addr prefix, u8 length, key
    route_delete = 8,      // u32 vrf, addr prefix, u8 length
    neighbour_set = 9,     // str interface, addr, 6 bytes mac: a static neighbour
    neighbour_delete = 10, // str interface, addr
    acl_set = 11,          // str name, u8 family (4 or 6), u8 action of the rest (0 pass, 1 drop, 2 reject), u32 n, n × entry:
                           // str name, u8 action, u16 AclMatch, then what AclMatch says, in its order
    acl_delete = 12,       // str name
    acl_bind = 13,         // str interface, u8 direction (0 in, 1 out), u8 family, str name ('' = none)
    interface_features_set = 16,     // str interface, 2 × (u8 ReversePath, u8 FeatureFlag): IPv4, IPv6
    interface_features_delete = 17,  // str interface: back to what it is without
    punt_policer_set = 18,           // u8 class, u8 LimitFlag, u32 packets a second, u32 burst; what has no flag is the default
    icmp_settings_set = 19,          // u8 LimitFlag, u32 ICMP errors a second, u32 burst, u8 1: router alerts are forwarded
    workers_set = 32,                // u8 count (1 to 16), u8 n, n × (u8 worker, u16 cpu): others run on any
    port_settings_set = 33,            // str port, str driver ('' = as port_set says), u8 receive queues (0: as many as workers
                                     // serve them), u8 n, n × u8 worker (none: all in turn)
                                     // then u8 fast path (0 none, 1 tc, 2 XDP)
    port_settings_delete = 34,         // str port: back to what it is without
    port_make = 35,                    // str name, str namespace, str device, u8 1: 6 bytes mac, u16 mtu, u16 n, n × (addr, u8 prefix
                                     // length), u8 n, n × addr gateway: a port as of port_set, whose device is made (MadePort)
    circuit_set = 48,         // str interface, str parent, u8 CircuitMatch, its tags, u8 tags to pop, u8 n, n × tag to push;
                              // tag := u16 TPID, u16 VLAN. Rewriting is of switched ones
    circuit_delete = 49,      // str interface
    cross_connect_set = 50,   // str name, 2 × str interface
    cross_connect_delete = 51,  // str name
    vrf_set = 56,                    // u32 vrf, not 0, which is always there; str name: what interfaces, routes and objects may be in
    vrf_delete = 57,                 // u32 vrf
    bridge_set = 61,     // str name, u8 BridgeFlag, u32 seconds of ageing (0: none), u32 most addresses, of each FloodClass (u8 1: policed,
                         // u32 packets a second, u32 burst), u32 moves (0: not watched), u32 seconds of these, u32 seconds of holding,
                         // str routed interface ('' = none), u16 n, n × (str interface, u16 split-horizon group (0: none), u32 most
                         // addresses), u32 n, n × (6 bytes mac, str interface, u8 1: behind a
                         // remote of its tunnel, addr)
    bridge_delete = 62,  // str name
    tunnel_set = 71,     // str interface, u8 TunnelKind, u32 VRF of the way, addr source, u32 key, u16 UDP port, u8 TunnelFlag,
                         // u8 hop limit (0: the packet's own), u8 DSCP (255: the packet's own), u16 n, n × addr remote
    tunnel_delete = 72,  // str interface
    mirror_set = 81,     // str name, str destination (interface), u32 packets a second (0: no limit), str filter (classic BPF, 8 octets
                         // an instruction; '' = all packets), u16 n, n × (str interface, u8 1 in, 2 out, 3 both)
    mirror_delete = 82,  // str name
    // The chassis. All but the slot are the same for all its members.
    slot_set = 90,    // u16 slot of this member (0 to 255; 0, which it is without, has the host's side)
    fabric_set = 91,  // u8 FabricKind, u32 VRF of the internal interfaces, u16 MTU of the internal links (0: theirs), u16 UDP port of VXLAN,
                      // u16 VLAN of 802.1ah (0: none), u16 milliseconds between hellos, u8 of which so many are missed,
                      // u16 n, n × (u16 slot, u8 links, links × (str interface, u8 FabricEndFlag, addr, 6 bytes mac: what it says))
    fabric_delete = 92,
    port_place_set = 93,  // str port, u16 slot of the member that has it: others do not open it, and interfaces on it are far
    fabric_key_set = 94,  // u8 1 an interface, 2 a bridge domain, str name, u32 key (interfaces 1 to 0x3fffff, domains 1 to 0x3fff;
                          // 0: none)
};

enum AclMatch : uint16_t {
    acl_match_source = 1,       // addr, u8 prefix length
    acl_match_destination = 2,  // addr, u8 prefix length
    acl_match_protocol = 4,     // u8; of IPv6 that after the extension headers
    acl_match_source_ports = 8,        // u8 n, n × (u16 lowest, u16 highest); of ICMP the types
    acl_match_destination_ports = 16,  // likewise; of ICMP the codes
    acl_match_dscp = 32,               // u8
    acl_match_tcp_flags = 64,          // u8 flags, u8 mask, as in octet 13 of the TCP header
    acl_match_fragment = 128,          // u8: 0 none, 1 any, 2 first, 3 later
    acl_match_ttl = 256,               // u8 lowest, u8 highest; of IPv6 the hop limit
    acl_match_length = 512,            // u16 lowest, u16 highest; octets of the IP packet
    acl_match_all = 1023,
};

enum InterfaceFlag : uint8_t {
    interface_enabled = 1,
    interface_ipv4 = 2,             // ietf-ip ipv4 container present and enabled
    interface_ipv6 = 4,
    interface_ipv4_forwarding = 8,  // ietf-ip ipv4/forwarding
    interface_ipv6_forwarding = 16,
};

enum FeatureFlag : uint8_t {
    feature_allow_default = 1,    // of reverse path checks
    feature_redirects = 2,        // are sent
    feature_no_unreachables = 4,  // none are sent
};

enum LimitFlag : uint8_t { limit_has_rate = 1, limit_has_burst = 2 };

enum FabricEndFlag : uint8_t { fabric_end_has_address = 1, fabric_end_has_mac = 2 };

enum class ObjectType : uint8_t {
    adjacency = 1,  // str interface, addr next hop: resolved by the engine's neighbour table, holds packets meanwhile
    glean = 2,      // str interface: the destination itself is the neighbour (connected prefix)
    local = 3,      // u32 vrf: for the box
    drop = 4,       // u8 DropKind
    group = 5,      // u16 n, n × (key, u16 weight): weighted ECMP over other objects
    resolve = 6,    // u8 kind (1 LISP, 2 IKE), u32 id, u8 ResolveFlag: packets wait until a controller programs something else
    lookup = 7,     // u32 vrf: the destination is looked up there
    replicate = 8,  // no record: who gets what goes to all of a bridge domain, made with it
};

enum BridgeFlag : uint8_t {
    bridge_learns = 1,
    bridge_floods_unknown = 2,
    bridge_forwards_reserved = 4,
    bridge_suppresses = 8,
};

enum ResolveFlag : uint8_t {
    resolve_no_hold = 1,  // packets are dropped, and only raise events
};

enum class DropKind : uint8_t { blackhole = 0, unreachable = 1, prohibit = 2 };

}  // namespace weft
