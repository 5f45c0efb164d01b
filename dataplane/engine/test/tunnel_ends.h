// The two ends of a tunnel, for the tests of tunnels:
//
//   host 10.0.1.9 – p1 [a: 10.0.1.1, 10.0.3.1] p3 – p3 [b: 10.0.3.2, 10.0.2.1] p2 – host 10.0.2.9      IPv6: 2001:db8:n::
//
// The tunnel t is 10.9.0.1 at a and 10.9.0.2 at b.
#pragma once

#include "lab.h"

namespace weft::tunnel_ends {

inline constexpr size_t ethernet = 14;

inline TunnelSpec spec(TunnelKind kind, bool v6 = false) {
    TunnelSpec s;
    s.kind = kind;
    s.source = to_ip6(address(v6 ? "2001:db8:3::1" : "10.0.3.1"));
    s.remotes = {to_ip6(address(v6 ? "2001:db8:3::2" : "10.0.3.2"))};
    if (s.udp()) {
        s.port = kind == TunnelKind::vxlan ? 4789 : 4790;
        s.key = 100;
        if (v6) s.flags |= tunnel_checksum;
    }
    if (kind == TunnelKind::nvgre) s.key = 0x123456;
    return s;
}

inline TunnelSpec turned(TunnelSpec s) {
    std::swap(s.source, s.remotes[0]);
    return s;
}

inline MacAddress mac_of(Lab &lab, const std::string &interface) { return lab.state(interface).mac; }

// One end: `side` 1 is a, 2 is b.
inline void end(Lab &lab, unsigned side, const TunnelSpec &tunnel, uint8_t offloads = 0xff, unsigned mtu = 0) {
    lab.wires[2]->set_offloads(offloads);
    const std::string n = std::to_string(side), other = std::to_string(3 - side), i = "if" + n;
    Records r;
    r.port("p" + n, "e" + n).interface(i, "p" + n, {"10.0." + n + ".1/24", "2001:db8:" + n + "::1/64"});
    r.port("p3", "e3").interface("if3", "p3", {"10.0.3." + n + "/24", "2001:db8:3::" + n + "/64"});
    r.interface("t", "", {"10.9.0." + n + "/24", "2001:db8:9::" + n + "/64"}, 31, mtu).tunnel("t", tunnel);
    r.glean(1, i).glean(3, "if3").local(1000).adjacency(10, "t", "10.9.0." + other).adjacency(11, "t", "2001:db8:9::" + other);
    r.route("10.0." + n + ".0/24", 1).route("2001:db8:" + n + "::/64", 1).route("10.0.3.0/24", 3).route("2001:db8:3::/64", 3);
    r.route("10.0." + other + ".0/24", 10).route("2001:db8:" + other + "::/64", 11);
    r.route("10.0.3." + n + "/32", 1000).route("2001:db8:3::" + n + "/128", 1000).route("10.0." + n + ".1/32", 1000);
    CHECK_EQUAL(lab.commit(r), std::string());
    const MacAddress &host = side == 1 ? h1 : h2;
    lab.know(i, "10.0." + n + ".9", host);
    lab.know(i, "2001:db8:" + n + "::9", host);
    lab.know("if3", "10.0.3." + other, mac(3));
    lab.know("if3", "2001:db8:3::" + other, mac(3));
    lab.out(3);
}

struct Ends {
    Lab a{3}, b{3};
    explicit Ends(const TunnelSpec &tunnel, uint8_t offloads = 0xff, unsigned mtu = 0) {
        end(a, 1, tunnel, offloads, mtu);
        end(b, 2, turned(tunnel), offloads, mtu);
        if (tunnel.layer3()) return;
        for (const char *prefix : {"10.9.0.", "2001:db8:9::"}) {
            a.know("t", prefix + std::string("2"), mac_of(b, "t"));
            b.know("t", prefix + std::string("1"), mac_of(a, "t"));
        }
    }
    // From the host at a; what then goes out of it.
    std::vector<Frame> in(const Bytes &packet, Offload offload = {}) {
        a.give(1, frame(mac(1), h1, packet), offload);
        a.run();
        return a.out(3);
    }
    std::vector<Frame> across(const std::vector<Frame> &frames) {
        for (const Frame &f : frames) b.give(3, f.bytes, f.offload);
        b.run();
        return b.out(2);
    }
    Frame only(const Bytes &packet) {
        auto frames = in(packet);
        CHECK_EQUAL(frames.size(), size_t{1});
        return frames[0];
    }
};

inline const std::vector<TunnelKind> kinds{TunnelKind::ip,    TunnelKind::gre,          TunnelKind::l2gre,             TunnelKind::nvgre,
                                    TunnelKind::vxlan, TunnelKind::vxlan_gpe_ip, TunnelKind::vxlan_gpe_ethernet};

inline Bytes to_b(size_t payload = 32, bool v6 = false) {
    if (v6) return packet({.source = "2001:db8:1::9", .destination = "2001:db8:2::9", .payload = payload});
    return packet({.source = "10.0.1.9", .destination = "10.0.2.9", .payload = payload});
}

inline std::string part(const Frame &f, size_t from, size_t to) {
    return hex(Bytes(f.bytes.begin() + static_cast<ptrdiff_t>(from), f.bytes.begin() + static_cast<ptrdiff_t>(to)));
}

}  // namespace weft::tunnel_ends
