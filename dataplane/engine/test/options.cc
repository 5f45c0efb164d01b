// Options of IPv4, hop-by-hop options and other extension headers of IPv6: what passes, what is answered, what the host gets.
#include "lab.h"

namespace weft::options_test {
namespace {

struct Box : Lab {
    Box() {
        standard();
        know_hosts();
    }
    void give4(const Bytes &options, const std::string &to = "10.0.2.9", uint8_t ttl = 64) {
        give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = to, .ttl = ttl, .options = options})));
        run();
    }
    void give6(uint8_t next, const Bytes &extensions, const std::string &to = "2001:db8:2::9") {
        give(1, frame(mac(1), h1, packet({.source = "2001:db8:1::9", .destination = to, .extensions = extensions, .next = next})));
        run();
    }
    size_t to_host() { return factory->tap("if1")->take().size(); }
};

// Hop-by-hop header with one option and padding, before UDP.
Bytes hop_by_hop(uint8_t type, Bytes value = {0, 0}) {
    Bytes h{17, 0, type, static_cast<uint8_t>(value.size())};
    h.insert(h.end(), value.begin(), value.end());
    while (h.size() % 8) h.push_back(0);
    h[1] = static_cast<uint8_t>(h.size() / 8 - 1);
    return h;
}

TEST("options: record route, timestamps and what is not known are forwarded as they are") {
    Box box;
    for (const Bytes &options : {Bytes{7, 7, 4, 0, 0, 0, 0, 0}, Bytes{68, 8, 5, 0, 0, 0, 0, 0}, Bytes{1, 1, 0x9e, 3, 0, 0, 0, 0}, Bytes{0, 9, 9, 9}}) {
        box.give4(options);
        const Bytes p = inner(box.only(2));
        CHECK_EQUAL(hex(Bytes(p.begin() + 20, p.begin() + 20 + static_cast<long>(options.size()))), hex(options));
    }
}

TEST("options: source routes are not followed") {
    Box box;
    for (const uint8_t type : {131, 137})
        for (const char *to : {"10.0.2.9", "10.0.1.1"}) box.give4({type, 7, 4, 10, 0, 2, 9, 0}, to);
    CHECK(box.out(1).empty() && box.out(2).empty());
    CHECK_EQUAL(box.to_host(), size_t{0});
    CHECK_EQUAL(box.drops("ip4-input", "source-route-option"), uint64_t{4});
}

TEST("options: a malformed one is told where") {
    Box box;
    struct Case {
        Bytes options;
        int pointer;
    };
    for (const Case &c : {Case{{7, 1, 4, 0}, 21}, Case{{1, 1, 7, 3}, 23}, Case{{7, 9, 4, 0}, 21}, Case{{1, 1, 1, 7}, 23}}) {
        box.give4(c.options);
        CHECK(box.out(2).empty());
        const Error e = error_of(box.only(1));
        CHECK_EQUAL(e.type, 12);
        CHECK_EQUAL(e.code, 0);
        CHECK_EQUAL(int(e.rest >> 24), c.pointer);
    }
    CHECK_EQUAL(box.drops("ip4-input", "bad-option"), uint64_t{4});
}

TEST("options: a router alert to others is for the host, whatever its TTL, unless it is to be ignored") {
    Box box;
    const Bytes alert{0x94, 4, 0, 0};
    box.give4(alert);
    box.give4(alert, "10.0.2.9", 1);
    box.give4({0x94, 4, 0, 7});
    CHECK_EQUAL(box.out(2).size(), size_t{1});
    CHECK_EQUAL(box.to_host(), size_t{2});
    CHECK(box.out(1).empty());
    CHECK_EQUAL(box.commit(Records().icmp_settings(default_icmp_errors, true)), std::string());
    box.give4(alert);
    box.only(2);
    CHECK_EQUAL(box.to_host(), size_t{0});
}

TEST("options: too many router alerts are dropped and counted, and nothing else is") {
    Box box;
    CHECK_EQUAL(box.commit(Records().policer(PuntClass::options, {10, 3})), std::string());
    for (int n = 0; n < 8; n++) {
        box.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .options = {0x94, 4, 0, 0}})));
        box.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9"})));
    }
    box.run();
    CHECK_EQUAL(box.to_host(), size_t{3});
    CHECK_EQUAL(box.drops("punt", "policed-options"), uint64_t{5});
    CHECK_EQUAL(box.out(2).size(), size_t{8});
}

