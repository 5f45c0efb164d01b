// IPv6 through the box: if1 2001:db8:1::1/64 on e1, if2 2001:db8:2::1/64 on e2.
#include "lab.h"

namespace weft::forward6_test {
namespace {

Lab known() {
    Lab lab;
    lab.standard();
    lab.know("if1", "2001:db8:1::9", h1);
    lab.know("if2", "2001:db8:2::9", h2);
    return lab;
}

Bytes from_h1(const Ip &ip) { return frame(mac(1), h1, packet(ip)); }

TEST("ip6: a packet goes to its neighbour with its hop limit less one") {
    Lab lab = known();
    lab.give(1, from_h1({.source = "2001:db8:1::9", .destination = "2001:db8:2::9"}));
    lab.run();
    const Frame f = lab.only(2);
    CHECK_EQUAL(hex(Bytes(f.bytes.begin(), f.bytes.begin() + 14)), std::string("02000000002202000000000286dd"));
    CHECK_EQUAL(int{inner(f)[7]}, 63);
    CHECK_EQUAL(lab.state("if1").forwarded6, uint64_t{1});
}

TEST("ip6: errors say what RFC 4443 has for it, with as much of the packet as fits 1280 octets") {
    Lab lab = known();
    CHECK_EQUAL(lab.commit(Records()
                               .drop(50, DropKind::blackhole)
                               .drop(52, DropKind::prohibit)
                               .route("2001:db8:50::/48", 50)
                               .route("2001:db8:52::/48", 52)
                               .interface("if2", "p2", {"2001:db8:2::1/64"}, 31, 1400)),
                std::string());
    struct Case {
        const char *source, *destination;
        uint8_t limit;
        size_t payload;
        int type, code;
        uint32_t rest;
    };
    const Case cases[] = {{"2001:db8:1::9", "2001:db8:2::9", 1, 32, 3, 0, 0},
                          {"2001:db8:1::9", "2001:db8:99::1", 64, 32, 1, 0, 0},
                          {"2001:db8:1::9", "2001:db8:52::1", 64, 32, 1, 1, 0},
                          {"2001:db8:1::9", "2001:db8:2::9", 64, 1400, 2, 0, 1400},
                          {"2001:db8:1::9", "2001:db8:50::1", 64, 32, -1, 0, 0}};
    for (const Case &c : cases) {
        const Bytes b = from_h1({.source = c.source, .destination = c.destination, .ttl = c.limit, .payload = c.payload});
        lab.give(1, b);
        lab.run();
        CHECK(lab.out(2).empty());
        if (c.type < 0) {
            CHECK(lab.out(1).empty());
            continue;
        }
        const Bytes p = inner(lab.only(1));
        CHECK_EQUAL(source_of(p), std::string("2001:db8:1::1"));
        CHECK_EQUAL(destination_of(p), std::string(c.source));
        CHECK_EQUAL(int{p[40]}, c.type);
        CHECK_EQUAL(int{p[41]}, c.code);
        CHECK_EQUAL(load32(&p[44]), c.rest);
        CHECK_EQUAL(p.size(), std::min<size_t>(1280, 48 + b.size() - 14));
        CHECK(std::equal(p.begin() + 48, p.end(), b.begin() + 14));
    }
}

TEST("ip6: link-local addresses are not forwarded, and echo to the own one is answered on the link") {
    Lab lab = known();
    lab.know("if1", "fe80::9", h1);
    lab.give(1, from_h1({.source = "fe80::9", .destination = "2001:db8:2::9"}));
    lab.run();
    CHECK(lab.out(2).empty());
    const Bytes p = inner(lab.only(1));
    CHECK_EQUAL(int{p[40]}, 1);
    CHECK_EQUAL(int{p[41]}, 2);
    lab.give(1, from_h1({.source = "2001:db8:1::9", .destination = "fe80::1234"}));
    lab.run();
    CHECK(lab.out(1).empty() && lab.out(2).empty());
    lab.give(1, frame(mac(1), h1, echo_request("fe80::9", "fe80::ff:fe00:1")));
    lab.run();
    const Bytes reply = inner(lab.only(1));
    CHECK_EQUAL(int{reply[40]}, 129);
    CHECK_EQUAL(destination_of(reply), std::string("fe80::9"));
}

TEST("ip6: echo to own addresses and to all nodes is answered from an own address") {
    Lab lab = known();
    for (const char *own : {"2001:db8:1::1", "2001:db8:2::1", "ff02::1", "ff02::2"}) {
        const Bytes request = echo_request("2001:db8:1::9", own, 500);
        lab.give(1, frame(own[0] == 'f' ? MacAddress{0x33, 0x33, 0, 0, 0, 1} : mac(1), h1, request));
        lab.run();
        const Bytes reply = inner(lab.only(1));
        CHECK_EQUAL(int{reply[40]}, 129);
        CHECK_EQUAL(source_of(reply), std::string(own[0] == 'f' ? "2001:db8:1::1" : own));
        CHECK(std::equal(reply.begin() + 44, reply.end(), request.begin() + 44));
    }
}

TEST("ip6: what no router forwards is dropped by name") {
    Lab lab = known();
    const auto count = [&](Bytes b, const char *node, const char *reason) {
        const uint64_t before = lab.drops(node, reason);
        lab.give(1, std::move(b));
        lab.run();
        CHECK_EQUAL(lab.drops(node, reason), before + 1);
        CHECK(lab.out(1).empty() && lab.out(2).empty());
    };
    const Ip good{.source = "2001:db8:1::9", .destination = "2001:db8:2::9"};
    Bytes b = from_h1(good);
    b[14] = 0x50;
    count(b, "ip6-input", "bad-version");
    b = from_h1(good);
    b[18] = 0x10;
    count(b, "ip6-input", "bad-payload-length");
    b = from_h1(good);
    b.resize(14 + 39);
    count(b, "ip6-input", "too-short");
    for (const char *source : {"::1", "ff02::1", "::", "::ffff:10.0.0.1"})
        count(from_h1({.source = source, .destination = "2001:db8:2::9"}), "ip6-input", "martian-source");
    for (const char *destination : {"::", "::1"})
        count(from_h1({.source = "2001:db8:1::9", .destination = destination}), "ip6-input", "martian-destination");
    count(from_h1({.source = "2001:db8:1::9", .destination = "ff0e::1"}), "ip6-input", "multicast-not-forwarded");
}

}  // namespace
}  // namespace weft::forward6_test
