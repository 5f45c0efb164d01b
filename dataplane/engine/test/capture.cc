// Captures: what is seen of a packet at each point, by which filter, and the limits that end them.
#include <algorithm>

#include "../captures.h"
#include "lab_filter.h"
#include "lab_pcapng.h"

namespace weft::capture_test {
namespace {

struct Capturing : Lab {
    explicit Capturing(unsigned ports = 2) : Lab(ports) {
        standard();
        know_hosts();
        run(1000000);  // what else the box has to say
        for (unsigned n = 1; n <= ports; n++) out(n);
    }
    void begin(const CaptureRequest &request, uint64_t number = 1) { CHECK_EQUAL(core->begin_capture(number, request, now), std::string()); }
    // What there is by now.
    CaptureChunk read(uint64_t number = 1, size_t most = SIZE_MAX) {
        CaptureChunk chunk;
        CHECK(core->read_capture(number, most, now, chunk));
        core->epochs.collect();
        return chunk;
    }
    // To its end.
    PcapngFile end(uint64_t number = 1, size_t most = SIZE_MAX) {
        core->end_capture(number);
        return rest(number, most);
    }
    PcapngFile rest(uint64_t number = 1, size_t most = SIZE_MAX) {
        do {
            last = read(number, most);
            file.insert(file.end(), last.octets.begin(), last.octets.end());
        } while (last.ended.empty());
        return read_pcapng(std::exchange(file, {}));
    }
    void udp(const std::string &destination = "10.0.2.9", uint16_t port = 2000, uint8_t ttl = 64) {
        give(1, sent = frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = destination, .ttl = ttl, .destination_port = port})));
        run();
    }
    Bytes sent;
    Bytes file;
    CaptureChunk last;
};

std::string name(const PcapngFile &file, size_t packet) { return file.interfaces[file.packets[packet].interface].name; }

TEST("capture: a forwarded packet is seen as it came and as it left") {
    Capturing lab;
    lab.begin({});
    lab.udp();
    const Bytes left = lab.only(2).bytes;
    const PcapngFile file = lab.end();
    CHECK_EQUAL(file.packets.size(), size_t{2});
    CHECK_EQUAL(name(file, 0), std::string("if1"));
    CHECK_EQUAL(file.packets[0].flags, 1u);
    CHECK(file.packets[0].octets == lab.sent);
    CHECK_EQUAL(name(file, 1), std::string("if2"));
    CHECK_EQUAL(file.packets[1].flags, 2u);
    CHECK(file.packets[1].octets == left);
    CHECK(file.packets[0].time <= file.packets[1].time);
    CHECK_EQUAL(file.interfaces[0].description, std::string("port p1, device e1"));
    CHECK_EQUAL(int{file.interfaces[0].link}, 1);
    CHECK_EQUAL(file.interfaces[1].delivered, uint64_t{1});
    CHECK_EQUAL(lab.last.ended, std::string("stopped"));
    CHECK_EQUAL(lab.last.packets, uint64_t{2});
    CHECK(lab.core->watches.load() == nullptr);
    CaptureChunk none;
    CHECK(!lab.core->read_capture(1, 100, lab.now, none));
    lab.udp();  // and goes on
    lab.only(2);
}

TEST("capture: of the interfaces and the direction that were asked for, each in its own file") {
    Capturing lab;
    lab.begin({.interfaces = {"if1"}, .out = false}, 1);
    lab.begin({.interfaces = {"if1"}, .in = false}, 2);
    lab.begin({.interfaces = {"if2"}}, 3);
    for (int n = 0; n < 3; n++) lab.udp();
    CHECK_EQUAL(lab.out(2).size(), size_t{3});
    CHECK_EQUAL(lab.end(1).packets.size(), size_t{3});
    const PcapngFile none = lab.end(2);
    CHECK_EQUAL(none.packets.size(), size_t{0});
    CHECK_EQUAL(none.interfaces.size(), size_t{1});  // what was asked for is named all the same
    CHECK_EQUAL(lab.end(3).packets.size(), size_t{3});
}

