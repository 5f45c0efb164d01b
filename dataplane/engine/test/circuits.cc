// Circuits: which frames of a port are whose, and that a sub-interface is an interface like any other.
#include "lab_segments.h"

namespace weft::circuits_test {
namespace {

constexpr VlanTag q(uint16_t vid) { return {type_vlan, vid}; }
constexpr VlanTag ad(uint16_t vid) { return {type_qinq, vid}; }

CircuitSpec one(VlanTag tag, const std::string &parent = "if1") { return {parent, CircuitMatch::tag, {tag}, 0, {}}; }
CircuitSpec two(VlanTag outer, VlanTag inner, const std::string &parent = "if1") {
    return {parent, CircuitMatch::two_tags, {outer, inner}, 0, {}};
}

MacAddress mac_at(const Frame &f, size_t at) {
    MacAddress m;
    std::memcpy(m.data(), &f.bytes[at], 6);
    return m;
}

struct Box : Lab {
    explicit Box(uint8_t offloads = 0xff) : Lab(2) {
        for (const auto &wire : wires) wire->set_offloads(offloads);
        standard();
        know_hosts();
    }
    void good(const Records &r, bool full = false) { CHECK_EQUAL(commit(r, full), std::string()); }
    // The outermost tag in front of the type, or beside the frame as a kernel gives it.
    void give_tagged(unsigned port, const Bytes &f, std::vector<VlanTag> tags, bool beside, unsigned priority = 0, Offload offload = {}) {
        Frame given{f, offload, 0, 0};
        if (beside && !tags.empty()) {
            given.vlan_tpid = tags[0].tpid;
            given.vlan_tci = static_cast<uint16_t>(priority << 13 | tags[0].vid);
            tags.erase(tags.begin());
        }
        given.bytes = tagged(f, tags, priority);
        wires[port - 1]->give(given, port % workers);
        run();
    }
    // What left by a port, with these tags, which are taken off.
    std::vector<Frame> without(unsigned port, const std::vector<VlanTag> &tags, unsigned priority = 0) {
        std::vector<Frame> frames = wires[port - 1]->take();
        for (Frame &f : frames) {
            CHECK_EQUAL(f.vlan_tpid, uint16_t{0});
            for (const VlanTag &tag : tags) {
                CHECK_EQUAL(load16(&f.bytes[12]), tag.tpid);
                CHECK_EQUAL(load16(&f.bytes[14]), priority << 13 | tag.vid);
                f.bytes.erase(f.bytes.begin() + 12, f.bytes.begin() + 16);
            }
            const int shift = static_cast<int>(4 * tags.size());
            if (f.offload.flags & offload_needs_checksum) f.offload.csum_start = static_cast<uint16_t>(f.offload.csum_start - shift);
            if (f.offload.header_length) f.offload.header_length = static_cast<uint16_t>(f.offload.header_length - shift);
        }
        return frames;
    }
    Frame only_without(unsigned port, const std::vector<VlanTag> &tags, unsigned priority = 0) {
        const auto frames = without(port, tags, priority);
        if (frames.size() == 1) return frames[0];
        std::string why = std::to_string(frames.size()) + " frames; drops:";
        for (const DropCounter &d : core->drop_counters())
            if (d.packets) why += std::string(" ") + d.node + "/" + d.reason + "=" + std::to_string(d.packets);
        throw CheckFailed{why};
    }
};

// Hosts 10.0.3.9 behind if1.x, whose tags are given; 10.0.4.9 behind if2.x.
struct Routed : Box {
    std::vector<VlanTag> in, out;
    Routed(const CircuitSpec &first, const CircuitSpec &second, uint8_t offloads = 0xff) : Box(offloads), in(first.tags), out(second.tags) {
        good(Records()
                 .interface("if1.x", "", {"10.0.3.1/24", "2001:db8:3::1/64"})
                 .interface("if2.x", "", {"10.0.4.1/24", "2001:db8:4::1/64"})
                 .circuit("if1.x", first)
                 .circuit("if2.x", second)
                 .glean(3, "if1.x")
                 .glean(4, "if2.x")
                 .route("10.0.3.0/24", 3)
                 .route("10.0.4.0/24", 4)
                 .route("2001:db8:3::/64", 3)
                 .route("2001:db8:4::/64", 4)
                 .route("10.0.3.1/32", 1000)
                 .route("10.0.4.1/32", 1000));
        for (const char *a : {"10.0.3.9", "2001:db8:3::9"}) know("if1.x", a, h1);
        for (const char *a : {"10.0.4.9", "2001:db8:4::9"}) know("if2.x", a, h2);
    }
};

const CircuitSpec single_in = one(q(10)), single_out = one(q(20), "if2"), service_in = one(ad(10)), double_in = two(ad(10), q(11)),
                  double_out = two(q(20), q(21), "if2");

TEST("circuits: the longest match has a frame, wherever the kernel left its outer tag") {
    Box box;
    const std::pair<const char *, CircuitSpec> circuits[] = {
        {"c10", one(q(10))},
        {"c10.20", two(q(10), q(20))},
        {"c10.s20", two(q(10), ad(20))},
        {"s10", one(ad(10))},
        {"s10.any", {"if1", CircuitMatch::tag_and_any, {ad(10)}, 0, {}}},
        {"s30.any", {"if1", CircuitMatch::tag_and_any, {ad(30)}, 0, {}}},
        {"c40.1", two(q(40), q(1))},
        {"rest", {"if1", CircuitMatch::rest, {}, 0, {}}},
    };
    Records r;
    for (const auto &[name, spec] : circuits) r.interface(name, "", {}, interface_enabled).circuit(name, spec);
    box.good(r);
    struct {
        std::vector<VlanTag> tags;
        const char *whose;
    } const frames[] = {
        {{}, "if1"},           {{q(0)}, "if1"},        {{q(10)}, "c10"},        {{q(10), q(20)}, "c10.20"}, {{q(10), ad(20)}, "c10.s20"},
        {{q(10), q(21)}, "c10"}, {{ad(10)}, "s10"},      {{ad(10), q(5)}, "s10.any"}, {{ad(10), q(0)}, "s10.any"}, {{ad(30), ad(9)}, "s30.any"},
        {{ad(30)}, "rest"},    {{q(40)}, "rest"},      {{q(40), q(2)}, "rest"}, {{q(40), q(1)}, "c40.1"},   {{q(40), q(1), q(7)}, "c40.1"},
        {{ad(11)}, "rest"},    {{q(4095)}, "rest"},
    };
    for (const auto &f : frames)
        for (const bool beside : {false, true}) {
            std::map<std::string, uint64_t> before;
            for (const InterfaceState &s : box.core->interface_states({})) before[s.name] = s.in_octets;
            const Bytes b = frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9"}));
            box.give_tagged(1, b, f.tags, beside);
            std::string found;
            for (const InterfaceState &s : box.core->interface_states({}))
                if (s.name != "if1" && s.in_octets != before[s.name]) {
                    found = s.name;
                    CHECK_EQUAL(s.in_octets - before[s.name], uint64_t{b.size() + 4 * f.tags.size()});
                }
            CHECK_EQUAL(found.empty() ? "if1" : found, std::string(f.whose));
            CHECK_EQUAL(box.state("if1").in_octets - before["if1"], uint64_t{b.size() + 4 * f.tags.size()});
        }
}

TEST("circuits: without one for what is left, untagged frames are the port's own and other tags are dropped and counted") {
    Box box;
    box.good(Records().interface("if1.10", "", {"10.0.3.1/24"}).circuit("if1.10", one(q(10))));
    const Bytes b = frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9"}));
    for (const bool beside : {false, true}) {
        box.give_tagged(1, b, {}, beside);
        box.only(2);
        box.give_tagged(1, b, {q(0)}, beside, 5);
        box.only(2);
        box.give_tagged(1, b, {q(11)}, beside);
        box.give_tagged(1, b, {ad(10)}, beside);
    }
    CHECK_EQUAL(box.drops("circuit-input", "vlan-tag-without-circuit"), uint64_t{4});
    CHECK_EQUAL(box.state("if1").in_discards, uint64_t{4});
    // A routed circuit takes no more tags than its own.
    box.give_tagged(1, b, {q(10), q(3)}, false);
    CHECK_EQUAL(box.drops("ethernet-input", "vlan-tag-without-circuit"), uint64_t{1});
    CHECK_EQUAL(box.state("if1.10").in_discards, uint64_t{1});
    for (size_t length : {13, 14, 16, 17, 18, 20, 21}) {
        Bytes cut(b.begin(), b.begin() + 12);
        for (const uint8_t octet : {0x81, 0x00, 0x00, 0x0a, 0x81, 0x00, 0x00, 0x0a, 0x08, 0x00}) cut.push_back(octet);
        cut.resize(length);
        box.give(1, cut);
    }
    box.run();
    CHECK(box.wires[1]->take().empty());
}

TEST("circuits: packets are routed between sub-interfaces of any tags, both ways, in both families") {
    for (const CircuitSpec &first : {single_in, service_in, double_in, CircuitSpec{"if1", CircuitMatch::untagged, {}, 0, {}}})
        for (const CircuitSpec &second : {single_out, double_out})
            for (const bool beside : {false, true}) {
                Routed box(first, second);
                for (const bool v6 : {false, true}) {
                    const std::string near = v6 ? "2001:db8:3::9" : "10.0.3.9", far = v6 ? "2001:db8:4::9" : "10.0.4.9";
                    box.give_tagged(1, frame(mac(1), h1, packet({.source = near, .destination = far})), box.in, beside, 3);
                    Frame f = box.only_without(2, box.out);
                    check_frame(f);
                    CHECK(inner(f) == packet({.source = near, .destination = far, .ttl = 63}));
                    CHECK(mac_at(f, 0) == h2);
                    CHECK(mac_at(f, 6) == mac(2));
                    box.give_tagged(2, frame(mac(2), h2, packet({.source = far, .destination = near})), box.out, beside);
                    f = box.only_without(1, box.in);
                    check_frame(f);
                    CHECK(inner(f) == packet({.source = far, .destination = near, .ttl = 63}));
                }
                const InterfaceState s = box.state("if2.x");
                CHECK_EQUAL(s.out_unicast, uint64_t{2});
                CHECK_EQUAL(s.out_octets, uint64_t{2 * (14 + 4 * box.out.size() + 8 + 32) + 20 + 40});
                CHECK_EQUAL(s.in_octets, s.out_octets);
                CHECK_EQUAL(box.state("if2").out_unicast, uint64_t{2});
                CHECK_EQUAL(box.state("if2").out_octets, s.out_octets);
                CHECK_EQUAL(box.state("if1.x").forwarded4 + box.state("if1.x").forwarded6, uint64_t{2});
            }
}

TEST("circuits: neighbours are asked for and answered with the tags; what waits leaves with them") {
    Routed box(single_in, double_out);
    box.give_tagged(1, arp(1, h1, "10.0.3.9", {}, "10.0.3.1", {255, 255, 255, 255, 255, 255}), {q(10)}, false);
    CHECK(box.only_without(1, {q(10)}).bytes == arp(2, mac(1), "10.0.3.1", h1, "10.0.3.9", h1));
    box.give_tagged(1, frame(mac(1), h1, packet({.source = "10.0.3.9", .destination = "10.0.4.7"})), {q(10)}, true);
    CHECK(box.only_without(2, {q(20), q(21)}).bytes == arp(1, mac(2), "10.0.4.1", {}, "10.0.4.7", {255, 255, 255, 255, 255, 255}));
    box.give_tagged(2, arp(2, mac(7), "10.0.4.7", mac(2), "10.0.4.1", mac(2)), {q(20), q(21)}, false);
    const Frame f = box.only_without(2, {q(20), q(21)});
    CHECK(inner(f) == packet({.source = "10.0.3.9", .destination = "10.0.4.7", .ttl = 63}));
    // Echo is answered, and errors are reported, with the tags of who asked.
    box.give_tagged(1, frame(mac(1), h1, echo_request("10.0.3.9", "10.0.3.1")), {q(10)}, true);
    CHECK_EQUAL(source_of(inner(box.only_without(1, {q(10)}))), std::string("10.0.3.1"));
    box.give_tagged(1, frame(mac(1), h1, packet({.source = "10.0.3.9", .destination = "192.0.2.1"})), {q(10)}, true);
    CHECK_EQUAL(error_of(box.only_without(1, {q(10)})).type, 3);
}

TEST("circuits: a trace finds packets behind their tags, by their circuit or addresses, and says whose they are") {
    Routed box(double_in, single_out);
    std::vector<TracedPacket> traced;
    const auto trace = [&](const TraceRequest &request) {
        CHECK_EQUAL(box.core->begin_trace(request, box.now, [&](std::vector<TracedPacket> p) { traced = std::move(p); }), std::string());
        box.give_tagged(1, frame(mac(1), h1, packet({.source = "10.0.3.9", .destination = "10.0.4.9"})), box.in, false);
        box.core->end_trace();
        box.core->epochs.collect();
        box.only_without(2, box.out);
        return traced.size();
    };
    CHECK_EQUAL(trace({.interface = "if1"}), size_t{0});
    CHECK_EQUAL(trace({.destination = address("10.0.4.8", 32)}), size_t{0});
    CHECK_EQUAL(trace({.interface = "if1.x", .family = 4, .destination = address("10.0.4.9", 32), .protocol = 17}), size_t{1});
    CHECK_EQUAL(traced[0].interface, std::string("if1.x"));
    CHECK_EQUAL(traced[0].description, std::string("IPv4 10.0.3.9 > 10.0.4.9, UDP 1000 > 2000, TTL 64"));
    CHECK_EQUAL(traced[0].steps[0].node, std::string("circuit-input"));
    CHECK_EQUAL(traced[0].steps[0].decision, std::string("belongs to if1.x"));
}

TEST("circuits: the host has an untagged tap of its own") {
    Routed box(double_in, single_out);
    const Bytes out = frame(h1, mac(1), packet({.source = "10.0.3.1", .destination = "10.0.3.9", .protocol = 89}));
    box.factory->tap("if1.x")->give({out, {.flags = offload_needs_checksum, .csum_start = 34, .csum_offset = 6}, 0, 0});
    box.run();
    const Frame f = box.only_without(1, box.in);
    CHECK(f.bytes == out);
    CHECK_EQUAL(f.offload.csum_start, uint16_t{34});
    const Bytes in = frame(mac(1), h1, packet({.source = "10.0.3.9", .destination = "10.0.3.1", .destination_port = 179}));
    box.give_tagged(1, in, box.in, true);
    const auto frames = box.factory->tap("if1.x")->take();
    CHECK_EQUAL(frames.size(), size_t{1});
    CHECK(frames[0].bytes == in);
}

TEST("circuits: super-packets pass whole, or are cut behind the tags") {
    const SuperOptions options;
    for (const uint8_t offloads : {0xff, static_cast<int>(takes_checksum), 0})
        for (const Wrap family : {Wrap::ip4, Wrap::ip6}) {
            Routed box(double_in, double_out, offloads);
            box.good(Records().route("10.0.2.9/32", 4).route("2001:db8:2::9/128", 4).route("10.0.1.0/24", 3).route("2001:db8:1::/64", 3));
            box.know("if2.x", "10.0.2.9", h2);
            box.know("if2.x", "2001:db8:2::9", h2);
            const Super s = super_packet({family}, options);
            for (const bool beside : {false, true}) {
                Offload o = s.offload;
                const auto front = static_cast<uint16_t>(14 + 4 * (box.in.size() - beside));
                o.csum_start = static_cast<uint16_t>(o.csum_start + front);
                o.header_length = static_cast<uint16_t>(o.header_length + front);
                box.give_tagged(1, frame(mac(1), h1, s.packet), box.in, beside, 0, o);
                const auto frames = box.without(2, box.out);
                if (offloads == 0xff) {
                    CHECK_EQUAL(frames.size(), size_t{1});
                    CHECK_EQUAL(frames[0].offload.csum_start, static_cast<uint16_t>(s.transport + 14));
                    CHECK_EQUAL(frames[0].offload.header_length, static_cast<uint16_t>(s.headers + 14));
                    CHECK_EQUAL(frames[0].bytes.size(), s.packet.size() + 14);
                    continue;
                }
                std::vector<Seen> seen;
                for (const Frame &f : frames) {
                    Offload from_l3 = f.offload;
                    if (from_l3.flags & offload_needs_checksum) from_l3.csum_start = static_cast<uint16_t>(from_l3.csum_start - 14);
                    seen.push_back(judge(inner(f), from_l3));
                }
                judge_segments(seen, s, options);
            }
        }
}

TEST("circuits: the MTU is the parent's less the tags that a kernel does not grant, and is held to") {
    Routed box(single_in, double_out);
    CHECK_EQUAL(box.state("if1.x").mtu, 1500u);
    CHECK_EQUAL(box.state("if2.x").mtu, 1496u);
    const auto from_h1 = [&](size_t payload, bool dont_fragment) {
        box.give_tagged(1, frame(mac(1), h1, packet({.source = "10.0.3.9", .destination = "10.0.4.9", .payload = payload, .dont_fragment = dont_fragment})), box.in, false);
    };
    from_h1(1496 - 28, true);
    CHECK_EQUAL(inner(box.only_without(2, box.out)).size(), size_t{1496});
    from_h1(1500 - 28, true);
    const Error e = error_of(box.only_without(1, box.in));
    CHECK_EQUAL(e.code, 4);
    CHECK_EQUAL(e.rest, 1496u);
    from_h1(1500 - 28, false);
    const auto fragments = box.without(2, box.out);
    CHECK_EQUAL(fragments.size(), size_t{2});
    for (const Frame &f : fragments) check_frame(f);
    // The port's MTU falls, and its circuits' with it; one that is asked for too high is refused.
    box.good(Records().interface("if2", "p2", {"10.0.2.1/24", "2001:db8:2::1/64"}, 31, 1400));
    CHECK_EQUAL(box.state("if2.x").mtu, 1396u);
    CHECK_EQUAL(box.commit(Records().interface("if2.x", "", {}, 31, 1400)),
                std::string("circuit 'if2.x' has MTU 1400, but interface 'if2' carries no more than 1396 behind 802.1Q 20, 802.1Q 21"));
    // As the device's MTU falls.
    LinkState link = box.wires[1]->link();
    box.good(Records().interface("if2", "p2", {"10.0.2.1/24"}, 31));
    link.mtu = 1300;
    box.wires[1]->set_link(link);
    box.core->follow_devices();
    CHECK_EQUAL(box.state("if2").mtu, 1300u);
    CHECK_EQUAL(box.state("if2.x").mtu, 1296u);
}

TEST("circuits: a MAC address of its own, and else its parent's") {
    Routed box(single_in, single_out);
    Records r;
    r.u8(3).str("if1.x").u32(0).str("").u8(31).u16(0).u8(1);
    for (const uint8_t octet : mac(0x77)) r.u8(octet);
    r.u16(1).addr(address("10.0.3.1", 24)).u8(24);
    box.good(r);
    CHECK(box.state("if1.x").mac == mac(0x77));
    const Bytes p = packet({.source = "10.0.3.9", .destination = "10.0.4.9"});
    box.give_tagged(1, frame(mac(1), h1, p), {q(10)}, false);
    CHECK_EQUAL(box.drops("ethernet-input", "destination-not-ours"), uint64_t{1});
    box.give_tagged(1, frame(mac(0x77), h1, p), {q(10)}, false);
    box.only_without(2, {q(20)});
    box.give_tagged(2, frame(mac(2), h2, packet({.source = "10.0.4.9", .destination = "10.0.3.9"})), {q(20)}, false);
    CHECK(mac_at(box.only_without(1, {q(10)}), 6) == mac(0x77));
}

TEST("circuits: are up as their parents are, and forward with them") {
    Routed box(single_in, single_out);
    CHECK(box.state("if1.x").oper_up);
    LinkState link = box.wires[0]->link();
    link.up = false;
    box.wires[0]->set_link(link);
    box.core->watch_links();
    CHECK(!box.state("if1.x").oper_up);
    link.up = true;
    box.wires[0]->set_link(link);
    box.core->watch_links();
    CHECK(box.state("if1.x").oper_up);
    box.good(Records().interface("if1", "p1", {}, 0));
    CHECK(!box.state("if1.x").oper_up);
    box.give_tagged(2, frame(mac(2), h2, packet({.source = "10.0.4.9", .destination = "10.0.3.9"})), {q(20)}, false);
    CHECK(box.wires[0]->take().empty());
}

TEST("circuits: change and go between two bursts; the port keeps what they counted, and their frames are nobody's") {
    Routed box(single_in, single_out);
    const Bytes f = frame(mac(1), h1, packet({.source = "10.0.3.9", .destination = "10.0.4.9"}));
    box.give_tagged(1, f, {q(10)}, false);
    box.only_without(2, {q(20)});
    const uint64_t octets = box.state("if1").in_octets;
    CHECK_EQUAL(octets, uint64_t{f.size() + 4});
    box.good(Records().circuit("if1.x", one(q(12))).circuit("if2.x", one(ad(22), "if2")));
    box.give_tagged(1, f, {q(10)}, false);
    CHECK_EQUAL(box.drops("circuit-input", "vlan-tag-without-circuit"), uint64_t{1});
    box.give_tagged(1, f, {q(12)}, false);
    box.only_without(2, {ad(22)});
    CHECK_EQUAL(box.state("if1.x").in_unicast, uint64_t{2});
    box.good(Records()
                 .circuit_delete("if1.x")
                 .interface_delete("if1.x")
                 .route_delete("10.0.3.0/24")
                 .route_delete("2001:db8:3::/64")
                 .object_delete(3));
    CHECK(!box.factory->tap("if1.x"));
    CHECK_EQUAL(box.state("if1").in_octets, 3 * octets);
    box.core->collect(0);
    box.run();
    box.core->collect(0);
    CHECK_EQUAL(box.state("if1").in_octets, 3 * octets);
    box.give_tagged(1, f, {q(12)}, false);
    CHECK_EQUAL(box.drops("ethernet-input", "vlan-tag-without-circuit"), uint64_t{1});
    // The other one moves to the first port: its counters begin anew, and the second port keeps what there was.
    const uint64_t out = box.state("if2").out_octets;
    box.good(Records().circuit("if2.x", one(q(30))));
    CHECK_EQUAL(box.state("if2.x").out_octets, uint64_t{0});
    CHECK_EQUAL(box.state("if2").out_octets, out);
    // What a full transaction does not name is gone.
    box.good(Records().port("p1", "e1").interface("if1", "p1", {"10.0.1.1/24"}), true);
    CHECK(box.core->registry.circuits.empty());
    CHECK(!box.core->registry.interfaces.at("if1")->circuits);
}

TEST("circuits: a port that is opened anew has its circuits again") {
    Routed box(single_in, single_out);
    LinkState link = box.wires[0]->link();
    link.present = link.up = false;
    box.wires[0]->set_link(link);
    box.core->watch_links();
    link.present = link.up = true;
    const PortHandle *before = box.core->registry.interfaces.at("if1.x")->port.get();
    box.core->registry.ports.at("p1")->port.reset();
    box.wires[0]->set_link(link);
    box.core->reopen_ports();
    CHECK(box.core->registry.interfaces.at("if1.x")->port.get() != before);
    box.give_tagged(1, frame(mac(1), h1, packet({.source = "10.0.3.9", .destination = "10.0.4.9"})), {q(10)}, false);
    box.only_without(2, {q(20)});
}

TEST("circuits: what can not be is refused, with what is wrong") {
    Box box;
    const auto refused = [&](const CircuitSpec &spec, const std::string &why, unsigned flags = 31) {
        Records r;
        r.interface("if1.5", "", {}, interface_enabled).circuit("if1.5", one(q(5)));
        CHECK_EQUAL(box.commit(r.interface("x", "", {}, flags).circuit("x", spec)), why);
    };
    refused(one(q(10), "if9"), "circuit 'x' is on interface 'if9', which does not exist");
    refused(one(q(10), "if1.5"), "circuit 'x' is on interface 'if1.5', which is a circuit itself");
    refused(one(q(5)), "circuit 'x' takes 802.1Q 5 of 'if1', which circuit 'if1.5' has");
    refused({"if1", CircuitMatch::rest, {}, 0, {}}, "circuit 'x' takes all other frames: packets that it routes could not be given their tags");
    refused({"if1", CircuitMatch::tag_and_any, {q(7)}, 0, {}},
            "circuit 'x' takes 802.1Q 7 with any second tag: packets that it routes could not be given their tags");
    refused(one({0x9100, 10}), "circuit 'x' has a tag of TPID 37120, which is neither 802.1Q's nor 802.1ad's");
    refused(one(q(4095)), "circuit 'x' has VLAN 4095, which is not 1 to 4094");
    refused({"if1", CircuitMatch::tag, {q(7)}, 2, {}}, "circuit 'x' takes 2 tags off frames of which it knows 1");
    CHECK_EQUAL(box.commit(Records().circuit("y", one(q(5)))), std::string("circuit 'y' is no interface"));
    CHECK_EQUAL(box.commit(Records().interface("y", "", {}).circuit("y", one(q(5))).interface_delete("if1")),
                std::string("circuit 'y' is on interface 'if1', which does not exist"));
    CHECK_EQUAL(box.commit(Records().circuit("if2", one(q(5)))), std::string("circuit 'if2' has port 'p2' of its own"));
    CHECK_EQUAL(box.commit(Records().cross_connect("x", "if1", "if2")),
                std::string("cross-connect 'x' names interface 'if1', which is routed: it has addresses"));
    CHECK(box.core->registry.circuits.empty());
}

// Two ports that are cross-connected by circuits, or whole.
struct Crossed : Box {
    Crossed(const CircuitSpec *first, const CircuitSpec *second, uint8_t offloads = 0xff) : Box(offloads) {
        Records r;
        r.interface("if1", "p1", {}, interface_enabled).interface("if2", "p2", {}, interface_enabled);
        if (first) r.interface("a", "", {}, interface_enabled).circuit("a", *first);
        if (second) r.interface("b", "", {}, interface_enabled).circuit("b", *second);
        good(r.cross_connect("x", first ? "a" : "if1", second ? "b" : "if2"));
    }
};

TEST("circuits: tags of switched frames are taken off, put on and translated, and the other way round on the way back") {
    struct {
        std::vector<VlanTag> tags;
        unsigned pop;
        std::vector<VlanTag> push;
    } const rewrites[] = {
        {{q(10)}, 0, {}},          {{q(10)}, 1, {}},          {{ad(10), q(11)}, 2, {}},          {{ad(10), q(11)}, 1, {}},
        {{q(10)}, 1, {q(30)}},     {{q(10)}, 1, {ad(30), q(31)}}, {{ad(10), q(11)}, 2, {q(30)}},  {{ad(10), q(11)}, 2, {ad(30), q(31)}},
        {{q(10)}, 0, {ad(30)}},    {{ad(10), q(11)}, 1, {ad(30)}}, {{q(10)}, 0, {ad(30), q(31)}}, {{}, 0, {q(30)}},
    };
    // A frame that is not IP, to somebody else.
    Bytes f = frame(h2, h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9"}));
    store16(&f[12], 0x88cc);
    for (const auto &r : rewrites)
        for (const bool beside : {false, true}) {
            const CircuitMatch match = r.tags.empty() ? CircuitMatch::untagged : r.tags.size() == 1 ? CircuitMatch::tag : CircuitMatch::two_tags;
            const CircuitSpec first{"if1", match, r.tags, static_cast<uint8_t>(r.pop), r.push};
            Crossed box(&first, nullptr);
            std::vector<VlanTag> there = r.push;
            there.insert(there.end(), r.tags.begin() + r.pop, r.tags.end());
            const unsigned priority = r.tags.empty() ? 0 : 6;
            box.give_tagged(1, f, r.tags, beside, priority);
            CHECK(box.only_without(2, there, priority).bytes == f);
            box.give_tagged(2, f, there, beside, there.empty() ? 0 : 5);
            CHECK(box.only_without(1, r.tags, there.empty() ? 0 : 5).bytes == f);
            const InterfaceState a = box.state("a"), b = box.state("if2");
            CHECK_EQUAL(a.in_octets, uint64_t{f.size() + 4 * r.tags.size()});
            CHECK_EQUAL(a.out_octets, a.in_octets);
            CHECK_EQUAL(b.out_octets, uint64_t{f.size() + 4 * there.size()});
            CHECK_EQUAL(b.in_octets, b.out_octets);
        }
}

}  // namespace
}  // namespace weft::circuits_test
