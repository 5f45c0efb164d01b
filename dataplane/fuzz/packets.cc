#include "packets.h"

#include <iterator>

namespace weft::fuzz {
namespace {

void append(Bytes &to, const Bytes &more) { to.insert(to.end(), more.begin(), more.end()); }

void append16(Bytes &to, unsigned v) { append(to, {static_cast<uint8_t>(v >> 8), static_cast<uint8_t>(v)}); }

MacAddress ethernet_address(Reader &in, unsigned port) {
    switch (in.below(8)) {
        case 0: return {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
        case 1: return {0x33, 0x33, 0, 0, 0, 1};
        case 2: return {0x33, 0x33, 0xff, 0, 0, 1};
        case 3: return {0x01, 0x00, 0x5e, 0, 0, 5};
        case 4: return mac(in.u8());
        default: return mac(static_cast<uint8_t>(port));
    }
}

Bytes link_layer_options(Reader &in) {
    Bytes out;
    for (unsigned n = in.below(4); n > 0; n--) {
        const uint8_t type = in.below(4) ? static_cast<uint8_t>(1 + in.below(2)) : in.u8();
        const uint8_t units = in.below(8) ? 1 : in.u8();
        append(out, {type, units});
        const MacAddress m = mac(in.u8());
        out.insert(out.end(), m.begin(), m.end());
        out.resize(out.size() + (units > 1 ? (units - 1) * 8u : 0u));
    }
    return out;
}

Bytes discovery(Reader &in) {
    static constexpr uint8_t types[] = {135, 136, 135, 136, 133, 134, 137, 128};
    Bytes m = {in.pick(types), static_cast<uint8_t>(in.below(8) ? 0 : in.u8()), 0, 0, in.u8(), 0, 0, 0};
    m.resize(24);
    store_ip6(&m[8], address6(in));
    append(m, link_layer_options(in));
    return m;
}

Bytes payload(Reader &in) {
    static constexpr uint16_t sizes[] = {0, 8, 32, 40, 500, 1240, 1400, 1452, 1480, 3000};
    const size_t size = in.below(8) ? in.pick(sizes) : in.u16() % 9000;
    Bytes p(size);
    const uint8_t step = in.u8();
    for (size_t n = 0; n < size; n++) p[n] = static_cast<uint8_t>(n * step);
    return p;
}

// The protocol and what it carries.
uint8_t transport(Reader &in, bool v6, Bytes &out) {
    switch (in.below(8)) {
        case 0:
        case 1: {  // UDP
            const Bytes body = payload(in);
            append16(out, in.u8() * 53u);
            append16(out, in.u8());
            append16(out, static_cast<unsigned>(body.size() + 8));
            append16(out, 0);
            append(out, body);
            return 17;
        }
        case 2: {  // TCP
            append16(out, in.u8());
            append16(out, 179);
            out.resize(12);
            append(out, {static_cast<uint8_t>(in.below(4) ? 0x50 : in.u8()), in.u8()});
            out.resize(20);
            append(out, payload(in));
            return 6;
        }
        case 3:
        case 4:  // echo
            append(out, {static_cast<uint8_t>(v6 ? 128 : 8), static_cast<uint8_t>(in.below(8) == 7), 0, 0, 0, 7, 0, 1});
            append(out, payload(in));
            return v6 ? 58 : 1;
        case 5:
            if (v6) {
                out = discovery(in);
                return 58;
            }
            append(out, {in.u8(), in.u8(), 0, 0, 0, 0, 0, 0});
            append(out, in.bytes(28));
            return 1;
        case 6:  // an error or any other message
            append(out, {in.u8(), in.u8(), 0, 0, 0, 0, 5, 0});
            append(out, in.bytes(48));
            return v6 ? 58 : 1;
        default: {
            const uint8_t protocol = in.u8();
            out = in.bytes(in.u8());
            return protocol;
        }
    }
}

uint8_t lifetime(Reader &in) {
    static constexpr uint8_t usual[] = {64, 1, 2, 255, 0, 64, 255};
    const unsigned n = in.below(8);
    return n < std::size(usual) ? usual[n] : in.u8();
}

Bytes options4(Reader &in) {
    Bytes out;
    static constexpr uint8_t types[] = {0, 1, 7, 68, 131, 137, 148, 136, 130};
    for (unsigned n = in.below(4); n > 0; n--) {
        const uint8_t type = in.below(8) ? in.pick(types) : in.u8();
        out.push_back(type);
        if (type < 2) continue;
        const uint8_t length = in.below(8) ? static_cast<uint8_t>(2 + in.below(10)) : in.u8();
        out.push_back(length);
        if (length > 2) out.push_back(4);
        for (unsigned at = 3; at < length && at < 40; at++) out.push_back(in.u8());
    }
    if (out.size() > 40) out.resize(40);
    while (out.size() % 4) out.push_back(0);
    return out;
}

Bytes packet4(Reader &in) {
    Bytes body, h(20);
    const uint8_t protocol = transport(in, false, body);
    const Bytes options = in.below(4) ? Bytes() : options4(in);
    h[0] = static_cast<uint8_t>(0x45 + options.size() / 4);
    h[1] = in.u8();
    store16(&h[2], static_cast<uint16_t>(20 + options.size() + body.size()));
    store16(&h[4], in.u8());
    static constexpr uint16_t fragments[] = {0, 0x4000, 0, 0x2000, 0x2005, 0x0005, 0x1fff, 0x3ff0};
    store16(&h[6], in.pick(fragments));
    h[8] = lifetime(in);
    h[9] = protocol;
    store32(&h[12], unmapped(address4(in)));
    store32(&h[16], unmapped(address4(in)));
    append(h, options);
    append(h, body);
    return h;
}

// A chain of extension headers; `next` is the protocol behind it and becomes that of its first header.
Bytes extensions(Reader &in, uint8_t &next) {
    static constexpr uint8_t kinds[] = {0, 43, 44, 60, 51, 135, 44, 60};
    Bytes out;
    for (unsigned n = in.below(5); n > 0; n--) {
        const uint8_t kind = in.pick(kinds);
        Bytes h(8);
        h[0] = next;
        if (kind == 44) {
            store16(&h[2], in.below(2) ? 1 : in.u16());
            store16(&h[6], in.u8());
        } else {
            h[1] = in.below(4) ? 0 : in.u8();
            if (kind == 51) h[1] = 0;
            h[2] = in.below(2) ? 1 : in.u8();
            h[3] = in.below(4) ? 4 : in.u8();
            for (unsigned k = 4; k < 8; k++) h[k] = 0;
            if (h[1] < 4) h.resize((h[1] + 1u) * 8);
        }
        append(h, out);
        out = h;
        next = kind;
    }
    return out;
}

Bytes packet6(Reader &in) {
    Bytes body, h(40);
    uint8_t next = transport(in, true, body);
    const Bytes chain = in.below(3) ? Bytes() : extensions(in, next);
    store32(&h[0], 0x60000000u | in.u8());
    store16(&h[4], static_cast<uint16_t>(chain.size() + body.size()));
    h[6] = next;
    h[7] = lifetime(in);
    store_ip6(&h[8], address6(in));
    store_ip6(&h[24], address6(in));
    append(h, chain);
    append(h, body);
    return h;
}

Bytes arp_message(Reader &in) {
    Bytes a(28);
    store16(&a[0], 1);
    store16(&a[2], 0x0800);
    a[4] = 6;
    a[5] = 4;
    store16(&a[6], static_cast<uint16_t>(1 + in.below(2)));
    const MacAddress sender = mac(in.u8());
    std::memcpy(&a[8], sender.data(), 6);
    store32(&a[14], unmapped(address4(in)));
    store32(&a[24], unmapped(address4(in)));
    return a;
}

size_t transport_offset(const Bytes &f, uint8_t &protocol) {
    if (f.size() >= 34 && f[14] >> 4 == 4) {
        protocol = load16(&f[20]) & 0x3fff ? 0 : f[23];
        return 14u + (f[14] & 15u) * 4;
    }
    if (f.size() < 54) return 0;
    protocol = f[20];
    size_t at = 54;
    while (protocol == 0 || protocol == 43 || protocol == 60 || protocol == 135) {
        if (at + 8 > f.size()) return 0;
        protocol = f[at];
        at += (f[at + 1] + 1u) * 8;
    }
    return at;
}

}  // namespace

Ip6 address4(Reader &in) {
    static constexpr uint32_t special[] = {0,          0xffffffff, 0xe0000005, 0xef010101, 0x7f000001, 0xa9fe0101,
                                           0xf0000001, 0xac100001, 0xc0000201, 0xc6336401, 0xcb007101, 0xc0000001,
                                           0x64400001, 0x64410001};
    static constexpr uint8_t hosts[] = {1, 9, 10, 11, 0, 255, 12, 9};
    switch (in.below(4)) {
        case 0: return mapped(in.pick(special));
        case 1: return mapped(in.u32());
        default: break;
    }
    const unsigned net = 1 + in.below(port_count + 1);
    return mapped(0x0a000000u | net << 8 | in.pick(hosts));
}

Ip6 address6(Reader &in) {
    static constexpr Ip6 special[] = {{0, 0},
                                      {0, 1},
                                      {0, 0x0000ffff0a000109},
                                      {0xff02000000000000, 1},
                                      {0xff02000000000000, 2},
                                      {0xff02000000000000, 0x00000001ff000001},
                                      {0xff05000000000000, 1},
                                      {0xfe80000000000000, 0x000000fffe000001},
                                      {0xfe80000000000000, 9},
                                      {0x20010db800990000, 1},
                                      {0x20010db800750000, 1},
                                      {0x0064ff9b00000000, 1},
                                      {0x20010db800640000, 1},
                                      {0x20010db800650000, 1}};
    switch (in.below(4)) {
        case 0: return in.pick(special);
        case 1: {
            const uint64_t high = in.u64();
            return {high, in.u64()};
        }
        default: break;
    }
    static constexpr uint8_t hosts[] = {1, 9, 10, 11, 0, 9};
    const unsigned net = 1 + in.below(port_count + 1);
    return {0x20010db800000000ull | static_cast<uint64_t>(net) << 16, in.pick(hosts)};
}

Offload offload(Reader &in) {
    if (in.below(4)) return {};
    static constexpr uint8_t kinds[] = {gso_none, gso_tcp4, gso_tcp6, gso_udp_l4, gso_udp, gso_ecn | gso_tcp4};
    static constexpr uint16_t starts[] = {34, 54, 14, 20, 40, 0};
    Offload o;
    o.flags = static_cast<uint8_t>(in.below(4));
    o.gso_type = in.below(2) ? gso_none : in.below(8) ? in.pick(kinds) : in.u8();
    o.gso_size = in.below(2) ? 1400 : in.u16();
    o.header_length = in.u8();
    o.csum_start = in.below(4) ? in.pick(starts) : in.u16();
    o.csum_offset = in.below(4) ? static_cast<uint16_t>(6 + in.below(2) * 10) : in.u16();
    return o;
}

Bytes frame(Reader &in, unsigned port) {
    const unsigned kind = in.below(8);
    Bytes f;
    const MacAddress to = ethernet_address(in, port), from = mac(static_cast<uint8_t>(0x10 + in.below(64)));
    f.insert(f.end(), to.begin(), to.end());
    f.insert(f.end(), from.begin(), from.end());
    if (kind < 3) {
        append16(f, 0x0800);
        append(f, packet4(in));
    } else if (kind < 6) {
        append16(f, 0x86dd);
        append(f, packet6(in));
    } else if (kind == 6) {
        append16(f, 0x0806);
        append(f, arp_message(in));
    } else {
        append(f, in.bytes(in.u8()));
    }
    if (in.flag()) mend(f);
    for (unsigned n = in.below(8) > 4 ? in.below(4) : 0; n > 0 && !f.empty(); n--) {
        const size_t at = in.below(2) ? in.u8() : in.u16();
        f[at % f.size()] = in.u8();
    }
    if (in.below(8) == 7) f.resize(in.u16() % 2000);
    if (in.below(4)) mend(f);
    return f;
}

void mend(Bytes &f) {
    if (f.size() < 34) return;
    const bool v4 = load16(&f[12]) == 0x0800;
    size_t end = f.size();
    if (v4) {
        const size_t header = (f[14] & 15u) * 4, total = load16(&f[16]);
        if (header < 20 || 14 + header > f.size()) return;
        store16(&f[24], 0);
        store16(&f[24], checksum(&f[14], header));
        if (total < header || 14 + total > f.size()) return;
        end = 14 + total;
    } else {
        if (load16(&f[12]) != 0x86dd || f.size() < 54 || 54u + load16(&f[18]) > f.size()) return;
        end = 54u + load16(&f[18]);
    }
    uint8_t protocol = 0;
    const size_t at = transport_offset(f, protocol);
    const size_t field = at + (protocol == 17 ? 6 : protocol == 6 ? 16 : 2);
    if (at == 0 || field + 2 > end || (protocol != 1 && protocol != 58 && protocol != 6 && protocol != 17)) return;
    const auto length = static_cast<uint32_t>(end - at);
    uint64_t sum = 0;
    if (!v4)
        sum = pseudo6(&f[14], length, protocol);
    else if (protocol != 1)
        sum = checksum_add(0, &f[26], 8) + length + protocol;
    store16(&f[field], 0);
    store16(&f[field], static_cast<uint16_t>(~checksum_fold(checksum_add(sum, &f[at], length))));
}

}  // namespace weft::fuzz
