// The ways of tunnels: up and down, loops, cross-connects, fragments, one in another, neighbours, VRFs.
#include "../nodes/nodes.h"
#include "lab_segments.h"
#include "tunnel_ends.h"

namespace weft::tunnels_ways_test {
using namespace tunnel_ends;
namespace {

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

}  // namespace
}  // namespace weft::tunnels_ways_test
