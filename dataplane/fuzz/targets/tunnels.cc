// What comes by tunnels and goes into them: a box with a tunnel of each kind, over IPv4 and IPv6, to one neighbour. Headers are
// right but for the octets that the input changes; what they carry is the input's.
//
//   u8 tunnel (below 14) or a packet into one, u8 how (1: lengths and sums outside are mended, 2: with offload, 4: content is long, 8: by a route),
//   u8 octets that are changed, each u8 place, u8 value; u16 length, content
//
// Nothing that leaves is longer than its link, the memory of a burst is given back, and all that came is counted.
#include "../../engine/test/lab.h"
#include "../packets.h"
#include "../target.h"

namespace weft::fuzz {
namespace {

constexpr unsigned kinds = 7, tunnels = 2 * kinds;

TunnelSpec spec_of(unsigned n) {
    TunnelSpec s;
    s.kind = static_cast<TunnelKind>(1 + n % kinds);
    const bool v6 = n >= kinds;
    s.source = to_ip6(address(v6 ? "2001:db8:3::1" : "10.0.3.1"));
    s.remotes = {to_ip6(address(v6 ? "2001:db8:3::9" : "10.0.3.9"))};
    s.key = 100 + n;
    if (s.udp()) s.port = s.kind == TunnelKind::vxlan ? 4789 : 4790;
    if (s.kind == TunnelKind::gre) s.flags = tunnel_has_key | tunnel_checksum;
    if (v6 && s.kind == TunnelKind::vxlan) s.flags = tunnel_checksum;
    if (!v6 && s.kind == TunnelKind::l2gre) s.flags = tunnel_fragments_outer;
    return s;
}

std::string prefix_of(unsigned n) { return "10.9." + std::to_string(n) + "."; }

void configure(Lab &lab) {
    lab.standard();
    Records r;
    for (unsigned n = 0; n < tunnels; n++) {
        const std::string name = "t" + std::to_string(n), prefix = prefix_of(n);
        r.interface(name, "", {prefix + "1/24"}).tunnel(name, spec_of(n)).glean(100 + n, name).route(prefix + "0/24", 100 + n);
        r.adjacency(200 + n, name, prefix + "9").route("10.10." + std::to_string(n) + ".0/24", 200 + n);
        r.route(prefix + "1/32", 1000).neighbour(name, prefix + "9", mac(0x99));
    }
    CHECK_EQUAL(lab.commit(r), std::string());
    lab.know("if1", "10.0.1.9", mac(0x19));
    lab.know("if3", "10.0.3.9", mac(0x39));
    lab.know("if3", "2001:db8:3::9", mac(0x39));
}

Bytes wrapped(Reader &in, unsigned n, unsigned how) {
    TunnelSpec spec = spec_of(n);
    std::swap(spec.source, spec.remotes[0]);
    const Tunnel tunnel(spec, "other", nullptr);
    Bytes packet(tunnel.headers[0].octets, tunnel.headers[0].octets + tunnel.length);
    const auto changed = [&] {
        std::vector<std::pair<uint8_t, uint8_t>> all(in.below(6));
        for (auto &[at, value] : all) at = in.u8(), value = in.u8();
        return all;
    }();
    Bytes content = in.bytes(in.u16() % 4096);
    if (how & 4) content.resize(std::min<size_t>(content.size() * 40, 64000));
    packet.insert(packet.end(), content.begin(), content.end());
    const auto size = static_cast<uint16_t>(packet.size());
    if (how & 1) {
        store16(&packet[tunnel.v6 ? 4 : 2], static_cast<uint16_t>(tunnel.v6 ? size - 40 : size));
        if (tunnel.udp) store16(&packet[tunnel.v6 ? 44 : 24], static_cast<uint16_t>(size - (tunnel.v6 ? 40 : 20)));
        if (spec.kind == TunnelKind::ip) packet[tunnel.v6 ? 6 : 9] = content.empty() || content[0] >> 4 == 4 ? 4 : 41;
        if (spec.kind == TunnelKind::gre) store16(&packet[tunnel.v6 ? 42 : 22], content.empty() || content[0] >> 4 == 4 ? type_ip4 : type_ip6);
    }
    for (const auto &[at, value] : changed) packet[at % packet.size()] = value;
    Bytes f = weft::frame(mac(3), mac(0x39), packet);
    store16(&f[12], tunnel.v6 ? type_ip6 : type_ip4);
    if (how & 1) mend(f);
    return f;
}

uint64_t ended(Lab &lab) {
    uint64_t count = 0;
    for (const DropCounter &d : lab.core->drop_counters()) count += d.packets;
    return count;
}

void receive(Lab &lab, Reader &in) {
    const unsigned which = in.below(32), how = in.u8();
    Offload o;
    if (how & 2) o = offload(in);
    const uint64_t before = ended(lab);
    size_t sent = 0;
    if (which < tunnels) {
        lab.give(3, wrapped(in, which, how), o);
    } else {
        Bytes f = frame(in, 1);
        if (f.size() >= 34 && f[12] == 8 && f[13] == 0) {
            store32(&f[30], (how & 8 ? 0x0a0a0009 : 0x0a090009) | (which % tunnels) << 8);
            mend(f);
        }
        lab.give(1, f, o);
    }
    lab.run(in.below(8) == 7 ? 3000000 : 0);
    CHECK_EQUAL(lab.core->workers[0]->arena.used(), size_t{0});
    for (unsigned port = 1; port <= 3; port++)
        for (const Frame &f : lab.wires[port - 1]->take()) {
            sent++;
            CHECK(f.offload.gso_type != gso_none || f.bytes.size() <= 1514);
        }
    for (const char *tap : {"if1", "if2", "if3"}) sent += lab.factory->tap(tap)->take().size();
    for (unsigned n = 0; n < tunnels; n++)
        if (const auto tap = lab.factory->tap("t" + std::to_string(n))) sent += tap->take().size();
    if (const auto inject = lab.factory->injected(0)) sent += inject->take().size();
    CHECK(sent + ended(lab) - before + lab.core->statistics().held_packets > 0);
}

}  // namespace
}  // namespace weft::fuzz

FUZZ_TARGET(in) {
    weft::Lab lab(3);
    weft::fuzz::configure(lab);
    for (unsigned packets = 0; in.more() && packets < 48; packets++) weft::fuzz::receive(lab, in);
}
