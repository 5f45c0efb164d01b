// services-bench [SECONDS [NAME]]: nanoseconds a packet that services add to forwarding through the graph of one worker, as lines
// "name value"; with a NAME only those that begin so.
//
// What is counted: the same packets of 60 octets, of 1024 flows, from one port to another through the whole graph, once by a route into
// the tunnel and once by a route to a neighbour; the time of the first, less that of the second. So it is all that the tunnel is: its
// flows' hash, all headers, the way to its remote and the counters, and the memory in front of the packet that nobody touched before.
// Of decap, the time of packets that arrive wrapped for the box, less the same second one: the second walk through the graph is in it.
// The best of each over several rounds in turn, as others on the machine only make it worse; what making the packets costs is taken off.
//
//   vxlan-encap, vxlan-decap   routed packets into, and out of, a VXLAN over IPv4 to a known neighbour
//   vxlan6-encap, vxlan6-decap  over IPv6, with UDP checksums
//   gre-encap, gre-decap       GRE, IP in IP
//   ipip-encap, ipip-decap
//   vlan-routed                packets routed from a VLAN sub-interface, next to packets from the port itself
//   vlan-translate             frames from one VLAN of a port to another one of another port, by a cross-connect, next to frames of a
//                              cross-connect that keeps their tags
//   bridge, bridge-few         services_bridge.cc
//   fabric-KIND-ingress, -egress  services_fabric.cc
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "../net/checksum.h"
#include "services.h"

