// Members of a chassis that fall silent and come back, internal links that are cut, neighbours and the host's side across members.
#include "lab_chassis.h"

namespace weft::fabric_loss_test {
namespace {

Bytes to(unsigned slot, uint16_t port = 1000) {
    return packet({.source = host4(0, 1), .destination = host4(slot, 1), .source_port = port});
}

TEST("fabric: ports of a member that falls silent are down within a second, and up again when it is back") {
    Chassis c({.members = 3});
    std::vector<std::pair<std::string, bool>> told;
    c[0].core->handler = [&](const Event &e) {
        if (e.kind == Event::Kind::member) told.emplace_back(e.interface, e.up);
    };
    CHECK(c[0].state("2/1").oper_up);
    c.silent[2] = true;
    c.run(600000);
    CHECK(c[0].state("2/1").oper_up);
    c.run(400000);
    CHECK(!c[0].state("2/1").oper_up);
    CHECK(!c[1].state("2/1").oper_up);
    CHECK(c[0].state("1/1").oper_up);
    CHECK_EQUAL(told.size(), size_t{1});
    CHECK_EQUAL(told[0].first, std::string("2"));
    CHECK(!told[0].second);
    c.silent[2] = false;
    c.run(700000);
    CHECK(c[0].state("2/1").oper_up);
    CHECK_EQUAL(told.size(), size_t{2});
    CHECK(told[1].second);
}

TEST("fabric: flows of a group move off the ports of a member that falls silent") {
    Chassis c({.members = 3});
    c.know_hosts();
    Records r;
    r.adjacency(71, "1/1", host4(1, 1)).adjacency(72, "2/1", host4(2, 1)).group(70, {{71, 1}, {72, 1}}).route("10.99.0.0/16", 70);
    CHECK_EQUAL(c.commit(r), std::string());
    c.outputs();
    const auto flows = [&] {
        for (uint16_t n = 0; n < 64; n++)
            c.give(0, 1, port_mac(0, 1), packet({.source = host4(0, 1), .destination = "10.99.0.1", .source_port = n}));
        c.run();
        return c.outputs();
    };
    auto before = flows();
    CHECK_EQUAL(before["1/1"] + before["2/1"], size_t{64});
    CHECK(before["1/1"] > 10 && before["2/1"] > 10);
    c.silent[2] = true;
    c.run(1000000);
    CHECK_EQUAL(flows()["1/1"], size_t{64});
}

TEST("fabric: a port that loses its link is down at all members") {
    Chassis c;
    LinkState link = c[1].wires[0]->link();
    link.up = false;
    c[1].wires[0]->set_link(link);
    c[1].core->watch_links();
    c.run(400000);
    CHECK(!c[0].state("1/1").oper_up);
    CHECK(c[0].state("1/2").oper_up);
}

TEST("fabric: flows are spread over internal links, and move when one is cut") {
    for (const FabricKind kind : {FabricKind::vxlan, FabricKind::nvgre, FabricKind::pbb}) {
        Chassis c({.links = 2, .kind = kind});
        c.know_hosts();
        const auto flows = [&] {
            c.outputs();
            for (uint16_t n = 0; n < 64; n++) c.give(0, 1, port_mac(0, 1), to(1, n));
            c[0].run();
            std::array<size_t, 2> by{};
            for (unsigned l = 0; l < 2; l++)
                for (const Frame &f : c[0].wires[2 + l]->take()) {
                    by[l]++;
                    if (!c.cut[0][l]) c[1].give(3 + l, f.bytes, f.offload);
                }
            c.run();
            CHECK_EQUAL(by[0] + by[1], size_t{64});
            return by;
        };
        auto by = flows();
        CHECK(by[0] > 10 && by[1] > 10);
        CHECK_EQUAL(c.out(1, 1).size(), size_t{64});
        c.cut[0][1] = true;
        c.run(1000000);
        by = flows();
        CHECK_EQUAL(by[1], size_t{0});
        CHECK_EQUAL(c.out(1, 1).size(), size_t{64});
        CHECK(c[0].state("1/1").oper_up);
        c.cut[0][1] = false;
        c.run(1000000);
        by = flows();
        CHECK(by[0] > 10 && by[1] > 10);
    }
}

TEST("fabric: the member that has the port asks for neighbours, and all know what it hears") {
    for (const bool v6 : {false, true}) {
        Chassis c({.members = 3});
        const std::string host = v6 ? host6(1, 1) : host4(1, 1);
        const Bytes sent = v6 ? packet({.source = host6(0, 1), .destination = host}) : to(1);
        c.outputs();
        c.give(0, 1, port_mac(0, 1), sent);
        c.run();
        const auto asked = c.out(1, 1);
        CHECK_EQUAL(asked.size(), size_t{1});
        CHECK_EQUAL(load16(&asked[0].bytes[12]), v6 ? type_ip6 : type_arp);
        CHECK(std::memcmp(&asked[0].bytes[6], port_mac(1, 1).data(), 6) == 0);
        if (v6)
            c[1].give(1, advertisement(host_mac(1, 1), host, port_mac(1, 1), to_text(c[1].core->registry.interfaces.at("1/1")->link_local)));
        else
            c[1].give(1, arp(2, host_mac(1, 1), host, port_mac(1, 1), "10.1.1.1", port_mac(1, 1)));
        c.run();
        // What waited goes out.
        const auto out = c.out(1, 1);
        CHECK_EQUAL(out.size(), size_t{1});
        CHECK(std::memcmp(&out[0].bytes[0], host_mac(1, 1).data(), 6) == 0);
        for (unsigned s = 0; s < 3; s++) CHECK(c[s].neighbour(host).mac == host_mac(1, 1));
        // One that comes later is told.
        c.silent[2] = true;
        c.run(1000000);
        c.silent[2] = false;
        c.run(1000000);
        CHECK(c[2].neighbour(host).mac == host_mac(1, 1));
    }
}

// Stations behind port 1 of each member that answer requests for themselves.
void answer(Chassis &c, std::vector<size_t> &got) {
    for (unsigned s = 0; s < c.members.size(); s++)
        for (const Frame &f : c[s].wires[0]->take()) {
            const uint8_t *m = f.bytes.data() + 54;
            const MacAddress asking{f.bytes[6], f.bytes[7], f.bytes[8], f.bytes[9], f.bytes[10], f.bytes[11]};
            if (load16(&f.bytes[12]) == type_ip6 && f.bytes[20] == 58 && m[0] == 135) {
                const std::string from = to_text(load_ip6(&f.bytes[22]));
                if (load_ip6(m + 8) == to_ip6(address(host6(s, 1)))) c[s].give(1, advertisement(host_mac(s, 1), host6(s, 1), asking, from));
            } else if (load16(&f.bytes[12]) == type_ip6 && f.bytes[20] == 17) {
                got[s]++;
            }
        }
}

TEST("fabric: what is sent before members are there, one after the other, reaches them soon after they are") {
    for (const unsigned late : {0u, 100u, 250u, 500u, 900u, 1500u, 3100u, 5200u})
        for (const unsigned first : {0u, 1u}) {
            Chassis c({.members = 3}, false);
            std::vector<size_t> got(3);
            const Records all = Chassis::records(c.plan);
            const auto begin = [&](unsigned s) {
                Records r;
                r.u8(90).u16(s);
                r.bytes.insert(r.bytes.end(), all.bytes.begin(), all.bytes.end());
                CHECK_EQUAL(c[s].commit(r), std::string());
                c[s].core->watch_links();
            };
            const auto pass = [&](unsigned milliseconds) {
                for (unsigned passed = 0; passed <= milliseconds; passed += 100) {
                    for (const unsigned s : {0u, 1u})
                        c.give(s, 1, port_mac(s, 1), packet({.source = host6(s, 1), .destination = host6(1 - s, 1)}));
                    c.run(50000);
                    answer(c, got);
                    c.run(50000);
                    answer(c, got);
                }
            };
            begin(first);
            pass(late);
            begin(1 - first);
            pass(300);
            begin(2);
            pass(3000);
            got.assign(3, 0);
            pass(1000);
            CHECK(got[0] >= 8 && got[1] >= 8);
        }
}

TEST("fabric: a neighbour that nobody answers for is unreachable, and the sender is told") {
    Chassis c;
    c.give(0, 1, port_mac(0, 1), to(1));
    c.know_hosts();
    c.outputs();
    c.give(0, 1, port_mac(0, 1), packet({.source = host4(0, 1), .destination = "10.1.1.77"}));
    c.run(4500000);
    const Error e = error_of(c[0].only(1));
    CHECK_EQUAL(e.type, 3);
    CHECK_EQUAL(e.code, 1);
}

TEST("fabric: far ports have their taps beside the host's member, and nobody else has any") {
    Chassis c({.members = 3});
    c.know_hosts();
    for (const char *name : {"0/1", "1/1", "2/1"}) {
        CHECK(c[0].factory->tap(name) != nullptr);
        CHECK(c[1].factory->tap(name) == nullptr);
    }
    c.outputs();
    c[0].factory->tap("1/1")->take();
    // To the box: by the tap of the interface that it came in by.
    const Bytes ssh = packet({.source = host4(1, 1), .destination = "10.1.1.1", .protocol = 6, .source_port = 50000, .destination_port = 22});
    c.give(1, 1, port_mac(1, 1), ssh);
    c.run();
    auto got = c[0].factory->tap("1/1")->take();
    CHECK_EQUAL(got.size(), size_t{1});
    CHECK(inner(got[0]) == ssh);
    CHECK(std::memcmp(got[0].bytes.data(), port_mac(1, 1).data(), 6) == 0);
    // A group's too.
    const Bytes ospf = packet({.source = host4(1, 1), .destination = "224.0.0.5", .protocol = 89});
    c.give(1, 1, {0x01, 0, 0x5e, 0, 0, 5}, ospf);
    c.run();
    CHECK_EQUAL(c[0].factory->tap("1/1")->take().size(), size_t{1});
    // And what the host sends by it leaves by the port, whatever its access list.
    AclSpec none;
    none.name = "none";
    none.otherwise = AclAction::drop;
    CHECK_EQUAL(c.commit(Records().acl(none).acl_bind("1/1", AclDirection::out, 4, "none")), std::string());
    const Bytes hello = frame({0x01, 0, 0x5e, 0, 0, 5}, port_mac(1, 1), packet({.source = "10.1.1.1", .destination = "224.0.0.5", .protocol = 89}));
    c[0].factory->tap("1/1")->give({hello, {}, 0, 0});
    c.run();
    const auto out = c.out(1, 1);
    CHECK_EQUAL(out.size(), size_t{1});
    CHECK(out[0].bytes == hello);
    // What it routes is asked for.
    c[0].factory->injected(0)->give({packet({.source = "10.0.1.1", .destination = host4(1, 1)}), {}, 0, 0});
    c.run();
    CHECK(c.out(1, 1).empty());
    CHECK_EQUAL(c[1].drops("acl-out", "denied"), uint64_t{1});
}

TEST("fabric: a member forwards, answers ARP, discovery and echo while the host's member is away") {
    Chassis c({.members = 3});
    c.know_hosts();
    c.silent[0] = true;
    c.run(1000000);
    c.outputs();
    c[1].give(1, arp(1, host_mac(1, 1), host4(1, 1), {}, "10.1.1.1", {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}));
    c[1].give(1, solicitation(host_mac(1, 1), host6(1, 1), "2001:db8:11::1"));
    c.give(1, 1, port_mac(1, 1), echo_request(host4(1, 1), "10.1.1.1"));
    c.give(1, 1, port_mac(1, 1), packet({.source = host4(1, 1), .destination = host4(2, 1)}));
    c.give(1, 1, port_mac(1, 1), packet({.source = host4(1, 1), .destination = "10.1.1.1", .protocol = 6, .destination_port = 22}));
    c.run();
    CHECK_EQUAL(c.out(1, 1).size(), size_t{3});
    CHECK_EQUAL(c.out(2, 1).size(), size_t{1});
    CHECK_EQUAL(c[1].drops("fabric", "member-not-reached"), uint64_t{1});
}

}  // namespace
}  // namespace weft::fabric_loss_test
