#include <arpa/inet.h>

#include "lab.h"

namespace weft {
namespace {

HostAddress prefix(const std::string &text) {
    const size_t slash = text.find('/');
    CHECK(slash != std::string::npos);
    return address(text.substr(0, slash), static_cast<uint8_t>(std::stoi(text.substr(slash + 1))));
}

}  // namespace

HostAddress address(const std::string &text, uint8_t prefix_length) {
    HostAddress a;
    a.prefix_length = prefix_length;
    a.family = text.find(':') == std::string::npos ? 4 : 6;
    CHECK(inet_pton(a.family == 4 ? AF_INET : AF_INET6, text.c_str(), a.bytes.data()) == 1);
    return a;
}

MacAddress mac(uint8_t last) { return {2, 0, 0, 0, 0, last}; }

Records &Records::u8(unsigned v) {
    bytes.push_back(static_cast<uint8_t>(v));
    return *this;
}
Records &Records::u16(unsigned v) { return u8(v).u8(v >> 8); }
Records &Records::u32(uint32_t v) { return u16(v & 0xffff).u16(v >> 16); }
Records &Records::u64(uint64_t v) { return u32(static_cast<uint32_t>(v)).u32(static_cast<uint32_t>(v >> 32)); }
Records &Records::str(const std::string &s) {
    u16(static_cast<unsigned>(s.size()));
    bytes.insert(bytes.end(), s.begin(), s.end());
    return *this;
}
Records &Records::addr(const HostAddress &a) {
    u8(a.family);
    bytes.insert(bytes.end(), a.bytes.begin(), a.bytes.begin() + (a.family == 4 ? 4 : 16));
    return *this;
}

Records &Records::port(const std::string &name, const std::string &device) { return u8(1).str(name).str("memory").str(device); }
Records &Records::port_delete(const std::string &name) { return u8(2).str(name); }
Records &Records::interface(const std::string &name, const std::string &port, const std::vector<std::string> &prefixes,
                            unsigned flags, unsigned mtu, uint32_t vrf) {
    u8(3).str(name).u32(vrf).str(port).u8(flags).u16(mtu).u8(0).u16(static_cast<unsigned>(prefixes.size()));
    for (const std::string &p : prefixes) {
        const HostAddress a = prefix(p);
        addr(a).u8(a.prefix_length);
    }
    return *this;
}
Records &Records::interface_delete(const std::string &name) { return u8(4).str(name); }
Records &Records::adjacency(uint64_t key, const std::string &interface, const std::string &next_hop) {
    return u8(5).u64(key).u8(1).str(interface).addr(address(next_hop));
}
Records &Records::glean(uint64_t key, const std::string &interface) { return u8(5).u64(key).u8(2).str(interface); }
Records &Records::local(uint64_t key, uint32_t vrf) { return u8(5).u64(key).u8(3).u32(vrf); }
Records &Records::drop(uint64_t key, DropKind kind) { return u8(5).u64(key).u8(4).u8(static_cast<unsigned>(kind)); }
Records &Records::group(uint64_t key, const std::vector<std::pair<uint64_t, unsigned>> &members) {
    u8(5).u64(key).u8(5).u16(static_cast<unsigned>(members.size()));
    for (const auto &[member, weight] : members) u64(member).u16(weight);
    return *this;
}
Records &Records::resolve(uint64_t key, unsigned kind, uint32_t id, unsigned flags) {
    return u8(5).u64(key).u8(6).u8(kind).u32(id).u8(flags);
}
Records &Records::lookup(uint64_t key, uint32_t vrf) { return u8(5).u64(key).u8(7).u32(vrf); }
Records &Records::vrf(uint32_t vrf, const std::string &name) { return u8(56).u32(vrf).str(name); }
Records &Records::vrf_delete(uint32_t vrf) { return u8(57).u32(vrf); }
Records &Records::object_delete(uint64_t key) { return u8(6).u64(key); }
Records &Records::route(const std::string &text, uint64_t key, uint32_t vrf) {
    const HostAddress a = prefix(text);
    return u8(7).u32(vrf).addr(a).u8(a.prefix_length).u64(key);
}
Records &Records::route_delete(const std::string &text, uint32_t vrf) {
    const HostAddress a = prefix(text);
    return u8(8).u32(vrf).addr(a).u8(a.prefix_length);
}
Records &Records::neighbour(const std::string &interface, const std::string &text, const MacAddress &m) {
    u8(9).str(interface).addr(address(text));
    bytes.insert(bytes.end(), m.begin(), m.end());
    return *this;
}
Records &Records::features(const std::string &interface, const InterfaceSettings &settings) {
    u8(16).str(interface);
    for (const FamilySettings &f : {settings.ip4, settings.ip6})
        u8(static_cast<unsigned>(f.reverse_path))
            .u8((f.allow_default ? feature_allow_default : 0) | (f.redirects ? feature_redirects : 0) |
                (f.unreachables ? 0 : feature_no_unreachables));
    return *this;
}
Records &Records::features_delete(const std::string &interface) { return u8(17).str(interface); }
Records &Records::tunnel(const std::string &interface, const TunnelSpec &spec) {
    u8(71).str(interface).u8(static_cast<unsigned>(spec.kind)).u32(spec.vrf).addr(to_host_address(spec.source, 0)).u32(spec.key);
    u16(spec.port).u8(spec.flags).u8(spec.hop_limit).u8(spec.dscp).u16(static_cast<unsigned>(spec.remotes.size()));
    for (const Ip6 &remote : spec.remotes) addr(to_host_address(remote, 0));
    return *this;
}
Records &Records::tunnel_delete(const std::string &interface) { return u8(72).str(interface); }
Records &Records::mirror(const std::string &name, const std::string &destination, const std::vector<std::pair<std::string, unsigned>> &sources,
                         uint32_t rate, const std::string &filter) {
    u8(81).str(name).str(destination).u32(rate).str(filter).u16(static_cast<unsigned>(sources.size()));
    for (const auto &[source, points] : sources) str(source).u8(points);
    return *this;
}

Records &Records::bridge(const BridgeSpec &s) {
    u8(61).str(s.name);
    u8((s.learns ? bridge_learns : 0) | (s.floods_unknown ? bridge_floods_unknown : 0) |
       (s.forwards_reserved ? bridge_forwards_reserved : 0) | (s.suppresses ? bridge_suppresses : 0));
    u32(s.ageing).u32(s.most_addresses);
    for (const auto &p : s.policers) u8(p.has_value()).u32(p ? p->rate : 0).u32(p ? p->burst : 0);
    u32(s.moves.moves).u32(s.moves.window).u32(s.moves.hold).str(s.routed);
    u16(static_cast<unsigned>(s.members.size()));
    for (const BridgeMember &m : s.members) str(m.interface).u16(m.group).u32(m.most_addresses);
    u32(static_cast<uint32_t>(s.macs.size()));
    for (const StaticMac &m : s.macs) {
        bytes.insert(bytes.end(), m.mac.begin(), m.mac.end());
        str(m.interface).u8(m.remote.has_value());
        if (m.remote) addr(to_host_address(*m.remote, 0));
    }
    return *this;
}
Records &Records::bridge_delete(const std::string &name) { return u8(62).str(name); }
Records &Records::policer(PuntClass of, Limit limit, unsigned flags) {
    return u8(18).u8(static_cast<unsigned>(of)).u8(flags).u32(limit.rate).u32(limit.burst);
}
Records &Records::circuit(const std::string &name, const CircuitSpec &c) {
    u8(48).str(name).str(c.parent).u8(static_cast<unsigned>(c.match));
    for (const VlanTag &tag : c.tags) u16(tag.tpid).u16(tag.vid);
    u8(c.pop).u8(static_cast<unsigned>(c.push.size()));
    for (const VlanTag &tag : c.push) u16(tag.tpid).u16(tag.vid);
    return *this;
}
Records &Records::circuit_delete(const std::string &name) { return u8(49).str(name); }
Records &Records::cross_connect(const std::string &name, const std::string &one, const std::string &other) {
    return u8(50).str(name).str(one).str(other);
}
Records &Records::cross_connect_delete(const std::string &name) { return u8(51).str(name); }
Records &Records::icmp_settings(Limit limit, bool forward_router_alerts) {
    return u8(19).u8(limit_has_rate | limit_has_burst).u32(limit.rate).u32(limit.burst).u8(forward_router_alerts);
}
Records &Records::acl(const AclSpec &spec) {
    u8(11).str(spec.name).u8(spec.v6 ? 6 : 4).u8(static_cast<unsigned>(spec.otherwise)).u32(static_cast<uint32_t>(spec.entries.size()));
    const auto prefix_of = [&](const Ip6 &a, uint8_t length) {
        addr(to_host_address(spec.v6 ? a : mapped(static_cast<uint32_t>(a.low)), 0)).u8(length);
    };
    const auto ranges = [&](const std::vector<AclRange> &all) {
        u8(static_cast<unsigned>(all.size()));
        for (const AclRange &r : all) u16(r.low).u16(r.high);
    };
    for (const AclEntry &e : spec.entries) {
        const bool ttl = e.ttl_low != 0 || e.ttl_high != 0xff, length = e.length != AclRange{};
        str(e.name).u8(static_cast<unsigned>(e.action));
        unsigned asked = 0;
        const auto ask = [&](bool yes, AclMatch bit) { if (yes) asked |= bit; };
        ask(e.source_length, acl_match_source);
        ask(e.destination_length, acl_match_destination);
        ask(e.has_protocol, acl_match_protocol);
        ask(!e.source_ports.empty(), acl_match_source_ports);
        ask(!e.destination_ports.empty(), acl_match_destination_ports);
        ask(e.has_dscp, acl_match_dscp);
        ask(e.tcp_mask, acl_match_tcp_flags);
        ask(e.has_fragment, acl_match_fragment);
        ask(ttl, acl_match_ttl);
        ask(length, acl_match_length);
        u16(asked);
        if (e.source_length) prefix_of(e.source, e.source_length);
        if (e.destination_length) prefix_of(e.destination, e.destination_length);
        if (e.has_protocol) u8(e.protocol);
        if (!e.source_ports.empty()) ranges(e.source_ports);
        if (!e.destination_ports.empty()) ranges(e.destination_ports);
        if (e.has_dscp) u8(e.dscp);
        if (e.tcp_mask) u8(e.tcp_flags).u8(e.tcp_mask);
        if (e.has_fragment) u8(static_cast<unsigned>(e.fragment));
        if (ttl) u8(e.ttl_low).u8(e.ttl_high);
        if (length) u16(e.length.low).u16(e.length.high);
    }
    return *this;
}
Records &Records::acl_delete(const std::string &name) { return u8(12).str(name); }
Records &Records::acl_bind(const std::string &interface, AclDirection direction, unsigned family, const std::string &name) {
    return u8(13).str(interface).u8(static_cast<unsigned>(direction)).u8(family).str(name);
}
Records &Records::neighbour_delete(const std::string &interface, const std::string &text) {
    return u8(10).str(interface).addr(address(text));
}

}  // namespace weft
