#include <cstring>

#include "lab.h"

namespace weft {
namespace {

void append(Bytes &to, const Bytes &more) { to.insert(to.end(), more.begin(), more.end()); }

Bytes header4(const std::string &source, const std::string &destination, uint8_t protocol, uint8_t ttl, size_t payload,
              uint16_t fragment = 0, const Bytes &options = {}) {
    Bytes h(20);
    h[0] = static_cast<uint8_t>(0x45 + options.size() / 4);
    store16(&h[2], static_cast<uint16_t>(20 + options.size() + payload));
    store16(&h[4], 0x1234);
    store16(&h[6], fragment);
    h[8] = ttl;
    h[9] = protocol;
    std::memcpy(&h[12], address(source).bytes.data(), 4);
    std::memcpy(&h[16], address(destination).bytes.data(), 4);
    append(h, options);
    store16(&h[10], checksum(h.data(), h.size()));
    return h;
}

Bytes header6(const std::string &source, const std::string &destination, uint8_t next, uint8_t limit, size_t payload) {
    Bytes h(40);
    h[0] = 0x60;
    store16(&h[4], static_cast<uint16_t>(payload));
    h[6] = next;
    h[7] = limit;
    std::memcpy(&h[8], address(source).bytes.data(), 16);
    std::memcpy(&h[24], address(destination).bytes.data(), 16);
    return h;
}

bool is_v6(const std::string &text) { return text.find(':') != std::string::npos; }

Bytes pattern(size_t n) {
    Bytes b(n);
    for (size_t i = 0; i < n; i++) b[i] = static_cast<uint8_t>(i * 7 + 3);
    return b;
}

uint64_t pseudo(const uint8_t *ip, size_t length, uint8_t protocol) {
    if (ip[0] >> 4 == 6) return pseudo6(ip, static_cast<uint32_t>(length), protocol);
    return checksum_add(0, ip + 12, 8) + length + protocol;
}

// Header and body with the checksum at `field` of the body filled in.
Bytes joined(Bytes header, Bytes body, size_t field, bool with_pseudo, uint8_t protocol) {
    const uint64_t start = with_pseudo ? pseudo(header.data(), body.size(), protocol) : 0;
    store16(&body[field], static_cast<uint16_t>(~checksum_fold(checksum_add(start, body.data(), body.size()))));
    append(header, body);
    return header;
}

}  // namespace

std::string hex(const Bytes &bytes) {
    std::string out;
    char two[3];
    for (const uint8_t b : bytes) {
        std::snprintf(two, sizeof two, "%02x", b);
        out += two;
    }
    return out;
}

Bytes packet(const Ip &ip) {
    Bytes body;
    size_t field;
    if (ip.protocol == 6) {
        body.resize(20);
        body[12] = 0x50;
        field = 16;
    } else {
        body.resize(8);
        store16(&body[4], static_cast<uint16_t>(8 + ip.payload));
        field = 6;
    }
    store16(&body[0], ip.source_port);
    store16(&body[2], ip.destination_port);
    append(body, pattern(ip.payload));
    if (!ip.extensions.empty()) {
        Bytes whole = joined(header6(ip.source, ip.destination, ip.protocol, ip.ttl, body.size()), body, field, true, ip.protocol);
        whole.insert(whole.begin() + 40, ip.extensions.begin(), ip.extensions.end());
        store16(&whole[4], static_cast<uint16_t>(whole.size() - 40));
        whole[6] = ip.next;
        return whole;
    }
    Bytes header = is_v6(ip.source)
                       ? header6(ip.source, ip.destination, ip.protocol, ip.ttl, body.size())
                       : header4(ip.source, ip.destination, ip.protocol, ip.ttl, body.size(),
                                 static_cast<uint16_t>(ip.fragment | (ip.dont_fragment ? 0x4000 : 0)), ip.options);
    return joined(std::move(header), std::move(body), field, true, ip.protocol);
}

Bytes frame(const MacAddress &to, const MacAddress &from, const Bytes &packet) {
    Bytes f(14);
    std::memcpy(&f[0], to.data(), 6);
    std::memcpy(&f[6], from.data(), 6);
    store16(&f[12], packet[0] >> 4 == 6 ? 0x86dd : 0x0800);
    append(f, packet);
    return f;
}

Bytes tagged(Bytes f, const std::vector<VlanTag> &tags, unsigned priority) {
    Bytes inserted;
    for (const VlanTag &tag : tags) {
        uint8_t bytes[4];
        store16(bytes, tag.tpid);
        store16(bytes + 2, static_cast<uint16_t>(priority << 13 | tag.vid));
        inserted.insert(inserted.end(), bytes, bytes + 4);
    }
    f.insert(f.begin() + 12, inserted.begin(), inserted.end());
    return f;
}

Bytes echo_request(const std::string &source, const std::string &destination, size_t payload) {
    Bytes body(8);
    const bool v6 = is_v6(source);
    body[0] = v6 ? 128 : 8;
    store16(&body[4], 77);
    store16(&body[6], 1);
    append(body, pattern(payload));
    if (v6) return joined(header6(source, destination, 58, 64, body.size()), body, 2, true, 58);
    return joined(header4(source, destination, 1, 64, body.size()), body, 2, false, 1);
}

Bytes arp(uint16_t operation, const MacAddress &from, const std::string &from4, const MacAddress &to, const std::string &to4,
          const MacAddress &frame_to) {
    Bytes f(42);
    std::memcpy(&f[0], frame_to.data(), 6);
    std::memcpy(&f[6], from.data(), 6);
    store16(&f[12], 0x0806);
    store16(&f[14], 1);
    store16(&f[16], 0x0800);
    f[18] = 6;
    f[19] = 4;
    store16(&f[20], operation);
    std::memcpy(&f[22], from.data(), 6);
    std::memcpy(&f[28], address(from4).bytes.data(), 4);
    std::memcpy(&f[32], to.data(), 6);
    std::memcpy(&f[38], address(to4).bytes.data(), 4);
    return f;
}

Bytes solicitation(const MacAddress &from, const std::string &source, const std::string &target) {
    const bool probing = source == "::";
    Bytes body(24);
    body[0] = 135;
    std::memcpy(&body[8], address(target).bytes.data(), 16);
    if (!probing) {
        append(body, {1, 1});
        body.insert(body.end(), from.begin(), from.end());
    }
    const Ip6 group = solicited_node(to_ip6(address(target)));
    const Bytes p = joined(header6(source, to_text(group), 58, 255, body.size()), body, 2, true, 58);
    return frame({0x33, 0x33, 0xff, body[21], body[22], body[23]}, from, p);
}

Bytes advertisement(const MacAddress &from, const std::string &target, const MacAddress &to, const std::string &destination,
                    bool router) {
    Bytes body(24);
    body[0] = 136;
    body[4] = router ? 0xe0 : 0x60;
    std::memcpy(&body[8], address(target).bytes.data(), 16);
    append(body, {2, 1});
    body.insert(body.end(), from.begin(), from.end());
    return frame(to, from, joined(header6(target, destination, 58, 255, body.size()), body, 2, true, 58));
}

Bytes inner(const Frame &f) { return Bytes(f.bytes.begin() + 14, f.bytes.end()); }

Error error_of(const Frame &f) {
    const Bytes p = inner(f);
    const size_t at = p[0] >> 4 == 6 ? 40 : 20;
    CHECK_EQUAL(int{p[at == 40 ? 6 : 9]}, at == 40 ? 58 : 1);
    return {p[at], p[at + 1], load32(&p[at + 4]), Bytes(p.begin() + static_cast<long>(at) + 8, p.end())};
}

std::string source_of(const Bytes &p) {
    return p[0] >> 4 == 4 ? to_text(mapped(load32(&p[12]))) : to_text(load_ip6(&p[8]));
}

std::string destination_of(const Bytes &p) {
    return p[0] >> 4 == 4 ? to_text(mapped(load32(&p[16]))) : to_text(load_ip6(&p[24]));
}

void check_frame(const Frame &f) {
    CHECK(f.bytes.size() >= 14 + 20);
    CHECK(!(f.bytes[6] & 1));
    const uint16_t type = load16(&f.bytes[12]);
    if (type == 0x0806) return;
    const Bytes p = inner(f);
    size_t offset;
    uint8_t protocol;
    if (type == 0x0800) {
        CHECK_EQUAL(int{p[0] >> 4}, 4);
        offset = (p[0] & 15u) * 4;
        CHECK_EQUAL(size_t{load16(&p[2])}, p.size());
        CHECK(checksum_good(p.data(), offset));
        protocol = p[9];
        if (load16(&p[6]) & 0x3fff) return;
    } else {
        CHECK_EQUAL(type, uint16_t{0x86dd});
        CHECK_EQUAL(int{p[0] >> 4}, 6);
        offset = 40;
        CHECK_EQUAL(load16(&p[4]) + size_t{40}, p.size());
        protocol = p[6];
    }
    if (f.offload.flags & offload_needs_checksum) return;
    const bool bare = protocol == 1;
    if (protocol != 1 && protocol != 58 && protocol != 17 && protocol != 6) return;
    if (protocol == 17 && load16(&p[offset + 6]) == 0) return;  // of a tunnel that has none
    const size_t length = p.size() - offset;
    const uint64_t start = bare ? 0 : pseudo(p.data(), length, protocol);
    CHECK_EQUAL(checksum_fold(checksum_add(start, p.data() + offset, length)), uint16_t{0xffff});
}

}  // namespace weft