TEST("capture: a tag that the kernel took off is back in its place, for the filter too") {
    Capturing lab;
    lab.begin({.interfaces = {"if1"}, .ethernet_filter = compiled("vlan 0 and udp")});
    const Bytes plain = frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9"}));
    lab.wires[0]->give({plain, {}, 0x6000, type_vlan}, 0);
    lab.run();
    CHECK(inner(lab.only(2)).size() == plain.size() - 14);
    Bytes tagged = plain;
    const uint8_t tag[] = {0x81, 0x00, 0x60, 0x00};
    tagged.insert(tagged.begin() + 12, tag, tag + 4);
    const PcapngFile file = lab.end();
    CHECK_EQUAL(file.packets.size(), size_t{1});
    CHECK(file.packets[0].octets == tagged);
}

TEST("capture: dropped packets are seen with the reason, those that were asked for") {
    Capturing lab;
    lab.begin({.in = false, .out = false, .drops = {"all"}}, 1);
    lab.begin({.in = false, .out = false, .drops = {"ip4-forward"}}, 2);
    lab.begin({.in = false, .out = false, .drops = {"ip4-lookup/no-route", "arp-input/consumed"}}, 3);
    lab.begin({.interfaces = {"if2"}, .in = false, .out = false, .drops = {"all"}}, 4);
    lab.udp("30.0.0.1");
    lab.udp("10.0.2.9", 2000, 1);
    lab.give(1, arp(1, h1, "10.0.1.9", {}, "10.0.1.1", mac(1)));
    lab.run();
    const PcapngFile all = lab.end(1);
    CHECK_EQUAL(all.packets.size(), size_t{2});
    CHECK_EQUAL(all.packets[0].comment, std::string("ip4-lookup/no-route"));
    CHECK_EQUAL(all.packets[1].comment, std::string("ip4-forward/ttl-expired"));
    CHECK(all.packets[1].octets == lab.sent);
    CHECK_EQUAL(name(all, 1), std::string("if1"));
    CHECK_EQUAL(all.packets[1].flags, 1u);
    CHECK_EQUAL(lab.end(2).packets.size(), size_t{1});
    const PcapngFile chosen = lab.end(3);
    CHECK_EQUAL(chosen.packets.size(), size_t{2});
    CHECK_EQUAL(chosen.packets[1].comment, std::string("arp-input/consumed"));
    CHECK_EQUAL(lab.end(4).packets.size(), size_t{0});
    CHECK_EQUAL(lab.core->begin_capture(9, {.drops = {"ip4-lookup/no-such"}}, lab.now), std::string("there is no drop 'ip4-lookup/no-such'"));
}

TEST("capture: what the host's stack sends by its layer-3 device and is dropped begins with its IP header") {
    Capturing lab;
    lab.begin({.in = false, .out = false, .drops = {"all"}, .layer3_filter = compiled("udp dst port 2000", DLT_RAW)});
    const Bytes ip = packet({.source = "10.0.1.1", .destination = "30.0.0.1"});
    lab.factory->injected(0)->give({ip, {}, 0, 0}, 0);
    lab.factory->injected(0)->give({packet({.source = "10.0.1.1", .destination = "30.0.0.1", .destination_port = 7}), {}, 0, 0}, 0);
    lab.run();
    const PcapngFile file = lab.end();
    CHECK_EQUAL(file.packets.size(), size_t{1});
    CHECK_EQUAL(name(file, 0), std::string("host"));
    CHECK_EQUAL(int{file.interfaces[0].link}, 101);
    CHECK(file.packets[0].octets == ip);
}

TEST("capture: the filter and the snap length") {
    Capturing lab;
    lab.begin({.interfaces = {"if2"}, .ethernet_filter = compiled("udp dst port 53"), .snap_length = 34});
    for (const uint16_t port : {52, 53, 54}) lab.udp("10.0.2.9", port);
    const PcapngFile file = lab.end();
    CHECK_EQUAL(file.packets.size(), size_t{1});
    CHECK_EQUAL(file.packets[0].octets.size(), size_t{34});
    CHECK_EQUAL(file.packets[0].length, uint32_t(lab.sent.size()));
}

