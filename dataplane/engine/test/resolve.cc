// Packets that wait for a controller: a LISP mapping, an IPsec security association.
#include "lab.h"

namespace weft::resolve_test {
namespace {

constexpr unsigned lisp = 1, ike = 2;

struct Waiting : Lab {
    // 20.0.0.0/8 and 2001:db8:20::/48 are a LISP miss (object 50, the controller's 7), 21.0.0.0/8 an IKE one (51, 8); 60 is a
    // neighbour behind if2 that is known, so is the sender's.
    Waiting() {
        standard();
        know("if2", "10.0.2.9", h2);
        know("if1", "10.0.1.9", h1);
        Records r;
        r.resolve(50, lisp, 7).route("20.0.0.0/8", 50).route("2001:db8:20::/48", 50);
        r.resolve(51, ike, 8).route("21.0.0.0/8", 51).adjacency(60, "if2", "10.0.2.9");
        CHECK_EQUAL(commit(r), std::string());
        core->handler = [this](const Event &e) {
            if (e.kind == Event::Kind::resolve) events.push_back(e.resolve);
        };
    }
    void send(const std::string &destination, uint16_t port, size_t payload = 32) {
        const bool v6 = destination.find(':') != std::string::npos;
        give(1, frame(mac(1), h1,
                      packet({.source = v6 ? "2001:db8:1::9" : "10.0.1.9", .destination = destination, .source_port = port, .payload = payload})));
        run();
    }
    // Source ports of what left by if2, in order.
    std::vector<int> order() {
        std::vector<int> ports;
        for (const Frame &f : out(2)) ports.push_back(load16(&f.bytes[f.bytes[12] == 8 ? 34 : 54]));
        return ports;
    }
    size_t told() {
        core->tell_misses();
        return events.size();
    }
    HoldState holds(unsigned kind) { return core->hold_states()[kind]; }
    std::vector<ResolveEvent> events;
};

TEST("resolve: packets wait for a mapping, one event names it, and they leave in their order when it is programmed") {
    Waiting lab;
    for (uint16_t n = 0; n < 5; n++) lab.send("20.1.2.3", n);
    CHECK_EQUAL(lab.told(), size_t{1});
    const ResolveEvent &e = lab.events[0];
    CHECK_EQUAL(std::string(e.kind), std::string("lisp"));
    CHECK_EQUAL(e.id, 7u);
    CHECK_EQUAL(e.vrf, 0u);
    CHECK_EQUAL(to_text(e.source) + " " + to_text(e.destination), std::string("10.0.1.9 20.1.2.3"));
    CHECK_EQUAL(int{e.protocol}, 17);
    CHECK_EQUAL(e.source_port, uint16_t{0});
    CHECK_EQUAL(e.destination_port, uint16_t{2000});
    lab.run(200000);
    CHECK_EQUAL(lab.holds(lisp).entries, uint64_t{1});
    CHECK_EQUAL(lab.holds(lisp).packets, uint64_t{5});
    CHECK_EQUAL(lab.holds(lisp).octets, uint64_t{5 * 60});
    CHECK_EQUAL(lab.holds(lisp).events, uint64_t{1});
    CHECK(lab.out(2).empty());
    CHECK_EQUAL(lab.commit(Records().route("20.1.2.0/24", 60)), std::string());
    lab.send("20.1.2.3", 5);
    CHECK((lab.order() == std::vector<int>{0, 1, 2, 3, 4, 5}));
    lab.run(200000);
    CHECK_EQUAL(lab.holds(lisp).entries, uint64_t{0});
    CHECK_EQUAL(lab.holds(lisp).packets, uint64_t{0});
    CHECK_EQUAL(lab.told(), size_t{1});
}

TEST("resolve: IPv6 likewise, through the headers that a router writes") {
    Waiting lab;
    lab.know("if2", "2001:db8:2::9", h2);
    for (uint16_t n = 1; n < 4; n++) lab.send("2001:db8:20::1", n);
    CHECK_EQUAL(lab.told(), size_t{1});
    CHECK_EQUAL(to_text(lab.events[0].destination), std::string("2001:db8:20::1"));
    CHECK_EQUAL(lab.events[0].source_port, uint16_t{1});
    CHECK_EQUAL(lab.commit(Records().adjacency(61, "if2", "2001:db8:2::9").route("2001:db8:20::/64", 61)), std::string());
    const auto frames = lab.out(2);
    CHECK_EQUAL(frames.size(), size_t{3});
    for (size_t n = 0; n < 3; n++) {
        CHECK_EQUAL(size_t{load16(&frames[n].bytes[54])}, n + 1);
        CHECK_EQUAL(int{frames[n].bytes[21]}, 63);
    }
}

TEST("resolve: a packet that comes before those that wait have gone does not overtake them") {
    Waiting lab;
    for (uint16_t n = 0; n < 20; n++) lab.send("20.1.2.3", n);
    CHECK_EQUAL(lab.drops("resolve", "queue-full"), uint64_t{4});
    // In the middle of a burst the route is already another: apply() without what it tells the workers.
    const Records records = Records().route("20.1.2.0/24", 60);
    const uint64_t number = ++lab.transaction;
    CHECK_EQUAL(lab.core->stage(number, records.bytes.data(), records.bytes.size()), std::string());
    CHECK_EQUAL(lab.core->prepare(number, false), std::string());
    const uint64_t before = lab.core->changes;
    lab.core->apply(number, number);
    lab.core->changes = before;
    for (uint16_t n = 20; n < 30; n++)
        lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "20.1.2.3", .source_port = n})));
    lab.run();
    std::vector<int> all;
    for (int n = 0; n < 16; n++) all.push_back(n);
    for (int n = 20; n < 30; n++) all.push_back(n);
    CHECK((lab.order() == all));
}

