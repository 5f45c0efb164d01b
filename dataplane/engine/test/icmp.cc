// What senders are told: ICMP errors and redirects, from which address, about what, and how often.
#include "lab.h"

namespace weft::icmp_test {
namespace {

struct Box : Lab {
    explicit Box(unsigned ports = 2) : Lab(ports) {
        standard();
        know_hosts();
    }
    void host(const Bytes &packet) {
        give(1, frame(mac(1), h1, packet));
        run();
    }
};

TEST("icmp: an error comes from the interface by which it leaves") {
    Box box;
    CHECK_EQUAL(box.commit(Records().adjacency(50, "if2", "10.0.2.9").route("172.16.0.0/12", 50)), std::string());
    box.host(packet({.source = "172.16.0.1", .destination = "192.0.2.1"}));
    CHECK(box.out(1).empty());
    const Frame f = box.only(2);
    CHECK_EQUAL(source_of(inner(f)), std::string("10.0.2.1"));
    CHECK_EQUAL(error_of(f).type, 3);
}

TEST("icmp: errors have the precedence of network control, a whole TTL and a right checksum") {
    Box box;
    box.host(packet({.source = "10.0.1.9", .destination = "192.0.2.1"}));
    const Bytes p = inner(box.only(1));
    CHECK_EQUAL(int{p[1]}, 0xc0);
    CHECK_EQUAL(int{p[8]}, 64);
    box.host(packet({.source = "2001:db8:1::9", .destination = "2001:db8:99::1"}));
    const Bytes p6 = inner(box.only(1));
    CHECK_EQUAL(int{p6[0]}, 0x6c);
    CHECK_EQUAL(int{p6[7]}, 64);
}

TEST("icmp: an error about a packet to the box comes from the address that it was sent to") {
    Box box;
    CHECK_EQUAL(box.commit(Records().interface("if1", "p1", {"10.0.1.1/24", "2001:db8:1::1/64", "2001:db8:1::2/64"})), std::string());
    box.host(packet({.source = "2001:db8:1::9", .destination = "2001:db8:1::2", .extensions = {17, 0, 0x81, 4, 0, 0, 0, 0}, .next = 0}));
    CHECK_EQUAL(source_of(inner(box.only(1))), std::string("2001:db8:1::2"));
}

TEST("icmp: unreachables can be silenced, what path MTU discovery and traceroute live by cannot") {
    Box box;
    const FamilySettings silent{.unreachables = false};
    CHECK_EQUAL(box.commit(Records()
                               .features("if1", {silent, silent})
                               .drop(52, DropKind::prohibit)
                               .route("172.16.0.0/12", 52)
                               .interface("if2", "p2", {"10.0.2.1/24", "2001:db8:2::1/64"}, 31, 1300)),
                std::string());
    for (const char *to : {"192.0.2.1", "172.16.0.1"}) box.host(packet({.source = "10.0.1.9", .destination = to}));
    box.host(packet({.source = "2001:db8:1::9", .destination = "2001:db8:99::1"}));
    CHECK(box.out(1).empty());
    box.host(packet({.source = "10.0.1.9", .destination = "10.0.2.9", .payload = 1350, .dont_fragment = true}));
    CHECK_EQUAL(error_of(box.only(1)).code, 4);
    box.host(packet({.source = "2001:db8:1::9", .destination = "2001:db8:2::9", .payload = 1350}));
    CHECK_EQUAL(error_of(box.only(1)).type, 2);
    box.host(packet({.source = "10.0.1.9", .destination = "10.0.2.9", .ttl = 1}));
    CHECK_EQUAL(error_of(box.only(1)).type, 11);
}

TEST("icmp: no error is about what has no sender to tell, an error, or what went to many") {
    Box box;
    const auto silent = [&](const Bytes &frame) {
        box.give(1, frame);
        box.run();
        CHECK(box.out(1).empty());
    };
    const auto typed = [](const char *from, const char *to, uint8_t type) {
        Bytes p = echo_request(from, to);
        p[p[0] >> 4 == 6 ? 40 : 20] = type;
        return p;
    };
    for (const uint8_t type : {3, 4, 5, 11, 12}) silent(frame(mac(1), h1, typed("10.0.1.9", "192.0.2.1", type)));
    for (const uint8_t type : {1, 2, 3, 4, 137}) silent(frame(mac(1), h1, typed("2001:db8:1::9", "2001:db8:99::1", type)));
    silent(frame({0x33, 0x33, 0, 0, 0, 1}, h1, packet({.source = "2001:db8:1::9", .destination = "2001:db8:99::1"})));
    silent(frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.255"})));
    silent(frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "239.1.1.1"})));
    silent(frame(mac(1), h1, packet({.source = "2001:db8:1::9", .destination = "ff0e::1"})));
    for (const uint8_t type : {0, 8, 13}) {
        box.host(typed("10.0.1.9", "192.0.2.1", type));
        CHECK_EQUAL(error_of(box.only(1)).type, 3);
    }
    // The first fragment has what its sender can tell the packet by.
    box.host(packet({.source = "10.0.1.9", .destination = "192.0.2.1", .fragment = 0x2000}));
    CHECK_EQUAL(error_of(box.only(1)).type, 3);
}

TEST("icmp: the limit of errors is as set, of both families together") {
    Box box;
    CHECK_EQUAL(box.commit(Records().icmp_settings({100, 4})), std::string());
    const auto errors = [&] {
        for (int n = 0; n < 5; n++) {
            box.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "192.0.2.1"})));
            box.give(1, frame(mac(1), h1, packet({.source = "2001:db8:1::9", .destination = "2001:db8:99::1"})));
        }
        box.run();
        return box.out(1).size();
    };
    CHECK_EQUAL(errors(), size_t{5});  // four, and the one that the interface has to itself
    CHECK_EQUAL(errors(), size_t{0});
    box.run(20000);
    CHECK_EQUAL(errors(), size_t{2});
    CHECK_EQUAL(box.drops("icmp-error", "rate-limited"), uint64_t{23});
    CHECK_EQUAL(box.commit(Records().icmp_settings({0, 4})), std::string());
    box.run(1000000);
    CHECK_EQUAL(errors(), size_t{0});
}

