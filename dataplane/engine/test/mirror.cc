// Mirrors: copies that are the same, by direction, filter and rate, and that nobody looks at again.
#include "lab_filter.h"
#include "lab_pcapng.h"

namespace weft::mirror_test {
namespace {

struct MirrorRecord {
    std::string name, destination;
    std::vector<std::pair<std::string, unsigned>> sources;
    uint32_t rate = 0;
    std::string filter = {};
};

Records record(const MirrorRecord &m) { return Records().mirror(m.name, m.destination, m.sources, m.rate, m.filter); }

struct Mirroring : Lab {
    Mirroring() : Lab(3) {
        standard();
        know_hosts();
        run(1000000);
        for (unsigned n = 1; n <= 3; n++) out(n);
    }
    void set(const MirrorRecord &m) { CHECK_EQUAL(commit(record(m)), std::string()); }
    Bytes udp(uint16_t port = 2000) {
        Bytes sent = frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .destination_port = port}));
        give(1, sent);
        run();
        return sent;
    }
    MirrorState counters(const std::string &name) {
        for (const MirrorState &s : core->mirror_states())
            if (s.name == name) return s;
        throw CheckFailed{"no mirror " + name};
    }
};

TEST("mirror: what comes in and what leaves is copied as it is") {
    Mirroring lab;
    lab.set({"m", "if3", {{"if1", 1}, {"if2", 2}}});
    const Bytes came = lab.udp();
    const Bytes left = lab.only(2).bytes;
    const auto copies = lab.out(3);
    CHECK_EQUAL(copies.size(), size_t{2});
    CHECK(copies[0].bytes == came);
    CHECK(copies[1].bytes == left);
    const MirrorState s = lab.counters("m");
    CHECK_EQUAL(s.packets, uint64_t{2});
    CHECK_EQUAL(s.octets, uint64_t(came.size() + left.size()));
    CHECK_EQUAL(lab.state("if3").out_unicast, uint64_t{2});
}

TEST("mirror: to a circuit, with its tag in front of those that there are") {
    Mirroring lab;
    Records r;
    r.interface("c", "", {}).circuit("c", {"if3", CircuitMatch::tag, {{type_vlan, 100}}, 0, {}});
    CHECK_EQUAL(lab.commit(r), std::string());
    lab.set({"m", "c", {{"if1", 1}}});
    Bytes came = lab.udp();
    const uint8_t tag[] = {0x81, 0x00, 0x00, 100};
    came.insert(came.begin() + 12, tag, tag + 4);
    CHECK(lab.wires[2]->take().at(0).bytes == came);
}

TEST("mirror: a direction, a filter, a rate") {
    Mirroring lab;
    lab.set({"m", "if3", {{"if1", 2}}});
    lab.udp();
    CHECK_EQUAL(lab.out(3).size(), size_t{0});
    lab.set({"m", "if3", {{"if1", 3}}, 0, compiled("udp port 53")});
    for (const uint16_t port : {52, 53, 54}) lab.udp(port);
    lab.only(3);
    lab.set({"m", "if3", {{"if1", 1}}, 20});
    for (int n = 0; n < 10; n++) lab.udp();
    CHECK_EQUAL(lab.out(3).size(), size_t{2});
    CHECK_EQUAL(lab.counters("m").over_rate, uint64_t{8});
}

TEST("mirror: goes without a trace, and one that stays as it is keeps its counters") {
    Mirroring lab;
    lab.set({"m", "if3", {{"if1", 1}}});
    lab.set({"n", "if3", {{"if1", 1}}});
    lab.udp();
    CHECK_EQUAL(lab.out(3).size(), size_t{2});
    CHECK_EQUAL(lab.commit(Records().u8(82).str("n")), std::string());
    lab.set({"m", "if3", {{"if1", 1}}});
    lab.udp();
    lab.only(3);
    CHECK_EQUAL(lab.counters("m").packets, uint64_t{2});
    CHECK_EQUAL(lab.commit(Records().u8(82).str("m")), std::string());
    CHECK(lab.core->watches.load() == nullptr);
    lab.udp();
    CHECK_EQUAL(lab.out(3).size(), size_t{0});
    CHECK(lab.core->mirror_states().empty());
}

