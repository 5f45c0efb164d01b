#include "access_lists.h"

#include <algorithm>

namespace weft::fuzz {
namespace {

Ip6 prefix_address(Reader &in, bool v6) {
    if (v6) return address6(in);
    return {0, unmapped(address4(in))};
}

std::vector<AclRange> ranges(Reader &in) {
    static constexpr AclRange usual[] = {{0, 0xffff}, {179, 179}, {0, 127}, {53, 53}, {0, 0}, {8, 8}, {128, 0xffff}};
    std::vector<AclRange> all;
    for (unsigned n = 1 + in.below(4) / 2; n > 0; n--) {
        if (in.flag()) {
            all.push_back(in.pick(usual));
        } else {
            const uint16_t low = in.u8();
            all.push_back({low, static_cast<uint16_t>(low + (in.below(16) ? in.u8() : -1))});
        }
    }
    return all;
}

AclEntry entry(Reader &in, bool v6, unsigned number) {
    static constexpr uint8_t lengths4[] = {8, 16, 24, 31, 32, 1}, lengths6[] = {32, 48, 64, 128, 10, 3};
    static constexpr uint8_t lifetimes[] = {0, 1, 2, 64, 255};
    static constexpr uint8_t protocols[] = {17, 6, 1, 58, 17, 6};
    AclEntry e;
    e.name = "e" + std::to_string(number);
    e.action = static_cast<AclAction>(in.below(3));
    const unsigned asked = in.u16() & in.u16();
    if (asked & acl_match_source) {
        e.source = prefix_address(in, v6);
        e.source_length = v6 ? in.pick(lengths6) : in.pick(lengths4);
    }
    if (asked & acl_match_destination) {
        e.destination = prefix_address(in, v6);
        e.destination_length = v6 ? in.pick(lengths6) : in.pick(lengths4);
    }
    if (asked & acl_match_source_ports) e.source_ports = ranges(in);
    if (asked & acl_match_destination_ports) e.destination_ports = ranges(in);
    if (asked & acl_match_tcp_flags) {
        e.tcp_flags = in.u8();
        e.tcp_mask = in.u8();
    }
    const bool layer4 = e.tcp_mask || !e.source_ports.empty() || !e.destination_ports.empty();
    e.has_protocol = (asked & acl_match_protocol) || (layer4 && in.below(32) < 31);
    if (e.has_protocol) e.protocol = in.below(4) ? in.pick(protocols) : in.u8();
    e.has_dscp = asked & acl_match_dscp;
    if (e.has_dscp) e.dscp = in.below(2) ? 0 : in.below(16) ? in.u8() & 63 : in.u8();
    e.has_fragment = asked & acl_match_fragment;
    if (e.has_fragment) e.fragment = static_cast<AclFragment>(in.below(4));
    if (asked & acl_match_ttl) {
        e.ttl_low = in.pick(lifetimes);
        e.ttl_high = in.below(4) ? std::max(e.ttl_low, in.pick(lifetimes)) : in.u8();
    }
    if (asked & acl_match_length) {
        e.length.low = static_cast<uint16_t>(in.u8() * 8);
        e.length.high = static_cast<uint16_t>(in.below(2) ? 0xffff : e.length.low + in.u8() * 8);
    }
    return e;
}

// What entries ask of a packet.
struct Fields {
    const uint8_t *source, *destination;
    uint8_t protocol = 0, dscp = 0, lifetime = 0;
    size_t length = 0;  // that it has on a wire
    bool fragment = false, later = false;
    const uint8_t *layer4 = nullptr;  // null: not there
    bool tiny = false;
};

// Where layer 4 begins behind the extension headers; false: nowhere.
bool chain(const Bytes &p, Fields &f, size_t &at, bool &near) {
    f.protocol = p[6];
    at = 40;
    for (unsigned headers = 0;; headers++) {
        size_t size;
        switch (f.protocol) {
            case 0:
            case 43:
            case 60:
            case 135: size = 1; break;
            case 44: size = 8; break;
            case 51: size = 2; break;
            default: return true;
        }
        if (headers == 16 || at + 8 > p.size()) return false;
        const bool is_fragment = f.protocol == 44;
        if (!is_fragment) size = size == 2 ? (p[at + 1] + 2u) * 4 : (p[at + 1] + 1u) * 8;
        f.protocol = p[at];
        if (is_fragment) {
            const unsigned offset = load16(&p[at + 2]) / 8;
            f.fragment = true;
            if (offset) {
                f.later = true;
                near = offset < 3;
                at += 8;
                return true;
            }
        }
        at += size;
        if (at > p.size()) return false;
    }
}

bool fields(const Bytes &p, const Offload &offload, Fields &f) {
    const bool v6 = p[0] >> 4 == 6;
    size_t at;
    bool near = false;  // a later fragment that begins within a TCP header
    if (v6) {
        if (!chain(p, f, at, near)) return false;
        f.source = &p[8];
        f.destination = &p[24];
        f.dscp = static_cast<uint8_t>((p[0] & 15) << 2 | p[1] >> 6);
        f.lifetime = p[7];
    } else {
        at = (p[0] & 15u) * 4;
        f.protocol = p[9];
        f.source = &p[12];
        f.destination = &p[16];
        f.dscp = p[1] >> 2;
        f.lifetime = p[8];
        const unsigned offset = load16(&p[6]) & 0x1fff;
        f.fragment = offset || (p[6] & 0x20);
        f.later = offset;
        near = offset && offset < 3;
    }
    const size_t room = p.size() - at;
    f.length = p.size();
    if (offload.gso_type != gso_none && (f.protocol != 6 || room >= 20)) {
        const size_t headers = at + (f.protocol == 6 ? (p[at + 12] >> 4) * 4u : 8u);
        f.length = std::min(f.length, headers + offload.gso_size);
    }
    if (f.later) {
        f.tiny = f.protocol == 6 && near;
        return true;
    }
    size_t need = 0;
    switch (f.protocol) {
        case 6: need = 20; break;
        case 17:
        case 136: need = 8; break;
        case 33:
        case 132: need = 12; break;
        default:
            if (f.protocol == (v6 ? 58 : 1)) need = 4;
    }
    if (need && room >= need)
        f.layer4 = &p[at];
    else
        f.tiny = need && f.fragment;
    return true;
}

bool within(const uint8_t *address, bool v6, const Ip6 &prefix, unsigned length) {
    uint8_t wanted[16];
    if (v6)
        store_ip6(wanted, prefix);
    else
        store32(wanted, static_cast<uint32_t>(prefix.low));
    for (unsigned bit = 0; bit < length; bit++)
        if ((address[bit / 8] ^ wanted[bit / 8]) >> (7 - bit % 8) & 1) return false;
    return true;
}

bool within(unsigned value, const std::vector<AclRange> &ranges) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const AclRange &r) { return value >= r.low && value <= r.high; });
}

