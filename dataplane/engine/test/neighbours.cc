// ARP and neighbour discovery: who answers, who learns, who waits.
#include "lab.h"

namespace weft::neighbours_test {
namespace {

const MacAddress all = {255, 255, 255, 255, 255, 255};
using State = NeighbourState::State;

Bytes numbered(const std::string &destination, uint16_t port) {
    const bool v6 = destination.find(':') != std::string::npos;
    return frame(mac(1), h1, packet({.source = v6 ? "2001:db8:1::9" : "10.0.1.9", .destination = destination, .source_port = port}));
}

TEST("arp: packets wait for an address and leave in their order when it is known") {
    Lab lab;
    lab.standard();
    for (uint16_t n = 0; n < 5; n++) lab.give(1, numbered("10.0.2.9", n));
    lab.run();
    const Frame request = lab.only(2);
    CHECK_EQUAL(hex(request.bytes), std::string("ffffffffffff02000000000208060001080006040001020000000002"
                                                "0a0002010000000000000a000209"));
    CHECK(lab.neighbour("10.0.2.9").state == State::incomplete);
    lab.give(2, arp(2, h2, "10.0.2.9", mac(2), "10.0.2.1", mac(2)));
    lab.give(1, numbered("10.0.2.9", 5));
    lab.run();
    auto frames = lab.out(2);
    // The sixth may leave first: its burst came from another port. The five keep their order.
    CHECK_EQUAL(frames.size(), size_t{6});
    std::vector<int> order;
    for (const Frame &f : frames) {
        CHECK_EQUAL(hex(Bytes(f.bytes.begin(), f.bytes.begin() + 12)), std::string("020000000022020000000002"));
        CHECK_EQUAL(int{f.bytes[22]}, 63);
        if (const int port = load16(&f.bytes[34]); port < 5) order.push_back(port);
    }
    CHECK((order == std::vector<int>{0, 1, 2, 3, 4}));
    const NeighbourState n = lab.neighbour("10.0.2.9");
    CHECK(n.state == State::reachable);
    CHECK(n.mac == h2);
    CHECK(n.origin == NeighbourState::Origin::dynamic);
}

TEST("arp: who was learned on a link is asked for anew when it has been down, and questions go on") {
    Lab lab;
    lab.standard();
    lab.give(1, numbered("10.0.2.9", 0));
    lab.run();
    lab.give(2, arp(2, h2, "10.0.2.9", mac(2), "10.0.2.1", mac(2)));
    lab.give(1, arp(1, h1, "10.0.1.9", {}, "10.0.1.1", all));
    lab.run();
    CHECK(lab.has_neighbour("10.0.2.9") && lab.has_neighbour("10.0.1.9"));
    LinkState link = lab.wires[1]->link();
    for (const bool up : {false, true}) {
        link.up = up;
        lab.wires[1]->set_link(link);
        lab.core->watch_links();
        if (up) lab.give(1, numbered("10.0.2.8", 0));
        lab.run();
    }
    lab.core->tell_neighbours();
    CHECK(!lab.has_neighbour("10.0.2.9"));
    CHECK(lab.neighbour("10.0.2.8").state == State::incomplete);
    CHECK(lab.has_neighbour("10.0.1.9"));
    lab.out(2);
    lab.give(1, numbered("10.0.2.9", 1));
    lab.run();
    CHECK_EQUAL(load16(&lab.only(2).bytes[12]), type_arp);
    lab.give(2, arp(2, mac(0x29), "10.0.2.9", mac(2), "10.0.2.1", mac(2)));
    lab.run();
    const Frame sent = lab.only(2);
    CHECK_EQUAL(hex(Bytes(sent.bytes.begin(), sent.bytes.begin() + 6)), std::string("020000000029"));
}

TEST("arp: three requests a second apart, then the senders of what waited are told") {
    Lab lab;
    lab.standard();
    for (uint16_t n = 0; n < 20; n++) lab.give(1, numbered("10.0.2.9", n));
    lab.run();
    CHECK_EQUAL(lab.drops("neighbour", "queue-full"), uint64_t{4});
    lab.only(2);
    lab.run(1100000);
    lab.only(2);
    lab.run(1100000);
    lab.only(2);
    CHECK(!lab.has_neighbour("10.0.1.9"));
    lab.run(1100000);
    CHECK(lab.out(2).empty());
    CHECK(!lab.has_neighbour("10.0.2.9"));
    CHECK_EQUAL(lab.drops("neighbour", "unresolved"), uint64_t{16});
    // The errors wait for the sender's address in their turn.
    const Frame request = lab.only(1);
    CHECK_EQUAL(load16(&request.bytes[12]), uint16_t{0x0806});
    lab.give(1, arp(2, h1, "10.0.1.9", mac(1), "10.0.1.1", mac(1)));
    lab.run();
    const auto errors = lab.out(1);
    CHECK_EQUAL(errors.size(), size_t{16});
    for (size_t n = 0; n < errors.size(); n++) {
        const Bytes p = inner(errors[n]);
        CHECK_EQUAL(int{p[20]}, 3);
        CHECK_EQUAL(int{p[21]}, 1);
        CHECK_EQUAL(size_t{load16(&p[48])}, n);
    }
    lab.run(1000000);
    CHECK_EQUAL(lab.core->statistics().held_packets, uint64_t{0});
}

TEST("arp: holding is bounded in all") {
    Lab lab;
    lab.standard();
    CHECK_EQUAL(lab.commit(Records().interface("if2", "p2", {"10.128.0.1/9"}).route("10.128.0.0/9", 2)), std::string());
    for (unsigned n = 0; n < 4000; n++)
        lab.give(1, numbered("10.129." + std::to_string(n / 2500) + "." + std::to_string(n / 10 % 250 + 1), 1));
    lab.run();
    constexpr uint64_t most = Holding::kind_small;
    CHECK_EQUAL(lab.drops("neighbour", "holding-full"), 4000 - most);
    CHECK_EQUAL(lab.core->statistics().held_packets, most);
    const HoldState glean = lab.core->hold_states()[0];
    CHECK_EQUAL(std::string(glean.kind), std::string("glean"));
    CHECK_EQUAL(glean.holding_full, 4000 - most);
    CHECK_EQUAL(glean.octets, most * 60);
    lab.run(200000);
    CHECK_EQUAL(lab.core->hold_states()[0].entries, uint64_t{400});
    for (int second = 0; second < 4; second++) lab.run(1100000);
    CHECK_EQUAL(lab.drops("neighbour", "unresolved"), most);
    CHECK_EQUAL(lab.core->hold_states()[0].failed, most);
    CHECK(lab.core->statistics().held_packets <= 16);  // errors to the sender, who is unknown too
}

TEST("neighbours: a scan of a /8 stops neither known neighbours nor new answers") {
    Lab lab;
    lab.standard();
    CHECK_EQUAL(lab.commit(Records().interface("if2", "p2", {"11.0.0.1/8"}).route("11.0.0.0/8", 2)), std::string());
    lab.give(2, arp(1, h2, "11.0.0.2", {}, "11.0.0.1", all));
    lab.run();
    lab.out(2);
    unsigned scanned = 0;
    const auto scan = [&](unsigned count) {
        for (unsigned n = 0; n < count; n++, scanned++)
            lab.give(1, numbered("11." + std::to_string(scanned / 62500 + 1) + "." + std::to_string(scanned / 250 % 250) + "." +
                                     std::to_string(scanned % 250 + 1), 1));
        lab.run(50000);
    };
    for (int round = 0; round < 20; round++) {
        scan(2000);
        lab.core->tell_neighbours();
    }
    CHECK_EQUAL(lab.out(2).size(), size_t{40000});
    CHECK_EQUAL(lab.drops("neighbour", "table-full"), uint64_t{0});
    CHECK_EQUAL(lab.drops("neighbour", "gave-way"), uint64_t{40000 - Neighbours::incomplete_most});
    for (int tick = 0; tick < 3; tick++) {
        lab.run(100000);
        lab.core->tell_neighbours();
    }
    CHECK_EQUAL(lab.core->statistics().neighbours, uint64_t{Neighbours::incomplete_most + 1});
    // A neighbour that is known gets its packets in the middle of it.
    lab.give(1, numbered("11.0.0.2", 7));
    lab.run();
    CHECK_EQUAL(hex(lab.only(2).bytes).substr(0, 12), std::string("020000000022"));
    // One that answers is known, and what waits for it goes, even though others are asked meanwhile.
    lab.give(1, numbered("11.0.0.3", 8));
    scan(1000);
    lab.out(2);
    lab.give(2, arp(2, h1, "11.0.0.3", mac(2), "11.0.0.1", mac(2)));
    lab.run();
    CHECK_EQUAL(int{load16(&lab.only(2).bytes[34])}, 8);
    // So is one whose question has given way.
    lab.give(1, numbered("11.0.0.4", 9));
    scan(3000);
    lab.out(2);
    lab.give(2, arp(2, h1, "11.0.0.4", mac(2), "11.0.0.1", mac(2)));
    lab.give(1, numbered("11.0.0.4", 10));
    lab.run();
    lab.give(1, numbered("11.0.0.4", 11));
    lab.run();
    const auto frames = lab.out(2);
    CHECK(!frames.empty());
    CHECK_EQUAL(int{load16(&frames.back().bytes[34])}, 11);
    CHECK(lab.neighbour("11.0.0.4").state == State::reachable);
    // Nobody outside need have kept up with it: questions nobody heard of leave nothing behind.
    for (int round = 0; round < 20; round++) scan(2000);
    CHECK_EQUAL(lab.drops("neighbour", "table-full"), uint64_t{0});
}

TEST("neighbours: a full table makes room for those who speak, at the cost of questions, then of the stale") {
    Lab lab;
    lab.standard();
    CHECK_EQUAL(lab.commit(Records().interface("if2", "p2", {"11.0.0.1/8"}).route("11.0.0.0/8", 2).policer(PuntClass::arp_nd, {1000000, 1000000})),
                std::string());
    const auto host = [](unsigned n) {
        return "11." + std::to_string(n / 62500 + 1) + "." + std::to_string(n / 250 % 250) + "." + std::to_string(n % 250 + 1);
    };
    for (unsigned n = 0; n < 34000; n++) {
        lab.give(2, arp(1, h2, host(n), {}, "11.0.0.1", all));
        if (n % 1000 == 0) {
            lab.run(1000);
            lab.core->tell_neighbours();
        }
    }
    lab.run();
    CHECK_EQUAL(lab.core->statistics().neighbours, uint64_t{Neighbours::capacity});
    CHECK_EQUAL(lab.drops("neighbour", "table-full"), uint64_t{0});
    lab.out(2);
    lab.give(1, numbered("11.9.0.1", 1));
    lab.run();
    CHECK_EQUAL(load16(&lab.only(2).bytes[12]), uint16_t{0x0806});
    CHECK(lab.neighbour("11.9.0.1").state == State::incomplete);
    lab.give(2, arp(1, h2, host(40000), {}, "11.0.0.1", all));
    lab.run(200000);
    CHECK(lab.has_neighbour(host(40000)));
    CHECK(!lab.has_neighbour("11.9.0.1"));
}

TEST("arp: requests and probes for own addresses are answered, others are not") {
    Lab lab;
    lab.standard();
    lab.give(1, arp(1, h1, "10.0.1.9", {}, "10.0.1.1", all));
    lab.run();
    const Frame reply = lab.only(1);
    CHECK_EQUAL(hex(reply.bytes), std::string("02000000001102000000000108060001080006040002020000000001"
                                              "0a0001010200000000110a000109"));
    CHECK(lab.neighbour("10.0.1.9").state == State::stale);
    lab.give(1, arp(1, h2, "0.0.0.0", {}, "10.0.1.1", all));  // a probe
    lab.run();
    CHECK_EQUAL(hex(lab.only(1).bytes).substr(0, 12), std::string("020000000022"));
    lab.give(1, arp(1, h2, "10.0.1.7", {}, "10.0.1.8", all));
    lab.give(1, arp(1, h2, "10.0.2.7", {}, "10.0.2.1", all));  // an address of another interface
    lab.run();
    CHECK(lab.out(1).empty());
    CHECK(!lab.has_neighbour("10.0.1.7"));
    CHECK(!lab.has_neighbour("10.0.2.7"));
}

TEST("arp: nothing is learned from senders off the subnet, own addresses, group MACs or broken messages") {
    Lab lab;
    lab.standard();
    lab.give(1, arp(2, h1, "192.0.2.1", {}, "10.0.1.1", all));
    lab.give(1, arp(1, h1, "10.0.1.1", {}, "10.0.1.1", all));
    lab.give(1, arp(1, h1, "10.0.1.255", {}, "10.0.1.1", all));
    Bytes group = arp(1, h1, "10.0.1.9", {}, "10.0.1.1", all);
    group[22] |= 1;
    lab.give(1, group);
    for (const size_t at : {14, 16, 18, 19, 21}) {
        Bytes broken = arp(1, h1, "10.0.1.9", {}, "10.0.1.1", all);
        broken[at] ^= 0x40;
        lab.give(1, broken);
    }
    Bytes cut = arp(1, h1, "10.0.1.9", {}, "10.0.1.1", all);
    cut.pop_back();
    lab.give(1, cut);
    lab.run();
    CHECK(lab.out(1).empty());
    CHECK(lab.core->neighbour_states({}).empty());
    CHECK_EQUAL(lab.drops("arp-input", "sender-off-subnet"), uint64_t{2});
    CHECK_EQUAL(lab.drops("arp-input", "address-conflict"), uint64_t{1});
    CHECK_EQUAL(lab.drops("arp-input", "malformed"), uint64_t{7});
}

TEST("arp: who asks by an address off the subnet is answered and not learned") {
    Lab lab;
    lab.standard();
    lab.give(1, arp(1, h1, "192.0.2.1", {}, "10.0.1.1", all));
    lab.run();
    CHECK_EQUAL(lab.out(1).size(), size_t{1});
    CHECK(lab.core->neighbour_states({}).empty());
}

TEST("arp: a gratuitous one moves a known neighbour and makes no new one") {
    Lab lab;
    lab.standard();
    lab.give(1, arp(1, h1, "10.0.1.9", {}, "10.0.1.9", all));
    lab.run();
    CHECK(!lab.has_neighbour("10.0.1.9"));
    lab.give(1, arp(1, h1, "10.0.1.9", {}, "10.0.1.1", all));
    lab.give(1, arp(1, h2, "10.0.1.9", {}, "10.0.1.9", all));
    lab.run();
    CHECK(lab.neighbour("10.0.1.9").mac == h2);
}

TEST("arp: a neighbour in use is probed when it has grown stale, by unicast, and goes when it is silent") {
    Lab lab;
    lab.standard();
    lab.give(1, numbered("10.0.2.9", 1));
    lab.give(2, arp(2, h2, "10.0.2.9", mac(2), "10.0.2.1", mac(2)));
    lab.run();
    lab.out(2);
    CHECK(lab.neighbour("10.0.2.9").state == State::reachable);
    lab.run(46000000);
    CHECK(lab.neighbour("10.0.2.9").state == State::stale);
    lab.give(1, numbered("10.0.2.9", 2));
    lab.run();
    CHECK_EQUAL(lab.out(2).size(), size_t{1});
    CHECK(lab.neighbour("10.0.2.9").state == State::delay);
    lab.run(5100000);
    CHECK(lab.neighbour("10.0.2.9").state == State::probe);
    CHECK_EQUAL(hex(lab.only(2).bytes).substr(0, 12), std::string("020000000022"));
    lab.give(2, arp(2, h2, "10.0.2.9", mac(2), "10.0.2.1", mac(2)));
    lab.run();
    CHECK(lab.neighbour("10.0.2.9").state == State::reachable);
    lab.run(46000000);
    lab.give(1, numbered("10.0.2.9", 3));
    for (int second = 0; second < 10; second++) lab.run(1000000);
    CHECK(!lab.has_neighbour("10.0.2.9"));
    CHECK_EQUAL(lab.out(2).size(), size_t{4});
}

TEST("neighbours: the host's kernel is told of new addresses and of those gone, once each") {
    Lab lab;
    lab.standard();
    lab.give(2, arp(1, h2, "10.0.2.9", {}, "10.0.2.1", all));
    lab.run();
    lab.core->tell_neighbours();
    auto mirrored = lab.factory->mirrored();
    CHECK_EQUAL(mirrored.size(), size_t{1});
    CHECK(mirrored[0].present && mirrored[0].mac == h2 && mirrored[0].interface == "if2");
    CHECK_EQUAL(to_text(mirrored[0].address), std::string("10.0.2.9"));
    lab.give(2, arp(1, h2, "10.0.2.9", {}, "10.0.2.1", all));
    lab.run();
    lab.core->tell_neighbours();
    CHECK_EQUAL(lab.factory->mirrored().size(), size_t{1});
    lab.run(1300000000);
    lab.core->tell_neighbours();
    mirrored = lab.factory->mirrored();
    CHECK_EQUAL(mirrored.size(), size_t{2});
    CHECK(!mirrored[1].present);
}

TEST("neighbours: static ones need no question and go with their record or their interface") {
    Lab lab;
    lab.standard();
    lab.know("if2", "10.0.2.9", h2);
    lab.know("if2", "2001:db8:2::9", h2);
    CHECK(lab.neighbour("10.0.2.9").origin == NeighbourState::Origin::fixed);
    lab.give(1, numbered("10.0.2.9", 1));
    lab.give(2, arp(2, h1, "10.0.2.9", mac(2), "10.0.2.1", mac(2)));
    lab.give(1, numbered("2001:db8:2::9", 1));
    lab.run(100000000);
    CHECK_EQUAL(lab.out(2).size(), size_t{2});
    CHECK(lab.neighbour("10.0.2.9").mac == h2);
    CHECK_EQUAL(lab.commit(Records().neighbour_delete("if2", "10.0.2.9")), std::string());
    CHECK(!lab.has_neighbour("10.0.2.9"));
    CHECK(lab.has_neighbour("2001:db8:2::9"));
    CHECK_EQUAL(lab.commit(Records().interface_delete("if2")), std::string());
    CHECK(!lab.has_neighbour("2001:db8:2::9"));
    CHECK_EQUAL(lab.commit(Records().neighbour("if2", "10.0.2.9", h2)),
                std::string("neighbour 10.0.2.9 names interface 'if2', which does not exist"));
}

TEST("nd: packets wait for an address and leave in their order when it is advertised") {
    Lab lab;
    lab.standard();
    for (uint16_t n = 0; n < 5; n++) lab.give(1, numbered("2001:db8:2::9", n));
    lab.run();
    const Frame asked = lab.only(2);
    const Bytes p = inner(asked);
    CHECK_EQUAL(hex(Bytes(asked.bytes.begin(), asked.bytes.begin() + 6)), std::string("3333ff000009"));
    CHECK_EQUAL(source_of(p), std::string("2001:db8:2::1"));
    CHECK_EQUAL(destination_of(p), std::string("ff02::1:ff00:9"));
    CHECK_EQUAL(int{p[7]}, 255);
    CHECK_EQUAL(int{p[40]}, 135);
    lab.give(2, advertisement(h2, "2001:db8:2::9", mac(2), "2001:db8:2::1", true));
    lab.run();
    const auto frames = lab.out(2);
    CHECK_EQUAL(frames.size(), size_t{5});
    for (size_t n = 0; n < frames.size(); n++) {
        CHECK_EQUAL(size_t{load16(&frames[n].bytes[54])}, n);
        CHECK_EQUAL(int{frames[n].bytes[21]}, 63);
    }
    CHECK(lab.neighbour("2001:db8:2::9").state == State::reachable);
    CHECK(lab.neighbour("2001:db8:2::9").router);
}

TEST("nd: silence is told as address unreachable") {
    Lab lab;
    lab.standard();
    lab.know("if1", "2001:db8:1::9", h1);
    lab.give(1, numbered("2001:db8:2::9", 1));
    for (int second = 0; second < 4; second++) lab.run(1100000);
    CHECK_EQUAL(lab.out(2).size(), size_t{3});
    const Bytes p = inner(lab.only(1));
    CHECK_EQUAL(int{p[40]}, 1);
    CHECK_EQUAL(int{p[41]}, 3);
    CHECK_EQUAL(source_of(p), std::string("2001:db8:1::1"));
}

TEST("nd: solicitations for own addresses, the link-local one among them, are answered; so is duplicate address detection") {
    Lab lab;
    lab.standard();
    for (const char *own : {"2001:db8:1::1", "fe80::ff:fe00:1"}) {
        lab.give(1, solicitation(h1, "2001:db8:1::9", own));
        lab.run();
        const Frame f = lab.only(1);
        const Bytes p = inner(f);
        CHECK_EQUAL(hex(Bytes(f.bytes.begin(), f.bytes.begin() + 6)), std::string("020000000011"));
        CHECK_EQUAL(source_of(p), std::string(own));
        CHECK_EQUAL(int{p[40]}, 136);
        CHECK_EQUAL(int{p[44]}, 0xe0);
        CHECK_EQUAL(hex(Bytes(p.begin() + 64, p.end())), std::string("0201020000000001"));
    }
    CHECK(lab.neighbour("2001:db8:1::9").state == State::stale);
    lab.give(1, solicitation(h1, "::", "2001:db8:1::1"));
    lab.run();
    const Bytes p = inner(lab.only(1));
    CHECK_EQUAL(destination_of(p), std::string("ff02::1"));
    CHECK_EQUAL(int{p[44]}, 0xa0);
    lab.give(1, solicitation(h1, "2001:db8:1::9", "2001:db8:1::7"));
    lab.run();
    CHECK(lab.out(1).empty());
}

TEST("nd: who asks by an address off the subnet is answered and not learned") {
    Lab lab;
    lab.standard();
    lab.give(1, solicitation(h1, "2001:db8:9::9", "2001:db8:1::1"));
    lab.run();
    const Frame f = lab.only(1);
    const Bytes p = inner(f);
    CHECK_EQUAL(hex(Bytes(f.bytes.begin(), f.bytes.begin() + 6)), std::string("020000000011"));
    CHECK_EQUAL(destination_of(p), std::string("2001:db8:9::9"));
    CHECK_EQUAL(int{p[40]}, 136);
    CHECK(lab.core->neighbour_states({}).empty());
}

TEST("nd: messages that are not quite right change nothing") {
    Lab lab;
    lab.standard();
    const auto broken = [&](Bytes b, const char *node, const char *reason) {
        const uint64_t before = lab.drops(node, reason);
        lab.give(1, std::move(b));
        lab.run();
        CHECK(lab.out(1).empty());
        CHECK_EQUAL(lab.drops(node, reason), before + 1);
        CHECK(lab.core->neighbour_states({}).empty());
    };
    const auto changed = [&](size_t at, uint8_t value, bool sum = true) {
        Bytes b = solicitation(h1, "2001:db8:1::9", "2001:db8:1::1");
        b[at] = value;
        if (sum) {
            store16(&b[56], 0);
            store16(&b[56], static_cast<uint16_t>(~checksum_fold(checksum_add(pseudo6(&b[14], 32, 58), &b[54], 32))));
        }
        return b;
    };
    broken(changed(21, 254), "nd-input", "malformed");                       // hop limit
    broken(changed(55, 1), "nd-input", "malformed");                         // code
    broken(changed(79, 0), "nd-input", "malformed");                         // option of length 0
    broken(changed(79, 2), "nd-input", "malformed");                         // option beyond the end
    broken(changed(60, 9, false), "local", "bad-checksum");
    broken(advertisement(h1, "2001:db8:1::1", mac(1), "2001:db8:1::1"), "nd-input", "address-conflict");
    broken(advertisement(h1, "2001:db8:9::1", mac(1), "2001:db8:1::1"), "nd-input", "not-for-us");
}

}  // namespace
}  // namespace weft::neighbours_test