TEST("options: echo requests with options are the host's to answer") {
    Box box;
    Bytes request = echo_request("10.0.1.9", "10.0.1.1");
    request.insert(request.begin() + 20, {7, 7, 4, 0, 0, 0, 0, 0});
    request[0] = 0x47;
    store16(&request[2], static_cast<uint16_t>(request.size()));
    store16(&request[10], 0);
    store16(&request[10], checksum(request.data(), 28));
    box.give(1, frame(mac(1), h1, request));
    box.run();
    CHECK(box.out(1).empty());
    CHECK_EQUAL(box.to_host(), size_t{1});
}

TEST("options6: known hop-by-hop options and those to be skipped pass") {
    Box box;
    for (const uint8_t type : {1, 0x1e, 0x3e}) {
        box.give6(0, hop_by_hop(type));
        CHECK_EQUAL(int{inner(box.only(2))[7]}, 63);
    }
    box.give6(0, {17, 0, 0, 0, 0, 0, 0, 0});
    box.only(2);
}

TEST("options6: an unknown option ends a packet as its highest bits say, and its sender is told where it stands") {
    Box box;
    struct Case {
        uint8_t type;
        const char *to;
        bool told;
    };
    const Case cases[] = {{0x41, "2001:db8:2::9", false}, {0x81, "2001:db8:2::9", true}, {0xc1, "2001:db8:2::9", true},
                          {0x81, "ff02::5", true},        {0xc1, "ff02::5", false},      {0x81, "2001:db8:1::1", true}};
    for (const Case &c : cases) {
        box.give6(0, hop_by_hop(c.type), c.to);
        CHECK(box.out(2).empty());
        CHECK_EQUAL(box.to_host(), size_t{0});
        if (!c.told) {
            CHECK(box.out(1).empty());
            continue;
        }
        const Frame f = box.only(1);
        const Error e = error_of(f);
        CHECK_EQUAL(e.type, 4);
        CHECK_EQUAL(e.code, 2);
        CHECK_EQUAL(e.rest, uint32_t{42});
        CHECK_EQUAL(source_of(inner(f)), std::string("2001:db8:1::1"));
    }
    CHECK_EQUAL(box.drops("ip6-input", "unknown-hop-by-hop-option"), uint64_t{6});
}

TEST("options6: a jumbo option beside a payload length is an error, a header that does not fit a drop") {
    Box box;
    box.give6(0, hop_by_hop(0xc2, {0, 1, 0, 0}));
    const Error e = error_of(box.only(1));
    CHECK_EQUAL(e.type, 4);
    CHECK_EQUAL(e.code, 0);
    for (const Bytes &bad : {Bytes{17, 200, 1, 4, 0, 0, 0, 0}, Bytes{17, 0, 5, 9, 0, 0, 0, 0}, Bytes{17, 0, 1, 3, 0, 0, 0, 9}}) box.give6(0, bad);
    Bytes many(8 * 8, 0);
    many[0] = 17;
    many[1] = 7;
    box.give6(0, many);
    CHECK(box.out(1).empty() && box.out(2).empty());
    CHECK_EQUAL(box.drops("ip6-input", "bad-extension-header"), uint64_t{4});
}

TEST("options6: a router alert to others is for the host") {
    Box box;
    box.give6(0, hop_by_hop(5));
    CHECK(box.out(2).empty());
    CHECK_EQUAL(box.to_host(), size_t{1});
    CHECK_EQUAL(box.commit(Records().icmp_settings(default_icmp_errors, true)), std::string());
    box.give6(0, hop_by_hop(5));
    box.only(2);
}

TEST("options6: other extension headers pass, known or not, and are not looked into") {
    Box box;
    for (const uint8_t next : {43, 60, 135, 44, 140, 253}) {
        const Bytes header{17, 0, 0, 1, 0, 0, 0, 0};
        box.give6(next, header);
        const Bytes p = inner(box.only(2));
        CHECK_EQUAL(hex(Bytes(p.begin() + 40, p.begin() + 48)), hex(header));
    }
}

TEST("options6: an echo request behind extension headers is the host's to answer") {
    Box box;
    Bytes request = echo_request("2001:db8:1::9", "2001:db8:1::1");
    const Bytes routing{58, 0, 0, 1, 0, 0, 0, 0};
    request.insert(request.begin() + 40, routing.begin(), routing.end());
    request[6] = 43;
    store16(&request[4], static_cast<uint16_t>(request.size() - 40));
    box.give(1, frame(mac(1), h1, request));
    box.run();
    CHECK(box.out(1).empty());
    CHECK_EQUAL(box.to_host(), size_t{1});
}

}  // namespace
}  // namespace weft::options_test
