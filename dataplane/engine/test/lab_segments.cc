#include "lab_segments.h"

#include <cstring>

namespace weft {
namespace {

uint32_t sum_of(const uint8_t *p, size_t n, uint32_t sum = 0) {
    for (size_t i = 0; i < n; i++) {
        sum += i % 2 ? p[i] : static_cast<uint32_t>(p[i]) << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

uint32_t pseudo_sum(const uint8_t *ip, size_t length, uint8_t protocol, const uint8_t *last = nullptr) {
    const bool v4 = ip[0] >> 4 == 4;
    uint32_t sum = sum_of(ip + (v4 ? 12 : 8), v4 ? 4 : 16);
    sum = sum_of(last ? last : ip + (v4 ? 16 : 24), v4 ? 4 : 16, sum) + protocol + static_cast<uint32_t>(length);
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

void append(Bytes &to, const Bytes &more) { to.insert(to.end(), more.begin(), more.end()); }

uint16_t port_of(Wrap w) { return w == Wrap::vxlan || w == Wrap::vxlan_no_sum ? 4789 : w == Wrap::geneve ? 6081 : 5555; }

bool is_ip4(Wrap w) { return w == Wrap::ip4 || w == Wrap::ip4_options || w == Wrap::ip4_fragmentable; }
bool is_ip(Wrap w) { return is_ip4(w) || w == Wrap::ip6 || w == Wrap::ip6_extensions || w == Wrap::ip6_routing; }

struct Built {
    Bytes bytes;
    size_t transport;  // from its start
    uint8_t protocol;
};

Built build(const Stack &stack, size_t at, const SuperOptions &o, const Bytes &payload) {
    if (at == stack.size()) {
        Bytes t(o.tcp ? 20 + o.tcp_options : 8);
        store16(&t[0], 40000);
        store16(&t[2], 443);
        if (o.tcp) {
            store32(&t[4], super_sequence);
            store32(&t[8], 77);
            t[12] = static_cast<uint8_t>(t.size() / 4 << 4);
            t[13] = o.flags;
            store16(&t[14], 512);
            for (size_t n = 20; n < t.size(); n++) t[n] = 1;
        } else {
            store16(&t[4], static_cast<uint16_t>(8 + payload.size()));
        }
        append(t, payload);
        return {t, 0, static_cast<uint8_t>(o.tcp ? 6 : 17)};
    }
    const Wrap w = stack[at];
    Built in = build(stack, at + 1, o, payload);
    const bool innermost = at + 1 == stack.size();
    const auto prepend = [&](Bytes h, uint8_t protocol) {
        in.transport += h.size();
        append(h, in.bytes);
        in.bytes = std::move(h);
        in.protocol = protocol;
    };
    if (is_ip4(w)) {
        Bytes h(w == Wrap::ip4_options ? 24 : 20);
        h[0] = static_cast<uint8_t>(0x40 + h.size() / 4);
        h[1] = 2;  // ECT
        store16(&h[2], static_cast<uint16_t>(h.size() + in.bytes.size()));
        store16(&h[4], super_identification);
        if (w != Wrap::ip4_fragmentable) h[6] = 0x40;
        h[8] = 60;
        h[9] = in.protocol;
        std::memcpy(&h[12], address("10.0.1.9").bytes.data(), 4);
        std::memcpy(&h[16], address("10.0.2.9").bytes.data(), 4);
        if (h.size() == 24) h[20] = h[21] = h[22] = 1;
        store16(&h[10], static_cast<uint16_t>(~sum_of(h.data(), h.size())));
        if (innermost) store16(&in.bytes[o.tcp ? 16 : 6], static_cast<uint16_t>(pseudo_sum(h.data(), in.bytes.size(), in.protocol)));
        prepend(h, 4);
    } else if (is_ip(w)) {
        Bytes h(40);
        h[0] = 0x60;
        h[6] = in.protocol;
        h[7] = 60;
        std::memcpy(&h[8], address("2001:db8:1::9").bytes.data(), 16);
        std::memcpy(&h[24], address("2001:db8:2::9").bytes.data(), 16);
        const auto last = address("2001:db8:2::77");
        if (innermost)
            store16(&in.bytes[o.tcp ? 16 : 6], static_cast<uint16_t>(pseudo_sum(h.data(), in.bytes.size(), in.protocol,
                                                                               w == Wrap::ip6_routing ? last.bytes.data() : nullptr)));
        if (w == Wrap::ip6_extensions) {
            append(h, {60, 0, 1, 4, 0, 0, 0, 0});
            append(h, {in.protocol, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
            h[6] = 0;
        } else if (w == Wrap::ip6_routing) {
            append(h, {in.protocol, 2, 2, 1, 0, 0, 0, 0});
            h.insert(h.end(), last.bytes.begin(), last.bytes.end());
            h[6] = 43;
        }
        store16(&h[4], static_cast<uint16_t>(h.size() - 40 + in.bytes.size()));
        prepend(h, 41);
    } else {
        Bytes h;
        const bool gre = w == Wrap::gre || w == Wrap::gre_sum_key || w == Wrap::gre_bridged;
        const uint16_t type = is_ip4(stack[at + 1]) ? 0x0800 : 0x86dd;
        if (gre) {
            h = {static_cast<uint8_t>(w == Wrap::gre_sum_key ? 0xa0 : 0), 0, 0, 0};
            store16(&h[2], w == Wrap::gre_bridged ? 0x6558 : type);
            if (w == Wrap::gre_sum_key) append(h, {0xde, 0xad, 0, 0, 0, 0, 0, 9});
        } else {
            h.resize(8);
            store16(&h[0], 50000);
            store16(&h[2], port_of(w));
            if (w != Wrap::vxlan_no_sum) store16(&h[6], 0xbeef);  // as the sender leaves it
            if (w == Wrap::geneve) append(h, {1, 0, 0x65, 0x58, 0, 0, 5, 0, 0, 1, 0, 0});
            if (w == Wrap::vxlan || w == Wrap::vxlan_no_sum) append(h, {8, 0, 0, 0, 0, 0, 5, 0});
            if (w == Wrap::opaque_udp) append(h, {0x81, 2, 3, 4, 5, 6});
        }
        if (w != Wrap::opaque_udp && w != Wrap::gre && w != Wrap::gre_sum_key) {
            append(h, {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2});
            if (w == Wrap::gre_bridged) append(h, {0x81, 0, 0, 7});
            append(h, {static_cast<uint8_t>(type >> 8), static_cast<uint8_t>(type & 255)});
        }
        if (!gre) store16(&h[4], static_cast<uint16_t>(h.size() + in.bytes.size()));
        prepend(h, gre ? 47 : 17);
    }
    return in;
}

struct Judging {
    const Bytes &p;
    Seen &seen;

    void ip(size_t at) {
        CHECK(at < p.size());
        const size_t room = p.size() - at;
        const uint8_t *h = &p[at];
        if (h[0] >> 4 == 4) {
            CHECK(room >= 20);
            const size_t header = (h[0] & 15u) * 4;
            CHECK(header >= 20 && header <= room);
            CHECK_EQUAL(size_t{load16(h + 2)}, room);
            CHECK_EQUAL(sum_of(h, header), 0xffffu);
            CHECK_EQUAL(load16(h + 6) & 0x3fff, 0);
            seen.identifications.push_back(load16(h + 4));
            return protocol(h[9], at, at + header, nullptr);
        }
        CHECK_EQUAL(int{h[0] >> 4}, 6);
        CHECK_EQUAL(size_t{load16(h + 4)} + 40, room);
        uint8_t next = h[6];
        size_t header = 40;
        const uint8_t *last = nullptr;
        while (next == 0 || next == 43 || next == 60) {
            if (next == 43 && h[header + 3]) last = h + header + 8;
            next = h[header];
            header += (h[header + 1] + 1u) * 8;
        }
        protocol(next, at, at + header, last);
    }

    void protocol(uint8_t number, size_t ip_at, size_t at, const uint8_t *last) {
        const uint8_t *h = &p[at];
        const size_t room = p.size() - at;
        if (number == 4 || number == 41) return ip(at);
        if (number == 47) {
            size_t header = 4;
            if (h[0] & 0x80) {
                header += 4;
                CHECK_EQUAL(sum_of(h, room), 0xffffu);
            }
            if (h[0] & 0x20) header += 4;
            if (load16(h + 2) != 0x6558) return ip(at + header);
            CHECK_EQUAL(load16(h + header + 12), uint16_t{0x8100});
            return ip(at + header + 18);
        }
        CHECK(number == 6 || number == 17);
        const bool v4 = p[ip_at] >> 4 == 4;
        if (number == 17) CHECK_EQUAL(size_t{load16(h + 4)}, room);
        const bool none = number == 17 && load16(h + 6) == 0;
        if (none)
            CHECK(v4 && load16(h + 2) == 4789);
        else
            CHECK_EQUAL(sum_of(h, room, pseudo_sum(&p[ip_at], room, number, last)), 0xffffu);
        if (number == 17 && load16(h + 2) == 4789) return ip(at + 8 + 8 + 14);
        if (number == 17 && load16(h + 2) == 6081) return ip(at + 8 + 12 + 14);
        if (number == 17 && load16(h + 2) == 5555) return ip(at + 14);
        seen.tcp = number == 6;
        size_t header = 8;
        if (seen.tcp) {
            header = (h[12] >> 4) * 4u;
            seen.sequence = load32(h + 4);
            seen.flags = h[13];
        }
        seen.headers = Bytes(h, h + header);
        for (const size_t differs : seen.tcp ? std::vector<size_t>{4, 5, 6, 7, 13, 16, 17} : std::vector<size_t>{4, 5, 6, 7})
            seen.headers[differs] = 0;
        seen.payload = Bytes(h + header, h + room);
    }
};

}  // namespace

Super super_packet(const Stack &stack, const SuperOptions &o) {
    Super s;
    s.payload.resize(o.payload);
    for (size_t n = 0; n < o.payload; n++) s.payload[n] = static_cast<uint8_t>(n * 31 + n / 251);
    const Built built = build(stack, 0, o, s.payload);
    s.packet = built.bytes;
    s.transport = static_cast<uint16_t>(built.transport);
    s.headers = static_cast<uint16_t>(s.packet.size() - o.payload);
    const uint8_t tcp = is_ip4(stack.back()) ? gso_tcp4 : gso_tcp6;
    s.offload.gso_type = o.tcp ? static_cast<uint8_t>(tcp | (o.flags & 0x80 ? gso_ecn : 0)) : gso_udp_l4;
    s.offload.gso_size = o.size;
    s.offload.header_length = s.headers;
    if (o.unfinished) {
        s.offload.flags = offload_needs_checksum;
        s.offload.csum_start = s.transport;
        s.offload.csum_offset = o.tcp ? 16 : 6;
    }
    return s;
}

Seen judge(Bytes p, const Offload &o) {
    CHECK_EQUAL(int{o.gso_type}, int{gso_none});
    if (o.flags & offload_needs_checksum) {
        CHECK(o.csum_start + o.csum_offset + 2u <= p.size());
        const auto sum = static_cast<uint16_t>(~sum_of(&p[o.csum_start], p.size() - o.csum_start));
        store16(&p[size_t{o.csum_start} + o.csum_offset], sum ? sum : 0xffff);
    }
    Seen seen;
    seen.length = p.size();
    Judging{p, seen}.ip(0);
    return seen;
}

std::vector<Bytes> cut_datagrams(const Bytes &p, const Offload &o) {
    CHECK_EQUAL(int{o.gso_type}, int{gso_udp_l4});
    CHECK_EQUAL(int{o.flags}, int{offload_needs_checksum});
    const bool v4 = p[0] >> 4 == 4;
    const size_t udp = v4 ? (p[0] & 15u) * 4 : o.csum_start, headers = udp + 8;
    CHECK_EQUAL(size_t{o.csum_start}, udp);
    CHECK_EQUAL(int{o.csum_offset}, 6);
    CHECK_EQUAL(size_t{load16(&p[udp + 4])}, p.size() - udp);
    CHECK_EQUAL(uint32_t{load16(&p[udp + 6])}, pseudo_sum(p.data(), p.size() - udp, 17));
    if (v4) CHECK_EQUAL(sum_of(p.data(), udp), 0xffffu);
    CHECK_EQUAL(size_t{load16(&p[v4 ? 2 : 4])}, v4 ? p.size() : p.size() - 40);
    std::vector<Bytes> out;
    for (size_t at = headers; at < p.size(); at += o.gso_size) {
        const size_t part = std::min<size_t>(o.gso_size, p.size() - at);
        Bytes d(p.begin(), p.begin() + static_cast<ptrdiff_t>(headers));
        d.insert(d.end(), p.begin() + static_cast<ptrdiff_t>(at), p.begin() + static_cast<ptrdiff_t>(at + part));
        store16(&d[v4 ? 2 : 4], static_cast<uint16_t>(v4 ? d.size() : d.size() - 40));
        if (v4) {
            store16(&d[4], static_cast<uint16_t>(load16(&p[4]) + out.size()));
            store16(&d[10], 0);
            store16(&d[10], static_cast<uint16_t>(~sum_of(d.data(), udp)));
        }
        store16(&d[udp + 4], static_cast<uint16_t>(d.size() - udp));
        store16(&d[udp + 6], 0);
        const auto sum = static_cast<uint16_t>(~sum_of(&d[udp], d.size() - udp, pseudo_sum(d.data(), d.size() - udp, 17)));
        store16(&d[udp + 6], sum ? sum : 0xffff);
        out.push_back(std::move(d));
    }
    return out;
}

void judge_segments(const std::vector<Seen> &seen, const Super &super, const SuperOptions &o) {
    CHECK_EQUAL(seen.size(), (o.payload + o.size - 1) / o.size);
    Bytes stream;
    for (size_t n = 0; n < seen.size(); n++) {
        const Seen &s = seen[n];
        const bool first = n == 0, last = n + 1 == seen.size();
        CHECK_EQUAL(s.tcp, o.tcp);
        CHECK_EQUAL(s.payload.size(), last ? o.payload - n * o.size : size_t{o.size});
        CHECK_EQUAL(s.length, super.headers + s.payload.size());
        CHECK(s.headers == seen[0].headers);
        for (const uint16_t id : s.identifications) CHECK_EQUAL(id, static_cast<uint16_t>(super_identification + n));
        if (o.tcp) {
            CHECK_EQUAL(s.sequence, static_cast<uint32_t>(super_sequence + stream.size()));
            CHECK_EQUAL(int{s.flags}, o.flags & ~((last ? 0 : 0x09) | (first ? 0 : 0x80)));
        }
        append(stream, s.payload);
    }
    CHECK(stream == super.payload);
}

}  // namespace weft