bool asks_layer4(const AclEntry &e) { return e.tcp_mask || !e.source_ports.empty() || !e.destination_ports.empty(); }

bool matches(const AclEntry &e, bool v6, const Fields &f) {
    if (!within(f.source, v6, e.source, e.source_length) || !within(f.destination, v6, e.destination, e.destination_length)) return false;
    if (e.has_protocol && e.protocol != f.protocol) return false;
    if (e.has_dscp && e.dscp != f.dscp) return false;
    if (f.lifetime < e.ttl_low || f.lifetime > e.ttl_high || f.length < e.length.low || f.length > e.length.high) return false;
    if (e.has_fragment) {
        switch (e.fragment) {
            case AclFragment::none:
                if (f.fragment) return false;
                break;
            case AclFragment::any:
                if (!f.fragment) return false;
                break;
            case AclFragment::first:
                if (!f.fragment || f.later) return false;
                break;
            case AclFragment::later:
                if (!f.later) return false;
        }
    }
    if (!asks_layer4(e)) return true;
    if (!f.layer4) return false;
    const bool icmp = f.protocol == (v6 ? 58 : 1);
    const unsigned from = icmp ? f.layer4[0] : load16(f.layer4), to = icmp ? f.layer4[1] : load16(f.layer4 + 2);
    if (!e.source_ports.empty() && !within(from, e.source_ports)) return false;
    if (!e.destination_ports.empty() && !within(to, e.destination_ports)) return false;
    const uint8_t flags = f.protocol == 6 ? f.layer4[13] : 0;
    return ((flags ^ e.tcp_flags) & e.tcp_mask) == 0;
}

}  // namespace

std::string list_name(Reader &in) { return "l" + std::to_string(in.below(list_count)); }

AclSpec access_list(Reader &in) {
    AclSpec s;
    const unsigned n = in.below(list_count);
    s.name = "l" + std::to_string(n);
    s.v6 = (n % 2 != 0) != (in.below(16) == 15);
    s.otherwise = static_cast<AclAction>(in.below(4) ? 0 : in.below(3));
    const unsigned count = in.below(12), first = in.below(8);
    for (unsigned i = 0; i < count; i++) s.entries.push_back(entry(in, s.v6, (first + i) % (in.below(32) ? 16 : 4)));
    return s;
}

Judgement judge(const AclSpec &list, const Bytes &packet, const Offload &offload) {
    using Kind = Judgement::Kind;
    Fields f;
    if (!fields(packet, offload, f)) return {Kind::header_chain, {}};
    if (f.tiny && std::any_of(list.entries.begin(), list.entries.end(), asks_layer4)) return {Kind::tiny_fragment, {}};
    const auto kind = [](AclAction action) {
        return action == AclAction::pass ? Kind::pass : action == AclAction::drop ? Kind::drop : Kind::reject;
    };
    for (const AclEntry &e : list.entries)
        if (matches(e, list.v6, f)) return {kind(e.action), e.name, true};
    return {kind(list.otherwise), {}, true};
}

}  // namespace weft::fuzz
