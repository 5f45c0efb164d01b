// Rules of forwarding that no other file shows: addresses that are nobody's, broadcasts, fragments of fragments.
#include <map>

#include "lab.h"

namespace weft::rules_test {
namespace {

const MacAddress all = {255, 255, 255, 255, 255, 255};

struct Box : Lab {
    Box() {
        standard();
        know_hosts();
        CHECK_EQUAL(commit(Records()
                               .adjacency(51, "if2", "10.0.2.9")
                               .adjacency(61, "if2", "2001:db8:2::9")
                               .route("0.0.0.0/0", 51)
                               .route("::/0", 61)),
                    std::string());
    }
    bool passes(const std::string &source, const std::string &destination) {
        give(1, frame(mac(1), h1, packet({.source = source, .destination = destination})));
        run();
        out(1);
        return out(2).size() == 1;
    }
};

TEST("rules: addresses that are nobody's are not forwarded, documentation, shared and site-local ones are") {
    Box box;
    for (const char *bad : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.0.8", "192.0.0.170"}) {
        CHECK(!box.passes(bad, "198.51.100.1"));
        CHECK(!box.passes("10.0.1.9", bad));
    }
    for (const char *good : {"192.0.2.1", "198.51.100.1", "203.0.113.1", "100.64.0.1", "198.18.0.1", "192.0.0.1", "192.0.0.9", "192.0.0.10", "192.0.1.1", "192.168.1.1", "172.16.0.1", "1.1.1.1"}) {
        CHECK(box.passes(good, "198.51.100.1"));
        CHECK(box.passes("10.0.1.9", good));
    }
    for (const char *bad : {"::", "::1", "::10.0.0.1", "::ffff:10.0.0.1", "ff02::1", "ff01::1", "ff00::1", "ff0e::1"}) {
        CHECK(!box.passes(bad, "2001:db8:99::1"));
        CHECK(!box.passes("2001:db8:1::9", bad));
    }
    for (const char *good : {"2001:db8:99::1", "fec0::1", "fd00::1", "64:ff9b::a00:1", "100::1", "2002:a00:1::1", "2001::1", "3fff::1"}) {
        CHECK(box.passes(good, "2001:db8:99::1"));
        CHECK(box.passes("2001:db8:1::9", good));
    }
    for (const char *link : {"169.254.1.1", "fe80::1"}) {
        CHECK(!box.passes(link, link[0] == 'f' ? "2001:db8:99::1" : "198.51.100.1"));
        CHECK(!box.passes(link[0] == 'f' ? "2001:db8:1::9" : "10.0.1.9", link));
    }
}

TEST("rules: a broadcast of the link is for the box, one of another is not forwarded") {
    Box box;
    const auto tap = box.factory->tap("if1");
    for (const char *to : {"10.0.1.255", "255.255.255.255"}) {
        box.give(1, frame(all, h1, packet({.source = "10.0.1.9", .destination = to})));
        box.run();
        CHECK_EQUAL(tap->take().size(), size_t{1});
    }
    for (const char *to : {"10.0.2.255", "10.0.2.0", "10.0.1.255", "10.0.1.0"}) {
        box.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = to})));
        box.run();
    }
    CHECK_EQUAL(box.drops("ip4-lookup", "broadcast-not-forwarded"), uint64_t{4});
    box.give(1, frame(all, h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9"})));
    box.give(1, frame(all, h1, packet({.source = "10.0.1.9", .destination = "10.0.2.255"})));
    box.run();
    CHECK_EQUAL(box.drops("ip4-lookup", "group-frame-not-forwarded"), uint64_t{2});
    CHECK(tap->take().empty());
    CHECK(box.out(1).empty() && box.out(2).empty());
}

TEST("rules: an echo request in a group frame is not answered by the engine") {
    Box box;
    for (const char *to : {"10.0.1.255", "10.0.1.1"}) box.give(1, frame(all, h1, echo_request("10.0.1.9", to)));
    box.run();
    CHECK(box.out(1).empty());
    CHECK_EQUAL(box.factory->tap("if1")->take().size(), size_t{2});
}

TEST("rules: a fragment is fragmented in its place, in units of 8 octets, and keeps what follows it") {
    Box box;
    CHECK_EQUAL(box.commit(Records().interface("if2", "p2", {"10.0.2.1/24"}, 11, 701)), std::string());
    for (const bool more : {true, false}) {
        const uint16_t at = 200;
        const Bytes whole = packet({.source = "10.0.1.9", .destination = "10.0.2.9", .payload = 1392, .fragment = static_cast<uint16_t>(at | (more ? 0x2000 : 0))});
        box.give(1, frame(mac(1), h1, whole));
        box.run();
        const auto frames = box.out(2);
        CHECK_EQUAL(frames.size(), size_t{3});
        size_t next = at;
        for (size_t n = 0; n < frames.size(); n++) {
            const Bytes p = inner(frames[n]);
            const bool last = n + 1 == frames.size();
            CHECK(p.size() <= 701);
            CHECK_EQUAL(load16(&p[4]), load16(&whole[4]));
            CHECK_EQUAL(size_t{load16(&p[6])} & 0x1fff, next);
            CHECK_EQUAL((load16(&p[6]) & 0x2000) != 0, more || !last);
            if (!last) CHECK_EQUAL((p.size() - 20) % 8, size_t{0});
            CHECK(std::equal(p.begin() + 20, p.end(), whole.begin() + 20 + static_cast<long>((next - at) * 8)));
            next += (p.size() - 20) / 8;
        }
    }
}

TEST("rules: a fragment that reaches beyond what a datagram can be is not fragmented further") {
    Box box;
    CHECK_EQUAL(box.commit(Records().interface("if2", "p2", {"10.0.2.1/24"}, 11, 701)), std::string());
    for (const uint16_t at : {8017, 8016}) {  // 64,136 octets before it, 64,128
        const Bytes whole = packet({.source = "10.0.1.9", .destination = "10.0.2.9", .payload = 1392, .fragment = at});
        box.give(1, frame(mac(1), h1, whole));
        box.run();
        const bool fits = at * 8u + whole.size() - 20 <= 65535;
        CHECK_EQUAL(fits, at == 8016);
        CHECK_EQUAL(box.out(2).size(), size_t{fits ? 3u : 0u});
        CHECK_EQUAL(box.drops("ip4-forward", "cannot-fragment"), uint64_t{1});
    }
}

// Payloads of what was fragmented, whole again, by identification; each with a right checksum.
std::map<unsigned, Bytes> reassembled(const std::vector<Frame> &frames, uint8_t protocol) {
    std::map<unsigned, Bytes> found;
    for (const Frame &f : frames) {
        const Bytes p = inner(f);
        CHECK_EQUAL(int{p[9]}, int{protocol});
        Bytes &whole = found[load16(&p[4])];
        CHECK_EQUAL(whole.size(), (load16(&p[6]) & 0x1fff) * size_t{8});
        whole.insert(whole.end(), p.begin() + 20, p.end());
    }
    const Bytes any = inner(frames[0]);
    for (const auto &[id, whole] : found) {
        const uint64_t pseudo = checksum_add(0, &any[12], 8) + protocol + whole.size();
        CHECK_EQUAL(checksum_fold(checksum_add(pseudo, whole.data(), whole.size())), uint16_t{0xffff});
    }
    return found;
}

TEST("rules: a super-packet that may be fragmented is cut into segments, and these into fragments") {
    Box box;
    CHECK_EQUAL(box.commit(Records().interface("if2", "p2", {"10.0.2.1/24"}, 11, 1000)), std::string());
    for (const uint8_t protocol : {6, 17}) {
        const uint16_t headers = protocol == 6 ? 20 : 8, field = protocol == 6 ? 16 : 6, size = 1448;
        Bytes whole = packet({.source = "10.0.1.9", .destination = "10.0.2.9", .protocol = protocol, .payload = 10000});
        if (protocol == 6) {
            store32(&whole[24], 0xfffff000);
            whole[33] = 0x99;  // CWR, ACK, PSH, FIN
        }
        const uint64_t pseudo = checksum_add(0, &whole[12], 8) + protocol + whole.size() - 20;
        store16(&whole[20 + field], checksum_fold(pseudo));  // as whoever leaves it unfinished
        const uint8_t gso = protocol == 6 ? gso_tcp4 : gso_udp_l4;
        box.give(1, frame(mac(1), h1, whole), {offload_needs_checksum, gso, static_cast<uint16_t>(34 + headers), size, 34, field});
        box.run();
        CHECK(box.out(1).empty());
        const auto frames = box.out(2);
        CHECK_EQUAL(frames.size(), size_t{14});
        for (const Frame &f : frames) {
            CHECK(f.bytes.size() <= 1014);
            CHECK_EQUAL(int{f.bytes[22]}, 63);
        }
        const auto segments = reassembled(frames, protocol);
        CHECK_EQUAL(segments.size(), size_t{7});
        Bytes payload;
        size_t n = 0;
        for (const auto &[id, s] : segments) {
            CHECK_EQUAL(id, 0x1234u + n);
            const bool first = n == 0, last = ++n == segments.size();
            if (protocol == 6) {
                CHECK_EQUAL(load32(&s[4]), static_cast<uint32_t>(0xfffff000 + payload.size()));
                CHECK_EQUAL(int{s[13]}, 0x10 | (first ? 0x80 : 0) | (last ? 0x09 : 0));
            } else {
                CHECK_EQUAL(size_t{load16(&s[4])}, s.size());
            }
            payload.insert(payload.end(), s.begin() + headers, s.end());
        }
        CHECK(payload == Bytes(whole.begin() + 20 + headers, whole.end()));
    }
}

TEST("rules: a super-packet that is not what its offload says is dropped and counted") {
    Box box;
    CHECK_EQUAL(box.commit(Records().interface("if2", "p2", {"10.0.2.1/24"}, 11, 1000)), std::string());
    Bytes short_header = packet({.source = "10.0.1.9", .destination = "10.0.2.9", .protocol = 6, .payload = 3000});
    short_header[32] = 0x10;
    const Bytes other = packet({.source = "10.0.1.9", .destination = "10.0.2.9", .protocol = 50, .payload = 3000});
    for (const Bytes &p : {short_header, other}) box.give(1, frame(mac(1), h1, p), {0, gso_tcp4, 54, 1448, 0, 0});
    box.run();
    CHECK(box.out(2).empty());
    CHECK_EQUAL(box.drops("segment", "headers-not-understood"), uint64_t{2});
}

TEST("rules: a fragment that must not be fragmented is told like any other packet") {
    Box box;
    CHECK_EQUAL(box.commit(Records().interface("if2", "p2", {"10.0.2.1/24"}, 11, 700)), std::string());
    box.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .payload = 1000, .fragment = 0x6000})));
    box.run();
    const Error e = error_of(box.only(1));
    CHECK_EQUAL(e.code, 4);
    CHECK_EQUAL(e.rest, uint32_t{700});
    CHECK(box.out(2).empty());
}

