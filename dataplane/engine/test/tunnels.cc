// Tunnels of all kinds: headers as they go out, what comes in, marks, sizes, super-packets, ways.
//
//   host 10.0.1.9 – p1 [a: 10.0.1.1, 10.0.3.1] p3 – p3 [b: 10.0.3.2, 10.0.2.1] p2 – host 10.0.2.9      IPv6: 2001:db8:n::
//
// The tunnel t is 10.9.0.1 at a and 10.9.0.2 at b.
#include "../net/ecn.h"
#include "../nodes/nodes.h"
#include "lab_pcapng.h"
#include "lab_segments.h"

namespace weft {
namespace {

constexpr size_t ethernet = 14;

TunnelSpec spec(TunnelKind kind, bool v6 = false) {
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

TunnelSpec turned(TunnelSpec s) {
    std::swap(s.source, s.remotes[0]);
    return s;
}

MacAddress mac_of(Lab &lab, const std::string &interface) { return lab.state(interface).mac; }

// One end: `side` 1 is a, 2 is b.
void end(Lab &lab, unsigned side, const TunnelSpec &tunnel, uint8_t offloads = 0xff, unsigned mtu = 0) {
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

const std::vector<TunnelKind> kinds{TunnelKind::ip,    TunnelKind::gre,          TunnelKind::l2gre,             TunnelKind::nvgre,
                                    TunnelKind::vxlan, TunnelKind::vxlan_gpe_ip, TunnelKind::vxlan_gpe_ethernet};

Bytes to_b(size_t payload = 32, bool v6 = false) {
    if (v6) return packet({.source = "2001:db8:1::9", .destination = "2001:db8:2::9", .payload = payload});
    return packet({.source = "10.0.1.9", .destination = "10.0.2.9", .payload = payload});
}

std::string part(const Frame &f, size_t from, size_t to) {
    return hex(Bytes(f.bytes.begin() + static_cast<ptrdiff_t>(from), f.bytes.begin() + static_cast<ptrdiff_t>(to)));
}

TEST("tunnels: a packet goes in and comes out as it was, of each kind, over IPv4 and IPv6, of both families") {
    for (const TunnelKind kind : kinds)
        for (const bool outer6 : {false, true})
            for (const bool inner6 : {false, true}) {
                Ends ends(spec(kind, outer6));
                const Bytes sent = to_b(32, inner6);
                const auto out = ends.across({ends.only(sent)});
                CHECK_EQUAL(out.size(), size_t{1});
                Bytes got = inner(out[0]);
                CHECK_EQUAL(int{got[inner6 ? 7 : 8]}, 62);
                got[inner6 ? 7 : 8] = 64;
                if (!inner6) store16(&got[10], checksum_update(load16(&got[10]), 62 << 8, 64 << 8));
                CHECK_EQUAL(hex(got), hex(sent));
                const InterfaceState at_a = ends.a.state("t"), at_b = ends.b.state("t");
                const size_t carried = sent.size() + (spec(kind).layer3() ? 0 : ethernet);
                CHECK_EQUAL(at_a.out_unicast, uint64_t{1});
                CHECK_EQUAL(at_a.out_octets, uint64_t{carried});
                CHECK_EQUAL(at_b.in_unicast, uint64_t{1});
                CHECK_EQUAL(at_b.in_octets, uint64_t{carried});
            }
}

TEST("tunnels: the headers are those of the RFCs") {
    const Bytes sent = to_b();
    const auto header = [&](TunnelSpec s, size_t from, size_t to) {
        Ends ends(s);
        return part(ends.only(sent), ethernet + from, ethernet + to);
    };
    // IP in IP: version, length 80, don't fragment, TTL 64, protocol 4.
    CHECK_EQUAL(header(spec(TunnelKind::ip), 0, 10), std::string("45000050000040004004"));
    CHECK_EQUAL(header(spec(TunnelKind::ip), 12, 20), std::string("0a0003010a000302"));
    CHECK_EQUAL(header(spec(TunnelKind::ip, true), 4, 8), std::string("003c0440"));
    TunnelSpec gre = spec(TunnelKind::gre);
    CHECK_EQUAL(header(gre, 9, 10) + header(gre, 20, 24), std::string("2f00000800"));
    gre.flags = tunnel_has_key;
    gre.key = 0xdeadbeef;
    CHECK_EQUAL(header(gre, 20, 28), std::string("20000800deadbeef"));
    gre.flags |= tunnel_checksum;
    CHECK_EQUAL(header(gre, 20, 24) + header(gre, 28, 32), std::string("a0000800deadbeef"));
    CHECK_EQUAL(header(spec(TunnelKind::l2gre), 20, 24), std::string("00006558"));
    CHECK_EQUAL(header(spec(TunnelKind::nvgre), 20, 27), std::string("20006558123456"));
    // UDP: port 4789, no checksum; the flag of the VNI, and it.
    CHECK_EQUAL(header(spec(TunnelKind::vxlan), 22, 24) + header(spec(TunnelKind::vxlan), 26, 36), std::string("12b500000800000000006400"));
    CHECK_EQUAL(header(spec(TunnelKind::vxlan_gpe_ip), 22, 24) + header(spec(TunnelKind::vxlan_gpe_ip), 28, 36), std::string("12b60c00000100006400"));
    CHECK_EQUAL(header(spec(TunnelKind::vxlan_gpe_ethernet), 28, 36), std::string("0c00000300006400"));
}

TEST("tunnels: the source port is of the flow, and dynamic (RFC 7348)") {
    Ends ends(spec(TunnelKind::vxlan));
    std::map<uint16_t, unsigned> ports;
    for (uint16_t flow = 0; flow < 64; flow++)
        for (unsigned twice = 0; twice < 2; twice++) {
            const Frame f = ends.only(packet({.source = "10.0.1.9", .destination = "10.0.2.9", .source_port = static_cast<uint16_t>(1000 + flow)}));
            const uint16_t port = load16(&f.bytes[ethernet + 20]);
            CHECK(port >= 49152);
            ports[port]++;
        }
    CHECK(ports.size() > 50);
    for (const auto &[port, count] : ports) CHECK(count % 2 == 0);
}

TEST("tunnels: TTL and DSCP are the tunnel's or the packet's") {
    TunnelSpec s = spec(TunnelKind::gre);
    s.hop_limit = 9;
    s.dscp = 46;
    Bytes sent = to_b();
    set_traffic_class(sent.data(), true, 10 << 2 | ecn_capable0);
    for (const bool inherits : {false, true}) {
        if (inherits) {
            s.hop_limit = 0;
            s.dscp = inherited_dscp;
        }
        Ends ends(s);
        const Frame f = ends.only(sent);
        CHECK_EQUAL(int{f.bytes[ethernet + 8]}, inherits ? 63 : 9);
        CHECK_EQUAL(int{f.bytes[ethernet + 1]}, (inherits ? 10 : 46) << 2 | ecn_capable0);
    }
}

TEST("tunnels: marks of congestion come through as RFC 6040 has it, and are dropped where they can't") {
    for (const bool inner6 : {false, true})
        for (uint8_t own = 0; own < 4; own++)
            for (uint8_t way = 0; way < 4; way++) {
                Ends ends(spec(TunnelKind::vxlan));
                Bytes sent = to_b(32, inner6);
                set_traffic_class(sent.data(), !inner6, static_cast<uint8_t>(8 << 2 | own));
                Frame f = ends.only(sent);
                CHECK_EQUAL(int{f.bytes[ethernet + 1]}, 8 << 2 | own);
                set_traffic_class(&f.bytes[ethernet], true, static_cast<uint8_t>(8 << 2 | way));
                const auto out = ends.across({f});
                const bool lost = own == ecn_not_capable && way == ecn_congestion;
                CHECK_EQUAL(out.size(), size_t{lost ? 0u : 1u});
                CHECK_EQUAL(ends.b.drops("decapsulate", "congestion-not-understood"), uint64_t{lost});
                if (lost) continue;
                const int expected = own == ecn_congestion || way == ecn_congestion ? ecn_congestion
                                     : own == ecn_not_capable                       ? ecn_not_capable
                                     : own == ecn_capable1 || way == ecn_capable1   ? ecn_capable1
                                                                                    : ecn_capable0;
                CHECK_EQUAL(traffic_class(inner(out[0]).data(), !inner6) & ecn_mask, expected);
                CHECK_EQUAL(traffic_class(inner(out[0]).data(), !inner6) >> 2, 8);
            }
}

TEST("tunnels: the MTU is what the way leaves, and who sends more is told") {
    const std::vector<std::pair<TunnelSpec, uint32_t>> all{{spec(TunnelKind::ip), 1480},          {spec(TunnelKind::gre), 1476},
                                                           {spec(TunnelKind::vxlan), 1450},       {spec(TunnelKind::vxlan, true), 1430},
                                                           {spec(TunnelKind::nvgre), 1458},       {spec(TunnelKind::ip, true), 1460},
                                                           {spec(TunnelKind::vxlan_gpe_ip), 1464}};
    for (const auto &[s, mtu] : all) {
        Ends ends(s);
        CHECK_EQUAL(ends.a.state("t").mtu, mtu);
        Ip ip{.source = "10.0.1.9", .destination = "10.0.2.9", .payload = mtu - 28, .dont_fragment = true};
        CHECK_EQUAL(ends.in(packet(ip))[0].bytes.size(), size_t{1514});
        ip.payload++;
        CHECK(ends.in(packet(ip)).empty());
        const Error e = error_of(ends.a.only(1));
        CHECK_EQUAL(e.type, 3);
        CHECK_EQUAL(e.code, 4);
        CHECK_EQUAL(e.rest, mtu);
        // What may be fragmented is, inside.
        ip.dont_fragment = false;
        const auto fragments = ends.in(packet(ip));
        CHECK_EQUAL(fragments.size(), size_t{2});
        const auto out = ends.across(fragments);
        CHECK_EQUAL(out.size(), size_t{2});
        CHECK_EQUAL(load16(&inner(out[1])[6]) & 0x1fff, (load16(&inner(out[0])[2]) - 20) / 8);
    }
}

TEST("tunnels: with fragmentation outside, packets of 1500 go in whole, in fragments that the other end does not put together") {
    TunnelSpec s = spec(TunnelKind::gre);
    s.flags = tunnel_fragments_outer;
    Ends ends(s);
    CHECK_EQUAL(ends.a.state("t").mtu, 1500u);
    const auto frames = ends.in(packet({.source = "10.0.1.9", .destination = "10.0.2.9", .payload = 1472, .dont_fragment = true}));
    CHECK_EQUAL(frames.size(), size_t{2});
    CHECK(load16(&frames[0].bytes[ethernet + 4]) == load16(&frames[1].bytes[ethernet + 4]));
    CHECK(ends.across(frames).empty());
    CHECK_EQUAL(ends.b.drops("decapsulate", "fragment"), uint64_t{2});
}

// Segments of TCP in order, as what leaves b says.
void whole_again(const std::vector<Frame> &out, const Super &super, const SuperOptions &options) {
    std::vector<Seen> seen;
    for (const Frame &f : out) {
        Offload o = f.offload;
        if (o.flags) o.csum_start = static_cast<uint16_t>(o.csum_start - ethernet);
        seen.push_back(judge(inner(f), o));
    }
    judge_segments(seen, super, options);
}

TEST("tunnels: super-packets go through each kind, whatever the ports take, and come out as their segments") {
    for (const TunnelKind kind : kinds)
        for (const bool outer6 : {false, true})
            for (const unsigned offloads : {0x00u, 0x01u, 0xefu, 0xffu})
                for (const bool tcp : {true, false}) {
                    TunnelSpec s = spec(kind, outer6);
                    if (kind == TunnelKind::gre) s.flags |= tunnel_checksum;
                    Ends ends(s, static_cast<uint8_t>(offloads));
                    ends.b.wires[1]->set_offloads(0);
                    CHECK_EQUAL(ends.b.commit(Records().port_delete("p2").interface("if2", "", {"10.0.2.1/24"})), std::string());
                    CHECK_EQUAL(ends.b.commit(Records().port("p2", "e2").interface("if2", "p2", {"10.0.2.1/24"})), std::string());
                    ends.b.know("if2", "10.0.2.9", h2);
                    const SuperOptions options{.tcp = tcp};
                    const Super super = super_packet({Wrap::ip4}, options);
                    Offload o = super.offload;
                    o.header_length = static_cast<uint16_t>(o.header_length + ethernet);
                    o.csum_start = static_cast<uint16_t>(o.csum_start + ethernet);
                    const auto frames = ends.in(super.packet, o);
                    whole_again(ends.across(frames), super, options);
                }
}

TEST("tunnels: a super-packet of TCP that went as datagrams of UDP is one again at the other end") {
    for (const TunnelKind kind : {TunnelKind::vxlan, TunnelKind::vxlan_gpe_ip})
        for (const Wrap family : {Wrap::ip4, Wrap::ip6}) {
            Ends ends(spec(kind));
            const SuperOptions options{.payload = 20000, .size = 1300, .flags = 0x18};
            const Super super = super_packet({family}, options);
            Offload o = super.offload;
            o.header_length = static_cast<uint16_t>(o.header_length + ethernet);
            o.csum_start = static_cast<uint16_t>(o.csum_start + ethernet);
            const auto frames = ends.in(super.packet, o);
            CHECK_EQUAL(frames.size(), size_t{1});
            CHECK_EQUAL(int{frames[0].offload.gso_type}, int{gso_udp_l4});
            const auto out = ends.across(frames);
            CHECK_EQUAL(out.size(), size_t{1});
            CHECK_EQUAL(int{out[0].offload.gso_type}, int{family == Wrap::ip4 ? gso_tcp4 : gso_tcp6});
            CHECK_EQUAL(int{out[0].offload.gso_size}, 1300);
            CHECK_EQUAL(out[0].bytes.size(), super.packet.size() + ethernet);
            CHECK(std::equal(super.payload.begin(), super.payload.end(), out[0].bytes.end() - static_cast<ptrdiff_t>(super.payload.size())));
            // Out of order they stay what they are.
            Frame wrong = frames[0];
            wrong.bytes[ethernet + 28 + 8 + (kind == TunnelKind::vxlan ? 14 : 0) + (family == Wrap::ip4 ? 20 : 40) + 7] ^= 1;
            ends.b.give(3, wrong.bytes, wrong.offload);
            ends.b.run();
            CHECK_EQUAL(ends.b.wires[1]->take().size(), size_t{16});
        }
}

TEST("tunnels: frames of a cross-connect go through a tunnel whole, with their tags, and are cut to the MTU by nobody") {
    Lab a(3), b(3);
    for (const unsigned side : {1u, 2u}) {
        Lab &lab = side == 1 ? a : b;
        TunnelSpec s = spec(TunnelKind::vxlan);
        end(lab, side, side == 1 ? s : turned(s));
        const std::string n = std::to_string(side);
        Records r;
        r.route_delete("10.0." + std::to_string(3 - side) + ".0/24").route_delete("2001:db8:" + std::to_string(3 - side) + "::/64");
        r.route_delete("10.0." + n + ".0/24").route_delete("2001:db8:" + n + "::/64").route_delete("10.0." + n + ".1/32");
        r.object_delete(1).object_delete(10).object_delete(11);
        r.interface("if" + n, "p" + n, {}, 1).interface("t", "", {}, 1).u8(50).str("x").str("if" + n).str("t");
        CHECK_EQUAL(lab.commit(r), std::string());
        lab.out(side);
    }
    Bytes tagged = frame(mac(0x99), h1, to_b());
    const Bytes tag{0x81, 0x00, 0x00, 0x07};
    tagged.insert(tagged.begin() + 12, tag.begin(), tag.end());
    for (const Bytes &sent : {frame(mac(0x99), h1, to_b()), tagged, arp(1, h1, "10.0.1.9", {}, "10.0.1.8", broadcast_mac)}) {
        a.give(1, sent);
        a.run();
        const Frame way = a.wires[2]->take().at(0);
        b.give(3, way.bytes, way.offload);
        b.run();
        const auto out = b.wires[1]->take();
        CHECK_EQUAL(out.size(), size_t{1});
        CHECK_EQUAL(hex(out[0].bytes), hex(sent));
    }
    CHECK_EQUAL(b.state("t").in_unicast, uint64_t{2});
    CHECK_EQUAL(b.state("t").in_broadcast, uint64_t{1});
    Bytes large = frame(mac(0x99), h1, to_b(1440));
    a.give(1, large);
    a.run();
    CHECK(a.wires[2]->take().empty());
    CHECK_EQUAL(a.drops("egress", "frame-longer-than-mtu"), uint64_t{1});
}

TEST("tunnels: an unfinished checksum inside stays so, or is finished where one outside covers it") {
    for (const bool covered : {false, true}) {
        TunnelSpec s = spec(TunnelKind::gre);
        if (covered) s.flags = tunnel_checksum;
        Ends ends(s);
        Bytes sent = to_b();
        // The pseudo header's sum is in the field.
        store16(&sent[26], checksum_fold(checksum_add(0, &sent[12], 8) + (sent.size() - 20) + 17));
        Offload o;
        o.flags = offload_needs_checksum;
        o.csum_start = ethernet + 20;
        o.csum_offset = 6;
        const auto frames = ends.in(sent, o);
        CHECK_EQUAL(frames.size(), size_t{1});
        CHECK_EQUAL(int{frames[0].offload.flags}, covered ? 0 : int{offload_needs_checksum});
        const auto out = ends.across(frames);
        CHECK_EQUAL(out.size(), size_t{1});
        Bytes got = inner(out[0]);
        if (!covered) CHECK_EQUAL(int{out[0].offload.csum_start}, int{ethernet} + 20);
        Offload rest = out[0].offload;
        if (rest.flags) rest.csum_start = static_cast<uint16_t>(rest.csum_start - ethernet);
        judge(got, rest);
    }
}

TEST("tunnels: what is longer than an outer packet can be is cut into segments first") {
    Ends ends(spec(TunnelKind::vxlan));
    const SuperOptions options{.payload = 65450, .size = 1300};
    const Super super = super_packet({Wrap::ip4}, options);
    Offload o = super.offload;
    o.header_length = static_cast<uint16_t>(o.header_length + ethernet);
    o.csum_start = static_cast<uint16_t>(o.csum_start + ethernet);
    const auto frames = ends.in(super.packet, o);
    CHECK_EQUAL(frames.size(), size_t{51});
    whole_again(ends.across(frames), super, options);
}

TEST("tunnels: a bad sum outside, a missing one over IPv6 and bad flags are dropped; unknown tunnels are the host's") {
    {
        TunnelSpec s = spec(TunnelKind::gre);
        s.flags = tunnel_checksum;
        Ends ends(s);
        Frame f = ends.only(to_b());
        f.bytes.back() ^= 1;
        CHECK(ends.across({f}).empty());
        CHECK_EQUAL(ends.b.drops("decapsulate", "bad-checksum"), uint64_t{1});
        CHECK_EQUAL(ends.b.state("t").in_errors, uint64_t{1});
    }
    {
        Ends ends(spec(TunnelKind::vxlan, true));
        Frame f = ends.only(to_b());
        store16(&f.bytes[ethernet + 46], 0);
        CHECK(ends.across({f}).empty());
        CHECK_EQUAL(ends.b.drops("decapsulate", "no-checksum"), uint64_t{1});
    }
    {
        TunnelSpec s = spec(TunnelKind::vxlan, true);
        s.flags = 0;
        Ends ends(s);
        const Frame f = ends.only(to_b());
        CHECK_EQUAL(load16(&f.bytes[ethernet + 46]), 0);
        CHECK_EQUAL(ends.across({f}).size(), size_t{1});
    }
    Ends ends(spec(TunnelKind::vxlan));
    const Frame f = ends.only(to_b());
    Frame wrong = f;
    wrong.bytes[ethernet + 28] = 0;
    CHECK(ends.across({wrong}).empty());
    CHECK_EQUAL(ends.b.drops("decapsulate", "malformed"), uint64_t{1});
    wrong = f;
    wrong.bytes[ethernet + 34] ^= 1;
    CHECK(ends.across({wrong}).empty());
    wrong = f;
    wrong.bytes[ethernet + 15] = 7;  // of another remote
    store16(&wrong.bytes[ethernet + 10], 0);
    store16(&wrong.bytes[ethernet + 10], checksum(&wrong.bytes[ethernet], 20));
    CHECK(ends.across({wrong}).empty());
    CHECK_EQUAL(ends.b.drops("decapsulate", "unknown-tunnel"), uint64_t{2});
    CHECK_EQUAL(ends.b.factory->tap("if3")->take().size(), size_t{2});
}

TEST("tunnels: a tunnel is up when its source is ours and its remote has a way") {
    Ends ends(spec(TunnelKind::gre));
    Lab &a = ends.a;
    CHECK(a.state("t").oper_up);
    CHECK_EQUAL(a.commit(Records().route_delete("10.0.3.0/24")), std::string());
    CHECK(!a.state("t").oper_up);
    CHECK_EQUAL(a.core->tunnel_paths.at("t").reason, std::string("there is no route to 10.0.3.2"));
    CHECK_EQUAL(a.commit(Records().route("10.0.3.0/24", 3)), std::string());
    CHECK(a.state("t").oper_up);
    a.wires[2]->set_link({});
    a.core->watch_links();
    CHECK(!a.state("t").oper_up);
    LinkState up;
    up.up = true;
    up.mtu = 1400;
    up.mac = mac(3);
    a.wires[2]->set_link(up);
    a.core->watch_links();
    a.core->follow_devices();
    CHECK(a.state("t").oper_up);
    CHECK_EQUAL(a.state("t").mtu, 1376u);
    CHECK_EQUAL(a.commit(Records().interface("if3", "p3", {"10.0.3.7/24"})), std::string());
    CHECK(!a.state("t").oper_up);
    CHECK_EQUAL(a.core->tunnel_paths.at("t").reason, std::string("source 10.0.3.1 is no address of this box"));
}

TEST("tunnels: one whose way is by itself is down and says so; packets do not go round") {
    Ends ends(spec(TunnelKind::gre));
    CHECK_EQUAL(ends.a.commit(Records().route("10.0.3.2/32", 10)), std::string());
    CHECK(!ends.a.state("t").oper_up);
    CHECK_EQUAL(ends.a.core->tunnel_paths.at("t").reason, std::string("the way to 10.0.3.2 is by the tunnel itself"));
    CHECK(ends.in(to_b()).empty());
    // What mends it brings it up at once.
    CHECK_EQUAL(ends.a.commit(Records().route_delete("10.0.3.2/32")), std::string());
    CHECK(ends.a.state("t").oper_up);
    CHECK_EQUAL(ends.in(to_b()).size(), size_t{1});
    // By another one.
    Lab lab(3);
    TunnelSpec one = spec(TunnelKind::gre), other = spec(TunnelKind::gre);
    other.remotes = {to_ip6(address("10.0.3.3"))};
    end(lab, 1, one);
    Records r;
    r.interface("u", "", {"10.8.0.1/24"}).tunnel("u", other).glean(20, "u").route("10.8.0.0/24", 20);
    r.adjacency(21, "u", "10.8.0.2").route("10.0.3.2/32", 21).route("10.0.3.3/32", 10);
    CHECK_EQUAL(lab.commit(r), std::string());
    CHECK(!lab.state("t").oper_up);
    CHECK(!lab.state("u").oper_up);
}

TEST("tunnels: fragments from a remote are dropped and counted, those of others are the host's, as are those of another protocol") {
    const auto fragment = [](const char *source, uint8_t protocol, uint16_t port, uint16_t offset) {
        Bytes p = packet({.source = source, .destination = "10.0.3.2", .protocol = protocol, .payload = 32});
        store16(&p[22], port);
        store16(&p[6], static_cast<uint16_t>(0x2000 | offset));
        store16(&p[10], 0);
        store16(&p[10], checksum(p.data(), 20));
        return frame(mac(3), h1, p);
    };
    for (const TunnelKind kind : {TunnelKind::gre, TunnelKind::ip, TunnelKind::vxlan}) {
        Ends ends(spec(kind));
        const uint8_t protocol = kind == TunnelKind::gre ? 47 : kind == TunnelKind::ip ? 4 : 17;
        const auto dropped = [&] { return ends.b.drops("decapsulate", "fragment"); };
        const auto for_host = [&] { return ends.b.drops("decapsulate", "unknown-tunnel"); };
        const auto give = [&](const char *source, uint16_t offset) {
            ends.b.give(3, fragment(source, protocol, 4789, offset));
            ends.b.run();
        };
        give("10.0.3.1", 0);
        CHECK_EQUAL(dropped(), uint64_t{1});
        give("10.0.3.9", 0);
        CHECK_EQUAL(dropped(), uint64_t{1});
        CHECK_EQUAL(for_host(), uint64_t{1});
        // A later one of UDP has no port.
        give("10.0.3.1", 64);
        CHECK_EQUAL(dropped(), uint64_t{kind == TunnelKind::vxlan ? 1u : 2u});
    }
}

TEST("tunnels: one in another carries packets") {
    Lab lab(3);
    end(lab, 1, spec(TunnelKind::gre));
    TunnelSpec in = spec(TunnelKind::ip);
    in.source = to_ip6(address("10.9.0.1"));
    in.remotes = {to_ip6(address("10.9.0.2"))};
    Records r;
    r.interface("u", "", {"10.8.0.1/24"}).tunnel("u", in).glean(20, "u").glean(21, "t").route("10.9.0.0/24", 21).route("10.8.0.0/24", 20);
    CHECK_EQUAL(lab.commit(r), std::string());
    CHECK(lab.state("u").oper_up);
    CHECK_EQUAL(lab.state("u").mtu, 1456u);
    lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.8.0.9"})));
    lab.run();
    const Frame f = lab.only(3);
    CHECK_EQUAL(int{f.bytes[ethernet + 9]}, 47);
    CHECK_EQUAL(int{f.bytes[ethernet + 24 + 9]}, 4);
    judge(inner(f), {});
}

TEST("tunnels: a tunnel has its neighbours, and asks for them; one of layer 3 has none") {
    Lab lab(3);
    end(lab, 1, spec(TunnelKind::vxlan));
    lab.give(1, frame(mac(1), h1, to_b()));
    lab.run();
    const Frame asked = lab.only(3);
    const Bytes question(asked.bytes.begin() + 50, asked.bytes.end());
    CHECK_EQUAL(int{question[12]} << 8 | question[13], 0x0806);
    CHECK_EQUAL(int{question[0]}, 0xff);
    CHECK_EQUAL(lab.state("t").out_broadcast, uint64_t{1});
    Lab routed(3);
    end(routed, 1, spec(TunnelKind::gre));
    routed.give(1, frame(mac(1), h1, to_b()));
    routed.run();
    CHECK_EQUAL(routed.state("t").out_unicast, uint64_t{1});
    CHECK_EQUAL(routed.out(3).size(), size_t{1});
}

TEST("tunnels: the way may be in another VRF") {
    Lab lab(3);
    TunnelSpec s = spec(TunnelKind::gre);
    s.vrf = 7;
    Records r;
    r.u8(56).u32(7).str("red");
    r.port("p1", "e1").interface("if1", "p1", {"10.0.1.1/24"}).port("p3", "e3").interface("if3", "p3", {"10.0.3.1/24"}, 31, 0, 7);
    r.interface("t", "", {"10.9.0.1/24"}).tunnel("t", s).glean(1, "if1").glean(3, "if3").glean(9, "t").local(1000, 7);
    r.route("10.0.1.0/24", 1).route("10.9.0.0/24", 9).route("10.0.3.0/24", 3, 7).route("10.0.3.1/32", 1000, 7);
    CHECK_EQUAL(lab.commit(r), std::string());
    lab.know("if1", "10.0.1.9", h1);
    lab.know("if3", "10.0.3.2", mac(3));
    lab.out(3);
    CHECK(lab.state("t").oper_up);
    lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.9.0.9"})));
    lab.run();
    Frame f = lab.only(3);
    CHECK_EQUAL(destination_of(inner(f)), std::string("10.0.3.2"));
    // The answer, by hand: ends of both headers exchanged.
    for (const size_t at : {ethernet + 12, ethernet + 24 + 12}) std::swap_ranges(f.bytes.begin() + static_cast<ptrdiff_t>(at), f.bytes.begin() + static_cast<ptrdiff_t>(at) + 4, f.bytes.begin() + static_cast<ptrdiff_t>(at) + 4);
    lab.give(3, f.bytes);
    lab.run();
    CHECK_EQUAL(source_of(inner(lab.only(1))), std::string("10.9.0.9"));
}

TEST("tunnels: records that can't be are refused") {
    Lab lab(3);
    end(lab, 1, spec(TunnelKind::gre));
    const auto refused = [&](const TunnelSpec &s, const std::string &interface = "u") {
        return lab.commit(Records().interface("u", "", {}).tunnel(interface, s));
    };
    CHECK_EQUAL(refused(spec(TunnelKind::gre)), std::string("tunnel 'u' is GRE from 10.0.3.1 to 10.0.3.2, which tunnel 't' is"));
    CHECK_EQUAL(refused(spec(TunnelKind::ip), "v"), std::string("tunnel 'v' is no interface"));
    CHECK_EQUAL(refused(spec(TunnelKind::ip), "if1"), std::string("tunnel 'if1' has port 'p1'"));
    TunnelSpec s = spec(TunnelKind::vxlan);
    s.key = 1 << 24;
    CHECK_EQUAL(refused(s), std::string("tunnel 'u' has key 16777216, which is longer than 24 bits"));
    s = spec(TunnelKind::ip);
    s.remotes = {to_ip6(address("2001:db8::1"))};
    CHECK_EQUAL(refused(s), std::string("tunnel 'u' has remote 2001:db8::1, of another family than its source"));
    s = spec(TunnelKind::ip);
    s.vrf = 9;
    CHECK_EQUAL(refused(s), std::string("tunnel 'u' goes by VRF 9, which does not exist"));
    CHECK_EQUAL(refused(spec(TunnelKind::ip)), std::string());
}

TEST("tunnels: one that is deleted is gone; what comes for it is the host's again") {
    Ends ends(spec(TunnelKind::gre));
    const Frame f = ends.only(to_b());
    CHECK_EQUAL(ends.b.commit(Records().tunnel_delete("t").route_delete("10.0.1.0/24").route_delete("2001:db8:1::/64").object_delete(10).object_delete(11).interface_delete("t")), std::string());
    CHECK(ends.across({f}).empty());
    CHECK_EQUAL(ends.b.factory->tap("if3")->take().size(), size_t{1});
    CHECK(!ends.b.factory->tap("t"));
    CHECK(ends.b.core->tunnel_paths.empty());
}

TEST("tunnels: what goes in and what comes out is captured as it is inside") {
    for (const TunnelKind kind : {TunnelKind::gre, TunnelKind::vxlan}) {
        Ends ends(spec(kind));
        for (Lab *lab : {&ends.a, &ends.b}) CHECK_EQUAL(lab->core->begin_capture(1, {.interfaces = {"t"}}, lab->now), std::string());
        CHECK_EQUAL(ends.across({ends.only(to_b())}).size(), size_t{1});
        std::vector<Bytes> seen;
        for (Lab *lab : {&ends.a, &ends.b}) {
            const PcapngFile file = captured(*lab);
            CHECK_EQUAL(file.packets.size(), size_t{1});
            CHECK_EQUAL(file.packets[0].flags, lab == &ends.a ? 2u : 1u);
            CHECK_EQUAL(file.interfaces[file.packets[0].interface].name, std::string("t"));
            CHECK_EQUAL(int{file.interfaces[file.packets[0].interface].link}, kind == TunnelKind::gre ? 101 : 1);
            seen.push_back(file.packets[0].octets);
        }
        CHECK_EQUAL(hex(seen[0]), hex(seen[1]));
        CHECK_EQUAL(seen[0].size(), to_b().size() + (kind == TunnelKind::gre ? 0 : ethernet));
    }
}

}  // namespace
}  // namespace weft