TEST("resolve: events of a key come once a second while packets come, and start anew once it was resolved") {
    Waiting lab;
    for (int tenth = 0; tenth < 35; tenth++) {
        lab.send("20.1.2.3", 1);
        lab.run(100000);
    }
    CHECK_EQUAL(lab.told(), size_t{4});
    for (int second = 0; second < 9; second++) lab.run(1000000);
    CHECK_EQUAL(lab.told(), size_t{4});
    CHECK_EQUAL(lab.holds(lisp).entries, uint64_t{0});
    lab.send("20.1.2.3", 1);
    CHECK_EQUAL(lab.told(), size_t{5});
    CHECK_EQUAL(lab.commit(Records().route("20.1.2.0/24", 60)), std::string());
    CHECK_EQUAL(lab.commit(Records().route_delete("20.1.2.0/24")), std::string());
    lab.send("20.1.2.3", 1);
    CHECK_EQUAL(lab.told(), size_t{6});
}

TEST("resolve: events of all keys together are limited, keys and packets bounded") {
    Waiting lab;
    for (unsigned n = 0; n < 5000; n++) {
        lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "20.1." + std::to_string(n / 250) + "." + std::to_string(n % 250)})));
        if (n % 64 == 63) lab.run();
    }
    lab.run();
    CHECK_EQUAL(lab.told(), size_t{1000});
    CHECK_EQUAL(lab.drops("resolve", "table-full"), uint64_t{5000 - Holds::capacity});
    CHECK_EQUAL(lab.drops("resolve", "holding-full"), uint64_t{Holds::capacity - Holding::kind_small});
    // Neighbours have their share.
    lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.77", .source_port = 1})));
    lab.run();
    CHECK_EQUAL(lab.holds(0).packets, uint64_t{1});
    // Keys that had to do without an event have one with a later packet.
    lab.run(1000000);
    lab.send("20.1.15.15", 1);
    CHECK_EQUAL(lab.told(), size_t{1001});
}

TEST("resolve: who waits four seconds is dropped") {
    Waiting lab;
    lab.send("20.1.2.3", 1);
    lab.run(3900000);
    CHECK_EQUAL(lab.drops("resolve", "expired"), uint64_t{0});
    lab.run(200000);
    CHECK_EQUAL(lab.drops("resolve", "expired"), uint64_t{1});
    CHECK_EQUAL(lab.holds(lisp).expired, uint64_t{1});
    CHECK_EQUAL(lab.holds(lisp).packets, uint64_t{0});
    CHECK_EQUAL(lab.commit(Records().route("20.1.2.0/24", 60)), std::string());
    CHECK(lab.out(2).empty());
    CHECK(lab.out(1).empty());
}

TEST("resolve: an association is waited for by the object, whatever the destination") {
    Waiting lab;
    for (uint16_t n = 0; n < 20; n++) lab.send("21.0.0." + std::to_string(n), n);
    CHECK_EQUAL(lab.told(), size_t{1});
    CHECK_EQUAL(std::string(lab.events[0].kind), std::string("ike"));
    CHECK_EQUAL(lab.events[0].id, 8u);
    CHECK_EQUAL(to_text(lab.events[0].destination), std::string("21.0.0.0"));
    CHECK_EQUAL(lab.drops("resolve", "queue-full"), uint64_t{4});
    // Another route's programming leaves them where they are; the object's lets them go.
    CHECK_EQUAL(lab.commit(Records().route("22.0.0.0/8", 60)), std::string());
    CHECK(lab.out(2).empty());
    CHECK_EQUAL(lab.commit(Records().adjacency(51, "if2", "10.0.2.9")), std::string());
    const std::vector<int> order = lab.order();
    CHECK_EQUAL(order.size(), size_t{16});
    for (int n = 0; n < 16; n++) CHECK_EQUAL(order[static_cast<size_t>(n)], n);
}

