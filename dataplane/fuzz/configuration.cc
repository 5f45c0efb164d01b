#include "configuration.h"

#include "access_lists.h"

namespace weft::fuzz {
namespace {

std::string number(unsigned n) { return std::to_string(n); }

std::string interface_name(Reader &in) { return "if" + number(1 + in.below(port_count + 1)); }

HostAddress host_address(Reader &in, bool v6) { return to_host_address(v6 ? address6(in) : address4(in), 0); }

uint64_t key(Reader &in) { return 1 + in.below(16); }

void interface(Reader &in, Records &r) {
    const unsigned n = 1 + in.below(port_count + 1);
    static constexpr uint16_t mtus[] = {0, 0, 1500, 1280, 576, 68, 9000, 1300};
    const std::string port = in.below(16) == 15 ? std::string() : "p" + number(in.below(8) ? n : 1 + in.below(port_count));
    r.u8(3).str("if" + number(n)).u32(in.below(8) ? 0 : in.below(3)).str(port);
    const unsigned flags = in.below(4) ? 31 : in.u8();
    const unsigned mtu = in.pick(mtus);
    r.u8(flags).u16(in.below(16) == 15 ? in.u16() : flags & interface_ipv6 && mtu && mtu < 1280 ? 1280 : mtu);
    const bool has_mac = in.below(8) == 7;
    r.u8(has_mac);
    if (has_mac)
        for (const uint8_t octet : mac(static_cast<uint8_t>(0x80 + n))) r.u8(octet);
    const unsigned more = in.below(4);
    r.u16(2 + more);
    r.addr(address("10.0." + number(n) + ".1")).u8(in.below(8) ? 24 : in.below(33));
    r.addr(address("2001:db8:" + number(n) + "::1")).u8(in.below(8) ? 64 : in.below(129));
    for (unsigned i = 0; i < more; i++) {
        const bool v6 = in.flag();
        r.addr(host_address(in, v6)).u8(in.below(v6 ? 129 : 33));
    }
}

void object(Reader &in, Records &r) {
    const uint64_t k = key(in);
    r.u8(5).u64(k);
    switch (in.below(10)) {
        case 0:
        case 1: r.u8(1).str(interface_name(in)).addr(address("10.0." + number(1 + in.below(4)) + "." + number(8 + in.below(4)))); break;
        case 2: r.u8(1).str(interface_name(in)).addr(address("2001:db8:" + number(1 + in.below(4)) + "::" + number(8 + in.below(4)))); break;
        case 3: r.u8(1).str(interface_name(in)).addr(host_address(in, in.flag())); break;
        case 4: r.u8(2).str(interface_name(in)); break;
        case 5: r.u8(3).u32(in.below(3)); break;
        case 6: r.u8(4).u8(in.below(3)); break;
        case 8: r.u8(7).u32(in.below(4)); break;
        case 7: r.u8(6).u8(1 + in.below(2)).u32(in.u8()).u8(in.below(8) == 7); break;
        default: {
            const unsigned members = 1 + in.below(6);
            r.u8(5).u16(members);
            for (unsigned i = 0; i < members; i++) r.u64(key(in)).u16(1 + in.below(9));
        }
    }
}

// Mostly one that the addresses of packets meet, with no bit behind its length.
void prefix(Reader &in, Records &r) {
    const bool v6 = in.flag();
    const Ip6 a = v6 ? address6(in) : address4(in);
    static constexpr uint8_t lengths4[] = {0, 8, 16, 24, 25, 32, 31, 12}, lengths6[] = {0, 32, 48, 64, 128, 10, 127, 3};
    const unsigned length = in.below(4) ? (v6 ? in.pick(lengths6) : in.pick(lengths4)) : in.below(v6 ? 129 : 33);
    HostAddress h = to_host_address(a, 0);
    if (v6 && is_mapped(a)) h.family = 6, store_ip6(h.bytes.data(), a);
    if (v6)
        store_ip6(h.bytes.data(), mask6(a, length));
    else
        store32(h.bytes.data(), unmapped(a) & mask4(length));
    r.addr(h).u8(length);
}

void one(Reader &in, Records &r) {
    const unsigned n = 1 + in.below(port_count);
    switch (in.below(28)) {
        case 0: r.port("p" + number(n), "e" + number(in.below(8) ? n : 1 + in.below(port_count + 1))); break;
        case 1: r.port_delete("p" + number(n)); break;
        case 2:
        case 3: interface(in, r); break;
        case 4: r.interface_delete(interface_name(in)); break;
        case 5:
        case 6:
        case 7: object(in, r); break;
        case 8: r.object_delete(key(in)); break;
        case 9:
        case 10:
        case 11:
            r.u8(7).u32(in.below(8) ? 0 : in.below(3));
            prefix(in, r);
            r.u64(key(in));
            break;
        case 12:
            r.u8(8).u32(in.below(8) ? 0 : in.below(3));
            prefix(in, r);
            break;
        case 13: {
            r.u8(9).str(interface_name(in)).addr(host_address(in, in.flag()));
            for (const uint8_t octet : mac(in.u8())) r.u8(octet);
            break;
        }
        case 15:
            r.u8(16).str(interface_name(in));
            for (unsigned family = 0; family < 2; family++) r.u8(in.below(3)).u8(in.below(8));
            break;
        case 16: r.u8(17).str(interface_name(in)); break;
        case 17: r.u8(18).u8(in.below(7)).u8(in.below(4)).u32(in.u16()).u32(1 + in.u8()); break;
        case 18: r.u8(19).u8(in.below(4)).u32(in.u16()).u32(1 + in.u8()).u8(in.below(2)); break;
        case 20:
        case 21: r.acl(access_list(in)); break;
        case 22: r.acl_delete(list_name(in)); break;
        case 23:
        case 24:
        case 25: {
            // Mostly one of the family that its name says.
            const std::string name = list_name(in);
            const bool odd = (name.back() - '0') % 2;
            r.u8(13).str(interface_name(in)).u8(in.below(16) == 15 ? in.u8() : in.below(2));
            r.u8(in.below(16) == 15 ? in.u8() : odd ? 6 : 4).str(in.below(4) ? name : std::string());
            break;
        }
        case 26: {
            const unsigned vrf = in.below(4);
            r.vrf(vrf, "v" + number(in.below(16) ? vrf : 9));
            break;
        }
        case 27: r.vrf_delete(in.below(4)); break;
        case 14: r.u8(10).str(interface_name(in)).addr(host_address(in, in.flag())); break;
        default: {
            const Bytes any = in.bytes(in.below(32));
            r.bytes.insert(r.bytes.end(), any.begin(), any.end());
        }
    }
}

}  // namespace

Bytes records(Reader &in, unsigned count) {
    Records r;
    while (count-- > 0) one(in, r);
    return r.bytes;
}

}  // namespace weft::fuzz
