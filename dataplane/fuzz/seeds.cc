// Writes the seeds that are made and not found, from the frames and records of the lab:
//
//   fuzz-seeds FOLDER      FOLDER/frames/…, FOLDER/records/…, FOLDER/tunnels/…, FOLDER/fabric/…
//
// Their names begin with `seed-`; other files of a corpus are findings, named by what they were, and what libFuzzer kept.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "../engine/test/lab.h"

namespace weft::fuzz {
namespace {

std::filesystem::path folder;

void write(const std::string &target, const std::string &name, const Bytes &bytes) {
    std::filesystem::create_directories(folder / target);
    std::ofstream file(folder / target / ("seed-" + name), std::ios::binary);
    file.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!file) {
        std::fprintf(stderr, "%s can't be written\n", (folder / target / name).c_str());
        std::exit(1);
    }
}

void append(Bytes &to, const Bytes &more) { to.insert(to.end(), more.begin(), more.end()); }

// As targets/frames.cc reads them; `where` 6: a tap, 7: the inject device.
struct Frames {
    Bytes bytes;
    Frames &add(const Bytes &frame, unsigned where = 0, unsigned how = 1) {
        append(bytes, {static_cast<uint8_t>(where), static_cast<uint8_t>(how), static_cast<uint8_t>(frame.size()),
                       static_cast<uint8_t>(frame.size() >> 8)});
        append(bytes, frame);
        return *this;
    }
};

const MacAddress box1 = mac(1), host = mac(0x19), all = {255, 255, 255, 255, 255, 255};

Bytes routed(Ip ip) {
    if (ip.source.empty()) ip.source = ip.destination.find(':') == std::string::npos ? "10.0.1.9" : "2001:db8:1::9";
    return frame(box1, host, packet(ip));
}

void frames() {
    for (const auto &[name, to] : {std::pair{"neighbour", "10.0.2.9"}, {"unknown-neighbour", "10.0.3.77"}, {"group", "8.8.8.8"},
                                   {"unreachable", "172.16.0.1"}, {"prohibited", "198.51.100.1"}, {"blackhole", "203.0.113.1"},
                                   {"box", "10.0.1.1"}, {"broadcast", "10.0.2.255"}, {"multicast", "224.0.0.5"},
                                   {"neighbour6", "2001:db8:3::9"}, {"unknown-neighbour6", "2001:db8:2::77"},
                                   {"group6", "2001:4860::1"}, {"prohibited6", "2001:db8:75::1"}, {"box6", "2001:db8:1::1"},
                                   {"multicast6", "ff02::5"}, {"link-local6", "fe80::ff:fe00:1"}}) {
        Frames f;
        f.add(routed({.source = {}, .destination = to})).add(routed({.source = {}, .destination = to, .protocol = 6, .ttl = 1}));
        write("frames", name, f.bytes);
    }
    write("frames", "echo", Frames().add(frame(box1, host, echo_request("10.0.1.9", "10.0.1.1"))).bytes);
    write("frames", "echo6", Frames().add(frame(box1, host, echo_request("2001:db8:1::9", "2001:db8:1::1"))).bytes);
    write("frames", "options",
          Frames().add(routed({.source = {}, .destination = "10.0.2.9", .options = {0x94, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0, 1}})).bytes);
    write("frames", "fragments",
          Frames()
              .add(routed({.source = {}, .destination = "10.0.2.9", .payload = 64, .fragment = 0x2000}))
              .add(routed({.source = {}, .destination = "10.0.2.9", .payload = 64, .fragment = 0x1fff}))
              .bytes);
    for (const unsigned next : {0, 43, 44, 51, 60, 135, 50, 59})
        write("frames", "extension-" + std::to_string(next),
              Frames()
                  .add(routed({.source = {}, .destination = "2001:db8:3::9", .protocol = static_cast<uint8_t>(next), .payload = 64}))
                  .bytes);
    // Those that a router looks at or passes by on the slow way, right in themselves.
    for (const uint8_t next : {0, 43, 44, 60, 135}) {
        const Bytes header = next == 44 ? Bytes{17, 0, 0, 1, 0, 0, 0, 1} : Bytes{17, 0, 1, 4, 0, 0, 0, 0};
        write("frames", "known-extension-" + std::to_string(next),
              Frames()
                  .add(routed({.source = {}, .destination = "2001:db8:3::9", .extensions = header, .next = next}))
                  .add(routed({.source = {}, .destination = "2001:db8:3::9", .ttl = 1, .extensions = header, .next = next}))
                  .bytes);
    }
    write("frames", "router-alert",
          Frames()
              .add(routed({.source = {}, .destination = "2001:db8:3::9", .extensions = {17, 0, 5, 2, 0, 0, 1, 0}, .next = 0}))
              .add(routed({.source = {}, .destination = "10.0.2.9", .options = {0x94, 4, 0, 0}}))
              .bytes);
    // Nobody answers: what waits is dropped in the end.
    for (const auto &[name, to] : {std::pair{"lisp", "100.64.0.1"}, {"ike", "100.65.0.1"}, {"lisp6", "2001:db8:64::1"}, {"ike6", "2001:db8:65::1"}}) {
        Frames f;
        for (unsigned n = 0; n < 20; n++) f.add(routed({.source = {}, .destination = to, .source_port = static_cast<uint16_t>(n)}));
        write("frames", std::string("to-resolve-") + name, f.bytes);
    }
    // By the lists of if2 in and if3 out (box.cc): what one entry after another asks.
    for (const bool v6 : {false, true}) {
        const std::string from = v6 ? "2001:db8:2::9" : "10.0.2.9", denied = v6 ? "2001:db8:2::b" : "10.0.2.12", to = v6 ? "2001:db8:3::9" : "10.0.1.9";
        Frames f;
        const auto add = [&](Bytes whole) {
            if (!v6) {
                store16(&whole[10], 0);
                store16(&whole[10], checksum(whole.data(), 20));
            }
            for (const unsigned port : {0, 1}) f.add(frame(mac(static_cast<uint8_t>(1 + port)), host, whole), port * 8);
        };
        const Ip plain{.source = from, .destination = to};
        add(packet(plain));
        Ip ip = plain;
        ip.source = denied;
        add(packet(ip));
        ip = plain;
        ip.protocol = 6;
        ip.destination_port = 179;
        Bytes syn = packet(ip);
        syn[v6 ? 53 : 33] = 2;
        add(syn);
        add(packet(ip));
        ip = plain;
        ip.ttl = 255;
        ip.source_port = 500;
        add(packet(ip));
        ip.source_port = 50;
        add(packet(ip));
        ip = plain;
        ip.payload = 1400;
        add(packet(ip));
        Bytes marked = packet(plain);
        if (v6)
            store16(&marked[0], 0x6b80);
        else
            marked[1] = 46 << 2;
        add(marked);
        for (const unsigned offset : {0, 1, 2, 3, 100}) {
            for (const uint8_t protocol : {6, 17}) {
                ip = plain;
                ip.protocol = protocol;
                if (v6) {
                    ip.next = 44;
                    ip.extensions = {protocol, 0, static_cast<uint8_t>(offset >> 5), static_cast<uint8_t>(offset << 3 | 1), 0, 0, 0, 1};
                } else {
                    ip.fragment = static_cast<uint16_t>(0x2000 | offset);
                }
                add(packet(ip));
            }
        }
        write("frames", std::string("lists") + (v6 ? "6" : ""), f.bytes);
        Frames icmp;
        for (const unsigned type : {1, 8, 13, 128, 129}) {
            Bytes message = echo_request(from, to);
            message[v6 ? 40 : 20] = static_cast<uint8_t>(type);
            for (const unsigned port : {0, 1}) icmp.add(frame(mac(static_cast<uint8_t>(1 + port)), host, message), port * 8);
        }
        write("frames", std::string("lists-icmp") + (v6 ? "6" : ""), icmp.bytes);
    }
    write("frames", "arp",
          Frames().add(arp(1, host, "10.0.1.10", {}, "10.0.1.1", all)).add(arp(2, host, "10.0.1.10", box1, "10.0.1.1", box1)).bytes);
    write("frames", "arp-answer-to-held",
          Frames()
              .add(routed({.source = {}, .destination = "10.0.2.10"}))
              .add(arp(2, mac(0x2a), "10.0.2.10", mac(2), "10.0.2.1", mac(2)), 8)
              .bytes);
    write("frames", "nd",
          Frames()
              .add(solicitation(host, "2001:db8:1::9", "2001:db8:1::1"))
              .add(solicitation(host, "::", "2001:db8:1::1"))
              .add(advertisement(host, "2001:db8:1::7", box1, "2001:db8:1::1"))
              .bytes);
    write("frames", "from-the-host",
          Frames()
              .add(routed({.source = "10.0.1.1", .destination = "10.0.2.9"}), 7)
              .add(routed({.source = "2001:db8:1::1", .destination = "2001:db8:3::9"}), 7)
              .add(routed({.source = "10.0.1.1", .destination = "10.0.1.9"}), 6)
              .bytes);
    write("frames", "too-large", Frames().add(routed({.source = {}, .destination = "10.0.2.9", .payload = 3000})).bytes);
}

// As targets/tunnels.cc reads them: in each tunnel a packet for the host at port 1, and one that is cut short; and what is drawn, most
// of which is packets into tunnels.
void tunnels() {
    std::mt19937 random(1);
    for (unsigned n = 0; n < 8; n++) {
        Bytes drawn(3000);
        for (uint8_t &octet : drawn) octet = static_cast<uint8_t>(random());
        write("tunnels", "drawn-" + std::to_string(n), drawn);
    }
    const Bytes carried = packet({.source = "10.9.0.9", .destination = "10.0.1.9"});
    Bytes bridged = frame(all, host, carried);
    for (unsigned n = 0; n < 14; n++) {
        const unsigned kind = n % 7;
        const bool ip = kind < 2 || kind == 5;
        Bytes bytes;
        for (const bool cut : {false, true}) {
            Bytes content = ip ? carried : bridged;
            if (cut) content.resize(content.size() / 2);
            append(bytes, {static_cast<uint8_t>(n), 1, 0, static_cast<uint8_t>(content.size()), static_cast<uint8_t>(content.size() >> 8)});
            append(bytes, content);
            bytes.push_back(0);
        }
        write("tunnels", std::to_string(n), bytes);
    }
}

// As targets/fabric.cc reads them: under each key that is configured a packet, one cut short and a broadcast, by each kind; each message of
// members; and what is drawn.
void fabric() {
    std::mt19937 random(2);
    for (unsigned n = 0; n < 8; n++) {
        Bytes drawn(3000);
        for (uint8_t &octet : drawn) octet = static_cast<uint8_t>(random());
        write("fabric", "drawn-" + std::to_string(n), drawn);
    }
    const Bytes carried = frame(host, host, packet({.source = "10.0.1.9", .destination = "10.1.1.9"}));
    const auto one = [](unsigned kind, unsigned key, const Bytes &content) {
        Bytes bytes = {static_cast<uint8_t>(kind), 1, static_cast<uint8_t>(key), 0, static_cast<uint8_t>(content.size()),
                       static_cast<uint8_t>(content.size() >> 8)};
        append(bytes, content);
        bytes.push_back(0);
        return bytes;
    };
    for (unsigned kind = 0; kind < 3; kind++) {
        Bytes bytes;
        for (unsigned key = 0; key < 16; key++) {
            append(bytes, one(kind, key, carried));
            append(bytes, one(kind, key, Bytes(carried.begin(), carried.begin() + 20)));
            append(bytes, one(kind, key, frame(all, host, packet({.source = "10.0.1.9", .destination = "10.1.1.255"}))));
        }
        write("fabric", "keys-" + std::to_string(kind), bytes);
    }
    // Hello of 0/1; an address and a neighbour behind it; who is behind 1/1?
    const std::vector<Bytes> entries = {{0, 0, 1, 1, 2, 0, 0, 0, 0, 1, 5, 220},
                                        {0, 9, 0, 0, 100, 0, 0, 0, 0, 0, 2, 0, 0, 1, 0, 1},
                                        {0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 1, 9, 2, 0, 0, 1, 0, 1, 0, 0},
                                        {0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 1, 9}};
    Bytes bytes;
    for (unsigned type = 1; type <= 4; type++) {
        append(bytes, {0, 5, 0, 0, static_cast<uint8_t>(type), 0, static_cast<uint8_t>(entries[type - 1].size()), 0});
        append(bytes, entries[type - 1]);
        bytes.push_back(7);
    }
    write("fabric", "messages", bytes);
}

Bytes transaction(const Records &records, unsigned how = 0) {
    Bytes out = {static_cast<uint8_t>(how), static_cast<uint8_t>(records.bytes.size()),
                 static_cast<uint8_t>(records.bytes.size() >> 8)};
    append(out, records.bytes);
    return out;
}

void records() {
    Records base;
    base.port("p1", "e1").port("p2", "e2").interface("if1", "p1", {"10.0.1.1/24", "2001:db8:1::1/64"}).interface("if2", "p2", {});
    base.glean(1, "if1").local(2).drop(3, DropKind::prohibit).adjacency(4, "if1", "10.0.1.9").adjacency(5, "if1", "2001:db8:1::9");
    base.group(6, {{4, 1}, {3, 2}}).route("10.0.1.0/24", 1).route("10.0.1.1/32", 2).route("0.0.0.0/0", 6).route("2001:db8::/32", 5);
    base.route("10.0.0.0/8", 3).route("10.0.1.128/25", 4).route("::/0", 3).neighbour("if1", "10.0.1.9", host);
    Records more;
    more.route("10.0.1.0/24", 3).route_delete("10.0.0.0/8").object_delete(5).adjacency(5, "if1", "2001:db8:1::a").drop(4, DropKind::blackhole);
    more.vrf(7, "v7").lookup(9, 7).route("192.0.2.0/24", 9);
    more.neighbour_delete("if1", "10.0.1.9").route("192.0.2.0/24", 6, 7).interface("if2", "", {"192.0.2.1/32"}, 31, 1500, 7);
    Records less;
    less.interface_delete("if2").port_delete("p2").route_delete("::/0").route_delete("2001:db8::/32").object_delete(6).object_delete(9).route_delete("192.0.2.0/24").vrf_delete(7);
    AclSpec list;
    list.name = "l1";
    list.entries.resize(2);
    list.entries[0].name = "e1";
    list.entries[0].has_protocol = true;
    list.entries[0].protocol = 6;
    list.entries[0].destination_ports = {{22, 22}, {1024, 65535}};
    list.entries[0].tcp_mask = 2;
    list.entries[1].name = "e2";
    list.entries[1].source = {0, 0x0a000000};
    list.entries[1].source_length = 8;
    list.entries[1].has_dscp = list.entries[1].has_fragment = true;
    list.entries[1].ttl_high = 9;
    list.entries[1].length.low = 100;
    AclSpec list6 = list;
    list6.name = "l2";
    list6.v6 = true;
    Records lists, settings;
    lists.acl(list).acl(list6).acl_bind("if1", AclDirection::in, 4, "l1").acl_bind("if1", AclDirection::out, 6, "l2");
    lists.resolve(8, 1, 7).route("100.64.0.0/10", 8);
    settings.acl_bind("if1", AclDirection::in, 4, "").acl_delete("l1").acl_delete("l3");
    settings.features("if1", {{ReversePath::strict, true, true, false}, {ReversePath::loose}}).policer(PuntClass::routing, {10, 1});
    settings.icmp_settings({5, 2}, true);
    Bytes with_lists = transaction(base);
    append(with_lists, transaction(lists));
    append(with_lists, transaction(settings));
    append(with_lists, transaction(Records().features_delete("if1")));
    append(with_lists, transaction(lists, 1));
    write("records", "lists", with_lists);
    BridgeSpec domain;
    domain.name = "d";
    domain.ageing = 20;
    domain.moves = {2, 10, 60};
    domain.policers = {Limit{10, 5}, std::nullopt, Limit{10, 2}};
    domain.suppresses = true;
    domain.members = {{"if2", 0, 3}, {"c1", 7, MacTable::no_limit}};
    domain.macs = {{host, "if2"}};
    Records switched, circuits;
    switched.interface("if2", "p2", {}, 1).interface("c1", "", {}, 1).interface("c2", "", {}, 1).interface("c3", "", {"192.0.2.1/24"});
    CircuitSpec tag{"if1", CircuitMatch::tag, {{0x8100, 10}}, 0, {}};
    circuits.circuit("c1", tag);
    tag.tags.push_back({0x8100, 20});
    tag.match = CircuitMatch::two_tags;
    tag.pop = 1;
    tag.push.push_back({0x88a8, 30});
    circuits.circuit("c2", tag).circuit("c3", {"if1", CircuitMatch::untagged, {}, 0, {}});
    Records made;
    made.u8(35).str("m1").str("box").str("eth0").u8(1);
    made.bytes.insert(made.bytes.end(), host.begin(), host.end());
    made.u16(1400).u16(1).addr(address("10.0.7.2")).u8(24).u8(1).addr(address("10.0.7.1"));
    Bytes bridged = transaction(base);
    append(bridged, transaction(switched));
    append(bridged, transaction(circuits));
    append(bridged, transaction(Records().bridge(domain)));
    domain.members.pop_back();
    append(bridged, transaction(Records().bridge(domain).cross_connect("x", "c1", "c2")));
    append(bridged, transaction(Records().cross_connect_delete("x").circuit_delete("c2").bridge_delete("d")));
    append(bridged, transaction(made));
    append(bridged, transaction(Records().port_delete("m1")));
    write("records", "bridged", bridged);
    Bytes all = transaction(base), full = transaction(base);
    append(all, transaction(more));
    append(all, transaction(less));
    append(full, transaction(more, 2));
    append(full, transaction(base, 1));
    append(full, transaction(Records(), 1));
    Records fabric;
    fabric.u8(90).u16(0).interface("if2", "p2", {"192.0.2.1/24"}).port("p3", "e3").u8(93).str("p3").u16(1).interface("if3", "p3", {"10.0.3.1/24"});
    fabric.u8(91).u8(1).u32(0).u16(0).u16(4789).u16(0).u16(300).u8(3).u16(2);
    fabric.u16(0).u8(1).str("if2").u8(1).addr(address("192.0.2.1")).u16(1).u8(1).str("far").u8(1).addr(address("192.0.2.2"));
    for (unsigned n = 1; n <= 3; n++) fabric.u8(94).u8(1).str("if" + std::to_string(n)).u32(n == 2 ? 0 : n);
    Bytes chassis = transaction(base);
    append(chassis, transaction(fabric));
    append(chassis, transaction(Records().u8(90).u16(1)));
    append(chassis, transaction(Records().u8(92)));
    write("records", "chassis", chassis);
    write("records", "one", transaction(base));
    write("records", "changes", all);
    write("records", "full", full);
}

void texts() {
    const auto text = [](const std::string &target, const std::string &name, const std::string &what) {
        write(target, name, Bytes(what.begin(), what.end()));
    };
    text("keeper", "requests", "namespace vrf-1\ntap vrf-1 tap0 tap 1 2\nsocket ports 2 2 0\ntaps\nnamespaces\npid\ndrop-tap vrf-1 tap0\nguest host-a one\nguest host-a two\nguests\nrelease one\nrelease two\nrelease two\n");
    text("keeper", "wrong", "tap\nnamespace ../x\nsocket ports 99 -1 0x\ndrop-namespace ports\nquit now\n\n   \n" + std::string(1100, 'x'));
    text("text", "rpc", std::string(1, '\0') + "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<nc:rpc xmlns:nc=\"urn:a\" message-id='1'><get xmlns=\"urn:b\" x:y=\"&lt;\t\" xmlns:x=\"urn:c\"><!-- c --><![CDATA[<x>]]>&#x20;\u00e9</get></nc:rpc>");
    text("text", "skipped", "\x04<a><b c=\"d\"><e/></b><?pi x?><b>]]&gt;</b></a>");
    text("text", "many", "\x01<a/><b xmlns=\"u\">&amp;</b> ");
    text("text", "xpath", "\x02/a:b[c = 'd' and position() < 3]/descendant::e | //f[. != \"g\"] * -1.5 div $v");
    text("text", "json", "\x03{\"a:b\": [1, -2.5e3, true, null, \"\\ud83d\\ude00\\n\"], \"c\": {}}");
}

// Scripts of many steps, by chance: libFuzzer alone takes long to come to long ones.
void scripts() {
    std::mt19937 random(1);
    for (unsigned n = 0; n < 24; n++) {
        Bytes bytes(300 + 50 * n);
        for (uint8_t &octet : bytes) octet = static_cast<uint8_t>(random());
        for (const char *target : {"graph", "rib"}) write(target, "script-" + std::to_string(n), bytes);
    }
}

}  // namespace
}  // namespace weft::fuzz

int main(int count, char **arguments) {
    if (count != 2) {
        std::fprintf(stderr, "usage: fuzz-seeds FOLDER\n");
        return 2;
    }
    weft::fuzz::folder = arguments[1];
    weft::fuzz::frames();
    weft::fuzz::records();
    weft::fuzz::tunnels();
    weft::fuzz::fabric();
    weft::fuzz::scripts();
    weft::fuzz::texts();
    return 0;
}