TEST("resolve: a route taken from one miss to another holds anew, under the other's name") {
    Waiting lab;
    lab.send("21.0.0.1", 1);
    lab.send("21.0.0.2", 2);
    CHECK_EQUAL(lab.commit(Records().resolve(52, ike, 9).route("21.0.0.1/32", 52)), std::string());
    CHECK_EQUAL(lab.told(), size_t{3});  // the second waits on, in a hold that began anew
    CHECK_EQUAL(lab.events[1].id, 9u);
    CHECK_EQUAL(lab.events[2].id, 8u);
    lab.run(200000);
    CHECK_EQUAL(lab.holds(ike).entries, uint64_t{2});
    CHECK_EQUAL(lab.holds(ike).packets, uint64_t{2});
}

TEST("resolve: deleting the object or the route drops what waits; deleting the interface that it came by, too") {
    Waiting lab;
    lab.send("20.1.2.3", 1);
    CHECK_EQUAL(lab.commit(Records().object_delete(50)), std::string());
    CHECK_EQUAL(lab.drops("resolve", "withdrawn"), uint64_t{1});
    lab.send("21.1.2.3", 1);
    CHECK_EQUAL(lab.commit(Records().route_delete("21.0.0.0/8")), std::string());
    CHECK_EQUAL(lab.drops("resolve", "withdrawn"), uint64_t{2});
    CHECK_EQUAL(lab.commit(Records().route("21.0.0.0/8", 51)), std::string());
    lab.send("21.1.2.3", 1);
    CHECK_EQUAL(lab.commit(Records().interface_delete("if1").object_delete(1).adjacency(51, "if2", "10.0.2.9")), std::string());
    CHECK_EQUAL(lab.drops("resolve", "withdrawn"), uint64_t{3});
    CHECK(lab.out(2).empty());
    CHECK_EQUAL(lab.holds(lisp).failed + lab.holds(ike).failed, uint64_t{3});
}

TEST("resolve: a full transaction sweeps objects that it does not mention, and what waits for them") {
    Waiting lab;
    lab.send("20.1.2.3", 1);
    CHECK_EQUAL(lab.commit(Records().port("p1", "e1").interface("if1", "p1", {"10.0.1.1/24"}), true), std::string());
    CHECK_EQUAL(lab.drops("resolve", "withdrawn"), uint64_t{1});
    CHECK_EQUAL(lab.core->statistics().objects, uint64_t{0});
}

TEST("resolve: with resolve_no_hold packets raise events and are dropped") {
    Waiting lab;
    CHECK_EQUAL(lab.commit(Records().resolve(50, lisp, 7, 1)), std::string());
    lab.send("20.1.2.3", 1);
    lab.send("20.1.2.3", 2);
    CHECK_EQUAL(lab.told(), size_t{1});
    CHECK_EQUAL(lab.drops("resolve", "not-held"), uint64_t{2});
    CHECK_EQUAL(lab.holds(lisp).packets, uint64_t{0});
}

TEST("resolve: what must not be forwarded is not held, super-packets are, a few") {
    Waiting lab;
    CHECK_EQUAL(lab.commit(Records().interface("if1", "p1", {"10.0.1.1/24"}, 7)), std::string());
    lab.send("20.1.2.3", 1);
    CHECK_EQUAL(lab.drops("ip4-lookup", "forwarding-disabled"), uint64_t{1});
    CHECK_EQUAL(lab.told(), size_t{0});
    CHECK_EQUAL(lab.commit(Records().interface("if1", "p1", {"10.0.1.1/24"})), std::string());
    for (unsigned n = 0; n < 60; n++) lab.send("20.1.2." + std::to_string(n), 1, 4000);
    CHECK_EQUAL(lab.drops("resolve", "holding-full"), uint64_t{60 - Holding::kind_large});
    CHECK_EQUAL(lab.holds(lisp).packets, uint64_t{Holding::kind_large});
}

TEST("resolve: records that say nonsense are refused") {
    Waiting lab;
    CHECK_EQUAL(lab.commit(Records().resolve(50, 3, 7)),
                std::string("object 0x0000000000000032 has unknown kind 3 of what is to be resolved"));
    CHECK_EQUAL(lab.commit(Records().resolve(50, 0, 7)),
                std::string("object 0x0000000000000032 has unknown kind 0 of what is to be resolved"));
    CHECK_EQUAL(lab.commit(Records().resolve(50, lisp, 7, 6)), std::string("object 0x0000000000000032 has unknown flags 6"));
}

}  // namespace
}  // namespace weft::resolve_test
