// Checksums that a host left to its device are known by what stands in their field, and finished to what they should be.
#include "../ports/af_xdp_checksum.h"

#include "../net/bytes.h"
#include "../net/checksum.h"
#include "../net/offload.h"
#include "lab.h"

namespace weft::af_xdp_checksum_test {
namespace {

struct Case {
    const char *name;
    Ip ip;
    size_t tags = 0;
};

const Case cases[] = {
    {"UDP over IPv4", {.source = "10.0.1.9", .destination = "10.0.2.9"}},
    {"TCP over IPv4 with options", {.source = "10.0.1.9", .destination = "10.0.2.9", .protocol = 6, .options = {1, 1, 1, 1}}},
    {"UDP over IPv6", {.source = "2001:db8:1::9", .destination = "2001:db8:2::9"}},
    {"TCP over IPv6 behind a tag", {.source = "2001:db8:1::9", .destination = "2001:db8:2::9", .protocol = 6}, 1},
    {"UDP over IPv4 behind two tags", {.source = "10.0.1.9", .destination = "10.0.2.9"}, 2},
};

Bytes tagged(const Case &c) {
    Bytes bytes = frame(mac(1), mac(2), packet(c.ip));
    for (size_t n = 0; n < c.tags; n++) {
        const uint8_t tag[] = {0x81, 0x00, 0x00, 0x05};
        bytes.insert(bytes.begin() + 12, tag, tag + 4);
    }
    return bytes;
}

Packet packet_of(Bytes &bytes) {
    Packet p;
    p.data = bytes.data();
    p.length = static_cast<uint32_t>(bytes.size());
    return p;
}

TEST("af_xdp checksums: what is whole is left alone") {
    for (const Case &c : cases) {
        Bytes bytes = tagged(c);
        Packet p = packet_of(bytes);
        find_unfinished_checksum(p);
        CHECK_EQUAL(int{p.offload.flags}, 0);
    }
}

TEST("af_xdp checksums: what is unfinished is found, and becomes what it should be") {
    for (const Case &c : cases) {
        const Bytes right = tagged(c);
        Bytes bytes = right;
        const size_t l3 = 14 + 4 * c.tags, header = bytes[l3] >> 4 == 4 ? (bytes[l3] & 15u) * 4 : 40;
        const size_t start = l3 + header, field = start + (c.ip.protocol == 6 ? 16 : 6), length = bytes.size() - start;
        const uint64_t addresses = header == 40 ? checksum_add(0, &bytes[l3 + 8], 32) : checksum_add(0, &bytes[l3 + 12], 8);
        store16(&bytes[field], checksum_fold(addresses + c.ip.protocol + length));
        Packet p = packet_of(bytes);
        find_unfinished_checksum(p);
        CHECK_EQUAL(int{p.offload.flags}, int{offload_needs_checksum});
        CHECK_EQUAL(size_t{p.offload.csum_start}, start);
        CHECK_EQUAL(size_t{p.offload.csum_start} + p.offload.csum_offset, field);
        p.l3_offset = static_cast<uint16_t>(l3);
        complete_checksum(p);
        CHECK(bytes == right);
    }
}

TEST("af_xdp checksums: no length of a frame, and none that it tells, is believed") {
    for (const Case &c : cases) {
        const Bytes whole = tagged(c);
        for (size_t length = 0; length < whole.size(); length++) {
            Bytes bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
            Packet p = packet_of(bytes);
            find_unfinished_checksum(p);
            CHECK_EQUAL(int{p.offload.flags}, 0);
        }
        for (size_t at = 12; at < 14 + 4 * c.tags + 20; at++)
            for (const uint8_t value : {0x00, 0x4f, 0x6f, 0xff}) {
                Bytes bytes = whole;
                bytes[at] = value;
                Packet p = packet_of(bytes);
                find_unfinished_checksum(p);
                CHECK(p.offload.csum_start + p.offload.csum_offset + 2u <= bytes.size());
            }
    }
}

}  // namespace
}  // namespace weft::af_xdp_checksum_test
