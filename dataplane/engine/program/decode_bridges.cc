#include "decode_bridges.h"

namespace weft {
namespace {

constexpr uint32_t most_a_second = 1000000;

std::string decode_policers(Reader &r, const std::string &what, BridgeSpec &spec) {
    for (auto &policer : spec.policers) {
        const bool policed = r.u8() != 0;
        const Limit limit{r.u32(), r.u32()};
        if (r.good() && policed && (limit.rate > most_a_second || limit.burst > most_a_second))
            return what + " has a policer above " + std::to_string(most_a_second) + " packets a second or at once";
        if (policed) policer = limit;
    }
    return {};
}

}  // namespace

std::string decode_bridge(Reader &r, Transaction &t) {
    BridgeOp op;
    BridgeSpec &s = op.spec;
    s.name = r.str();
    const std::string what = "bridge domain " + quoted(s.name);
    const uint8_t flags = r.u8();
    s.learns = flags & bridge_learns;
    s.floods_unknown = flags & bridge_floods_unknown;
    s.forwards_reserved = flags & bridge_forwards_reserved;
    s.suppresses = flags & bridge_suppresses;
    s.ageing = r.u32();
    s.most_addresses = r.u32();
    if (std::string e = decode_policers(r, what, s); !e.empty()) return e;
    s.moves = {r.u32(), r.u32(), r.u32()};
    s.routed = r.str();
    const uint16_t members = r.u16();
    for (uint16_t n = 0; n < members && r.good(); n++) {
        BridgeMember m;
        m.interface = r.str();
        m.group = r.u16();
        m.most_addresses = r.u32();
        s.members.push_back(std::move(m));
    }
    const uint32_t macs = r.u32();
    for (uint32_t n = 0; n < macs && r.good(); n++) {
        StaticMac m;
        m.mac = r.mac();
        m.interface = r.str();
        if (r.u8() != 0) {
            const HostAddress remote = r.addr();
            if (r.good()) m.remote = to_ip6(remote);
        }
        if (r.good() && ((m.mac[0] & 1) || m.mac == MacAddress{})) return what + " has a static MAC address that is null or of a group";
        s.macs.push_back(std::move(m));
    }
    if (!r.good()) return {};
    if (s.name.empty() || s.name.size() > 255) return "bridge domain without a name, or with one longer than 255 octets";
    if (flags & ~15u) return what + " has unknown flags " + std::to_string(flags);
    for (const uint32_t seconds : {s.ageing, s.moves.window, s.moves.hold})
        if (seconds > MacTable::longest_ageing)
            return what + " has a time of " + std::to_string(seconds) + " seconds, above " + std::to_string(MacTable::longest_ageing);
    t.bridges.push_back(std::move(op));
    return {};
}

std::string decode_bridge_delete(Reader &r, Transaction &t) {
    BridgeOp op;
    op.spec.name = r.str();
    op.remove = true;
    if (r.good()) t.bridges.push_back(std::move(op));
    return {};
}

}  // namespace weft