TEST("capture: ends with the number of packets") {
    Capturing lab;
    lab.begin({.interfaces = {"if1"}, .packets = 3});
    for (int n = 0; n < 5; n++) lab.udp();
    CHECK_EQUAL(lab.rest().packets.size(), size_t{3});
    CHECK_EQUAL(lab.last.ended, std::string("packets"));
}

TEST("capture: ends when its file would be too long, and the file is whole") {
    Capturing lab;
    lab.begin({.octets = 2000});
    for (int n = 0; n < 30; n++) lab.udp();
    lab.core->epochs.collect();
    size_t octets = 0;
    lab.last = lab.read();
    octets = lab.last.octets.size();
    const Bytes first = lab.last.octets;
    lab.file = first;
    const PcapngFile file = lab.rest();
    CHECK_EQUAL(lab.last.ended, std::string("size"));
    CHECK(octets + lab.last.octets.size() <= 2000);
    CHECK(octets + lab.last.octets.size() > 1500);
    CHECK(file.packets.size() > 5 && file.packets.size() < 30);
    CHECK(file.interfaces[0].counted && file.interfaces[1].counted);
}

TEST("capture: ends with its time") {
    Capturing lab;
    lab.begin({.interfaces = {"if1"}, .seconds = 2});
    lab.udp();
    lab.run(2000000);
    lab.udp();
    CHECK_EQUAL(lab.rest().packets.size(), size_t{1});
    CHECK_EQUAL(lab.last.ended, std::string("time"));
}

TEST("capture: what comes faster than its rate is counted, and the packet after says how much is missing") {
    Capturing lab;
    lab.begin({.interfaces = {"if1"}, .rate = 20});
    for (int n = 0; n < 10; n++) lab.udp();
    lab.run(1000000);
    lab.udp();
    const PcapngFile file = lab.end();
    CHECK_EQUAL(file.packets.size(), size_t{3});
    CHECK_EQUAL(lab.last.over_rate, uint64_t{8});
    CHECK_EQUAL(file.packets[2].lost, uint64_t{8});
}

TEST("capture: who does not read loses packets, which are counted, and forwarding goes on") {
    Capturing lab;
    lab.begin({.interfaces = {"if1"}, .packets = 1000000, .octets = 1u << 30, .rate = 1000000});
    const Bytes large = frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .payload = 1400}));
    constexpr size_t given = 4000;
    for (size_t n = 0; n < given; n++) {
        lab.give(1, large);
        if (n % 32 == 31) lab.run(1000);
    }
    CHECK_EQUAL(lab.out(2).size(), given);
    const PcapngFile file = lab.end(1, 100000);  // in many chunks
    CHECK_EQUAL(file.packets.size() + lab.last.ring_full, given);
    CHECK(lab.last.ring_full > 0 && file.packets.size() > 2000);
    lab.begin({.interfaces = {"if1"}}, 2);
    lab.udp();
    CHECK_EQUAL(lab.end(2).packets.size(), size_t{1});
}

TEST("capture: records go round the ring in order and whole") {
    CaptureRing ring;
    uint32_t given = 0, taken = 0;
    while (given < 20000) {
        for (unsigned n = 0; n < 700; n++) {
            const size_t kept = (given * 37) % 5000;
            CapturedPacket *p = ring.reserve(kept);
            if (!p) break;
            p->kept = static_cast<uint32_t>(kept);
            p->interface = given++;
            std::fill_n(p->octets(), kept, static_cast<uint8_t>(p->interface));
            ring.commit();
        }
        for (unsigned n = 0; n < 500; n++) {
            const CapturedPacket *p = ring.front();
            if (!p) break;
            CHECK_EQUAL(p->interface, taken);
            CHECK_EQUAL(size_t{p->kept}, size_t(taken * 37) % 5000);
            CHECK(std::all_of(p->octets(), p->octets() + p->kept, [&](uint8_t o) { return o == static_cast<uint8_t>(taken); }));
            ring.pop();
            taken++;
        }
    }
    CHECK(taken > 10000);
}

