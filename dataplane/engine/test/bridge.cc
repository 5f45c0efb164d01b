// Bridge domains: learning, floods, limits, refusals, and what is left when they go.
#include "switch.h"

namespace weft::bridge_test {
using namespace switching;
namespace {

TEST("bridge: what is not known goes to all but where it came from, what is known to one") {
    Switch s(4);
    s.send(1, b, a);
    CHECK_EQUAL(s.count(1), size_t{0});
    for (unsigned port = 2; port <= 4; port++) CHECK_EQUAL(s.count(port), size_t{1});
    s.send(2, a, b);
    CHECK_EQUAL(s.count(1), size_t{1});
    CHECK_EQUAL(s.count(3) + s.count(4), size_t{0});
    s.send(1, b, a);
    CHECK_EQUAL(s.count(2), size_t{1});
    s.send(1, everybody, a);
    for (unsigned port = 2; port <= 4; port++) CHECK_EQUAL(s.count(port), size_t{1});
    const BridgeState state = s.bridge();
    CHECK_EQUAL(state.addresses, 2u);
    CHECK_EQUAL(state.forwarded, uint64_t{2});
    CHECK_EQUAL(state.flooded[0], uint64_t{1});
    CHECK_EQUAL(state.flooded[1], uint64_t{1});
    CHECK_EQUAL(state.copies, uint64_t{6});
    CHECK_EQUAL(s.state("if2").out_unicast, uint64_t{2});
    CHECK_EQUAL(s.state("if2").out_broadcast, uint64_t{1});
}

TEST("bridge: frames are copied as they are, and their order is kept") {
    Switch s(3);
    const Bytes sent = frame(everybody, a, packet({.source = "10.0.9.7", .destination = "10.0.9.255", .payload = 1000}));
    s.give(1, sent);
    s.run();
    for (unsigned port : {2u, 3u}) CHECK(s.only(port).bytes == sent);
    for (uint16_t n = 1; n <= 200; n++) s.give(1, frame(everybody, a, packet({.source = "10.0.9.7", .destination = "10.0.9.255", .source_port = n})));
    s.run();
    for (unsigned port : {2u, 3u}) {
        const auto frames = s.out(port);
        CHECK_EQUAL(frames.size(), size_t{200});
        for (uint16_t n = 1; n <= 200; n++) CHECK_EQUAL(load16(&frames[n - 1u].bytes[34]), n);
    }
}

TEST("bridge: a burst of floods to many members has memory for every copy") {
    Switch s(40);
    for (int n = 0; n < 64; n++) s.give(1, frame(everybody, a, packet({.source = "10.0.9.7", .destination = "10.0.9.255", .payload = 1400})));
    s.run();
    for (unsigned port = 2; port <= 40; port++) CHECK_EQUAL(s.count(port), size_t{64});
    CHECK_EQUAL(s.drops("worker", "no-buffer"), uint64_t{0});
}

TEST("bridge: members of a split-horizon group do not hear each other") {
    Switch s(4);
    s.spec.members[0].group = s.spec.members[1].group = 7;
    s.changed();
    s.send(1, everybody, a);
    CHECK_EQUAL(s.count(2), size_t{0});
    CHECK_EQUAL(s.count(3) + s.count(4), size_t{2});
    s.send(2, a, b);
    CHECK_EQUAL(s.count(1), size_t{0});
    CHECK_EQUAL(s.drops("bridge-input", "split-horizon"), uint64_t{1});
    s.send(3, a, c);
    CHECK_EQUAL(s.count(1), size_t{1});
}

TEST("bridge: addresses grow old, and those that are heard do not") {
    Switch s;
    s.spec.ageing = 20;
    s.changed();
    s.send(1, everybody, a);
    s.send(2, everybody, b);
    for (int n = 0; n < 40; n++) {
        s.run(second);
        s.core->age_macs(s.now);
        if (n % 4 == 0) s.send(1, everybody, a);
    }
    CHECK_EQUAL(s.known(), size_t{1});
    CHECK_EQUAL(s.known({.mac = a}), size_t{1});
    s.spec.ageing = 0;
    s.changed();
    for (int n = 0; n < 100; n++) {
        s.run(10 * second);
        s.core->age_macs(s.now);
    }
    CHECK_EQUAL(s.known(), size_t{1});
}

TEST("bridge: no more addresses are learned than the domain and a member may have, and that is told") {
    Switch s;
    s.spec.most_addresses = 3;
    s.spec.members[0].most_addresses = 2;
    s.changed();
    for (uint8_t n = 1; n <= 5; n++) s.send(1, everybody, mac(static_cast<uint8_t>(0x40 + n)));
    CHECK_EQUAL(s.known({.interface = "if1"}), size_t{2});
    CHECK_EQUAL(s.bridge().not_learned, uint64_t{3});
    for (uint8_t n = 1; n <= 5; n++) s.send(2, everybody, mac(static_cast<uint8_t>(0x60 + n)));
    CHECK_EQUAL(s.known(), size_t{3});
    CHECK_EQUAL(s.bridge().not_learned, uint64_t{7});
    for (unsigned port = 1; port <= 3; port++) s.out(port);
    s.send(3, mac(0x65), c);  // not learned: to all
    CHECK_EQUAL(s.count(1) + s.count(2), size_t{2});
    // What makes room ends it.
    const auto limited = [&] { return s.core->registry.bridges.at("d")->runtime->limited_at.load() != 0; };
    CHECK(limited());
    CHECK(s.core->clear_macs({.mac = mac(0x41)}) == 1);
    CHECK(!limited());
    s.send(2, everybody, mac(0x71));
    s.send(2, everybody, mac(0x72));
    CHECK(limited());
    s.spec.most_addresses = 30;
    s.changed();
    CHECK(!limited());
}

TEST("bridge: an address that moves is followed, and one that moves too often is told and held") {
    Switch s;
    s.spec.moves = {2, 10, 0};
    s.changed();
    s.core->tell_conditions();
    unsigned events = 0;
    s.core->handler = [&](const Event &e) { events += e.kind == Event::Kind::condition; };
    for (unsigned n = 0; n < 4; n++) s.send(1 + n % 2, everybody, a);
    s.core->note_moves();
    s.core->tell_conditions();
    CHECK_EQUAL(s.bridge().moves, uint64_t{3});
    CHECK_EQUAL(events, 1u);
    CHECK_EQUAL(s.bridge().moving.size(), size_t{1});
    CHECK(s.bridge().moving[0].mac == a);
    CHECK_EQUAL(s.core->mac_page({.domain = "d", .mac = a}, 0, 1, s.now).macs.at(0).interface, std::string("if2"));
    s.spec.moves.hold = 60;
    s.changed();
    s.run(20 * second);
    for (unsigned n = 0; n < 8; n++) s.send(1 + n % 2, everybody, a);
    const auto at = [&] { return s.core->mac_page({.domain = "d", .mac = a}, 0, 1, s.now).macs.at(0).interface; };
    const std::string held = at();
    CHECK(s.bridge().held > 0);
    s.send(held == "if1" ? 2 : 1, everybody, a);
    CHECK_EQUAL(at(), held);
    s.run(80 * second);
    s.send(held == "if1" ? 2 : 1, everybody, a);
    CHECK(at() != held);
}

TEST("bridge: what floods is policed by its class") {
    Switch s;
    s.spec.policers = {Limit{10, 5}, Limit{10, 3}, Limit{10, 2}};
    s.changed();
    for (int n = 0; n < 10; n++) {
        s.send(1, b, a);
        s.send(1, everybody, a);
        s.send(1, {1, 0, 0x5e, 0, 0, 1}, a);
    }
    CHECK_EQUAL(s.count(2), size_t{10});
    CHECK_EQUAL(s.drops("bridge-flood", "policed-unknown-unicast"), uint64_t{5});
    CHECK_EQUAL(s.drops("bridge-flood", "policed-broadcast"), uint64_t{7});
    CHECK_EQUAL(s.drops("bridge-flood", "policed-multicast"), uint64_t{8});
    CHECK_EQUAL(s.bridge().policed[1], uint64_t{7});
}

TEST("bridge: unknown destinations end when the domain says so, reserved addresses unless it does") {
    Switch s;
    const MacAddress stp{1, 0x80, 0xc2, 0, 0, 0};
    s.spec.floods_unknown = false;
    s.changed();
    s.send(1, b, a);
    s.send(1, stp, a);
    CHECK_EQUAL(s.count(2), size_t{0});
    CHECK_EQUAL(s.drops("bridge-input", "unknown-destination"), uint64_t{1});
    CHECK_EQUAL(s.drops("bridge-input", "reserved-address"), uint64_t{1});
    s.spec.forwards_reserved = true;
    s.changed();
    s.send(1, stp, a);
    CHECK_EQUAL(s.count(2), size_t{1});
    s.send(1, a, b);
    CHECK_EQUAL(s.drops("bridge-input", "same-interface"), uint64_t{1});
}

TEST("bridge: a static address is where it was put, and goes with its domain") {
    Switch s;
    s.spec.macs = {{b, "if3"}};
    s.changed();
    s.send(1, b, a);
    CHECK_EQUAL(s.count(3), size_t{1});
    CHECK_EQUAL(s.count(2), size_t{0});
    s.send(2, everybody, b);
    s.out(3);
    s.send(1, b, a);
    CHECK_EQUAL(s.count(3), size_t{1});
    CHECK_EQUAL(s.core->clear_macs({.domain = "d"}), 1u);
    CHECK_EQUAL(s.known(), size_t{1});
    s.spec.macs.clear();
    s.changed();
    CHECK_EQUAL(s.known(), size_t{0});
}

TEST("bridge: what was learned behind a link that goes down, or a member that leaves, is forgotten") {
    Switch s;
    s.send(1, everybody, a);
    s.send(2, everybody, b);
    LinkState link = s.wires[0]->link();
    link.up = false;
    s.wires[0]->set_link(link);
    s.core->watch_links();
    CHECK_EQUAL(s.known(), size_t{1});
    for (unsigned port = 1; port <= 3; port++) s.out(port);
    s.send(2, everybody, b);
    CHECK_EQUAL(s.count(1), size_t{0});
    CHECK_EQUAL(s.count(3), size_t{1});
    s.spec.members.erase(s.spec.members.begin() + 1);
    s.changed();
    CHECK_EQUAL(s.known(), size_t{0});
    s.send(3, everybody, c);
    CHECK_EQUAL(s.count(2), size_t{0});
}

TEST("bridge: super-packets go to members whole, and what is longer than a member's MTU does not") {
    Switch s;
    s.send(2, everybody, b);
    s.out(1);
    s.give(1, frame(b, a, packet({.source = "10.0.9.7", .destination = "10.0.9.8", .payload = 1600})));
    s.run();
    CHECK_EQUAL(s.count(2), size_t{0});
    CHECK_EQUAL(s.drops("egress", "frame-longer-than-mtu"), uint64_t{1});
    CHECK_EQUAL(s.state("if2").out_discards, uint64_t{1});
}

TEST("bridge: what can't be is refused, and says why") {
    Switch s;
    Records other;
    BridgeSpec second_one = s.spec;
    second_one.name = "e";
    other.bridge(second_one);
    CHECK_EQUAL(s.commit(other), std::string("bridge domain 'e' names interface 'if1', which bridge domain 'd' has"));
    s.spec.macs = {{b, "if9"}};
    CHECK_EQUAL(s.change(), std::string("bridge domain 'd' has a static MAC address on 'if9', which is no member of it"));
    s.spec.macs.clear();
    s.spec.routed = "if9";
    CHECK_EQUAL(s.change(), std::string("bridge domain 'd' is routed by interface 'if9', which does not exist"));
    s.spec.routed = "if1";
    CHECK_EQUAL(s.change(), std::string("bridge domain 'd' is routed by interface 'if1', which stands on a port"));
    s.spec.routed.clear();
    s.spec.members.push_back({"if7", 0, 0});
    CHECK_EQUAL(s.change(), std::string("bridge domain 'd' names interface 'if7', which does not exist"));
    s.send(1, everybody, a);
    CHECK_EQUAL(s.count(2), size_t{1});
}

TEST("bridge: a domain that goes leaves nothing, and its interfaces are routed again") {
    Switch s;
    s.route();
    s.send(1, everybody, a);
    for (unsigned port = 1; port <= 3; port++) s.out(port);
    const size_t objects = s.core->objects.size();
    CHECK_EQUAL(s.commit(Records().u8(62).str("d").route_delete("10.0.9.0/24").route_delete("10.0.9.1/32").object_delete(9).interface_delete("bvi")),
                std::string());
    CHECK(s.core->bridge_states({}).empty());
    CHECK(!s.core->registry.macs);
    CHECK(s.core->placed_macs.empty());
    CHECK_EQUAL(s.core->objects.size(), objects - 2);
    s.send(1, everybody, a);
    CHECK_EQUAL(s.count(2), size_t{0});
    CHECK(!s.core->registry.interfaces.at("if1")->domain);
}

TEST("bridge: a full transaction keeps what was learned in domains that stay, and sweeps the others") {
    Switch s;
    s.send(1, everybody, a);
    Records r;
    for (unsigned n = 1; n <= 3; n++) {
        const std::string i = std::to_string(n);
        r.port("p" + i, "e" + i).interface("if" + i, "p" + i, {}, interface_enabled);
    }
    Records same = r;
    same.bridge(s.spec);
    CHECK_EQUAL(s.commit(same, true), std::string());
    CHECK_EQUAL(s.known(), size_t{1});
    CHECK_EQUAL(s.commit(r, true), std::string());
    CHECK(s.core->bridge_states({}).empty());
    CHECK_EQUAL(s.core->objects.size(), size_t{0});
}

TEST("bridge: addresses are told some at a time") {
    Switch s;
    for (unsigned n = 0; n < 200; n++) s.send(1, everybody, {2, 7, 0, 0, 0, static_cast<uint8_t>(n)});
    size_t seen = 0, pages = 0;
    for (uint32_t from = 0; from != 0xffffffff; pages++) {
        const MacPage page = s.core->mac_page({.domain = "d"}, from, 20, s.now);
        seen += page.macs.size();
        from = page.next;
    }
    CHECK_EQUAL(seen, size_t{200});
    CHECK(pages > 5);
    CHECK_EQUAL(s.known({.interface = "if2"}), size_t{0});
    CHECK_EQUAL(s.known({.domain = "other"}), size_t{0});
}

}  // namespace
}  // namespace weft::bridge_test
