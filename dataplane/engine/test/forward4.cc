// IPv4 through the box: if1 10.0.1.1/24 on e1, if2 10.0.2.1/24 on e2.
#include "lab.h"

namespace weft::forward4_test {
namespace {

Lab known(unsigned flags = 31, unsigned mtu = 0) {
    Lab lab;
    lab.standard(flags, mtu);
    lab.know("if1", "10.0.1.9", h1);
    lab.know("if2", "10.0.2.9", h2);
    return lab;
}

Bytes from_h1(const Ip &ip) { return frame(mac(1), h1, packet(ip)); }

TEST("ip4: a packet goes to its neighbour with its TTL less one and the right MACs") {
    Lab lab = known();
    lab.give(1, from_h1({.source = "10.0.1.9", .destination = "10.0.2.9"}));
    lab.run();
    const Frame f = lab.only(2);
    CHECK_EQUAL(hex(Bytes(f.bytes.begin(), f.bytes.begin() + 14)), std::string("0200000000220200000000020800"));
    CHECK_EQUAL(int{inner(f)[8]}, 63);
    CHECK(lab.out(1).empty());
    const InterfaceState in = lab.state("if1"), out = lab.state("if2");
    CHECK_EQUAL(in.in_unicast, uint64_t{1});
    CHECK_EQUAL(in.in4, uint64_t{1});
    CHECK_EQUAL(in.forwarded4, uint64_t{1});
    CHECK_EQUAL(in.in_octets, uint64_t{f.bytes.size()});
    CHECK_EQUAL(out.out_unicast, uint64_t{1});
    CHECK_EQUAL(out.out_octets, uint64_t{f.bytes.size()});
}

TEST("ip4: the checksum after a TTL one lower is what RFC 1624 makes of it, of every sum that a header can have") {
    uint16_t wrong = 0;
    for (uint32_t sum = 0; sum < 0xffff; sum++) {
        uint8_t field[2];
        store16(field, static_cast<uint16_t>(sum));
        uint16_t lies;
        std::memcpy(&lies, field, 2);
        lies = checksum_of_next_hop(lies);
        std::memcpy(field, &lies, 2);
        wrong |= static_cast<uint16_t>(load16(field) ^ checksum_update(static_cast<uint16_t>(sum), 0x4011, 0x3f11));
    }
    CHECK(wrong == 0);
}

TEST("ip4: a frame's padding is cut off") {
    Lab lab = known();
    Bytes b = from_h1({.source = "10.0.1.9", .destination = "10.0.2.9", .payload = 1});
    const size_t length = b.size();
    b.resize(60);
    lab.give(1, b);
    lab.run();
    CHECK_EQUAL(lab.only(2).bytes.size(), length);
}

TEST("ip4: an expired TTL is told to the sender from the ingress address") {
    Lab lab = known();
    const Bytes b = from_h1({.source = "10.0.1.9", .destination = "10.0.2.9", .ttl = 1, .payload = 1000});
    lab.give(1, b);
    lab.run();
    CHECK(lab.out(2).empty());
    const Bytes p = inner(lab.only(1));
    CHECK_EQUAL(source_of(p), std::string("10.0.1.1"));
    CHECK_EQUAL(destination_of(p), std::string("10.0.1.9"));
    CHECK_EQUAL(int{p[20]}, 11);
    CHECK_EQUAL(int{p[21]}, 0);
    CHECK_EQUAL(p.size(), size_t{576});
    CHECK(std::equal(p.begin() + 28, p.end(), b.begin() + 14));
    CHECK_EQUAL(lab.drops("ip4-forward", "ttl-expired"), uint64_t{1});
}

TEST("ip4: no route, an unreachable and a prohibited one are told apart; a blackhole is silent") {
    Lab lab = known();
    CHECK_EQUAL(lab.commit(Records()
                               .drop(50, DropKind::blackhole)
                               .drop(51, DropKind::unreachable)
                               .drop(52, DropKind::prohibit)
                               .route("172.16.0.0/24", 50)
                               .route("172.16.1.0/24", 51)
                               .route("172.16.2.0/24", 52)),
                std::string());
    const std::pair<const char *, int> expected[] = {{"172.16.0.1", -1}, {"172.16.1.1", 1}, {"172.16.2.1", 13}, {"192.0.2.1", 0}};
    for (const auto &[destination, code] : expected) {
        lab.give(1, from_h1({.source = "10.0.1.9", .destination = destination}));
        lab.run();
        if (code < 0) {
            CHECK(lab.out(1).empty());
            continue;
        }
        const Bytes p = inner(lab.only(1));
        CHECK_EQUAL(int{p[20]}, 3);
        CHECK_EQUAL(int{p[21]}, code);
    }
    CHECK_EQUAL(lab.drops("ip4-lookup", "blackhole"), uint64_t{1});
    CHECK_EQUAL(lab.drops("ip4-lookup", "no-route"), uint64_t{1});
}

TEST("ip4: errors are never about errors, later fragments or group frames, and are limited in rate") {
    Lab lab = known();
    Bytes unreachable = echo_request("10.0.1.9", "192.0.2.1");
    unreachable[20] = 3;
    lab.give(1, frame(mac(1), h1, unreachable));
    lab.give(1, from_h1({.source = "10.0.1.9", .destination = "192.0.2.1", .fragment = 100}));
    lab.give(1, frame(MacAddress{255, 255, 255, 255, 255, 255}, h1, packet({.source = "10.0.1.9", .destination = "192.0.2.1"})));
    lab.run();
    CHECK(lab.out(1).empty());
    for (int n = 0; n < 300; n++) lab.give(1, from_h1({.source = "10.0.1.9", .destination = "192.0.2.1"}));
    lab.run();
    CHECK_EQUAL(lab.out(1).size(), size_t{110});
    CHECK_EQUAL(lab.drops("icmp-error", "rate-limited"), uint64_t{190});
    for (int n = 0; n < 50; n++) lab.give(1, from_h1({.source = "10.0.1.9", .destination = "192.0.2.1"}));
    lab.run(20000);
    CHECK_EQUAL(lab.out(1).size(), size_t{20});
}

TEST("ip4: a checksum that a device asks for within the IP header is not written") {
    Lab lab = known();
    const Bytes whole = packet({.source = "10.0.1.9", .destination = "10.0.2.9", .ttl = 1});
    for (const uint16_t start : {0, 14, 33}) {
        const auto field = static_cast<uint16_t>(14 + 16 - std::min<uint16_t>(start, 30));  // the destination
        lab.give(1, frame(mac(1), h1, whole), {offload_needs_checksum, 0, 0, 0, start, field});
        lab.run();
        CHECK_EQUAL(hex(error_of(lab.only(1)).quoted), hex(whole));
    }
}

TEST("ip4: what is too big is told with the MTU when it must not be fragmented") {
    Lab lab = known(31, 0);
    CHECK_EQUAL(lab.commit(Records().interface("if2", "p2", {"10.0.2.1/24"}, 31, 1300)), std::string());
    lab.give(1, from_h1({.source = "10.0.1.9", .destination = "10.0.2.9", .payload = 1400, .dont_fragment = true}));
    lab.run();
    const Bytes p = inner(lab.only(1));
    CHECK_EQUAL(int{p[20]}, 3);
    CHECK_EQUAL(int{p[21]}, 4);
    CHECK_EQUAL(int{load16(&p[26])}, 1300);
    CHECK(lab.out(2).empty());
}

TEST("ip4: fragments carry the whole packet, with options where RFC 791 wants them") {
    Lab lab = known();
    CHECK_EQUAL(lab.commit(Records().interface("if2", "p2", {"10.0.2.1/24"}, 11, 600)), std::string());
    const Bytes options{0x07, 0x03, 0x04, 0x01, 0x88, 0x04, 0x00, 0x01};  // record route (not copied), stream id (copied)
    const Bytes whole = packet({.source = "10.0.1.9", .destination = "10.0.2.9", .payload = 1400, .options = options});
    lab.give(1, frame(mac(1), h1, whole));
    lab.run();
    const auto frames = lab.out(2);
    CHECK(frames.size() >= 3);
    Bytes body(whole.size() - 28);
    size_t last_seen = 0;
    for (size_t n = 0; n < frames.size(); n++) {
        const Bytes p = inner(frames[n]);
        const size_t header = (p[0] & 15u) * 4, at = (load16(&p[6]) & 0x1fff) * 8u;
        CHECK(p.size() <= 600);
        CHECK_EQUAL(header, n == 0 ? size_t{28} : size_t{24});
        CHECK_EQUAL(int{p[8]}, 63);
        CHECK(at + p.size() - header <= body.size());
        std::copy(p.begin() + static_cast<long>(header), p.end(), body.begin() + static_cast<long>(at));
        if (!(load16(&p[6]) & 0x2000)) last_seen = at + p.size() - header;
    }
    CHECK_EQUAL(last_seen, body.size());
    CHECK(std::equal(body.begin(), body.end(), whole.begin() + 28));
}

TEST("ip4: a super-packet passes whole with its unfinished checksum when its segments fit, else the sender is told") {
    Lab lab = known();
    Bytes b = from_h1({.source = "10.0.1.9", .destination = "10.0.2.9", .protocol = 6, .payload = 20000, .dont_fragment = true});
    const Offload o{offload_needs_checksum, gso_tcp4, 54, 1448, 34, 16};
    lab.give(1, b, o);
    lab.run();
    const Frame f = lab.only(2);
    CHECK_EQUAL(f.bytes.size(), b.size());
    CHECK_EQUAL(int{f.offload.gso_size}, 1448);
    CHECK_EQUAL(int{f.offload.csum_start}, 34);
    CHECK_EQUAL(int{f.offload.flags}, int{offload_needs_checksum});
    CHECK_EQUAL(lab.commit(Records().interface("if2", "p2", {"10.0.2.1/24"}, 31, 1400)), std::string());
    lab.give(1, b, o);
    lab.run();
    CHECK(lab.out(2).empty());
    CHECK_EQUAL(int{inner(lab.only(1))[21]}, 4);
}

TEST("ip4: an unfinished checksum is finished when the packet is fragmented") {
    Lab lab = known();
    CHECK_EQUAL(lab.commit(Records().interface("if2", "p2", {"10.0.2.1/24"}, 11, 600)), std::string());
    Bytes b = from_h1({.source = "10.0.1.9", .destination = "10.0.2.9", .payload = 1000});
    const uint16_t right = load16(&b[40]);
    const uint16_t partial = checksum_fold(checksum_add(0, &b[26], 8) + 1008 + 17);
    store16(&b[40], partial);
    lab.give(1, b, {offload_needs_checksum, 0, 0, 0, 34, 6});
    lab.run();
    const auto frames = lab.out(2);
    CHECK_EQUAL(frames.size(), size_t{2});
    CHECK_EQUAL(load16(&frames[0].bytes[40]), right);
    CHECK_EQUAL(int{frames[0].offload.flags}, 0);
}

TEST("ip4: what no router forwards is dropped by name") {
    Lab lab = known();
    const auto count = [&](Bytes b, const char *node, const char *reason) {
        const uint64_t before = lab.drops(node, reason);
        lab.give(1, std::move(b));
        lab.run();
        CHECK_EQUAL(lab.drops(node, reason), before + 1);
        CHECK(lab.out(2).empty());
        CHECK(lab.out(1).empty());
    };
    const Ip good{.source = "10.0.1.9", .destination = "10.0.2.9"};
    const auto with = [&](size_t at, uint8_t value, bool sum) {
        Bytes p = packet(good);
        p[at] = value;
        if (sum) {
            store16(&p[10], 0);
            store16(&p[10], checksum(p.data(), 20));
        }
        return frame(mac(1), h1, p);
    };
    count(with(0, 0x55, true), "ip4-input", "bad-version");
    count(with(0, 0x44, true), "ip4-input", "bad-header-length");
    count(with(3, 0xff, true), "ip4-input", "bad-total-length");
    count(with(3, 10, true), "ip4-input", "bad-total-length");
    count(with(8, 7, false), "ip4-input", "bad-checksum");
    count(frame(mac(1), h1, Bytes(10, 0x45)), "ip4-input", "too-short");
    count(Bytes(13, 2), "ethernet-input", "frame-too-short");
    for (const char *source : {"127.0.0.1", "0.1.2.3", "224.0.0.5", "250.1.1.1", "255.255.255.255"})
        count(from_h1({.source = source, .destination = "10.0.2.9"}), "ip4-input", "martian-source");
    for (const char *destination : {"127.0.0.1", "0.0.0.0", "240.0.0.1"})
        count(from_h1({.source = "10.0.1.9", .destination = destination}), "ip4-input", "martian-destination");
    count(from_h1({.source = "10.0.1.9", .destination = "239.1.1.1"}), "ip4-input", "multicast-not-forwarded");
    count(from_h1({.source = "10.0.1.9", .destination = "10.0.2.255"}), "ip4-lookup", "broadcast-not-forwarded");
    count(from_h1({.source = "169.254.1.1", .destination = "10.0.2.9"}), "ip4-lookup", "link-local-not-forwarded");
    count(frame(mac(9), h1, packet(good)), "ethernet-input", "destination-not-ours");
    count(frame(mac(1), {1, 0, 0, 0, 0, 1}, packet(good)), "ethernet-input", "group-source-address");
    Bytes tagged = from_h1(good);
    tagged.insert(tagged.begin() + 12, {0x81, 0, 0, 5});
    count(tagged, "ethernet-input", "vlan-tag-without-circuit");
    lab.wires[0]->give({from_h1(good), {}, 5, 0x8100});
    lab.run();
    CHECK_EQUAL(lab.drops("ethernet-input", "vlan-tag-without-circuit"), uint64_t{2});
    // A tag behind one that is only a priority.
    tagged[15] = 0;
    tagged.insert(tagged.begin() + 16, {0x81, 0, 0, 5});
    count(tagged, "ethernet-input", "vlan-tag-without-circuit");
    tagged = from_h1(good);
    tagged.insert(tagged.begin() + 12, {0x88, 0xa8, 0, 0});
    count(tagged, "ethernet-input", "vlan-tag-without-circuit");
    tagged = from_h1(good);
    tagged.resize(14);
    store16(&tagged[12], 0x8100);
    count(tagged, "ethernet-input", "vlan-tag-without-circuit");
    Bytes unknown = from_h1(good);
    store16(&unknown[12], 0x88cc);
    count(unknown, "ethernet-input", "unknown-ether-type");
    CHECK_EQUAL(lab.state("if1").in_unknown, uint64_t{1});
}

TEST("ip4: a tag that is only a priority is taken off, wherever it is, and counts as part of the frame") {
    Lab lab = known();
    const Bytes plain = from_h1({.source = "10.0.1.9", .destination = "10.0.2.9"});
    lab.give(1, plain);
    lab.run();
    const Frame expected = lab.only(2);
    const uint64_t octets = lab.state("if1").in_octets;
    const Offload unfinished{.flags = offload_needs_checksum, .header_length = 46, .csum_start = 38, .csum_offset = 6};
    Bytes tagged = plain;
    tagged.insert(tagged.begin() + 12, {0x81, 0, 0xe0, 0});
    lab.give(1, tagged, unfinished);
    lab.run();
    const Frame inline_tag = lab.only(2);
    CHECK(inline_tag.bytes == expected.bytes);
    CHECK_EQUAL(inline_tag.offload.csum_start, uint16_t{34});
    CHECK_EQUAL(inline_tag.offload.header_length, uint16_t{42});
    lab.wires[0]->give({plain, {}, 0xe000, 0x8100});
    lab.run();
    const Frame stripped = lab.only(2);
    CHECK(stripped.bytes == expected.bytes);
    CHECK_EQUAL(stripped.vlan_tpid, uint16_t{0});
    CHECK_EQUAL(lab.state("if1").in_octets - octets, uint64_t{2 * (plain.size() + 4)});
    CHECK_EQUAL(lab.core->port_states()[0].counters.rx_octets, octets + 2 * (plain.size() + 4));
}

TEST("ip4: switches of an interface hold: disabled, no IPv4, no forwarding") {
    Lab lab = known(interface_enabled | interface_ipv4);
    const Bytes b = from_h1({.source = "10.0.1.9", .destination = "10.0.2.9"});
    lab.give(1, b);
    lab.run();
    CHECK_EQUAL(lab.drops("ip4-lookup", "forwarding-disabled"), uint64_t{1});
    lab.give(1, frame(mac(1), h1, echo_request("10.0.1.9", "10.0.1.1")));
    lab.run();
    CHECK_EQUAL(int{inner(lab.only(1))[20]}, 0);
    CHECK_EQUAL(lab.commit(Records().interface("if1", "p1", {"10.0.1.1/24"}, interface_enabled)), std::string());
    lab.give(1, b);
    lab.run();
    CHECK_EQUAL(lab.drops("ip4-input", "ipv4-disabled"), uint64_t{1});
    CHECK_EQUAL(lab.commit(Records().interface("if1", "p1", {"10.0.1.1/24"}, 30)), std::string());
    lab.give(1, b);
    lab.run();
    CHECK_EQUAL(lab.drops("ethernet-input", "interface-disabled"), uint64_t{1});
    CHECK(!lab.state("if1").oper_up);
}

TEST("ip4: a link that is down takes nothing, and comes back") {
    Lab lab = known();
    std::vector<std::pair<std::string, bool>> events;
    lab.core->handler = [&](const Event &e) {
        if (e.kind == Event::Kind::link) events.emplace_back(e.interface, e.up);
    };
    LinkState link = lab.wires[1]->link();
    link.up = false;
    lab.wires[1]->set_link(link);
    lab.core->watch_links();
    lab.give(1, from_h1({.source = "10.0.1.9", .destination = "10.0.2.9"}));
    lab.run();
    CHECK(lab.out(2).empty());
    CHECK_EQUAL(lab.drops("egress", "interface-down"), uint64_t{1});
    link.up = true;
    lab.wires[1]->set_link(link);
    lab.core->watch_links();
    lab.give(1, from_h1({.source = "10.0.1.9", .destination = "10.0.2.9"}));
    lab.run();
    lab.only(2);
    CHECK_EQUAL(events.size(), size_t{2});
    CHECK(events[0] == (std::pair<std::string, bool>{"if2", false}));
    CHECK(events[1] == (std::pair<std::string, bool>{"if2", true}));
}

TEST("ip4: echo to an own address is answered, wherever it came in") {
    Lab lab = known();
    for (const char *own : {"10.0.1.1", "10.0.2.1"}) {
        const Bytes request = echo_request("10.0.1.9", own, 1000);
        lab.give(1, frame(mac(1), h1, request));
        lab.run();
        const Bytes reply = inner(lab.only(1));
        CHECK_EQUAL(source_of(reply), std::string(own));
        CHECK_EQUAL(destination_of(reply), std::string("10.0.1.9"));
        CHECK_EQUAL(int{reply[20]}, 0);
        CHECK(std::equal(reply.begin() + 24, reply.end(), request.begin() + 24));
    }
    Bytes bad = echo_request("10.0.1.9", "10.0.1.1");
    bad.back() ^= 1;
    lab.give(1, frame(mac(1), h1, bad));
    lab.run();
    CHECK(lab.out(1).empty());
    CHECK_EQUAL(lab.drops("local", "bad-checksum"), uint64_t{1});
}

}  // namespace
}  // namespace weft::forward4_test
