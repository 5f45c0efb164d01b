// VRFs: addresses that overlap, routes that lead into another one, and what comes, moves and goes. Ports 1 and 2 are in red (1), 3 and
// 4 in blue (2): in each VRF 10.0.1.1/24 and 10.0.2.1/24, and hosts .9 behind them whose MACs end in the number of their port.
#include "lab.h"

namespace weft::vrf_test {
namespace {

constexpr uint32_t red = 1, blue = 2;

std::string number(unsigned n) { return std::to_string(n); }

MacAddress host(unsigned port) { return mac(static_cast<uint8_t>(0x40 + port)); }

struct Box : Lab {
    Box() : Lab(4) {
        Records r;
        r.vrf(red, "red").vrf(blue, "blue").local(10, red).local(20, blue);
        for (unsigned n = 1; n <= 4; n++) add(r, n, n < 3 ? red : blue);
        CHECK_EQUAL(commit(r), std::string());
    }
    static std::string link(unsigned port) { return number(port % 2 ? 1 : 2); }
    // What a port has in a VRF, with its routes there.
    static void add(Records &r, unsigned n, uint32_t vrf) {
        const std::string net4 = "10.0." + link(n) + ".", net6 = "2001:db8:" + link(n) + "::";
        r.port("p" + number(n), "e" + number(n)).interface("if" + number(n), "p" + number(n), {net4 + "1/24", net6 + "1/64"}, 31, 0, vrf);
        r.glean(n, "if" + number(n)).route(net4 + "0/24", n, vrf).route(net6 + "/64", n, vrf);
        r.route(net4 + "1/32", vrf * 10, vrf).route(net6 + "1/128", vrf * 10, vrf);
        r.neighbour("if" + number(n), net4 + "9", host(n)).neighbour("if" + number(n), net6 + "9", host(n));
    }
    void send(unsigned port, const std::string &to, uint8_t ttl = 64) {
        const bool v6 = to.find(':') != std::string::npos;
        const std::string from = (v6 ? "2001:db8:" + link(port) + "::9" : "10.0." + link(port) + ".9");
        give(port, frame(mac(static_cast<uint8_t>(port)), host(port), packet({.source = from, .destination = to, .ttl = ttl})));
        run();
    }
    // The port, of those, by which exactly one packet has left to its host; 0: none did.
    unsigned left() {
        unsigned by = 0;
        for (unsigned n = 1; n <= 4; n++) {
            const auto frames = out(n);
            if (frames.empty()) continue;
            CHECK_EQUAL(frames.size(), size_t{1});
            CHECK_EQUAL(by, 0u);
            CHECK_EQUAL(int{frames[0].bytes[5]}, int{host(n)[5]});
            by = n;
        }
        return by;
    }
};

TEST("vrf: the same addresses in two are two hosts, routers and neighbours") {
    Box box;
    for (const char *to : {"10.0.2.9", "2001:db8:2::9"}) {
        box.send(1, to);
        CHECK_EQUAL(box.left(), 2u);
        box.send(3, to);
        CHECK_EQUAL(box.left(), 4u);
    }
    // Its own addresses, and who asks for them.
    for (const unsigned port : {1u, 3u}) {
        box.give(port, frame(mac(static_cast<uint8_t>(port)), host(port), echo_request("10.0.1.9", "10.0.2.1")));
        box.run();
        CHECK_EQUAL(box.left(), port);
        box.give(port, arp(1, host(port), "10.0.1.9", {}, "10.0.1.1", {255, 255, 255, 255, 255, 255}));
        box.run();
        const Frame answer = box.only(port);
        CHECK_EQUAL(int{answer.bytes[11]}, static_cast<int>(port));
    }
    // What has no route in one may have it in the other.
    CHECK_EQUAL(box.commit(Records().route("192.0.2.0/24", 4, blue)), std::string());
    box.send(1, "192.0.2.9");
    const Error e = error_of(box.only(1));
    CHECK_EQUAL(e.type, 3);
    CHECK_EQUAL(e.code, 0);
    CHECK_EQUAL(box.drops("ip4-lookup", "no-route"), uint64_t{1});
}

TEST("vrf: errors come from an address of the VRF that the packet came in by") {
    Box box;
    CHECK_EQUAL(box.commit(Records().interface("if3", "p3", {"10.0.3.1/24", "2001:db8:3::1/64"}, 31, 0, blue)), std::string());
    box.send(3, "10.0.2.9", 1);
    CHECK_EQUAL(source_of(inner(box.only(3))), std::string("10.0.3.1"));
    box.send(3, "2001:db8:2::9", 1);
    CHECK_EQUAL(source_of(inner(box.only(3))), std::string("2001:db8:3::1"));
}

TEST("vrf: a lookup leads into another VRF, counted on the way, and back by that one's own routes") {
    Box box;
    CHECK_EQUAL(box.commit(Records().lookup(30, blue).route("10.0.2.0/24", 30, red).route("2001:db8:2::/64", 30, red)), std::string());
    for (const char *to : {"10.0.2.9", "2001:db8:2::9"}) {
        box.send(1, to);
        CHECK_EQUAL(box.left(), 4u);
    }
    CHECK_EQUAL(box.core->object_state(30)[0].packets, uint64_t{2});
    CHECK_EQUAL(std::string(box.core->object_state(30)[0].type), std::string("lookup"));
    CHECK_EQUAL(box.core->object_state(30)[0].kind, std::string("blue"));
    CHECK_EQUAL(box.core->object_state(4)[0].packets, uint64_t{2});
    // Its answers stay in blue.
    box.send(4, "10.0.1.9");
    CHECK_EQUAL(box.left(), 3u);
    // A group of ways there, and no way.
    CHECK_EQUAL(box.commit(Records()
                               .adjacency(40, "if3", "10.0.1.9")
                               .adjacency(41, "if4", "10.0.2.9")
                               .group(42, {{40, 1}, {41, 1}})
                               .lookup(31, blue)
                               .route("198.51.100.0/24", 42, blue)
                               .route("198.51.0.0/16", 31, red)),
                std::string());
    box.send(1, "198.51.100.7");
    CHECK(box.left() >= 3);
    box.send(1, "198.51.1.7");
    CHECK_EQUAL(error_of(box.only(1)).code, 0);
    CHECK_EQUAL(box.drops("ip4-lookup", "no-route"), uint64_t{1});
}

TEST("vrf: lookups in a circle end in a counted drop, after four tables") {
    Box box;
    Records r;
    r.vrf(3, "a").vrf(4, "b").lookup(33, 3).lookup(34, 4).lookup(31, red).lookup(32, blue);
    r.route("192.0.2.0/24", 32, red).route("192.0.2.0/24", 31, blue);
    r.route("198.51.100.0/24", 33, red).route("198.51.100.0/24", 34, 3).route("198.51.100.0/24", 32, 4);
    r.route("198.51.100.0/24", 4, blue).neighbour("if4", "198.51.100.9", host(4));
    CHECK_EQUAL(box.commit(r), std::string());
    box.send(1, "192.0.2.9");
    CHECK_EQUAL(box.left(), 0u);
    CHECK_EQUAL(box.drops("vrf-lookup", "too-many-lookups"), uint64_t{1});
    box.send(1, "198.51.100.9");
    CHECK_EQUAL(box.left(), 4u);
    CHECK_EQUAL(box.drops("vrf-lookup", "too-many-lookups"), uint64_t{1});
}

TEST("vrf: what another VRF's lookup finds to be the box's own goes to that VRF's host, echo is answered to who asked") {
    Box box;
    CHECK_EQUAL(box.commit(Records().lookup(30, blue).route("10.0.2.0/24", 30, red).route_delete("10.0.2.1/32", red)), std::string());
    box.send(1, "10.0.2.1");
    CHECK_EQUAL(box.left(), 0u);
    CHECK_EQUAL(box.factory->injected(blue)->take().size(), size_t{1});
    CHECK(box.factory->injected(red)->take().empty());
    CHECK(box.factory->tap("if1")->take().empty());
    box.give(1, frame(mac(1), host(1), echo_request("10.0.1.9", "10.0.2.1")));
    box.run();
    CHECK_EQUAL(source_of(inner(box.only(1))), std::string("10.0.2.1"));
    // In its own VRF it goes to the interface's tap.
    box.send(3, "10.0.2.1");
    CHECK_EQUAL(box.factory->tap("if3")->take().size(), size_t{1});
}

TEST("vrf: reverse path checks follow lookups into the other VRF") {
    Box box;
    const FamilySettings strict{.reverse_path = ReversePath::strict}, loose{.reverse_path = ReversePath::loose};
    const auto from = [&](const std::string &source) {
        box.give(1, frame(mac(1), host(1), packet({.source = source, .destination = "10.0.2.9"})));
        box.run();
        return box.left() == 2;
    };
    CHECK_EQUAL(box.commit(Records().lookup(30, blue).route("192.0.2.0/24", 4, blue).route("192.0.0.0/16", 30, red).features("if1", {loose, loose})), std::string());
    CHECK(from("192.0.2.7"));
    CHECK(!from("192.0.3.7"));
    CHECK_EQUAL(box.commit(Records().features("if1", {strict, strict})), std::string());
    CHECK(!from("192.0.2.7"));
    CHECK_EQUAL(box.commit(Records().route("192.0.2.0/24", 1, blue)), std::string());
    CHECK(from("192.0.2.7"));
}

TEST("vrf: one is deleted with all that is in it, and made again; not while an interface is in it") {
    Box box;
    const size_t before = box.core->statistics().routes4;
    CHECK_EQUAL(box.commit(Records().vrf_delete(blue)), std::string("VRF 'blue' can't be deleted: interface 'if3' is in it"));
    CHECK_EQUAL(box.commit(Records().vrf(blue, "green")), std::string("VRF 2 is called 'blue' and can't be called 'green'"));
    CHECK_EQUAL(box.core->statistics().routes4, before);
    const std::weak_ptr<Vrf> was = box.core->vrfs.share(blue);
    CHECK_EQUAL(box.commit(Records().interface_delete("if3").interface_delete("if4").object_delete(20).vrf_delete(blue)), std::string());
    CHECK_EQUAL(box.core->statistics().routes4, before / 2);
    CHECK(!box.core->vrfs.find(blue));
    CHECK(box.factory->vrfs() == (std::map<uint32_t, std::string>{{red, "red"}}));
    CHECK(!box.factory->injected(blue));
    CHECK(!box.factory->tap("if3"));
    box.send(1, "10.0.2.9");
    CHECK_EQUAL(box.left(), 2u);
    box.core->collect(0);
    box.run();
    box.core->collect(0);
    CHECK(was.expired());
    Records again;
    again.vrf(blue, "blue").local(20, blue);
    for (const unsigned n : {3u, 4u}) Box::add(again, n, blue);
    CHECK_EQUAL(box.commit(again), std::string());
    box.send(3, "10.0.2.9");
    CHECK_EQUAL(box.left(), 4u);
    // What a full transaction does not say is gone as well; one that is refused makes none.
    CHECK_EQUAL(box.commit(Records().vrf(5, "five").interface("x", "nowhere", {}, 31, 0, 5)), std::string("interface 'x' names port 'nowhere', which does not exist"));
    CHECK(!box.core->vrfs.find(5));
    CHECK_EQUAL(box.commit(Records(), true), std::string());
    CHECK(box.factory->vrfs().empty());
    CHECK_EQUAL(box.core->vrfs.size(), size_t{1});
}

TEST("vrf: an object that led into a VRF that went and came again leads into the new one") {
    Box box;
    CHECK_EQUAL(box.commit(Records().lookup(30, blue).route("192.0.2.0/24", 30, red)), std::string());
    CHECK_EQUAL(box.commit(Records().interface_delete("if3").interface_delete("if4").vrf_delete(blue)), std::string());
    box.send(1, "192.0.2.9");
    CHECK_EQUAL(error_of(box.only(1)).code, 0);
    Records again;
    again.vrf(blue, "blue").local(20, blue).lookup(30, blue).route("192.0.2.0/24", 4, blue).neighbour("if4", "192.0.2.9", host(4));
    for (const unsigned n : {3u, 4u}) Box::add(again, n, blue);
    CHECK_EQUAL(box.commit(again), std::string());
    box.send(1, "192.0.2.9");
    CHECK_EQUAL(box.left(), 4u);
}

// Its hosts' devices take their time, in which the worker goes on.
struct SlowDevices : MemoryFactory {
    std::function<void()> meanwhile = [] {};
    std::string set_host_addresses(const HostTapRequest &request, const HostAddress *addresses, size_t count) override {
        meanwhile();
        return MemoryFactory::set_host_addresses(request, addresses, count);
    }
};

TEST("vrf: an interface that moves is not heard until its new VRF has its routes; its tap moves along, what waited for it goes") {
    auto made = std::make_unique<SlowDevices>();
    SlowDevices &slow = *made;
    Lab lab(2, std::move(made));
    lab.standard();
    lab.know("if2", "10.0.2.9", h2);
    // One waits for a neighbour of the interface that is to move.
    lab.give(2, frame(mac(2), h2, packet({.source = "10.0.2.9", .destination = "10.0.1.77"})));
    lab.run();
    lab.out(1);
    lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9"})));
    unsigned turns = 0;
    slow.meanwhile = [&] {
        lab.run();
        turns++;
    };
    Records r;
    r.vrf(red, "red").interface("if1", "p1", {"10.0.1.1/24"}, 31, 0, red).adjacency(50, "if2", "10.0.2.9").route("10.0.2.0/24", 50, red);
    r.route_delete("10.0.1.0/24").route_delete("10.0.1.1/32").route("10.0.1.0/24", 1, red);
    CHECK_EQUAL(lab.commit(r), std::string());
    CHECK_EQUAL(turns, 1u);
    CHECK_EQUAL(lab.drops("ip4-lookup", "no-route"), uint64_t{0});
    lab.run();
    CHECK_EQUAL(destination_of(inner(lab.only(2))), std::string("10.0.2.9"));
    CHECK(lab.factory->injected(red) != nullptr);
    CHECK(lab.factory->tap("if1") != nullptr);
    lab.out(1);
    lab.give(1, arp(2, mac(0x77), "10.0.1.77", mac(1), "10.0.1.1", mac(1)));
    lab.run();
    CHECK(lab.out(1).empty());
    CHECK_EQUAL(lab.drops("neighbour", "unresolved"), uint64_t{1});
}

TEST("vrf: traces and states name it") {
    Box box;
    CHECK_EQUAL(box.commit(Records().lookup(30, blue).route("198.51.100.0/24", 30, red)), std::string());
    std::vector<TracedPacket> traced;
    CHECK_EQUAL(box.core->begin_trace({.count = 1, .seconds = 10}, box.now, [&](const auto &all) { traced = all; }), std::string());
    box.send(1, "198.51.100.9");
    box.core->end_trace();
    box.core->collect(0);
    box.run();
    box.core->collect(0);
    CHECK_EQUAL(traced.size(), size_t{1});
    std::string said;
    for (const TraceStep &step : traced[0].steps) said += step.decision + "\n";
    CHECK(said.find("no route to 198.51.100.9 in VRF blue") != std::string::npos);
}

}  // namespace
}  // namespace weft::vrf_test
