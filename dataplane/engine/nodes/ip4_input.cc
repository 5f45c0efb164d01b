// ip4-input: IPv4 as it came: the header checks of RFC 1812 §5.2.2 and the addresses that no host has (§5.3.7, RFC 6890). Prefixes
// for documentation, benchmarks and shared use are forwarded: whether they have a route is the operator's affair. What passes has
// its padding cut off. Link-scope groups and the limited broadcast are for the box.
//
// Reads    the ingress interface: whether it has IPv4, its features
// Next     the input arc, then ip4-lookup; local
// Counts   packets of IPv4 on the interface
// Drops    too-short, bad-version, bad-header-length, bad-total-length, bad-checksum, martian-source, martian-destination,
//          ipv4-disabled, multicast-not-forwarded; and those of options (ip4_options.cc)
// Cost     the header's 20 octets, in the cache line that ethernet-input read
#include <array>

#include "../net/checksum.h"
#include "nodes.h"

namespace weft {
namespace {

// First octets of addresses that are looked at more closely: this network, loopback, protocol assignments, groups, reserved.
constexpr auto special = [] {
    std::array<bool, 256> first{};
    for (const size_t octet : {0, 127, 192}) first[octet] = true;
    for (size_t octet = 224; octet < 256; octet++) first[octet] = true;
    return first;
}();

// Of 192.0.0.0/24 the first eight and two anycast addresses may be forwarded (RFC 7335, RFC 7723, RFC 8155), the rest may not.
bool is_assignment(uint32_t address) {
    const uint32_t host = address & 0xff;
    return address >> 8 == 0xc00000 && host > 7 && host != 9 && host != 10;
}

void closely(Worker &w, Packet &p, const Interface &i) {
    const uint8_t *h = l3(p);
    const uint32_t source = load32(h + 12), destination = load32(h + 16);
    const uint8_t s = h[12], d = h[16];
    const bool limited = destination == 0xffffffff;
    // 0.0.0.0 asks for an address (RFC 2131) and gets no further than the box.
    if (s == 127 || s >= 224 || (s == 0 && !(source == 0 && limited)) || is_assignment(source))
        return w.discard(p, Drop::ip4_martian_source);
    if (d == 0 || d == 127 || (d >= 240 && !limited) || is_assignment(destination))
        return w.discard(p, Drop::ip4_martian_destination);
    if (h[0] != 0x45 && !ip4_options(w, p)) return;
    if (limited || destination >> 8 == 0xe00000) return w.push(next_for_box(p, i.features), &p);
    if (d >= 224) return w.discard(p, Drop::ip4_multicast);
    w.push(next_input(true, i.features, Node::ip4_input), &p);
}

inline void one(Worker &w, Packet &p, const Interface &i, const Fib4::Ahead &ahead, Onward &on) {
    const uint8_t *h = l3(p);
    const uint32_t room = l3_length(p);
    if (!i.ip4) return w.discard(p, Drop::ip4_disabled);
    if (room < 20) return w.discard(p, Drop::ip4_short);
    if (h[0] >> 4 != 4) return w.discard(p, Drop::ip4_version);
    const uint32_t header = (h[0] & 15u) * 4;
    const uint32_t total = load16(h + 2);
    if (header < 20) return w.discard(p, Drop::ip4_header_length);
    if (total < header || total > room) return w.discard(p, Drop::ip4_length);
    if (!(header == 20 ? checksum_good20(h) : checksum_good(h, header))) return w.discard(p, Drop::ip4_checksum);
    p.length = p.l3_offset + total;
    if (unsigned{special[h[12]]} | unsigned{special[h[16]]} | unsigned{header != 20}) [[unlikely]]
        return on.aside([&] { closely(w, p, i); });
    ahead.prefetch(load32(h + 16));
    on.push(p);
}

}  // namespace

void ip4_input(Worker &w, Vector &in) {
    by_ingress(
        w, in,
        [&](const Interface &i) {
            return [&w, &i, ahead = Fib4::Ahead(i.vrf ? &i.vrf->fib4 : nullptr),
                    on = Onward(w, next_input(true, i.features, Node::ip4_input))](Packet &p) mutable { one(w, p, i, ahead, on); };
        },
        [](InterfaceCounters &c, unsigned n) { c.in4 += n; });
}

}  // namespace weft