TEST("rules: a TTL of 0 or 1 is enough for the box and for nobody behind it") {
    Box box;
    for (const uint8_t ttl : {0, 1}) {
        box.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.1.1", .ttl = ttl})));
        box.give(1, frame(mac(1), h1, packet({.source = "2001:db8:1::9", .destination = "2001:db8:1::1", .ttl = ttl})));
        box.run();
        CHECK_EQUAL(box.factory->tap("if1")->take().size(), size_t{2});
        box.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .ttl = ttl})));
        box.give(1, frame(mac(1), h1, packet({.source = "2001:db8:1::9", .destination = "2001:db8:2::9", .ttl = ttl})));
        box.run();
        CHECK(box.out(2).empty());
        CHECK_EQUAL(box.out(1).size(), size_t{2});
    }
}

TEST("rules: flow label, traffic class and type of service pass unchanged") {
    Box box;
    Bytes v6 = packet({.source = "2001:db8:1::9", .destination = "2001:db8:2::9"});
    store32(v6.data(), 0x6ab12345);
    box.give(1, frame(mac(1), h1, v6));
    box.run();
    CHECK_EQUAL(load32(inner(box.only(2)).data()), 0x6ab12345u);
    Bytes v4 = packet({.source = "10.0.1.9", .destination = "10.0.2.9"});
    v4[1] = 0xb9;
    store16(&v4[10], 0);
    store16(&v4[10], checksum(v4.data(), 20));
    box.give(1, frame(mac(1), h1, v4));
    box.run();
    CHECK_EQUAL(int{inner(box.only(2))[1]}, 0xb9);
}

TEST("rules: a device too small for IPv6 has none") {
    Lab lab;
    LinkState link = lab.wires[0]->link();
    link.mtu = 1279;
    lab.wires[0]->set_link(link);
    lab.standard();
    lab.give(1, frame(mac(1), h1, echo_request("2001:db8:1::9", "2001:db8:1::1")));
    lab.run();
    CHECK_EQUAL(lab.drops("ip6-input", "ipv6-disabled"), uint64_t{1});
}

}  // namespace
}  // namespace weft::rules_test
