// Bridge domains across members of a chassis: one copy to each member, exactly one of unicast, what is learned is known everywhere.
#include "lab_chassis.h"

namespace weft::fabric_bridge_test {
namespace {

const MacAddress everybody{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

// Three members with two ports each, all in domain "d".
struct Domain3 : Chassis {
    BridgeSpec spec;

    explicit Domain3(FabricKind kind = FabricKind::vxlan, unsigned link_mtu = 9000, const std::function<void(BridgeSpec &)> &change = [](BridgeSpec &) {})
        : Chassis({.members = 3, .kind = kind, .link_mtu = link_mtu, .routed = false}) {
        spec.name = "d";
        for (unsigned s = 0; s < 3; s++)
            for (unsigned n = 1; n <= 2; n++) spec.members.push_back({std::to_string(s) + "/" + std::to_string(n), 0, MacTable::no_limit});
        change(spec);
        Records r;
        r.bridge(spec).u8(94).u8(2).str("d").u32(9);
        CHECK_EQUAL(commit(r), std::string());
        settle();
        outputs();
        watched = true;
    }
    // What a frame from behind one port to another's host gave: by port, the number of frames.
    std::map<std::string, size_t> send(unsigned slot, unsigned port, const MacAddress &to, size_t payload = 32) {
        crossed.clear();
        give(slot, port, to, packet({.source = "10.9.0.1", .destination = "10.9.0.2", .payload = payload}));
        run();
        return outputs();
    }
    // Without what members say to each other.
    size_t copies() const {
        size_t count = 0;
        for (const Frame &f : crossed) count += f.bytes.size() > 50 && load32(&f.bytes[46]) != 0;
        return count;
    }
};

using Ports = std::map<std::string, size_t>;

TEST("fabric bridge: a flood goes to each port once, with one copy for each member") {
    for (const FabricKind kind : {FabricKind::vxlan, FabricKind::nvgre, FabricKind::pbb}) {
        Domain3 d(kind);
        const Ports all{{"0/2", 1}, {"1/1", 1}, {"1/2", 1}, {"2/1", 1}, {"2/2", 1}};
        CHECK(d.send(0, 1, everybody) == all);
        if (kind == FabricKind::vxlan) CHECK_EQUAL(d.copies(), size_t{2});
        CHECK(d.send(0, 1, mac(0x77)) == all);
    }
}

TEST("fabric bridge: unicast goes out once, of an address that any member has learned") {
    Domain3 d;
    d.send(1, 2, everybody);
    CHECK(d.send(0, 1, host_mac(1, 2)) == (Ports{{"1/2", 1}}));
    CHECK_EQUAL(d.copies(), size_t{1});
    CHECK(d.send(1, 1, host_mac(1, 2)) == (Ports{{"1/2", 1}}));
    CHECK_EQUAL(d.copies(), size_t{0});
    CHECK(d.send(2, 1, host_mac(1, 2)) == (Ports{{"1/2", 1}}));
    // It moves to another member.
    d[2].give(1, frame(everybody, host_mac(1, 2), packet({.source = "10.9.0.1", .destination = "10.9.0.2"})));
    d.run();
    d.outputs();
    CHECK(d.send(0, 2, host_mac(1, 2)) == (Ports{{"2/1", 1}}));
    CHECK(d.send(1, 1, host_mac(1, 2)) == (Ports{{"2/1", 1}}));
}

TEST("fabric bridge: a member that comes is told addresses that are heard, and those that are not are forgotten everywhere") {
    Domain3 d(FabricKind::vxlan, 9000, [](BridgeSpec &s) { s.ageing = 20; });
    d.silent[0] = true;
    d.run(1000000);
    d.send(1, 2, everybody);
    d.silent[0] = false;
    d.run(2000000);
    d.outputs();
    d.send(1, 2, everybody);
    d.run(5000000);
    CHECK(d.send(0, 1, host_mac(1, 2)) == (Ports{{"1/2", 1}}));
    for (unsigned n = 0; n < 30; n++) {
        d.run(1000000);
        for (unsigned s = 0; s < 3; s++) d[s].core->age_macs(d[s].now);
    }
    CHECK_EQUAL(d.send(0, 1, host_mac(1, 2)).size(), size_t{5});
}

TEST("fabric bridge: members of a split-horizon group do not hear each other across members") {
    Domain3 d(FabricKind::vxlan, 9000, [](BridgeSpec &s) { s.members[0].group = s.members[2].group = s.members[4].group = 300; });
    CHECK(d.send(0, 1, everybody) == (Ports{{"0/2", 1}, {"1/2", 1}, {"2/2", 1}}));
    CHECK_EQUAL(d.send(0, 2, everybody).size(), size_t{5});
    d.send(1, 1, everybody);
    CHECK(d.send(0, 1, host_mac(1, 1)).empty());
    CHECK_EQUAL(d[0].drops("bridge-input", "split-horizon"), uint64_t{1});
}

TEST("fabric bridge: a frame too long for the fabric is dropped and counted, a flood still reaches this member's ports") {
    Domain3 d(FabricKind::vxlan, 1500);
    d.send(1, 2, everybody);
    CHECK(d.send(0, 1, host_mac(1, 2), 1460).empty());
    CHECK_EQUAL(d[0].drops("fabric", "longer-than-fabric"), uint64_t{1});
    CHECK(d.send(0, 1, everybody, 1460) == (Ports{{"0/2", 1}}));
    CHECK_EQUAL(d[0].drops("fabric", "longer-than-fabric"), uint64_t{3});
    CHECK_EQUAL(d.send(0, 1, everybody, 1450 - 28).size(), size_t{5});
}

TEST("fabric bridge: ports of a member that falls silent are left out, and what was behind them is forgotten") {
    Domain3 d;
    d.send(1, 2, everybody);
    d.silent[1] = true;
    d.run(1000000);
    CHECK(d.send(0, 1, host_mac(1, 2)) == (Ports{{"0/2", 1}, {"2/1", 1}, {"2/2", 1}}));
}

TEST("fabric bridge: tags are rewritten where a frame comes in and where it leaves") {
    Domain3 d;
    Records r;
    BridgeSpec spec;
    spec.name = "e";
    for (const unsigned s : {0u, 1u}) {
        const std::string port = std::to_string(s) + "/1", name = port + ".v";
        r.interface(name, "", {}, 1);
        r.circuit(name, {.parent = port, .match = CircuitMatch::tag, .tags = {{type_vlan, static_cast<uint16_t>(10 + s)}}, .pop = 1, .push = {}});
        r.u8(94).u8(1).str(name).u32(200 + s);
        spec.members.push_back({name, 0, MacTable::no_limit});
    }
    r.bridge(spec).u8(94).u8(2).str("e").u32(10);
    CHECK_EQUAL(d.commit(r), std::string());
    d.settle();
    d.outputs();
    const Bytes plain = packet({.source = "10.9.0.1", .destination = "10.9.0.2"});
    d[0].give(1, tagged(frame(everybody, host_mac(0, 1), plain), {{type_vlan, 10}}));
    d.run();
    auto out = d[1].wires[0]->take();
    CHECK_EQUAL(out.size(), size_t{1});
    CHECK_EQUAL(load32(&out[0].bytes[12]), 0x8100000bu);
    // Known now: the ingress member rewrites.
    d[1].give(1, tagged(frame(host_mac(0, 1), host_mac(1, 1), plain), {{type_vlan, 11}}));
    d.run();
    out = d[0].wires[0]->take();
    CHECK_EQUAL(out.size(), size_t{1});
    CHECK_EQUAL(load32(&out[0].bytes[12]), 0x8100000au);
    CHECK_EQUAL(out[0].bytes.size(), plain.size() + 18);
}

TEST("fabric bridge: the routed interface is at each member, answers once, and shares its neighbours") {
    Domain3 d;
    Records r;
    d.spec.routed = "bvi";
    r.u8(3).str("bvi").u32(0).str("").u8(31).u16(0).u8(0);
    r.u16(1).addr(address("10.9.0.254")).u8(24);
    r.bridge(d.spec).glean(500, "bvi").route("10.9.0.0/24", 500).route("10.9.0.254/32", 1000).u8(94).u8(1).str("bvi").u32(77);
    CHECK_EQUAL(d.commit(r), std::string());
    d.settle();
    d.outputs();
    CHECK(d[0].state("bvi").mac == d[1].state("bvi").mac);
    const MacAddress gateway = d[0].state("bvi").mac;
    // A request goes to all ports, and one member answers.
    d[1].give(1, arp(1, host_mac(1, 1), "10.9.0.1", {}, "10.9.0.254", everybody));
    d.run();
    CHECK(d.outputs() == (Ports{{"0/1", 1}, {"0/2", 1}, {"1/1", 1}, {"1/2", 1}, {"2/1", 1}, {"2/2", 1}}));
    for (unsigned s = 0; s < 3; s++) CHECK(d[s].neighbour("10.9.0.1").mac == host_mac(1, 1));
    // The host's side is beside member 0, for which a frame is that came in at member 1.
    d[0].factory->tap("bvi")->take();
    d.give(1, 1, gateway, packet({.source = "10.9.0.1", .destination = "10.9.0.254", .protocol = 6, .destination_port = 22}));
    d.run();
    CHECK_EQUAL(d[0].factory->tap("bvi")->take().size(), size_t{1});
    // And what the host sends by it goes to whom it is for.
    d[0].factory->tap("bvi")->give({frame(host_mac(1, 1), gateway, packet({.source = "10.9.0.254", .destination = "10.9.0.1"})), {}, 0, 0});
    d.run();
    CHECK(d.outputs() == (Ports{{"1/1", 1}}));
}

}  // namespace
}  // namespace weft::fabric_bridge_test