TEST("mirror: a destination that is down or too narrow loses copies, counted, and nothing else") {
    Mirroring lab;
    lab.set({"m", "if3", {{"if1", 1}}});
    CHECK_EQUAL(lab.commit(Records().interface("if3", "p3", {}, 0)), std::string());
    lab.udp();
    lab.only(2);
    CHECK_EQUAL(lab.counters("m").lost, uint64_t{1});
    CHECK_EQUAL(lab.commit(Records().interface("if3", "p3", {}, 1, 600)), std::string());
    lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .payload = 1000})));
    lab.run();
    lab.only(2);
    CHECK_EQUAL(lab.counters("m").lost, uint64_t{2});
    lab.udp();
    lab.only(3);
}

TEST("mirror: what is wrong with one is said") {
    Mirroring lab;
    CHECK_EQUAL(lab.commit(record({"m", "if9", {{"if1", 1}}})), std::string("mirror 'm' sends to interface 'if9', which does not exist"));
    CHECK_EQUAL(lab.commit(record({"m", "if3", {{"if9", 1}}})), std::string("mirror 'm' takes from interface 'if9', which does not exist"));
    CHECK_EQUAL(lab.commit(record({"m", "if3", {{"if3", 1}}})), std::string("mirror 'm' sends to interface 'if3', from which it takes"));
    CHECK_EQUAL(lab.commit(record({"m", "if3", {{"if1", 4}}})), std::string("mirror 'm' takes neither what comes in nor what leaves by 'if1'"));
    CHECK_EQUAL(lab.commit(record({"m", "if3", {}, 0, "x"})), std::string("mirror 'm': a filter of 1 octets is no program of at most 4096 instructions"));
    lab.set({"m", "if3", {{"if1", 1}}});
    CHECK_EQUAL(lab.commit(record({"n", "if2", {{"if3", 1}}})), std::string("mirror 'm' sends to interface 'if3', from which mirror 'n' takes"));
}

TEST("mirror: super-packets by the hundred are copied as segments of the same octets") {
    Mirroring lab;
    lab.set({"m", "if3", {{"if1", 1}, {"if2", 2}}});
    Bytes large = frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .protocol = 6, .payload = 60000}));
    const Offload offload{offload_needs_checksum, gso_tcp4, 54, 1000, 34, 16};
    for (int n = 0; n < 100; n++) lab.give(1, large, offload);
    lab.run();
    const auto left = lab.out(2), copies = lab.out(3);
    size_t came = 0, went = 0;
    for (const Frame &f : left) went += f.bytes.size() - 54;
    for (const Frame &f : copies) came += f.bytes.size() - 54;
    CHECK_EQUAL(went, size_t{100 * 60000});
    CHECK_EQUAL(came, 2 * went);
}

TunnelSpec tunnel(TunnelKind kind, const std::string &from = "10.0.3.1", const std::string &to = "10.0.3.2") {
    TunnelSpec s;
    s.kind = kind;
    s.source = to_ip6(address(from));
    s.remotes = {to_ip6(address(to))};
    s.key = 5000;
    if (s.udp()) s.port = 4789;
    if (kind == TunnelKind::l2gre) s.flags |= tunnel_has_key;
    return s;
}

// With a tunnel "t" by if3, whose end is known.
struct Remote : Mirroring {
    explicit Remote(TunnelKind kind = TunnelKind::vxlan, unsigned mtu = 0) {
        know("if3", "10.0.3.2", mac(3));
        CHECK_EQUAL(commit(Records().interface("t", "", {}, interface_enabled, mtu).tunnel("t", tunnel(kind))), std::string());
        CHECK(state("t").oper_up);
    }
    // What a frame in the tunnel carries.
    Bytes carried(const Frame &f) const {
        check_frame(f);
        const size_t header = 14 + core->registry.interfaces.at("t")->tunnel->length;
        CHECK(f.bytes.size() > header);
        return Bytes(f.bytes.begin() + static_cast<ptrdiff_t>(header), f.bytes.end());
    }
};