TEST("capture: interfaces that come are seen, and one that goes is still named") {
    Capturing lab;
    lab.begin({});
    lab.udp();
    CHECK_EQUAL(lab.commit(Records().interface("other", "p2", {"10.0.2.1/24"}).interface_delete("if2").glean(2, "other")), std::string());
    lab.know("other", "10.0.2.9", h2);
    lab.udp();
    const PcapngFile file = lab.end();
    std::vector<std::string> seen;
    for (size_t n = 0; n < file.packets.size(); n++) seen.push_back(name(file, n));
    CHECK(seen == (std::vector<std::string>{"if1", "if2", "if1", "other"}));
}

TEST("capture: what can't be begun is said, and eight are enough") {
    Capturing lab;
    CHECK_EQUAL(lab.core->begin_capture(1, {.interfaces = {"if9"}}, lab.now), std::string("there is no interface 'if9'"));
    CHECK_EQUAL(lab.core->begin_capture(1, {.ethernet_filter = "x"}, lab.now),
                std::string("a filter of 1 octets is no program of at most 4096 instructions"));
    for (uint64_t n = 1; n <= 8; n++) lab.begin({}, n);
    CHECK_EQUAL(lab.core->begin_capture(9, {}, lab.now), std::string("there are 8 captures already"));
    CHECK_EQUAL(lab.core->begin_capture(3, {}, lab.now), std::string("capture 3 is under way already"));
    lab.core->forget_captures();
    CHECK(lab.core->watches.load() == nullptr);
    lab.begin({}, 1);
    lab.udp();
    CHECK_EQUAL(lab.end().packets.size(), size_t{2});
}

TEST("capture: a circuit's frames are seen with their tags, on it or on its port") {
    Capturing lab;
    Records r;
    r.interface("c", "", {"10.0.7.1/24"}).circuit("c", {"if1", CircuitMatch::tag, {{type_vlan, 100}}, 0, {}});
    r.glean(7, "c").route("10.0.7.0/24", 7);
    CHECK_EQUAL(lab.commit(r), std::string());
    lab.know("c", "10.0.7.9", h1);
    lab.begin({.interfaces = {"c"}}, 1);
    lab.begin({.interfaces = {"if1"}}, 2);
    lab.begin({.interfaces = {"c"}, .ethernet_filter = compiled("vlan 100 and udp dst port 2000")}, 3);
    lab.give(2, frame(mac(2), h2, packet({.source = "10.0.2.9", .destination = "10.0.7.9"})));
    lab.run();
    const Bytes left = lab.wires[0]->take().at(0).bytes;
    const Bytes plain = frame(mac(1), h1, packet({.source = "10.0.7.9", .destination = "10.0.2.9"}));
    lab.wires[0]->give({plain, {}, 100, type_vlan}, 0);
    Bytes tagged = plain;
    const uint8_t tag[] = {0x81, 0x00, 0x00, 100};
    tagged.insert(tagged.begin() + 12, tag, tag + 4);
    lab.give(1, tagged);
    lab.udp();  // on the port alone
    for (const uint64_t number : {1, 3}) {
        const PcapngFile file = lab.end(number);
        CHECK_EQUAL(file.packets.size(), size_t{3});
        CHECK(file.packets[0].octets == left);
        CHECK(file.packets[1].octets == tagged && file.packets[2].octets == tagged);
        for (size_t n = 0; n < 3; n++) CHECK_EQUAL(name(file, n), std::string("c"));
    }
    const PcapngFile port = lab.end(2);
    CHECK_EQUAL(port.packets.size(), size_t{4});
    for (size_t n = 0; n < 4; n++) CHECK_EQUAL(name(port, n), std::string("if1"));
}

TEST("capture: super-packets are seen whole, and as the segments that a port takes") {
    Capturing lab;
    lab.begin({});
    Bytes large = frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .protocol = 6, .payload = 4000}));
    Offload offload{offload_needs_checksum, gso_tcp4, 54, 1000, 34, 16};
    lab.give(1, large, offload);
    lab.run();
    const auto left = lab.out(2);
    const PcapngFile file = lab.end();
    CHECK(file.packets[0].octets == large);
    CHECK_EQUAL(file.packets.size(), left.size() + 1);
    for (size_t n = 0; n < left.size(); n++) CHECK(file.packets[n + 1].octets == left[n].bytes);
}

}  // namespace
}  // namespace weft::capture_test
