// Tunnels of all kinds: headers as they go out, what comes in, marks, sizes, refusals, and their end.
#include "../net/ecn.h"
#include "../nodes/nodes.h"
#include "lab_pcapng.h"
#include "tunnel_ends.h"

namespace weft::tunnels_test {
using namespace tunnel_ends;
namespace {

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
}  // namespace weft::tunnels_test