namespace weft::bench {
namespace {

constexpr unsigned rounds = 10, flows = 1024;
constexpr uint32_t own4 = 0x0a020001, remote4 = 0x0a020100;  // the first next hop
constexpr Ip6 own6{0x20010db800020000ull, 1}, remote6{0x20010db800020000ull, 0x100};
constexpr uint32_t inside = 0x0a090000;
constexpr uint8_t peer_mac[6] = {2, 0, 0, 9, 0, 2};

struct Kind {
    const char *name;
    unsigned record, key, port, flags;
    bool v6, frames;
};
constexpr Kind kinds[] = {{"vxlan", 5, 100, 4789, 0, false, true},
                          {"vxlan6", 5, 106, 4789, 2, true, true},
                          {"gre", 2, 0, 0, 0, false, false},
                          {"ipip", 1, 0, 0, 0, false, false}};

// The tunnel t, with 10.9.0.1/24 and a neighbour or none; 10.3.0.0/16 by it.
void set(Box &box, const Kind &k) {
    Block b;
    b.u8(3).str("t").u32(0).str("").u8(31).u16(0).u8(0).u16(1).v4(inside | 1).u8(24);
    b.u8(71).str("t").u8(k.record).u32(0);
    k.v6 ? b.v6(own6) : b.v4(own4);
    b.u32(k.key).u16(k.port).u8(k.flags).u8(64).u8(255).u16(1);
    k.v6 ? b.v6(remote6) : b.v4(remote4);
    if (k.frames) b.u8(9).str("t").v4(inside | 2).raw(peer_mac, 6);
    b.u8(5).u64(200001).u8(1).str("t").v4(inside | 2);
    box.commit(b);
}

void route(Box &box, uint64_t key) {
    Block b;
    b.u8(7).u32(0).v4(0x0a030000).u8(16).u64(key);
    box.commit(b);
}

void put(std::vector<uint8_t> &to, std::initializer_list<uint8_t> octets) { to.insert(to.end(), octets); }
void put(std::vector<uint8_t> &to, const std::vector<uint8_t> &octets) { to.insert(to.end(), octets.begin(), octets.end()); }

std::vector<uint8_t> ip4(uint32_t from, uint32_t to, uint8_t protocol, const std::vector<uint8_t> &payload) {
    std::vector<uint8_t> h(20);
    h[0] = 0x45;
    store16(&h[2], static_cast<uint16_t>(20 + payload.size()));
    h[8] = 64;
    h[9] = protocol;
    store32(&h[12], from);
    store32(&h[16], to);
    store16(&h[10], checksum(h.data(), 20));
    put(h, payload);
    return h;
}

std::vector<uint8_t> ip6(const Ip6 &from, const Ip6 &to, uint8_t protocol, const std::vector<uint8_t> &payload) {
    std::vector<uint8_t> h(40);
    h[0] = 0x60;
    store16(&h[4], static_cast<uint16_t>(payload.size()));
    h[6] = protocol;
    h[7] = 64;
    store_ip6(&h[8], from);
    store_ip6(&h[24], to);
    put(h, payload);
    return h;
}

std::vector<uint8_t> udp(uint16_t from, uint16_t to, const std::vector<uint8_t> &payload) {
    std::vector<uint8_t> h(8);
    store16(&h[0], from);
    store16(&h[2], to);
    store16(&h[4], static_cast<uint16_t>(8 + payload.size()));
    put(h, payload);
    return h;
}

// A frame for interface 2 from the remote, which holds a packet for 10.3.0.0/16.
std::vector<uint8_t> outer(const Kind &k, unsigned flow, const MacAddress &mac) {
    std::vector<uint8_t> carried = ip4(0x0a010009, 0x0a030000 + flow, 17, udp(0x1000, 0x2000, std::vector<uint8_t>(16)));
    if (k.frames) {
        std::vector<uint8_t> frame(mac.begin(), mac.end());
        frame.insert(frame.end(), peer_mac, peer_mac + 6);
        put(frame, {8, 0});
        put(frame, carried);
        std::vector<uint8_t> vxlan{8, 0, 0, 0, 0, 0, static_cast<uint8_t>(k.key), 0};
        put(vxlan, frame);
        carried = udp(static_cast<uint16_t>(0xc000 + flow), static_cast<uint16_t>(k.port), vxlan);
    } else if (k.record == 2) {
        std::vector<uint8_t> gre{0, 0, 8, 0};
        put(gre, carried);
        carried = gre;
    }
    const uint8_t protocol = k.frames ? 17 : k.record == 2 ? 47 : 4;
    std::vector<uint8_t> packet = k.v6 ? ip6(remote6, own6, protocol, carried) : ip4(remote4, own4, protocol, carried);
    if (k.v6) {
        const auto length = static_cast<uint32_t>(carried.size());
        store16(&packet[46], static_cast<uint16_t>(~checksum_fold(checksum_add(pseudo6(packet.data(), length, protocol), &packet[40], length))));
    }
    std::vector<uint8_t> frame{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9};
    k.v6 ? put(frame, {0x86, 0xdd}) : put(frame, {8, 0});
    put(frame, packet);
    return frame;
}

void print(const char *name, const char *what, double best) { std::printf("%s-%s %.2f\n", name, what, best); }

std::vector<uint8_t> tagged(std::vector<uint8_t> frame, uint16_t vid) {
    const uint8_t tag[] = {0x81, 0, static_cast<uint8_t>(vid >> 8), static_cast<uint8_t>(vid)};
    frame.insert(frame.begin() + 12, tag, tag + sizeof tag);
    return frame;
}

// The same packets as of traffic4(), in a VLAN.
Traffic in_vlan(uint16_t vid) {
    Traffic t;
    for (unsigned n = 0; n < flows; n++) {
        std::vector<uint8_t> frame{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0};
        put(frame, ip4(0x0a010009, 0x0a030000 + n, 17, udp(0x1000, 0x2000, std::vector<uint8_t>(18))));
        t.frames.push_back(tagged(frame, vid));
    }
    return t;
}

void circuit(Block &b, const std::string &name, const std::string &parent, unsigned vid, unsigned pop) {
    b.u8(3).str(name).u32(0).str("").u8(1).u16(0).u8(0).u16(0);
    b.u8(48).str(name).str(parent).u8(1).u16(0x8100).u16(vid).u8(pop).u8(0);
}

using Cost = std::function<double(const Traffic &)>;

void vlans(Box &box, const Cost &cost, const Traffic &plain, const std::string &only) {
    constexpr unsigned routed_vid = 10, from_vid = 11, to_vid = 12, kept_vid = 13;
    const Traffic routed = in_vlan(routed_vid), from = in_vlan(from_vid), kept = in_vlan(kept_vid);
    const bool of_routed = std::string("vlan-routed").starts_with(only), of_translated = std::string("vlan-translate").starts_with(only);
    double base = 1e9, in = 1e9, same = 1e9, other = 1e9;
    route(box, Box::adjacency4);
    for (unsigned n = 0; n < rounds && (of_routed || of_translated); n++) {
        base = std::min(base, cost(plain));
        Block b;
        b.u8(3).str("r").u32(0).str("").u8(31).u16(0).u8(0).u16(1).v4(0x0a050001).u8(24);
        b.u8(48).str("r").str("if1").u8(1).u16(0x8100).u16(routed_vid).u8(0).u8(0);
        circuit(b, "a", "if1", from_vid, 1);
        circuit(b, "b", "if2", to_vid, 1);
        circuit(b, "c", "if1", kept_vid, 0);
        circuit(b, "d", "if2", kept_vid, 0);
        b.u8(50).str("x").str("a").str("b").u8(50).str("y").str("c").str("d");
        box.commit(b);
        if (of_routed) in = std::min(in, cost(routed));
        if (of_translated) {
            same = std::min(same, cost(kept));
            other = std::min(other, cost(from));
        }
        Block gone;
        gone.u8(51).str("x").u8(51).str("y");
        for (const char *name : {"r", "a", "b", "c", "d"}) gone.u8(4).str(name);
        box.commit(gone);
    }
    if (of_routed) print("vlan", "routed", in - base);
    if (of_translated) print("vlan", "translate", other - same);
}

void run(double seconds, const std::string &only) {
    Box box(1);
    box.in->headroom = 128;  // for the longest header
    std::vector<uint32_t> destinations;
    for (unsigned n = 0; n < flows; n++) destinations.push_back(0x0a030000 + n);
    const Traffic plain = traffic4(std::move(destinations));
    Block b;
    b.u8(5).u64(200000).u8(3).u32(0).u8(7).u32(0).v4(own4).u8(32).u64(200000).u8(7).u32(0).v6(own6).u8(128).u64(200000);
    b.u8(7).u32(0).v4(remote4).u8(32).u64(Box::adjacency4).u8(7).u32(0).v6(remote6).u8(128).u64(Box::adjacency6);
    box.commit(b);
    const Cost cost = [&](const Traffic &traffic) { return box.nanoseconds(traffic, seconds) - box.source_nanoseconds(traffic, seconds / 4); };
    for (const Kind &k : kinds) {
        if (!std::string(k.name).starts_with(only)) continue;
        set(box, k);
        const MacAddress mac = box.core->interface_states("t").at(0).mac;
        Traffic wrapped;
        for (unsigned n = 0; n < flows; n++) wrapped.frames.push_back(outer(k, n, mac));
        double base = 1e9, in = 1e9, out = 1e9;
        for (unsigned n = 0; n < rounds; n++) {
            route(box, Box::adjacency4);
            base = std::min(base, cost(plain));
            out = std::min(out, cost(wrapped));
            route(box, 200001);
            in = std::min(in, cost(plain));
        }
        print(k.name, "encap", in - base);
        print(k.name, "decap", out - base);
    }
    vlans(box, cost, plain, only);
    bridge(seconds, only);
    fabric(seconds, only);
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char **argv) {
    weft::bench::run(argc > 1 ? std::atof(argv[1]) : 0.1, argc > 2 ? argv[2] : "");
    return 0;
}