TEST("mirror: to a tunnel of frames, of each kind, copies arrive as they were") {
    for (const TunnelKind kind : {TunnelKind::l2gre, TunnelKind::nvgre, TunnelKind::vxlan, TunnelKind::vxlan_gpe_ethernet}) {
        Remote lab(kind);
        lab.set({"m", "t", {{"if1", 1}, {"if2", 2}}});
        const Bytes came = lab.udp();
        const Bytes left = lab.only(2).bytes;
        const auto copies = lab.out(3);
        CHECK_EQUAL(copies.size(), size_t{2});
        CHECK(lab.carried(copies[0]) == came);
        CHECK(lab.carried(copies[1]) == left);
        CHECK_EQUAL(lab.counters("m").packets, uint64_t{2});
        CHECK_EQUAL(lab.state("t").out_unicast, uint64_t{2});
    }
}

TEST("mirror: burst after burst of what comes in goes into a tunnel, and its own way, and on when there is no mirror any more") {
    Remote lab;
    lab.set({"m", "t", {{"if1", 1}}});
    const size_t before = lab.state("if2").out_unicast;
    const auto bursts = [&](unsigned count) {
        for (unsigned n = 0; n < count; n++) {
            for (unsigned k = 0; k <= n % 5; k++)
                lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9"})));
            lab.run();
            CHECK_EQUAL(lab.out(2).size(), size_t{n % 5 + 1});
            lab.give(2, frame(mac(2), h2, packet({.source = "10.0.2.9", .destination = "10.0.1.9"})));
            lab.run();
            CHECK_EQUAL(lab.out(1).size(), size_t{1});
        }
    };
    bursts(50);
    CHECK_EQUAL(lab.out(3).size(), size_t{150});
    CHECK_EQUAL(lab.counters("m").packets, uint64_t{150});
    CHECK_EQUAL(lab.commit(Records().u8(82).str("m")), std::string());
    bursts(50);
    CHECK_EQUAL(lab.out(3).size(), size_t{0});
    CHECK_EQUAL(lab.state("if2").out_unicast - before, uint64_t{300});
    CHECK_EQUAL(lab.drops("worker", "vector-full"), uint64_t{0});
}

TEST("mirror: copies in a tunnel are not mirrored again where the tunnel leaves, nor captured") {
    Remote lab;
    lab.set({"m", "t", {{"if1", 3}, {"if2", 3}, {"if3", 3}}});
    CHECK_EQUAL(lab.core->begin_capture(1, {.interfaces = {"t", "if3"}}, lab.now), std::string());
    const Bytes came = lab.udp();
    const auto copies = lab.out(3);
    CHECK_EQUAL(copies.size(), size_t{2});
    CHECK(lab.carried(copies[0]) == came);
    // What else leaves there is.
    lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.3.2"})));
    lab.run();
    CHECK_EQUAL(lab.out(3).size(), size_t{3});
    CHECK_EQUAL(captured(lab).packets.size(), size_t{1});
}

TEST("mirror: a tunnel in another one, and one of whose way an access list judges, carry copies once") {
    Remote lab;
    Records r;
    r.interface("u", "", {"10.8.0.1/24"}).tunnel("u", tunnel(TunnelKind::gre, "10.0.3.1", "10.0.3.2")).glean(20, "u").route("10.8.0.0/24", 20);
    r.interface("v", "", {}).tunnel("v", tunnel(TunnelKind::l2gre, "10.8.0.1", "10.8.0.2"));
    r.acl({.name = "x", .otherwise = AclAction::pass, .entries = {}}).acl_bind("if3", AclDirection::out, 4, "x");
    CHECK_EQUAL(lab.commit(r), std::string());
    lab.set({"m", "v", {{"if1", 1}, {"if3", 2}}});
    lab.udp();
    const Frame one = lab.only(3);
    CHECK_EQUAL(int{one.bytes[14 + 9]}, 47);
    lab.only(2);
}

