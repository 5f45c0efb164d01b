// Access lists by packets: what they pass, drop and reject, at which interface, what they count, and how they are replaced.
#include <atomic>
#include <thread>

#include "lab.h"

namespace weft::acl_test {
namespace {

constexpr auto in = AclDirection::in, out = AclDirection::out;

AclSpec list(const std::string &name, std::vector<AclEntry> entries, AclAction otherwise = AclAction::drop, bool v6 = false) {
    AclSpec s;
    s.name = name;
    s.v6 = v6;
    s.otherwise = otherwise;
    s.entries = std::move(entries);
    return s;
}

AclEntry entry(const std::string &name, AclAction action) {
    AclEntry e;
    e.name = name;
    e.action = action;
    return e;
}

AclEntry to_port(const std::string &name, AclAction action, uint16_t low, uint16_t high, uint8_t protocol = 17) {
    AclEntry e = entry(name, action);
    e.has_protocol = true;
    e.protocol = protocol;
    e.destination_ports = {{low, high}};
    return e;
}

// Two interfaces with a known host behind each: 10.0.n.9, 2001:db8:n::9.
struct Two : Lab {
    Two() : Lab(2) {
        standard();
        for (unsigned n = 1; n <= 2; n++) {
            know("if" + std::to_string(n), "10.0." + std::to_string(n) + ".9", mac(static_cast<uint8_t>(0x10 * n + 9)));
            know("if" + std::to_string(n), "2001:db8:" + std::to_string(n) + "::9", mac(static_cast<uint8_t>(0x10 * n + 9)));
        }
        for (unsigned n = 1; n <= 2; n++) out(n);
    }
    void program(const Records &r) { CHECK_EQUAL(commit(r), std::string()); }
    void send(const Ip &ip) { send(packet(ip)); }
    void send(const Bytes &whole) {
        give(1, frame(mac(1), mac(0x19), whole));
        run();
    }
    size_t forwarded() { return out(2).size(); }
    AclEntryState count(const std::string &acl, const std::string &name) {
        for (const AclState &s : core->acl_states(acl))
            for (const AclEntryState &e : s.entries)
                if (e.name == name) return e;
        throw CheckFailed{"no entry " + name + " in list " + acl};
    }
};

Ip udp(uint16_t port, const std::string &source = "10.0.1.9") { return {.source = source, .destination = "10.0.2.9", .destination_port = port}; }
Ip udp6(uint16_t port) { return {.source = "2001:db8:1::9", .destination = "2001:db8:2::9", .destination_port = port}; }

TEST("acl: the first entry that matches decides, the list's own action the rest, and each counts") {
    Two lab;
    AclEntry host = entry("host", AclAction::drop);
    host.source = {0, 0x0a000107};
    host.source_length = 32;
    lab.program(Records().acl(list("a", {host, to_port("dns", AclAction::pass, 53, 53)})).acl_bind("if1", in, 4, "a"));
    lab.send(udp(53));
    CHECK_EQUAL(lab.forwarded(), size_t{1});
    lab.send(udp(53, "10.0.1.7"));
    lab.send(udp(54));
    lab.send(udp(54));
    CHECK_EQUAL(lab.forwarded(), size_t{0});
    CHECK_EQUAL(lab.drops("acl-in", "denied"), uint64_t{3});
    CHECK_EQUAL(lab.count("a", "host").packets, uint64_t{1});
    CHECK_EQUAL(lab.count("a", "dns").packets, uint64_t{1});
    CHECK_EQUAL(lab.count("a", "dns").octets, uint64_t{60});
    CHECK_EQUAL(lab.count("a", "").packets, uint64_t{2});
    CHECK_EQUAL(lab.state("if1").in_discards, uint64_t{3});
    lab.program(Records().acl_bind("if1", in, 4, ""));
    lab.send(udp(54));
    CHECK_EQUAL(lab.forwarded(), size_t{1});
}

TEST("acl: of the interface that a packet leaves by, for what is forwarded and not for what the engine answers") {
    Two lab;
    lab.program(Records().acl(list("a", {to_port("dns", AclAction::pass, 53, 53)})).acl_bind("if2", out, 4, "a").acl_bind("if1", out, 4, "a"));
    lab.send(udp(53));
    CHECK_EQUAL(lab.forwarded(), size_t{1});
    lab.send(udp(54));
    CHECK_EQUAL(lab.forwarded(), size_t{0});
    CHECK_EQUAL(lab.drops("acl-out", "denied"), uint64_t{1});
    CHECK_EQUAL(lab.state("if2").out_discards, uint64_t{1});
    lab.send(echo_request("10.0.1.9", "10.0.1.1"));
    lab.only(1);
}

TEST("acl: reject tells the sender that it is prohibited, in both families and directions") {
    for (const auto direction : {in, out}) {
        Two lab;
        const std::string where = direction == in ? "if1" : "if2";
        lab.program(Records()
                        .acl(list("a", {entry("all", AclAction::reject)}))
                        .acl(list("b", {entry("all", AclAction::reject)}, AclAction::drop, true))
                        .acl_bind(where, direction, 4, "a")
                        .acl_bind(where, direction, 6, "b"));
        lab.send(udp(53));
        const Bytes four = inner(lab.only(1));
        CHECK_EQUAL(destination_of(four), std::string("10.0.1.9"));
        CHECK_EQUAL(unsigned(four[20]), 3u);
        CHECK_EQUAL(unsigned(four[21]), 13u);
        lab.send(udp6(53));
        const Bytes six = inner(lab.only(1));
        CHECK_EQUAL(destination_of(six), std::string("2001:db8:1::9"));
        CHECK_EQUAL(unsigned(six[40]), 1u);
        CHECK_EQUAL(unsigned(six[41]), 1u);
        CHECK_EQUAL(lab.forwarded(), size_t{0});
        CHECK_EQUAL(lab.drops(direction == in ? "acl-in" : "acl-out", "rejected"), uint64_t{2});
    }
}

TEST("acl: a list that drops everything drops what is for the box and for its groups, but not neighbour discovery") {
    Two lab;
    lab.program(Records().acl(list("a", {})).acl(list("b", {}, AclAction::drop, true)).acl_bind("if1", in, 4, "a").acl_bind("if1", in, 6, "b"));
    lab.send(echo_request("10.0.1.9", "10.0.1.1"));
    lab.send(echo_request("2001:db8:1::9", "2001:db8:1::1"));
    Ip hello = udp(520);
    hello.destination = "224.0.0.9";
    lab.give(1, frame({1, 0, 0x5e, 0, 0, 9}, mac(0x19), packet(hello)));
    lab.run();
    CHECK_EQUAL(lab.out(1).size(), size_t{0});
    CHECK_EQUAL(lab.drops("acl-in", "denied"), uint64_t{3});
    lab.give(1, solicitation(mac(0x19), "2001:db8:1::9", "2001:db8:1::1"));
    lab.run();
    lab.only(1);
}

TEST("acl: IPv6 is judged behind its extension headers, and a chain that does not end is dropped") {
    Two lab;
    lab.program(Records().acl(list("a", {to_port("dns", AclAction::pass, 53, 53)}, AclAction::drop, true)).acl_bind("if1", in, 6, "a"));
    Bytes whole = packet(udp6(53));
    const Bytes options{17, 0, 1, 4, 0, 0, 0, 0};
    whole.insert(whole.begin() + 40, options.begin(), options.end());
    whole[6] = 60;
    store16(&whole[4], static_cast<uint16_t>(load16(&whole[4]) + 8));
    lab.send(whole);
    CHECK_EQUAL(lab.forwarded(), size_t{1});
    whole[6 + 35] = 200;  // the options' length, past the end
    lab.send(whole);
    CHECK_EQUAL(lab.forwarded(), size_t{0});
    CHECK_EQUAL(lab.drops("acl-in", "header-chain"), uint64_t{1});
    for (const unsigned headers : {16u, 17u}) {
        Ip ip = udp6(53);
        ip.next = 60;
        for (unsigned n = 1; n <= headers; n++)
            for (const uint8_t octet : {n == headers ? 17 : 60, 0, 1, 4, 0, 0, 0, 0}) ip.extensions.push_back(octet);
        lab.send(ip);
        CHECK_EQUAL(lab.forwarded(), size_t{headers == 16});
    }
    CHECK_EQUAL(lab.drops("acl-in", "header-chain"), uint64_t{2});
}

TEST("acl: a later fragment of IPv6 that begins within the header of TCP is dropped where layer 4 counts") {
    Two lab;
    const auto later = [](uint8_t protocol, uint16_t units) {
        Ip ip = udp6(53);
        ip.protocol = protocol;
        ip.next = 44;
        ip.extensions = {protocol, 0, static_cast<uint8_t>(units * 8 >> 8), static_cast<uint8_t>(units * 8 | 1), 0, 0, 0, 1};
        return ip;
    };
    lab.program(Records().acl(list("a", {to_port("dns", AclAction::pass, 53, 53)}, AclAction::pass, true)).acl_bind("if1", in, 6, "a"));
    for (const uint16_t units : {1, 2}) lab.send(later(6, units));
    CHECK_EQUAL(lab.forwarded(), size_t{0});
    CHECK_EQUAL(lab.drops("acl-in", "tiny-fragment"), uint64_t{2});
    lab.send(later(6, 3));
    lab.send(later(17, 1));
    CHECK_EQUAL(lab.forwarded(), size_t{2});
    lab.program(Records().acl(list("a", {}, AclAction::pass, true)));
    lab.send(later(6, 1));
    CHECK_EQUAL(lab.forwarded(), size_t{1});
}

TEST("acl: later fragments have no ports, and those that could hide some are dropped") {
    Two lab;
    AclEntry later = entry("later", AclAction::pass);
    later.has_fragment = true;
    later.fragment = AclFragment::later;
    lab.program(Records().acl(list("a", {to_port("dns", AclAction::pass, 53, 53), to_port("web", AclAction::pass, 80, 80, 6)})).acl_bind("if1", in, 4, "a"));
    Ip first = udp(53), second = udp(53);
    first.fragment = 0x2000;
    second.fragment = 5;
    lab.send(first);
    CHECK_EQUAL(lab.forwarded(), size_t{1});
    lab.send(second);
    CHECK_EQUAL(lab.forwarded(), size_t{0});
    lab.program(Records().acl(list("a", {to_port("dns", AclAction::pass, 53, 53), to_port("web", AclAction::pass, 80, 80, 6), later})));
    lab.send(second);
    CHECK_EQUAL(lab.forwarded(), size_t{1});
    CHECK_EQUAL(lab.count("a", "dns").packets, uint64_t{1});
    CHECK_EQUAL(lab.drops("acl-in", "tiny-fragment"), uint64_t{0});
    Ip over = second, tiny = first;
    over.protocol = 6;
    over.fragment = 1;
    lab.send(over);
    tiny.protocol = 6;
    Bytes cut = packet(tiny);
    cut.resize(36);
    store16(&cut[2], 36);
    store16(&cut[10], 0);
    store16(&cut[10], checksum(cut.data(), 20));
    lab.send(cut);
    CHECK_EQUAL(lab.forwarded(), size_t{0});
    CHECK_EQUAL(lab.drops("acl-in", "tiny-fragment"), uint64_t{2});
}

TEST("acl: of a super-packet the length of its segments is judged") {
    Two lab;
    const auto of = [](uint16_t low, uint16_t high, bool v6) {
        AclEntry e = entry("length", AclAction::drop);
        e.length = {low, high};
        return list(v6 ? "b" : "a", {e}, AclAction::pass, v6);
    };
    const auto send = [&](bool v6) {
        Ip ip = v6 ? udp6(80) : udp(80);
        ip.protocol = 6;
        ip.payload = 10000;
        const uint16_t header = v6 ? 54 : 34, gso = v6 ? gso_tcp6 : gso_tcp4;
        lab.give(1, frame(mac(1), mac(0x19), packet(ip)),
                 {offload_needs_checksum, static_cast<uint8_t>(gso), static_cast<uint16_t>(header + 20), 1400, header, 16});
        lab.run();
        return lab.forwarded();
    };
    for (const bool v6 : {false, true}) {
        lab.program(Records().acl(of(1501, 65535, v6)).acl_bind("if1", in, v6 ? 6 : 4, v6 ? "b" : "a"));
        CHECK_EQUAL(send(v6), size_t{1});
        lab.program(Records().acl(of(1000, 1500, v6)));
        CHECK_EQUAL(send(v6), size_t{0});
    }
}

TEST("acl: DSCP, TTL, length, TCP flags and ICMP types decide") {
    Two lab;
    AclEntry dscp = entry("dscp", AclAction::drop), ttl = dscp, length = dscp, syn = dscp, echo = dscp;
    dscp.has_dscp = true;
    dscp.dscp = 46;
    ttl.name = "ttl";
    ttl.ttl_high = 5;
    length.name = "length";
    length.length = {1000, 1400};
    syn.name = "syn";
    syn.has_protocol = true;
    syn.protocol = 6;
    syn.tcp_flags = 0x02;
    syn.tcp_mask = 0x12;
    echo.name = "echo";
    echo.has_protocol = true;
    echo.protocol = 1;
    echo.source_ports = {{8, 8}};
    echo.destination_ports = {{0, 0}};
    lab.program(Records().acl(list("a", {dscp, ttl, length, syn, echo}, AclAction::pass)).acl_bind("if1", in, 4, "a"));
    Ip low = udp(53), big = udp(53), tcp = udp(53);
    low.ttl = 5;
    lab.send(low);
    low.ttl = 6;
    lab.send(low);
    big.payload = 1000;
    lab.send(big);
    big.payload = 1400;
    lab.send(big);
    Bytes marked = packet(udp(53));
    marked[1] = 46 << 2;
    store16(&marked[10], 0);
    store16(&marked[10], checksum(marked.data(), 20));
    lab.send(marked);
    tcp.protocol = 6;
    for (const uint8_t flags : {0x02, 0x12, 0x10}) {
        Bytes segment = packet(tcp);
        segment[33] = flags;
        store16(&segment[36], 0);
        lab.give(1, frame(mac(1), mac(0x19), segment), {offload_needs_checksum, 0, 0, 0, 34, 16});
        lab.run();
    }
    lab.send(echo_request("10.0.1.9", "10.0.2.9"));
    for (const char *name : {"dscp", "ttl", "length", "syn", "echo"}) CHECK_EQUAL(lab.count("a", name).packets, uint64_t{1});
    CHECK_EQUAL(lab.wires[1]->take().size(), size_t{4});
}

TEST("acl: counts of an entry stay when the list is replaced, as long as it keeps its name") {
    Two lab;
    const auto dns = to_port("dns", AclAction::pass, 53, 53);
    lab.program(Records().acl(list("a", {dns})).acl_bind("if1", in, 4, "a"));
    lab.send(udp(53));
    lab.program(Records().acl(list("a", {to_port("web", AclAction::pass, 80, 80), dns})));
    lab.send(udp(53));
    CHECK_EQUAL(lab.count("a", "dns").packets, uint64_t{2});
    lab.core->epochs.collect();
    CHECK_EQUAL(lab.core->epochs.pending(), size_t{0});
    CHECK_EQUAL(lab.count("a", "dns").packets, uint64_t{2});
    lab.program(Records().acl(list("a", {})));
    lab.core->epochs.collect();
    lab.program(Records().acl(list("a", {dns})));
    CHECK_EQUAL(lab.count("a", "dns").packets, uint64_t{0});
}

TEST("acl: a full transaction sweeps lists and bindings that it does not mention, and keeps what is right") {
    Two lab;
    const auto a = list("a", {to_port("dns", AclAction::pass, 53, 53)});
    Records all;
    for (unsigned n = 1; n <= 2; n++) {
        const std::string i = std::to_string(n);
        all.port("p" + i, "e" + i).interface("if" + i, "p" + i, {"10.0." + i + ".1/24"}).glean(n, "if" + i);
        all.route("10.0." + i + ".0/24", n).neighbour("if" + i, "10.0." + i + ".9", mac(static_cast<uint8_t>(0x10 * n + 9)));
    }
    Records with = all;
    with.acl(a).acl_bind("if1", in, 4, "a");
    CHECK_EQUAL(lab.commit(with, true), std::string());
    lab.send(udp(53));
    CHECK_EQUAL(lab.forwarded(), size_t{1});
    const AclProgram *before = lab.core->acls.at("a")->current;
    CHECK_EQUAL(lab.commit(with, true), std::string());
    CHECK(lab.core->acls.at("a")->current == before);
    CHECK_EQUAL(lab.core->repair.interfaces.changed, uint64_t{0});
    CHECK_EQUAL(lab.commit(all, true), std::string());
    CHECK(lab.core->acls.empty());
    lab.send(udp(54));
    CHECK_EQUAL(lab.forwarded(), size_t{1});
}

TEST("acl: bad records and bindings are refused with what is wrong, and change nothing") {
    Two lab;
    const auto a = list("a", {to_port("dns", AclAction::pass, 53, 53)});
    lab.program(Records().acl(a).acl_bind("if1", in, 4, "a"));
    CHECK_EQUAL(lab.commit(Records().acl_bind("if1", out, 4, "b")), std::string("interface 'if1' binds access list 'b', which does not exist"));
    CHECK_EQUAL(lab.commit(Records().acl_bind("if9", in, 4, "a")), std::string("interface 'if9' binds access list 'a', but does not exist"));
    CHECK_EQUAL(lab.commit(Records().acl_bind("if1", in, 6, "a")),
                std::string("interface 'if1' binds access list 'a' for IPv6, which is of IPv4"));
    CHECK_EQUAL(lab.commit(Records().acl_delete("a")), std::string("interface 'if1' binds access list 'a', which does not exist"));
    CHECK_EQUAL(lab.commit(Records().acl(list("c", {to_port("up", AclAction::pass, 9, 5)}))),
                std::string("access list 'c': entry 'up' has the range 9 to 5, which is upside down"));
    CHECK_EQUAL(lab.commit(Records().acl(list("c", {entry("x", AclAction::pass), entry("x", AclAction::drop)}))),
                std::string("access list 'c' has two entries 'x'"));
    CHECK_EQUAL(lab.core->acls.size(), size_t{1});
    lab.send(udp(54));
    CHECK_EQUAL(lab.forwarded(), size_t{0});
    lab.program(Records().acl_bind("if1", in, 4, "").acl_delete("a"));
    CHECK(lab.core->acls.empty());
}

TEST("acl: while it is replaced a packet falls under the old list or the new one, never under both or neither") {
    Two lab;
    // Each passes what the other drops, so of a pair of packets sent in one burst exactly one is passed.
    std::vector<AclEntry> low, high;
    for (uint16_t n = 0; n < 40; n++) {
        low.push_back(to_port("e" + std::to_string(n), n < 20 ? AclAction::pass : AclAction::drop, static_cast<uint16_t>(n * 100), static_cast<uint16_t>(n * 100 + 99)));
        high.push_back(to_port("e" + std::to_string(n), n < 20 ? AclAction::drop : AclAction::pass, static_cast<uint16_t>(n * 100), static_cast<uint16_t>(n * 100 + 99)));
    }
    lab.program(Records().acl(list("a", low)).acl_bind("if1", in, 4, "a"));
    std::atomic<bool> done{false};
    std::thread programmer([&] {
        for (unsigned n = 1; n <= 200; n++) {
            const Records r = Records().acl(list("a", n % 2 ? high : low));
            lab.core->stage(1000 + n, r.bytes.data(), r.bytes.size());
            lab.core->prepare(1000 + n, false);
            lab.core->apply(1000 + n, n);
        }
        done = true;
    });
    uint64_t sent = 0, wrong = 0;
    while (!done) {
        for (uint16_t n = 0; n < 10; n++) {
            lab.send(udp(static_cast<uint16_t>(n * 190 + 50)));
            const size_t one = lab.forwarded();
            wrong += one > 1;
            lab.give(1, frame(mac(1), mac(0x19), packet(udp(static_cast<uint16_t>(n * 190 + 50)))));
            lab.give(1, frame(mac(1), mac(0x19), packet(udp(static_cast<uint16_t>(n * 190 + 2050)))));
            lab.run();
            wrong += lab.forwarded() != 1;
            sent += 3;
        }
    }
    programmer.join();
    CHECK(sent > 0);
    CHECK_EQUAL(wrong, uint64_t{0});
    uint64_t counted = 0;
    for (const AclState &s : lab.core->acl_states("a"))
        for (const AclEntryState &e : s.entries) counted += e.packets;
    CHECK_EQUAL(counted, sent);
}

}  // namespace
}  // namespace weft::acl_test
