// The routed interface of a bridge domain, and what is answered in the name of its neighbours.
#include "lab_pcapng.h"
#include "switch.h"

namespace weft::bridge_routed_test {
using namespace switching;
namespace {

TEST("bridge: the routed interface answers, routes from and into the domain, and floods what is not known") {
    Switch s(4);
    CHECK_EQUAL(s.commit(Records().interface_delete("if4").interface("if4", "p4", {"10.0.4.1/24"}).glean(4, "if4").route("10.0.4.0/24", 4)),
                std::string("bridge domain 'd' names interface 'if4', which is routed: it has addresses"));
    s.spec.members.pop_back();
    Records r;
    r.bridge(s.spec);
    r.interface("if4", "p4", {"10.0.4.1/24"}).glean(4, "if4").route("10.0.4.0/24", 4);
    CHECK_EQUAL(s.commit(r), std::string());
    s.route();
    CHECK(s.state("bvi").oper_up);
    CHECK_EQUAL(s.state("bvi").mtu, 1500u);
    // ARP for its address, answered by its MAC to where the question came from.
    s.give(1, arp(1, a, "10.0.9.7", {}, "10.0.9.1", everybody));
    s.run();
    const Frame answer = s.only(1);
    CHECK_EQUAL(hex(Bytes(answer.bytes.begin(), answer.bytes.begin() + 12)), hex(Bytes(a.begin(), a.end())) + "020000000099");
    s.out(2);
    s.out(3);
    // Routed out of the domain.
    s.know("if4", "10.0.4.9", mac(0x44));
    s.give(1, frame(mac(0x99), a, packet({.source = "10.0.9.7", .destination = "10.0.4.9"})));
    s.run();
    CHECK_EQUAL(int{s.only(4).bytes[22]}, 63);
    CHECK_EQUAL(s.state("bvi").in_unicast, uint64_t{1});
    // And into it: the neighbour is known by the question above, its MAC address is behind if1.
    s.give(4, frame(mac(4), mac(0x44), packet({.source = "10.0.4.9", .destination = "10.0.9.7"})));
    s.run();
    const Frame in = s.only(1);
    CHECK_EQUAL(hex(Bytes(in.bytes.begin(), in.bytes.begin() + 12)), hex(Bytes(a.begin(), a.end())) + "020000000099");
    CHECK_EQUAL(s.count(2) + s.count(3), size_t{0});
    // A neighbour that is not known is asked for by a flood.
    s.give(4, frame(mac(4), mac(0x44), packet({.source = "10.0.4.9", .destination = "10.0.9.20"})));
    s.run();
    for (unsigned port = 1; port <= 3; port++) CHECK_EQUAL(load16(&s.only(port).bytes[12]), type_arp);
    s.give(3, arp(2, c, "10.0.9.20", mac(0x99), "10.0.9.1", mac(0x99)));
    s.run();
    const Frame let_go = s.only(3);
    CHECK_EQUAL(hex(Bytes(let_go.bytes.begin(), let_go.bytes.begin() + 6)), hex(Bytes(c.begin(), c.end())));
    CHECK_EQUAL(s.bridge().to_box, uint64_t{2});
    CHECK(s.bridge().from_box >= 4);
    // A frame with its own address as source is a loop's.
    s.send(2, everybody, mac(0x99));
    CHECK_EQUAL(s.drops("bridge-input", "own-source-address"), uint64_t{1});
}

TEST("bridge: the routed interface is captured and mirrored as others are, and so are members of the domain") {
    Switch s(4);
    s.spec.members.pop_back();
    s.route();
    s.know("bvi", "10.0.9.7", a);
    s.know("bvi", "10.0.9.8", b);
    s.send(1, everybody, a);
    s.send(2, everybody, b);
    for (unsigned port = 1; port <= 4; port++) s.out(port);
    CHECK_EQUAL(s.commit(Records().mirror("m", "if4", {{"bvi", 3}, {"if3", 2}})), std::string());
    uint64_t number = 0;
    for (const char *name : {"bvi", "if1", "if2"}) CHECK_EQUAL(s.core->begin_capture(++number, {.interfaces = {name}}, s.now), std::string());
    const auto flags = [&](uint64_t n) {
        std::string each;
        for (const auto &p : captured(s, n).packets) each += p.flags == 1 ? 'i' : 'o';
        return each;
    };
    // To the box, and its answer.
    const Bytes ping = frame(mac(0x99), a, echo_request("10.0.9.7", "10.0.9.1"));
    s.give(1, ping);
    s.run();
    const Bytes answer = s.only(1).bytes;
    auto copies = s.out(4);
    CHECK_EQUAL(copies.size(), size_t{2});
    CHECK(copies[0].bytes == ping);
    CHECK(copies[1].bytes == answer);
    // Between members, whose addresses are known; then to all, the box among them.
    s.send(1, b, a);
    CHECK_EQUAL(s.count(4), size_t{0});
    s.give(1, arp(1, a, "10.0.9.7", {}, "10.0.9.1", everybody));
    s.run();
    CHECK_EQUAL(s.count(4), size_t{3});  // into the box, its answer, and out by if3
    CHECK_EQUAL(flags(1), std::string("ioio"));
    CHECK_EQUAL(flags(2), std::string("ioiio"));
    CHECK_EQUAL(flags(3), std::string("oo"));
    CHECK_EQUAL(s.commit(Records().mirror("m", "bvi", {{"if1", 1}})), std::string("mirror 'm' sends to interface 'bvi', which routes for a bridge domain"));
}

TEST("bridge: the routed interface is up while a member is, fragments for its MTU, and has a MAC address of its own") {
    Switch s(2);
    s.route();
    s.know("bvi", "10.0.9.7", a);
    s.send(1, everybody, a);
    s.out(2);
    Records r;
    r.u8(3).str("bvi").u32(0).str("").u8(11).u16(600).u8(0).u16(1).addr(address("10.0.9.1")).u8(24);
    CHECK_EQUAL(s.commit(r), std::string());
    const MacAddress own = s.state("bvi").mac;
    CHECK_EQUAL(own[0] & 3, 2);
    CHECK(own != mac(0x99));
    // An answer to the box's own echo, longer than the MTU.
    s.give(1, frame(own, a, echo_request("10.0.9.7", "10.0.9.1", 1000)));
    s.run();
    CHECK(s.out(1).size() > 1);
    CHECK_EQUAL(s.known({.mac = own}), size_t{1});
    CHECK_EQUAL(s.known({.mac = mac(0x99)}), size_t{0});
    for (unsigned port : {0u, 1u}) {
        LinkState link = s.wires[port]->link();
        link.up = false;
        s.wires[port]->set_link(link);
        s.core->watch_links();
        CHECK_EQUAL(s.state("bvi").oper_up, port == 0);
    }
}

TEST("bridge: requests for known neighbours are answered in their name, and go to nobody else") {
    Switch s;
    s.spec.suppresses = true;
    s.changed();
    const auto clear = [&] {
        for (unsigned port = 1; port <= 3; port++) s.out(port);
    };
    // The first one goes to all, its answer is noted.
    s.give(1, arp(1, a, "10.0.9.7", {}, "10.0.9.8", everybody));
    s.run();
    CHECK_EQUAL(s.count(2) + s.count(3), size_t{2});
    s.give(2, arp(2, b, "10.0.9.8", a, "10.0.9.7", a));
    s.run();
    CHECK_EQUAL(s.count(1), size_t{1});
    s.give(3, arp(1, c, "10.0.9.9", {}, "10.0.9.8", everybody));
    s.run();
    CHECK_EQUAL(s.count(1) + s.count(2), size_t{0});
    CHECK_EQUAL(hex(s.only(3).bytes), hex(arp(2, b, "10.0.9.8", c, "10.0.9.9", c)));
    CHECK_EQUAL(s.bridge().suppressed, uint64_t{1});
    // Whose segment it is on answers itself; a probe and an announcement are for all.
    s.give(2, arp(1, mac(0xd4), "10.0.9.10", {}, "10.0.9.8", everybody));
    s.give(3, arp(1, c, "0.0.0.0", {}, "10.0.9.8", everybody));
    s.give(3, arp(1, c, "10.0.9.9", {}, "10.0.9.9", everybody));
    s.run();
    CHECK_EQUAL(s.count(1), size_t{3});
    clear();
    // What was not heard for the ageing time is asked for again.
    s.run(301 * second);
    s.give(3, arp(1, c, "10.0.9.9", {}, "10.0.9.8", everybody));
    s.run();
    CHECK_EQUAL(s.count(1) + s.count(2), size_t{2});
    clear();
    // IPv6, from an advertisement.
    s.give(1, solicitation(a, "2001:db8:9::7", "2001:db8:9::8"));
    s.give(2, advertisement(b, "2001:db8:9::8", a, "2001:db8:9::7", true));
    s.run();
    clear();
    s.give(3, solicitation(c, "2001:db8:9::9", "2001:db8:9::8"));
    s.run();
    CHECK_EQUAL(s.count(1) + s.count(2), size_t{0});
    const Frame answer = s.only(3);
    CHECK_EQUAL(hex(answer.bytes), hex(advertisement(b, "2001:db8:9::8", c, "2001:db8:9::9", true)));
    // The routed interface gets requests for its address alone.
    s.route();
    clear();
    s.give(1, arp(1, a, "10.0.9.7", {}, "10.0.9.1", everybody));
    s.run();
    CHECK_EQUAL(s.count(2) + s.count(3), size_t{0});
    CHECK_EQUAL(s.count(1), size_t{1});
    s.spec.suppresses = false;
    s.changed();
    CHECK(!s.core->registry.bridge_neighbours);
}

TEST("bridge: what the routed interface asks for is taken from what stations have said, and doubted until the station confirms it") {
    Switch s(4);
    s.spec.members.pop_back();
    s.spec.suppresses = true;
    s.route();
    CHECK_EQUAL(s.commit(Records().interface("if4", "p4", {"10.0.4.1/24"}).glean(4, "if4").route("10.0.4.0/24", 4)), std::string());
    // Heard in passing: nobody has told the routed interface.
    s.give(2, arp(1, b, "10.0.9.8", {}, "10.0.9.77", everybody));
    s.run();
    CHECK(!s.has_neighbour("10.0.9.8"));
    for (unsigned port = 1; port <= 4; port++) s.out(port);
    const uint64_t before = s.bridge().suppressed;
    s.give(4, frame(mac(4), mac(0x44), packet({.source = "10.0.4.9", .destination = "10.0.9.8"})));
    for (unsigned n = 0; n < 3; n++) s.run(100000);
    CHECK_EQUAL(s.count(1) + s.count(3), size_t{0});
    const Frame in = s.only(2);
    CHECK_EQUAL(load16(&in.bytes[12]), type_ip4);
    CHECK(std::equal(b.begin(), b.end(), in.bytes.begin()));
    CHECK_EQUAL(s.bridge().suppressed, before + 1);
    // The next packet's use of it has the station asked, and nobody else.
    s.give(4, frame(mac(4), mac(0x44), packet({.source = "10.0.4.9", .destination = "10.0.9.8"})));
    s.run();
    s.only(2);
    for (unsigned n = 0; n < 8; n++) s.run(second);
    CHECK_EQUAL(s.count(1) + s.count(3), size_t{0});
    const auto asked = s.out(2);
    CHECK(!asked.empty());
    for (const Frame &f : asked) {
        CHECK_EQUAL(load16(&f.bytes[12]), type_arp);
        CHECK(std::equal(b.begin(), b.end(), f.bytes.begin()));
    }
    // Who has said nothing is asked for everywhere.
    s.give(4, frame(mac(4), mac(0x44), packet({.source = "10.0.4.9", .destination = "10.0.9.20"})));
    s.run();
    for (unsigned port = 1; port <= 3; port++) CHECK_EQUAL(load16(&s.only(port).bytes[12]), type_arp);
}

TEST("bridge: a further member that comes up hears of the routed interface, whose neighbours stay") {
    Switch s(3);
    LinkState link = s.wires[2]->link();
    link.up = false;
    s.wires[2]->set_link(link);
    s.core->watch_links();
    s.core->announces = true;
    s.route();
    s.know("bvi", "10.0.9.7", a);
    for (unsigned n = 0; n < 5; n++) s.run(second);
    CHECK(s.count(1) > 0);
    s.count(2);
    CHECK_EQUAL(s.count(3), size_t{0});
    link.up = true;
    s.wires[2]->set_link(link);
    s.core->watch_links();
    for (unsigned n = 0; n < 2; n++) s.run(second);
    const auto heard = s.out(3);
    CHECK(!heard.empty());
    CHECK_EQUAL(hex(heard[0].bytes), hex(arp(1, mac(0x99), "10.0.9.1", {}, "10.0.9.1", everybody)));
    CHECK(s.has_neighbour("10.0.9.7"));
}

}  // namespace
}  // namespace weft::bridge_routed_test