TEST("mirror: packets wait for the tunnel's next hop as others do, and are not mirrored when they leave") {
    Remote lab;
    CHECK_EQUAL(lab.commit(Records().neighbour_delete("if3", "10.0.3.2")), std::string());
    lab.run(3600000000ull);
    lab.out(3);
    lab.set({"m", "t", {{"if1", 1}, {"if3", 2}}});
    const Bytes came = lab.udp();
    lab.out(3);  // the question, and its copy waits too
    lab.give(3, arp(2, mac(3), "10.0.3.2", mac(3), "10.0.3.1", mac(3)));
    lab.run();
    size_t copies = 0;
    for (const Frame &f : lab.out(3))
        if (load16(&f.bytes[12]) == type_ip4) copies += lab.carried(f) == came;
    CHECK_EQUAL(copies, size_t{1});
}

TEST("mirror: super-packets by the hundred go into a tunnel as segments of the same octets") {
    Remote lab(TunnelKind::l2gre);
    lab.set({"m", "t", {{"if1", 1}, {"if2", 2}}});
    const Bytes large = frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .protocol = 6, .payload = 60000}));
    const Offload offload{offload_needs_checksum, gso_tcp4, 54, 1000, 34, 16};
    for (int n = 0; n < 100; n++) lab.give(1, large, offload);
    lab.run();
    size_t went = 0, came = 0;
    for (const Frame &f : lab.out(2)) went += f.bytes.size() - 54;
    for (const Frame &f : lab.out(3)) came += lab.carried(f).size() - 54;
    CHECK_EQUAL(went, size_t{100 * 60000});
    CHECK_EQUAL(lab.counters("m").lost, uint64_t{0});
    CHECK_EQUAL(lab.drops("worker", "vector-full"), uint64_t{0});
    CHECK_EQUAL(came, 2 * went);
}

TEST("mirror: a frame that is too long for a tunnel is lost, and no sender is told") {
    Remote lab(TunnelKind::vxlan, 600);
    lab.set({"m", "t", {{"if1", 1}}});
    lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .payload = 1000})));
    lab.run();
    lab.only(2);
    CHECK_EQUAL(lab.out(3).size() + lab.out(1).size(), size_t{0});
    CHECK_EQUAL(lab.counters("m").lost, uint64_t{1});
    lab.udp();
    lab.only(3);
}

TEST("mirror: what carries no frames is neither source nor destination") {
    Remote lab;
    Records r;
    r.interface("u", "", {}).tunnel("u", tunnel(TunnelKind::gre)).interface("v", "", {});
    TunnelSpec several = tunnel(TunnelKind::vxlan);
    several.key = 7;
    several.remotes.push_back(to_ip6(address("10.0.3.3")));
    r.tunnel("v", several);
    CHECK_EQUAL(lab.commit(r), std::string());
    CHECK_EQUAL(lab.commit(record({"m", "u", {{"if1", 1}}})), std::string("mirror 'm' sends to interface 'u', which carries IP, not frames"));
    CHECK_EQUAL(lab.commit(record({"m", "if3", {{"u", 1}}})), std::string("mirror 'm' takes from interface 'u', which carries IP, not frames"));
    CHECK_EQUAL(lab.commit(record({"m", "v", {{"if1", 1}}})), std::string("mirror 'm' sends to interface 'v', which has several remotes"));
    // Nor does a destination become one.
    lab.set({"m", "t", {{"if1", 1}}});
    CHECK_EQUAL(lab.commit(Records().tunnel("t", tunnel(TunnelKind::ip))),
                std::string("mirror 'm' sends to interface 't', which carries IP, not frames"));
}

TEST("mirror: a full transaction without it takes it away") {
    Mirroring lab;
    lab.set({"m", "if3", {{"if1", 1}}});
    CHECK_EQUAL(lab.commit(Records().port("p1", "e1").interface("if1", "p1", {}), true), std::string());
    CHECK(lab.core->mirror_states().empty());
    CHECK(lab.core->watches.load() == nullptr);
}

}  // namespace
}  // namespace weft::mirror_test
