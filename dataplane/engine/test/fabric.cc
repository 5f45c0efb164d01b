// The fabric between members of a chassis: what crosses, under which key, and what the egress member does with it.
#include "../net/fragment.h"
#include "../nodes/fabric_message.h"
#include "lab_chassis.h"
#include "lab_segments.h"

namespace weft::fabric_test {
namespace {

const std::vector<FabricKind> kinds{FabricKind::vxlan, FabricKind::nvgre, FabricKind::pbb};
constexpr unsigned key_of_11 = 16 + 1;  // of interface 1/1

Bytes to_host(unsigned from, unsigned slot, unsigned port = 1, bool v6 = false, size_t payload = 32) {
    if (v6) return packet({.source = host6(from, 1), .destination = host6(slot, port), .payload = payload});
    return packet({.source = host4(from, 1), .destination = host4(slot, port), .payload = payload});
}

// Hosts are known, and what crosses is kept.
struct Ready : Chassis {
    explicit Ready(const ChassisPlan &p = {}) : Chassis(p) {
        know_hosts();
        outputs();
        watched = true;
    }
    // From the host behind 0/1.
    void send(const Bytes &packet, Offload offload = {}) {
        give(0, 1, port_mac(0, 1), packet, offload);
        run();
    }
};

TEST("fabric: members hear each other, and far ports are up with their MAC addresses and MTU") {
    Chassis c;
    for (unsigned s = 0; s < 2; s++) {
        const std::string far = std::to_string(1 - s) + "/1";
        CHECK(c[s].state(far).oper_up);
        CHECK(c[s].state(far).mac == port_mac(1 - s, 1));
        CHECK_EQUAL(c[s].state(far).mtu, 1500u);
    }
}

TEST("fabric: a packet is routed at one member and leaves by another, over each kind and family") {
    for (const FabricKind kind : kinds)
        for (const bool v6 : {false, true})
            for (const unsigned vlan : {0u, 100u}) {
                if (kind != FabricKind::pbb && vlan) continue;
                Ready c({.kind = kind, .v6 = v6, .vlan = vlan});
                for (const bool inner6 : {false, true}) {
                    c.send(to_host(0, 1, 1, inner6));
                    const Frame f = c[1].only(1);
                    CHECK(std::memcmp(f.bytes.data(), host_mac(1, 1).data(), 6) == 0);
                    CHECK(std::memcmp(f.bytes.data() + 6, port_mac(1, 1).data(), 6) == 0);
                    const Bytes got = inner(f), sent = to_host(0, 1, 1, inner6);
                    CHECK_EQUAL(int{got[inner6 ? 7 : 8]}, 63);
                    CHECK_EQUAL(got.size(), sent.size());
                    CHECK(c.outputs().empty());
                }
                CHECK_EQUAL(c[1].state("1/1").out_unicast, uint64_t{2});
            }
}

TEST("fabric: the key of the egress interface is the VNI, the VSID, or the I-SID between addresses of members") {
    for (const FabricKind kind : kinds) {
        Ready c({.kind = kind, .vlan = kind == FabricKind::pbb ? 100u : 0u});
        c.send(to_host(0, 1));
        CHECK_EQUAL(c.crossed.size(), size_t{1});
        const Bytes &f = c.crossed[0].bytes;
        CHECK(std::memcmp(f.data(), port_mac(1, 3).data(), 6) == 0);
        CHECK(std::memcmp(f.data() + 6, port_mac(0, 3).data(), 6) == 0);
        if (kind == FabricKind::pbb) {
            CHECK_EQUAL(load16(&f[12]), 0x88a8);
            CHECK_EQUAL(load16(&f[14]), 100);
            CHECK_EQUAL(load16(&f[16]), 0x88e7);
            CHECK_EQUAL(load32(&f[18]), key_of_11);
            CHECK(std::memcmp(&f[22], host_mac(1, 1).data(), 6) == 0);
            continue;
        }
        CHECK_EQUAL(load16(&f[12]), type_ip4);
        CHECK_EQUAL(int{f[23]}, kind == FabricKind::vxlan ? 17 : 47);
        CHECK_EQUAL(load32(&f[26]), load32(address("192.0.1.1").bytes.data()));
        CHECK_EQUAL(load32(&f[30]), load32(address("192.0.1.2").bytes.data()));
        if (kind == FabricKind::vxlan) {
            CHECK_EQUAL(load16(&f[36]), 4789);
            CHECK_EQUAL(load32(&f[42]), 0x08000000u);
            CHECK_EQUAL(load32(&f[46]), key_of_11 << 8);
        } else {
            CHECK_EQUAL(load32(&f[34]), 0x20006558u);
            CHECK_EQUAL(load32(&f[38]) >> 8, key_of_11);
        }
    }
}

TEST("fabric: super-packets cross whole over VXLAN, and come out as their segments over each kind") {
    for (const FabricKind kind : kinds)
        for (const bool segmenting : {true, false}) {
            Ready c({.kind = kind, .link_mtu = 9000});
            // 10.0.2.9 is behind the host at 1/1.
            CHECK_EQUAL(c.commit(Records().adjacency(77, "1/1", host4(1, 1)).route("10.0.2.0/24", 77)), std::string());
            CHECK_EQUAL(c.commit(Records().neighbour("1/1", host4(1, 1), host_mac(1, 1))), std::string());
            if (!segmenting) c[1].wires[0]->set_offloads(0);
            const SuperOptions options{.payload = 10000, .size = 1400, .unfinished = true};
            const Super super = super_packet({Wrap::ip4}, options);
            Offload o = super.offload;
            o.header_length = static_cast<uint16_t>(o.header_length + ethernet_size);
            o.csum_start = static_cast<uint16_t>(o.csum_start + ethernet_size);
            c.crossed.clear();
            c.send(super.packet, o);
            if (kind == FabricKind::vxlan) CHECK_EQUAL(c.crossed.size(), size_t{1});
            std::vector<Seen> seen;
            for (const Frame &f : c.out(1, 1)) {
                Offload rest = f.offload;
                if (rest.gso_type) {
                    CHECK(segmenting);
                    CHECK_EQUAL(f.bytes.size(), super.packet.size() + ethernet_size);
                    seen.clear();
                    break;
                }
                if (rest.flags) rest.csum_start = static_cast<uint16_t>(rest.csum_start - ethernet_size);
                seen.push_back(judge(inner(f), rest));
            }
            CHECK(kind == FabricKind::vxlan || !seen.empty());
            if (!seen.empty()) judge_segments(seen, super, options);
        }
}

TEST("fabric: the egress member asks the access list of its port, the ingress member does not") {
    Ready c;
    AclSpec list;
    list.name = "none";
    list.otherwise = AclAction::reject;
    CHECK_EQUAL(c.commit(Records().acl(list).acl_bind("1/1", AclDirection::out, 4, "none")), std::string());
    c.crossed.clear();
    c.send(to_host(0, 1));
    CHECK(!c.crossed.empty());
    CHECK_EQUAL(c[0].drops("acl-out", "rejected"), uint64_t{0});
    CHECK_EQUAL(c[1].drops("acl-out", "rejected"), uint64_t{1});
    // The error comes back from there.
    const Error e = error_of(c[0].only(1));
    CHECK_EQUAL(e.type, 3);
    CHECK_EQUAL(e.code, 13);
    CHECK(c.outputs().empty());
    // What another member's engine itself says is not asked for, as its own is not.
    c.give(1, 1, port_mac(1, 1), echo_request(host4(1, 1), "10.0.1.1"));
    c.run();
    c.know_hosts();
    CHECK_EQUAL(c.out(1, 1).size(), size_t{1});
}

TEST("fabric: sub-interfaces of far ports get their tags, and are known by them") {
    Ready c;
    Records r;
    r.interface("1/1.7", "", {"10.7.0.1/24"}).circuit("1/1.7", {.parent = "1/1", .match = CircuitMatch::tag, .tags = {{type_vlan, 7}}, .push = {}});
    r.u8(94).u8(1).str("1/1.7").u32(99).glean(99, "1/1.7").route("10.7.0.0/24", 99).neighbour("1/1.7", "10.7.0.9", mac(0x77));
    CHECK_EQUAL(c.commit(r), std::string());
    c.settle();
    c.outputs();
    c.send(packet({.source = host4(0, 1), .destination = "10.7.0.9"}));
    const auto frames = c[1].wires[0]->take();
    CHECK_EQUAL(frames.size(), size_t{1});
    CHECK_EQUAL(load32(&frames[0].bytes[12]), 0x81000007u);
    CHECK_EQUAL(load16(&frames[0].bytes[16]), type_ip4);
    c[1].give(1, tagged(frame(port_mac(1, 1), mac(0x77), packet({.source = "10.7.0.9", .destination = host4(0, 1)})), {{type_vlan, 7}}));
    c.run();
    CHECK_EQUAL(c.out(0, 1).size(), size_t{1});
}

TEST("fabric: a packet too large for it is answered, or fragmented where it may be") {
    for (const FabricKind kind : kinds) {
        Ready c({.kind = kind, .link_mtu = 1500});
        const uint32_t carried = 1500 - (kind == FabricKind::vxlan ? 50u : kind == FabricKind::nvgre ? 42u : 18u);
        CHECK_EQUAL(c[0].state("1/1").mtu, carried);
        CHECK_EQUAL(c[1].state("1/1").mtu, 1500u);
        c.send(packet({.source = host4(0, 1), .destination = host4(1, 1), .payload = 1472, .dont_fragment = true}));
        const Error e = error_of(c[0].only(1));
        CHECK_EQUAL(e.type, 3);
        CHECK_EQUAL(e.code, 4);
        CHECK_EQUAL(e.rest, carried);
        c.send(packet({.source = host6(0, 1), .destination = host6(1, 1), .payload = 1452}));
        const Error e6 = error_of(c[0].only(1));
        CHECK_EQUAL(e6.type, 2);
        CHECK_EQUAL(e6.rest, carried);
        c.send(packet({.source = host4(0, 1), .destination = host4(1, 1), .payload = 1472}));
        CHECK_EQUAL(c.out(1, 1).size(), size_t{2});
        c.send(packet({.source = host4(0, 1), .destination = host4(1, 1), .payload = carried - 28, .dont_fragment = true}));
        CHECK_EQUAL(c.out(1, 1).size(), size_t{1});
    }
}

TEST("fabric: the egress member fragments for a port of a smaller MTU") {
    Ready c;
    CHECK_EQUAL(c.commit(Records().interface("1/1", "1/1", {"10.1.1.1/24", "2001:db8:11::1/64"}, 31, 1300)), std::string());
    c.settle();
    CHECK_EQUAL(c[0].state("1/1").mtu, 1300u);
    c.crossed.clear();
    c.send(packet({.source = host4(0, 1), .destination = host4(1, 1), .payload = 1472}));
    CHECK_EQUAL(c.crossed.size(), size_t{1});
    CHECK_EQUAL(c.out(1, 1).size(), size_t{2});
}

TEST("fabric: its kind changes while packets go, and no port is opened anew") {
    Ready c({.vlan = 5});
    const int64_t began = c[1].core->port_states().at(0).discontinuity;
    for (const FabricKind kind : {FabricKind::pbb, FabricKind::nvgre, FabricKind::vxlan}) {
        ChassisPlan plan = c.plan;
        plan.kind = kind;
        Records own;
        own.u8(90).u16(0);
        const Records f = Chassis::fabric(plan);
        // One member after the other: in between they send different kinds.
        CHECK_EQUAL(c[0].commit(f), std::string());
        c.run();
        c.send(to_host(0, 1));
        CHECK_EQUAL(c.out(1, 1).size(), size_t{1});
        c.give(1, 1, port_mac(1, 1), to_host(1, 0));
        c.run();
        CHECK_EQUAL(c.out(0, 1).size(), size_t{1});
        CHECK_EQUAL(c[1].commit(f), std::string());
        c.run();
        c.crossed.clear();
        c.send(to_host(0, 1));
        CHECK_EQUAL(c.out(1, 1).size(), size_t{1});
        CHECK_EQUAL(load16(&c.crossed.at(0).bytes[12]), kind == FabricKind::pbb ? 0x88a8 : type_ip4);
        CHECK(c[0].state("1/1").oper_up);
    }
    CHECK_EQUAL(c[1].core->port_states().at(0).discontinuity, began);
}

TEST("fabric: what comes by an internal link and is not another member's is not the fabric's") {
    Ready c;
    c.send(to_host(0, 1));
    const Frame good = c.crossed.at(0);
    c.outputs();
    const auto give = [&](const std::function<void(Bytes &)> &change) {
        Bytes f = good.bytes;
        change(f);
        store16(&f[24], 0);
        store16(&f[24], checksum(&f[14], 20));
        c[1].give(3, f, good.offload);
        c.run();
        return c.out(1, 1).size();
    };
    CHECK_EQUAL(give([](Bytes &) {}), size_t{1});
    CHECK_EQUAL(give([](Bytes &f) { f[29] = 77; }), size_t{0});  // of nobody
    CHECK_EQUAL(give([](Bytes &f) { f[48] = 0x55; }), size_t{0});
    CHECK_EQUAL(c[1].drops("fabric", "unknown-key"), uint64_t{1});
    // The key of a far interface is not sent on.
    CHECK_EQUAL(give([](Bytes &f) { f[48] = 1; }), size_t{0});
    CHECK_EQUAL(c[1].drops("fabric", "unknown-key"), uint64_t{2});
    CHECK_EQUAL(give([](Bytes &f) { f[46] = 0, f[47] = 0, f[48] = 0; }), size_t{0});
    CHECK_EQUAL(c[1].drops("fabric", "malformed"), uint64_t{1});
    // By an external port it is a packet like any other.
    Bytes f = good.bytes;
    std::memcpy(f.data(), port_mac(1, 2).data(), 6);
    c[1].give(2, f);
    c.run();
    CHECK_EQUAL(c.out(1, 1).size(), size_t{0});
}

TEST("fabric: records that cannot be are refused, and say why") {
    const auto wrong = [](const Records &r) {
        Chassis c;
        const std::string error = c.commit(r);
        // And nothing of it is there.
        CHECK(c[0].state("1/1").oper_up);
        return error;
    };
    const auto plan = [](const std::function<void(ChassisPlan &)> &change) {
        ChassisPlan p;
        change(p);
        return p;
    };
    CHECK_EQUAL(wrong(Records().interface("1/1", "1/1", {"10.1.1.1/24"}, 31, 9000)),
                std::string("member 0: interface '1/1' has MTU 9000, but the fabric carries no more than 8950: of the MTU of its internal links, 9000, VXLAN takes 50"));
    CHECK_EQUAL(wrong(Chassis::fabric(plan([](ChassisPlan &p) { p.fabric_mtu = 9500; }))),
                std::string("member 0: fabric 'VXLAN' has MTU 9500, but its internal links take no more than 9000"));
    CHECK_EQUAL(wrong(Chassis::fabric(plan([](ChassisPlan &p) { p.links = 2; }))),
                std::string("member 0: the fabric's internal interface '0/f2' does not exist"));
    CHECK_EQUAL(wrong(Chassis::fabric(plan([](ChassisPlan &p) { p.v6 = true; }))),
                std::string("member 0: the fabric's internal interface '0/f1' does not have the address 2001:db8:ff01::1"));
    CHECK_EQUAL(wrong(Records().u8(94).u8(1).str("1/1").u32(1)), std::string("member 0: interface '1/1' has the fabric's key 1, which '0/1' has"));
    // One that is not among them has no way to the others.
    Chassis c;
    CHECK_EQUAL(c[1].commit(Chassis::fabric(plan([](ChassisPlan &p) { p.members = 1; }))), std::string());
    c[1].core->watch_links();
    CHECK(!c[1].state("0/1").oper_up);
    CHECK_EQUAL(c[1].commit(Chassis::fabric({})), std::string());
    c.settle();
    CHECK(c[1].state("0/1").oper_up);
    CHECK_EQUAL(wrong(Records().u8(94).u8(2).str("d").u32(0x4000)), std::string("member 0: bridge domain 'd' has the fabric's key 16384, above 16383"));
}

TEST("fabric: without a fabric the ports of other members are down, and are opened by who has them") {
    Lab lab(2);
    lab.standard();
    lab.know_hosts();
    const auto send = [&] {
        lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9"})));
        lab.run();
        return lab.out(2).size();
    };
    CHECK_EQUAL(send(), size_t{1});
    CHECK_EQUAL(lab.commit(Records().u8(93).str("p2").u16(1)), std::string());
    lab.core->watch_links();
    CHECK(!lab.state("if2").oper_up);
    CHECK_EQUAL(lab.core->port_states().size(), size_t{1});
    CHECK_EQUAL(send(), size_t{0});
    CHECK_EQUAL(lab.commit(Records().u8(90).u16(1).u8(93).str("p1").u16(1).port("p2", "e2")), std::string());
    lab.core->watch_links();
    CHECK(lab.state("if2").oper_up);
    CHECK_EQUAL(send(), size_t{1});
}

}  // namespace
}  // namespace weft::fabric_test
