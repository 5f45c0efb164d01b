// What the box itself takes: classes, their policers, their settings.
#include "lab.h"

namespace weft::punt_test {
namespace {

struct Box : Lab {
    Box() {
        standard();
        know("if1", "10.0.1.9", h1);
        know("if1", "2001:db8:1::9", h1);
    }
    uint64_t passed(const std::string &name) { return of(name).passed; }
    PuntState of(const std::string &name) {
        for (const PuntState &s : core->punt_states())
            if (name == s.name) return s;
        throw CheckFailed{"no class " + name};
    }
    void host(const Bytes &packet, MacAddress to = mac(1)) {
        give(1, frame(to, h1, packet));
        run();
    }
};

TEST("punt: packets for the box are of the class that their protocol, port or address says") {
    struct Case {
        Bytes packet;
        const char *name;
    };
    const auto udp = [](uint16_t from, uint16_t to, const char *source = "10.0.1.9", const char *destination = "10.0.1.1") {
        return packet({.source = source, .destination = destination, .source_port = from, .destination_port = to});
    };
    const auto tcp = [](uint16_t from, uint16_t to) {
        return packet({.source = "10.0.1.9", .destination = "10.0.1.1", .protocol = 6, .source_port = from, .destination_port = to});
    };
    const auto protocol = [](uint8_t number, const char *destination) {
        return packet({.source = "10.0.1.9", .destination = destination, .protocol = number});
    };
    const auto icmp6 = [](uint8_t type, const char *to) {
        Bytes p = echo_request("2001:db8:1::9", to);
        p[40] = type;
        store16(&p[42], checksum_update(load16(&p[42]), 0x8000, static_cast<uint16_t>(type << 8)));
        return p;
    };
    const Case cases[] = {
        {tcp(50000, 179), "routing"},
        {tcp(179, 50000), "routing"},
        {tcp(50000, 646), "routing"},
        {udp(50000, 3784), "routing"},
        {udp(50000, 4342, "2001:db8:1::9", "2001:db8:1::1"), "routing"},
        {protocol(89, "224.0.0.5"), "routing"},
        {protocol(103, "10.0.1.1"), "routing"},
        {protocol(2, "224.0.0.22"), "routing"},
        {packet({.source = "fe80::9", .destination = "ff02::5", .protocol = 89}), "routing"},
        {icmp6(143, "ff02::16"), "routing"},
        {icmp6(133, "ff02::2"), "arp-nd"},
        {icmp6(129, "2001:db8:1::1"), "icmp"},
        {protocol(1, "10.0.1.1"), "icmp"},
        {tcp(50000, 22), "management"},
        {udp(123, 123), "management"},
        {udp(68, 67, "0.0.0.0", "255.255.255.255"), "management"},
        {udp(546, 547, "fe80::9", "ff02::1:2"), "management"},
        {tcp(500, 5000), "other"},
        {udp(5353, 5353, "10.0.1.9", "224.0.0.251"), "multicast"},
        {udp(5353, 5353, "fe80::9", "ff02::fb"), "multicast"},
        {udp(50000, 50000), "other"},
        {packet({.source = "10.0.1.9", .destination = "10.0.1.1", .protocol = 6, .destination_port = 179, .fragment = 7}), "other"},
    };
    Box box;
    for (const Case &c : cases) {
        const uint64_t before = box.passed(c.name);
        box.host(c.packet);
        if (box.passed(c.name) != before + 1) throw CheckFailed{std::string("not of class ") + c.name + ": " + hex(c.packet)};
    }
    CHECK_EQUAL(box.factory->tap("if1")->take().size(), sizeof cases / sizeof *cases);
}

TEST("punt: a flood of one class starves no other") {
    Box box;
    const Bytes flood = packet({.source = "10.0.1.9", .destination = "10.0.1.1"});
    const Bytes bgp = packet({.source = "10.0.1.9", .destination = "10.0.1.1", .protocol = 6, .destination_port = 179});
    const Bytes ospf = packet({.source = "10.0.1.9", .destination = "224.0.0.5", .protocol = 89});
    for (int n = 0; n < 50000; n++) {
        box.give(1, frame(mac(1), h1, flood));
        if (n % 100 == 0) box.give(1, frame(mac(1), h1, n % 200 ? bgp : ospf));
        if (n % 1000 == 0) box.run(1000);
    }
    box.run();
    CHECK_EQUAL(box.of("routing").passed, uint64_t{500});
    CHECK_EQUAL(box.of("routing").dropped, uint64_t{0});
    CHECK(box.of("other").dropped > 40000);
    CHECK_EQUAL(box.of("other").dropped, box.drops("punt", "policed-other"));
    CHECK_EQUAL(box.of("other").passed + box.of("other").dropped, uint64_t{50000});
}

TEST("punt: ARP requests and solicitations are policed, answers to the box's own are not") {
    Box box;
    CHECK_EQUAL(box.commit(Records().policer(PuntClass::arp_nd, {10, 5})), std::string());
    const MacAddress all{255, 255, 255, 255, 255, 255};
    for (int n = 0; n < 8; n++) box.give(1, arp(1, h1, "10.0.1.9", {}, "10.0.1.1", all));
    for (int n = 0; n < 8; n++) box.give(1, solicitation(h1, "2001:db8:1::9", "2001:db8:1::1"));
    box.run();
    CHECK_EQUAL(box.out(1).size(), size_t{5});
    CHECK_EQUAL(box.drops("punt", "policed-arp-nd"), uint64_t{11});
    box.give(2, frame(mac(2), mac(0x22), packet({.source = "10.0.2.9", .destination = "10.0.1.77"})));
    box.run();
    CHECK_EQUAL(box.out(1).size(), size_t{1});
    box.give(1, arp(2, mac(0x77), "10.0.1.77", mac(1), "10.0.1.1", mac(1)));
    box.run();
    CHECK_EQUAL(int{box.only(1).bytes[5]}, 0x77);
}

TEST("punt: limits hold as set, at 0 nothing passes, and what is not said is the default") {
    Box box;
    const Bytes packet1 = packet({.source = "10.0.1.9", .destination = "10.0.1.1"});
    const auto pass = [&](unsigned count) {
        const uint64_t before = box.passed("other");
        for (unsigned n = 0; n < count; n++) box.give(1, frame(mac(1), h1, packet1));
        box.run();
        return box.passed("other") - before;
    };
    CHECK_EQUAL(box.commit(Records().policer(PuntClass::other, {1000, 20})), std::string());
    CHECK_EQUAL(pass(30), uint64_t{20});
    box.run(5000);
    CHECK_EQUAL(pass(30), uint64_t{5});
    CHECK_EQUAL(box.commit(Records().policer(PuntClass::other, {0, 20})), std::string());
    box.run(1000000);
    CHECK_EQUAL(pass(3), uint64_t{0});
    CHECK_EQUAL(box.commit(Records().policer(PuntClass::other, {7, 0}, limit_has_rate)), std::string());
    CHECK_EQUAL(box.of("other").rate, 7u);
    CHECK_EQUAL(box.of("other").burst, default_punt[static_cast<size_t>(PuntClass::other)].burst);
    CHECK_EQUAL(box.commit(Records().policer(PuntClass::other, {0, 0}, 0)), std::string());
    CHECK_EQUAL(box.of("other").rate, default_punt[static_cast<size_t>(PuntClass::other)].rate);
}

TEST("punt: what no policer can hold to is refused, and a full transaction takes back what it does not say") {
    Box box;
    CHECK(box.commit(Records().policer(PuntClass::icmp, {2000000, 1})).find("policer of icmp has a rate") == 0);
    CHECK(box.commit(Records().policer(PuntClass::icmp, {1, 0})).find("policer of icmp has a burst") == 0);
    CHECK(box.commit(Records().policer(static_cast<PuntClass>(99), {1, 1})).find("policer of unknown class 99") == 0);
    CHECK(box.commit(Records().icmp_settings({1, 2000000})).find("policer of ICMP errors") == 0);
    CHECK(box.commit(Records().features("nowhere", {})).find("features name interface 'nowhere'") == 0);
    Records bad;
    bad.u8(16).str("if1").u8(9).u8(0).u8(0).u8(0);
    CHECK(box.commit(bad).find("interface 'if1' has unknown reverse path check 9") == 0);
    CHECK_EQUAL(box.commit(Records().policer(PuntClass::icmp, {1, 1}).features("if1", {{.reverse_path = ReversePath::loose}, {}})), std::string());
    CHECK_EQUAL(box.of("icmp").rate, 1u);
    CHECK_EQUAL(box.core->registry.settings.size(), size_t{1});
    CHECK_EQUAL(box.commit(Records().port("p1", "e1").interface("if1", "p1", {"10.0.1.1/24"}), true), std::string());
    CHECK_EQUAL(box.of("icmp").rate, default_punt[static_cast<size_t>(PuntClass::icmp)].rate);
    CHECK_EQUAL(box.core->registry.settings.size(), size_t{0});
}

}  // namespace
}  // namespace weft::punt_test
