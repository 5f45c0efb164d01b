// Reasons for a drop (nodes/drops.h) that no other test is about: of what has just been taken away, of what there is no room for, and
// of each policer.
#include "../nodes/nodes.h"
#include "lab.h"

namespace weft::drops_test {
namespace {

struct Box : Lab {
    Box() {
        standard();
        know_hosts();
    }
    void program(const Records &r) { CHECK_EQUAL(commit(r), std::string()); }
    void send(const Ip &ip) {
        give(1, frame(mac(1), h1, packet(ip)));
        run();
    }
    void dropped(const std::string &node, const std::string &reason, uint64_t packets = 1) {
        CHECK_EQUAL(drops(node, reason), packets);
        for (unsigned n = 1; n <= 2; n++) CHECK(out(n).empty());
    }
};

const Ip four{.source = "10.0.1.9", .destination = "10.0.2.9"}, six{.source = "2001:db8:1::9", .destination = "2001:db8:2::9"};

TEST("drops: packets of the inject device are dropped with a wrong checksum, a wrong length or to a group") {
    Box box;
    auto inject = box.factory->injected(0);
    Bytes whole = packet({.source = "10.0.1.1", .destination = "10.0.2.9"});
    const Bytes good = whole;
    store16(&whole[10], static_cast<uint16_t>(load16(&whole[10]) ^ 1));
    inject->give({whole, {}, 0, 0});
    box.run();
    box.dropped("inject", "bad-checksum");
    Bytes cut = good;
    cut.resize(cut.size() - 1);
    inject->give({cut, {}, 0, 0});
    inject->give({Bytes(10, 0x45), {}, 0, 0});
    inject->give({packet({.source = "10.0.1.1", .destination = "224.0.0.5"}), {}, 0, 0});
    inject->give({packet({.source = "2001:db8:1::1", .destination = "ff02::5"}), {}, 0, 0});
    box.run();
    box.dropped("inject", "bad-version", 4);
    inject->give({good, {}, 0, 0});
    box.run();
    box.only(2);
}

TEST("drops: a packet is not sent by an interface that has been deleted or has no port, nor by a deleted object") {
    Box box;
    box.program(Records().adjacency(50, "if2", "10.0.2.9").route("192.0.2.0/24", 50).drop(51, DropKind::blackhole).route("2001:db8:50::/48", 51));
    box.program(Records().object_delete(51));
    box.send({.source = "2001:db8:1::9", .destination = "2001:db8:50::1"});
    box.dropped("ip6-lookup", "object-deleted");
    box.program(Records().interface("if2", "", {"10.0.2.1/24"}).neighbour("if2", "10.0.2.9", h2));
    box.send({.source = "10.0.1.9", .destination = "192.0.2.1"});
    box.dropped("egress", "interface-without-port");
    box.program(Records().interface_delete("if2"));
    box.send({.source = "10.0.1.9", .destination = "192.0.2.1"});
    box.dropped("forward", "interface-deleted");
}

TEST("drops: an unreachable route of IPv6 and an interface that does not forward it tell and drop") {
    Box box;
    box.program(Records().drop(50, DropKind::unreachable).route("2001:db8:50::/48", 50));
    box.send({.source = "2001:db8:1::9", .destination = "2001:db8:50::1"});
    const Error told = error_of(box.only(1));
    CHECK_EQUAL(told.type, 1);
    CHECK_EQUAL(told.code, 0);
    box.dropped("ip6-lookup", "unreachable");
    box.program(Records().interface("if1", "p1", {"10.0.1.1/24", "2001:db8:1::1/64"}, 31 & ~interface_ipv6_forwarding));
    box.send(six);
    box.dropped("ip6-lookup", "forwarding-disabled");
}

TEST("drops: ARP on an interface without IPv4 is dropped") {
    Box box;
    box.program(Records().interface("if1", "p1", {"2001:db8:1::1/64"}, 31 & ~interface_ipv4));
    box.give(1, arp(1, h1, "10.0.1.9", {}, "10.0.1.1", broadcast_mac));
    box.run();
    box.dropped("arp-input", "ipv4-disabled");
}

TEST("drops: an error that no own address could send is not made") {
    Lab box;
    CHECK_EQUAL(box.commit(Records().port("p1", "e1").interface("if1", "p1", {})), std::string());
    box.give(1, frame(mac(1), h1, packet(four)));
    box.run();
    CHECK_EQUAL(box.drops("icmp-error", "no-source-address"), uint64_t{1});
    CHECK_EQUAL(box.drops("ip4-lookup", "no-route"), uint64_t{1});
    CHECK(box.out(1).empty());
}

TEST("drops: what is for the host is dropped where the host has no device") {
    Lab box;
    box.factory->refuse_taps(true);
    Records r;
    r.port("p1", "e1").interface("if1", "p1", {"10.0.1.1/24"}).local(1).route("10.0.1.1/32", 1);
    CHECK_EQUAL(box.commit(r, true), std::string());
    box.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.1.1"})));
    box.run();
    CHECK_EQUAL(box.drops("host", "no-device"), uint64_t{1});
}

TEST("drops: each class for the host is dropped under its own name") {
    struct Case {
        PuntClass of;
        Ip ip;
        const char *reason;
    };
    const Ip to_box{.source = "10.0.1.9", .destination = "10.0.1.1"};
    Ip icmp = to_box, routing = to_box, management = to_box, group = to_box;
    icmp.protocol = 1;
    routing.protocol = 89;
    management.destination_port = 830;
    management.protocol = 6;
    group.destination = "224.0.0.251";
    for (const Case &c : {Case{PuntClass::icmp, icmp, "policed-icmp"}, {PuntClass::routing, routing, "policed-routing"},
                          {PuntClass::management, management, "policed-management"}, {PuntClass::multicast, group, "policed-multicast"}}) {
        Box box;
        box.program(Records().policer(c.of, {1, 1}));
        for (unsigned n = 0; n < 3; n++) box.send(c.ip);
        CHECK_EQUAL(box.factory->tap("if1")->take().size(), size_t{1});
        box.dropped("punt", c.reason, 2);
    }
}

TEST("drops: the list of the egress interface drops chains without an end and what could hide a header") {
    Box box;
    AclEntry dns;
    dns.name = "dns";
    dns.action = AclAction::pass;
    dns.has_protocol = true;
    dns.protocol = 6;
    dns.destination_ports = {{53, 53}};
    for (const bool v6 : {false, true}) {
        AclSpec list;
        list.name = v6 ? "b" : "a";
        list.v6 = v6;
        list.otherwise = AclAction::pass;
        list.entries = {dns};
        box.program(Records().acl(list).acl_bind("if2", AclDirection::out, v6 ? 6 : 4, list.name));
    }
    Ip over = four, endless = six;
    over.protocol = 6;
    over.fragment = 1;
    box.send(over);
    box.dropped("acl-out", "tiny-fragment");
    endless.next = 60;
    endless.extensions = {17, 200, 1, 4, 0, 0, 0, 0};
    box.send(endless);
    box.dropped("acl-out", "header-chain");
    CHECK_EQUAL(box.state("if2").out_discards, uint64_t{2});
}

TEST("drops: a table full of neighbours that are in use has no room for another") {
    Box box;
    Worker &w = *box.core->workers[0];
    const uint32_t on = box.core->registry.interfaces.at("if2")->index;
    for (uint32_t n = 0; !w.neighbours.full(); n++) {
        Neighbour &fixed = w.neighbours[w.neighbours.add(on, mapped(0x0b000000 + n))];
        fixed.origin = NeighbourState::Origin::fixed;
        fixed.state = NeighbourState::State::reachable;
    }
    box.send({.source = "10.0.1.9", .destination = "10.0.2.77"});
    box.dropped("neighbour", "table-full");
}

TEST("drops: a burst that has made as much as it can makes no error either") {
    Box box;
    Worker &w = *box.core->workers[1 % box.workers];
    while (w.arena.take(60000)) {}
    while (w.arena.take(1)) {}
    Ip last = four;
    last.ttl = 1;
    box.send(last);
    CHECK_EQUAL(box.drops("worker", "no-buffer"), uint64_t{1});
    CHECK_EQUAL(box.drops("ip4-forward", "ttl-expired"), uint64_t{1});
    CHECK(box.out(1).empty());
    box.send(last);
    box.only(1);
}

TEST("drops: a node takes as many packets as its vector holds") {
    Box box;
    Worker &w = *box.core->workers[0];
    Packet unbound;
    for (unsigned n = 0; n < Vector::capacity + 3; n++) w.push(Node::ethernet_input, &unbound);
    w.run_graph();
    CHECK_EQUAL(box.drops("worker", "vector-full"), uint64_t{3});
    CHECK_EQUAL(box.drops("ethernet-input", "port-without-interface"), uint64_t{Vector::capacity});
}

TEST("drops: a packet without room before it gets no Ethernet header") {
    Box box;
    Bytes whole = packet(four);
    Packet p;
    p.data = whole.data();
    p.length = static_cast<uint32_t>(whole.size());
    CHECK(!put_ethernet(*box.core->workers[0], p, h1, Interface{}, type_ip4));
    CHECK_EQUAL(box.drops("forward", "no-headroom"), uint64_t{1});
}

}  // namespace
}  // namespace weft::drops_test
