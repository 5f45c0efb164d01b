// Random and mutated frames from every side: the box answers or drops, and goes on. Meant for WEFT_SANITIZE=ON.
#include <cstdlib>
#include <random>

#include "lab.h"

namespace weft::fuzz_test {
namespace {

const MacAddress all = {255, 255, 255, 255, 255, 255};

TEST("fuzz: 200,000 broken frames end as answers or counted drops") {
    std::mt19937 random(7);
    Lab lab(2);
    lab.standard();
    CHECK_EQUAL(lab.commit(Records()
                               .adjacency(70, "if2", "10.0.2.9")
                               .adjacency(71, "if2", "10.0.2.8")
                               .adjacency(72, "if2", "2001:db8:2::9")
                               .group(73, {{70, 1}, {71, 1}})
                               .drop(74, DropKind::unreachable)
                               .drop(75, DropKind::prohibit)
                               .route("0.0.0.0/0", 73)
                               .route("::/0", 72)
                               .route("172.16.0.0/12", 74)
                               .route("2001:db8:75::/48", 75)
                               .interface("if2", "p2", {"10.0.2.1/24", "2001:db8:2::1/64"}, 31, 1280)),
                std::string());
    lab.know("if1", "10.0.1.9", h1);
    lab.know("if2", "10.0.2.9", h2);
    std::vector<Bytes> seeds;
    for (const char *to : {"10.0.2.9", "10.0.1.1", "172.16.0.1", "192.0.2.1", "224.0.0.5"}) {
        for (const uint8_t ttl : {1, 64})
            for (const uint8_t protocol : {6, 17})
                seeds.push_back(frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = to, .protocol = protocol, .ttl = ttl, .payload = 40})));
        seeds.push_back(frame(mac(1), h1, echo_request("10.0.1.9", to)));
        seeds.push_back(frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = to, .payload = 1400})));
        seeds.push_back(frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = to, .payload = 60, .fragment = 0x2000,
                                                  .options = {0x94, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0, 1}})));
    }
    for (const char *to : {"2001:db8:2::9", "2001:db8:1::1", "2001:db8:75::1", "fe80::ff:fe00:1", "ff02::1", "2001:db8:99::1"}) {
        for (const uint8_t ttl : {1, 64}) seeds.push_back(frame(mac(1), h1, packet({.source = "2001:db8:1::9", .destination = to, .ttl = ttl})));
        seeds.push_back(frame(mac(1), h1, echo_request("2001:db8:1::9", to)));
        for (const uint8_t next : {0, 43, 44, 51, 60, 135})
            seeds.push_back(frame(mac(1), h1, packet({.source = "2001:db8:1::9", .destination = to, .protocol = next, .payload = 64})));
    }
    seeds.push_back(arp(1, h1, "10.0.1.9", {}, "10.0.1.1", all));
    seeds.push_back(arp(2, h1, "10.0.1.9", mac(1), "10.0.1.1", mac(1)));
    seeds.push_back(solicitation(h1, "2001:db8:1::9", "2001:db8:1::1"));
    seeds.push_back(solicitation(h1, "::", "2001:db8:1::1"));
    seeds.push_back(advertisement(h1, "2001:db8:1::7", mac(1), "2001:db8:1::1"));

    const auto wire = [&](unsigned n) { return n == 0 ? lab.wires[0] : n == 1 ? lab.wires[1] : n == 2 ? lab.factory->tap("if1") : lab.factory->injected(0); };
    uint64_t sent = 0;
    for (int n = 0; n < 200000; n++) {
        Bytes b;
        if (n % 10 == 0) {
            b.resize(random() % 200);
            for (uint8_t &byte : b) byte = static_cast<uint8_t>(random());
        } else {
            b = seeds[random() % seeds.size()];
            for (unsigned m = random() % 5; m > 0; m--) b[random() % std::min<size_t>(b.size(), 100)] = static_cast<uint8_t>(random());
            if (random() % 8 == 0) b.resize(random() % (b.size() + 1));
            // The header's checksum right again, so that mutants get further than its check.
            if (b.size() >= 34 && b[12] == 8 && b[13] == 0 && random() % 4) {
                const size_t header = (b[14] & 15u) * 4;
                if (header >= 20 && 14 + header <= b.size()) {
                    store16(&b[24], 0);
                    store16(&b[24], checksum(&b[14], header));
                }
            }
        }
        Offload o;
        if (random() % 6 == 0) {
            o = {static_cast<uint8_t>(random() % 4), static_cast<uint8_t>(random() % 6), static_cast<uint16_t>(random()),
                 static_cast<uint16_t>(random() % 3000), static_cast<uint16_t>(random() % 80), static_cast<uint16_t>(random() % 20)};
        }
        const unsigned from = random() % 10 < 7 ? 0 : random() % 4;
        if (from == 3 && b.size() > 14) b.erase(b.begin(), b.begin() + 14);
        wire(from)->give({b, o, 0, static_cast<uint16_t>(random() % 50 == 0 ? 0x8100 : 0)});
        if (n % 64 == 0) {
            lab.run(random() % 5000);
            for (unsigned port = 0; port < 4; port++) sent += wire(port)->take().size();
        }
        if (n % 20000 == 0) lab.core->epochs.collect();
    }
    for (int second = 0; second < 10; second++) lab.run(1000000);
    CHECK(sent > 1000);
    // Still alive and right.
    wire(0)->take();
    lab.give(1, frame(mac(1), h1, echo_request("10.0.1.9", "10.0.1.1")));
    lab.run();
    CHECK_EQUAL(int{inner(lab.only(1))[20]}, 0);
}

}  // namespace
}  // namespace weft::fuzz_test
