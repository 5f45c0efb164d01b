// Packets that cross the fabric of a chassis under the keys of ports, next to packets that are forwarded from port to port: what is added at
// the member by which they come in, and what more, or less, one does that has the port.
//
//   fabric-vxlan-ingress, fabric-vxlan-egress
//   fabric-nvgre-…, fabric-pbb-…
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "../net/checksum.h"
#include "../tables/tunnels.h"
#include "services.h"

namespace weft::bench {
namespace {

constexpr unsigned fabric_rounds = 8, fabric_flows = 1024, key = 17;
constexpr uint8_t own_mac[6] = {2, 0, 0, 0, 0, 1}, other_mac[6] = {2, 0, 0, 0, 0, 9};

struct Carrier {
    const char *name;
    FabricKind kind;
};
constexpr Carrier carriers[] = {{"vxlan", FabricKind::vxlan}, {"nvgre", FabricKind::nvgre}, {"pbb", FabricKind::pbb}};

// This member is 0, with the internal link by an interface; the other one is 1.
Block fabric(FabricKind kind, const char *link, uint32_t own, uint32_t other) {
    Block b;
    b.u8(91).u8(static_cast<unsigned>(kind)).u32(0).u16(1500).u16(4789).u16(0).u16(300).u8(3).u16(2);
    b.u16(0).u8(1).str(link).u8(3).v4(own).raw(own_mac, 6).u16(1).u8(1).str("other").u8(3).v4(other).raw(other_mac, 6);
    return b;
}

void route(Box &box, uint64_t object) {
    Block b;
    b.u8(7).u32(0).v4(0x0a030000).u8(16).u64(object);
    box.commit(b);
}

// The other member is heard, with its port.
void hear(Box &box, Interface const &far) {
    Worker &worker = *box.core->workers[0];
    box.core->heard[1].hears = 1;
    box.core->heard[1].heard[0] = UINT64_MAX;
    far.runtime->far.mtu = 1400;
    far.runtime->far.bits = FarPort::is_known | FarPort::is_up | 0x0b0000000002;
    worker.step(worker.now + 1000000);
    box.core->watch_links();
    box.core->follow_devices();
}

std::vector<uint8_t> wrapped(FabricKind kind, uint32_t own, uint32_t other, unsigned flow) {
    TunnelSpec s;
    s.kind = kind == FabricKind::vxlan ? TunnelKind::vxlan : kind == FabricKind::nvgre ? TunnelKind::nvgre : TunnelKind::pbb;
    s.source = mapped(other);
    s.remotes = {mapped(own)};
    s.port = 4789;
    const Tunnel tunnel(s);
    std::vector<uint8_t> frame(own_mac, own_mac + 6), inner{2, 0, 0, 0, 0, 5, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 46, 0, 0, 0, 0, 63, 17};
    frame.insert(frame.end(), other_mac, other_mac + 6);
    frame.resize(14);
    store16(&frame[12], kind == FabricKind::pbb ? type_pbb : type_ip4);
    frame.insert(frame.end(), tunnel.headers[0].octets, tunnel.headers[0].octets + tunnel.length);
    store16(&frame[14 + tunnel.key_at + 1u], key);
    inner.resize(60);
    store32(&inner[30], 0x0a030000 + flow);
    frame.insert(frame.end(), inner.begin(), inner.end());
    if (kind == FabricKind::pbb) return frame;
    const auto length = static_cast<uint16_t>(frame.size() - 14);
    store16(&frame[16], length);
    if (kind == FabricKind::vxlan) store16(&frame[34], static_cast<uint16_t>(0xc000 + flow)), store16(&frame[38], static_cast<uint16_t>(length - 20));
    store16(&frame[24], checksum(&frame[14], 20));
    return frame;
}

Traffic routed() {
    std::vector<uint32_t> destinations;
    for (unsigned n = 0; n < fabric_flows; n++) destinations.push_back(0x0a030000 + n);
    return traffic4(std::move(destinations));
}

double ingress(double seconds, FabricKind kind) {
    Box box(1);
    box.in->headroom = 128;
    const Traffic plain = routed();
    Block b = fabric(kind, "if2", 0x0a020001, 0x0a020100);
    b.u8(93).str("far").u16(1).u8(3).str("far").u32(0).str("far").u8(31).u16(0).u8(0).u16(1).v4(0x0a090001).u8(24);
    b.u8(94).u8(1).str("far").u32(key).u8(9).str("far").v4(0x0a090002).raw(other_mac, 6).u8(5).u64(300000).u8(1).str("far").v4(0x0a090002);
    box.commit(b);
    hear(box, *box.core->registry.interfaces.at("far"));
    double across = 1e9, near = 1e9;
    for (unsigned n = 0; n < fabric_rounds; n++) {
        route(box, Box::adjacency4);
        near = std::min(near, box.nanoseconds(plain, seconds));
        route(box, 300000);
        across = std::min(across, box.nanoseconds(plain, seconds));
    }
    return across - near;
}

double egress(double seconds, FabricKind kind) {
    constexpr uint32_t own = 0x0a000101, other = 0x0a000109;
    Box box(1);
    const Traffic plain = routed();
    Traffic frames;
    for (unsigned n = 0; n < fabric_flows; n++) frames.frames.push_back(wrapped(kind, own, other, n));
    Block b = fabric(kind, "if1", own, other);
    b.u8(94).u8(1).str("if2").u32(key);
    box.commit(b);
    route(box, Box::adjacency4);
    double from = 1e9, near = 1e9;
    const auto cost = [&](const Traffic &t) { return box.nanoseconds(t, seconds) - box.source_nanoseconds(t, seconds / 4); };
    for (unsigned n = 0; n < fabric_rounds; n++) {
        near = std::min(near, cost(plain));
        from = std::min(from, cost(frames));
    }
    return from - near;
}

}  // namespace

void fabric(double seconds, const std::string &only) {
    for (const Carrier &c : carriers) {
        const std::string name = std::string("fabric-") + c.name;
        if ((name + "-ingress").starts_with(only)) std::printf("%s-ingress %.2f\n", name.c_str(), ingress(seconds, c.kind));
        if ((name + "-egress").starts_with(only)) std::printf("%s-egress %.2f\n", name.c_str(), egress(seconds, c.kind));
    }
}

}  // namespace weft::bench
