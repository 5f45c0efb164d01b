#include "decode_tunnels.h"

namespace weft {
namespace {

std::string decode_spec(Reader &r, const std::string &what, TunnelSpec &s) {
    const uint8_t kind = r.u8();
    s.vrf = r.u32();
    const HostAddress source = r.addr();
    s.key = r.u32();
    s.port = r.u16();
    s.flags = r.u8();
    s.hop_limit = r.u8();
    s.dscp = r.u8();
    const uint16_t count = r.u16();
    if (!r.good()) return {};
    if (kind < static_cast<uint8_t>(TunnelKind::ip) || kind > static_cast<uint8_t>(TunnelKind::vxlan_gpe_ethernet))
        return what + " has unknown kind " + std::to_string(kind);
    s.kind = static_cast<TunnelKind>(kind);
    if (!is_host(source)) return what + " has source " + to_text(source) + ", which is no host's address";
    s.source = to_ip6(source);
    if (s.flags & ~tunnel_flags) return what + " has unknown flags " + std::to_string(s.flags);
    if (s.dscp > 63 && s.dscp != inherited_dscp) return what + " has DSCP " + std::to_string(s.dscp) + ", above 63";
    if (s.udp() && s.port == 0) return what + " has UDP port 0";
    if ((s.udp() || s.kind == TunnelKind::nvgre) && s.key >> 24)
        return what + " has key " + std::to_string(s.key) + ", which is longer than 24 bits";
    if ((s.flags & tunnel_fragments_outer) && s.v6()) return what + " is to fragment outside, which IPv6 does not";
    if (count == 0 || count > most_remotes)
        return what + " has " + std::to_string(count) + " remotes, which is not 1 to " + std::to_string(most_remotes);
    while (s.remotes.size() < count) {
        const HostAddress remote = r.addr();
        if (!r.good()) return {};
        if (remote.family != source.family) return what + " has remote " + to_text(remote) + ", of another family than its source";
        if (!is_host(remote)) return what + " has remote " + to_text(remote) + ", which is no host's address";
        s.remotes.push_back(to_ip6(remote));
    }
    return {};
}

}  // namespace

std::string decode_tunnel(Reader &r, Transaction &t, bool remove) {
    TunnelOp op;
    op.remove = remove;
    op.interface = r.str();
    if (!remove)
        if (std::string e = decode_spec(r, "tunnel " + quoted(op.interface), op.spec); !e.empty()) return e;
    if (r.good()) t.tunnels.push_back(std::move(op));
    return {};
}

}  // namespace weft