TEST("icmp: errors about a flood on one interface leave some to the others") {
    Box box;
    box.know("if2", "10.0.2.8", h2);
    const auto told = [&](unsigned port, const char *source, unsigned count) {
        for (unsigned n = 0; n < count; n++)
            box.give(port, frame(mac(static_cast<uint8_t>(port)), port == 1 ? h1 : h2, packet({.source = source, .destination = "192.0.2.1"})));
        box.run();
        return box.out(port).size();
    };
    CHECK_EQUAL(told(1, "10.0.1.9", 500), size_t{default_icmp_errors.burst} + 10);
    CHECK_EQUAL(told(2, "10.0.2.8", 20), size_t{10});
    for (unsigned tenths = 0; tenths < 10; tenths++) {
        box.run(100000);
        told(1, "10.0.1.9", 200);
        CHECK_EQUAL(told(2, "10.0.2.8", 3), size_t{1});
    }
}

TEST("icmp: a redirect to the box changes nothing") {
    Box box;
    Bytes r = echo_request("fe80::8", "fe80::ff:fe00:1", 64);
    r[40] = 137;
    r[7] = 255;
    store16(&r[42], checksum_update(load16(&r[42]), 0x8000, 0x8900));
    box.host(r);
    CHECK_EQUAL(box.drops("nd-input", "ignored-message"), uint64_t{1});
    CHECK(box.out(1).empty() && box.factory->tap("if1")->take().empty());
}

TEST("icmp: redirects are sent where they are asked for, and the packet goes on") {
    Box box;
    CHECK_EQUAL(box.commit(Records()
                               .adjacency(50, "if1", "10.0.1.8")
                               .adjacency(60, "if1", "fe80::8")
                               .adjacency(61, "if1", "2001:db8:1::8")
                               .route("192.0.2.0/24", 50)
                               .route("2001:db8:60::/48", 60)
                               .route("2001:db8:61::/48", 61)),
                std::string());
    for (const char *a : {"10.0.1.8", "fe80::8", "2001:db8:1::8"}) box.know("if1", a, mac(0x18));
    const Bytes v4 = packet({.source = "10.0.1.9", .destination = "192.0.2.1"});
    const Bytes v6 = packet({.source = "2001:db8:1::9", .destination = "2001:db8:60::1"});
    for (const Bytes &p : {v4, v6}) {
        box.host(p);
        CHECK_EQUAL(int{box.only(1).bytes[5]}, 0x18);
    }
    const FamilySettings told{.redirects = true};
    CHECK_EQUAL(box.commit(Records().features("if1", {told, told})), std::string());

    box.host(v4);
    auto frames = box.out(1);
    CHECK_EQUAL(frames.size(), size_t{2});
    std::sort(frames.begin(), frames.end(), [](const Frame &a, const Frame &b) { return a.bytes[5] < b.bytes[5]; });
    CHECK_EQUAL(int{inner(frames[1])[8]}, 63);
    const Error e = error_of(frames[0]);
    CHECK_EQUAL(e.type, 5);
    CHECK_EQUAL(e.code, 1);
    CHECK_EQUAL(e.rest, load32(address("10.0.1.8").bytes.data()));
    CHECK_EQUAL(hex(e.quoted), hex(v4));

    box.host(v6);
    frames = box.out(1);
    CHECK_EQUAL(frames.size(), size_t{2});
    std::sort(frames.begin(), frames.end(), [](const Frame &a, const Frame &b) { return a.bytes[5] < b.bytes[5]; });
    const Bytes r = inner(frames[0]);
    CHECK_EQUAL(source_of(r), std::string("fe80::ff:fe00:1"));
    CHECK_EQUAL(int{r[7]}, 255);
    CHECK_EQUAL(int{r[40]}, 137);
    CHECK_EQUAL(to_text(load_ip6(&r[48])), std::string("fe80::8"));
    CHECK_EQUAL(to_text(load_ip6(&r[64])), std::string("2001:db8:60::1"));
    CHECK_EQUAL(hex(Bytes(r.begin() + 80, r.begin() + 88)), std::string("0201020000000018"));
    CHECK_EQUAL(int{r[88]}, 4);
    CHECK_EQUAL(r.size(), size_t{88 + r[89] * 8u});
    CHECK(std::equal(r.begin() + 96, r.end(), v6.begin()));

    // A sender that is no neighbour, a router that is known by another address only: nobody is told.
    for (const Bytes &p : {packet({.source = "172.16.0.1", .destination = "192.0.2.1"}), packet({.source = "2001:db8:77::1", .destination = "2001:db8:60::1"}),
                           packet({.source = "2001:db8:1::9", .destination = "2001:db8:61::1"})}) {
        box.host(p);
        CHECK_EQUAL(int{box.only(1).bytes[5]}, 0x18);
    }
    // A neighbour that could have been asked directly.
    box.host(packet({.source = "10.0.1.9", .destination = "10.0.1.8"}));
    CHECK_EQUAL(box.out(1).size(), size_t{2});
    box.host(packet({.source = "2001:db8:1::9", .destination = "2001:db8:1::8"}));
    CHECK_EQUAL(box.out(1).size(), size_t{2});
}

}  // namespace
}  // namespace weft::icmp_test
