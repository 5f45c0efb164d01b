// ip6-input: IPv6 as it came (RFC 8200 §3, addresses of RFC 4291 §2.5 and §2.7). What passes has its padding cut off. Groups of link
// scope are for the box; wider ones are not forwarded.
//
// Reads    the ingress interface: whether it has IPv6, its features
// Next     the input arc, then ip6-lookup; local
// Counts   packets of IPv6 on the interface
// Drops    too-short, bad-version, bad-payload-length, martian-source, martian-destination, ipv6-disabled,
//          multicast-not-forwarded; and those of hop-by-hop options (ip6_options.cc)
// Cost     the header's 40 octets, in the cache line that ethernet-input read
#include "nodes.h"

namespace weft {
namespace {

constexpr uint8_t extension_fragment = 44, extension_authentication = 51;
constexpr unsigned most_extensions = 16;

bool is_extension(uint8_t protocol) {
    switch (protocol) {
        case 0:   // hop-by-hop options
        case 43:  // routing
        case extension_fragment:
        case extension_authentication:
        case 60:   // destination options
        case 135:  // mobility
            return true;
        default:
            return false;
    }
}

}  // namespace

bool skip_extensions(const Packet &p, uint8_t &protocol, uint32_t &offset, bool &fragment, bool &first) {
    const uint8_t *h = l3(p);
    const uint32_t room = l3_length(p);
    protocol = h[6];
    offset = 40;
    fragment = false;
    first = true;
    for (unsigned headers = 0; is_extension(protocol); headers++) {
        if (headers == most_extensions || offset + 8 > room) return false;
        const uint8_t *e = h + offset;
        if (protocol == extension_fragment) {
            fragment = true;
            first = (load16(e + 2) & 0xfff8) == 0;
            offset += 8;
        } else {
            offset += protocol == extension_authentication ? (e[1] + 2u) * 4 : (e[1] + 1u) * 8;
        }
        protocol = e[0];
        if (!first) return true;
        if (offset > room) return false;
    }
    return true;
}

namespace {

inline void one(Worker &w, Packet &p, const Interface &i, Onward &on) {
    const uint8_t *h = l3(p);
    const uint32_t room = l3_length(p);
    if (!i.ip6) return w.discard(p, Drop::ip6_disabled);
    if (room < 40) return w.discard(p, Drop::ip6_short);
    if (h[0] >> 4 != 6) return w.discard(p, Drop::ip6_version);
    const uint32_t total = 40u + load16(h + 4);
    // A payload length of 0 beside a payload is a jumbogram, which is not spoken here.
    if (total > room || (total == 40 && h[6] == 0)) return w.discard(p, Drop::ip6_length);
    p.length = p.l3_offset + total;

    const Ip6 source = load_ip6(h + 8), destination = load_ip6(h + 24);
    if (is_multicast6(source) || (is_embedded4(source) && !is_unspecified6(source)))
        return w.discard(p, Drop::ip6_martian_source);
    if (is_embedded4(destination)) return w.discard(p, Drop::ip6_martian_destination);
    if (h[6] == 0) [[unlikely]] {
        bool passes = false;
        on.aside([&] { passes = ip6_options(w, p); });
        if (!passes) return;
    }
    if (is_multicast6(destination)) {
        const unsigned scope = (destination.high >> 48) & 15;
        if (scope != 2) return w.discard(p, Drop::ip6_multicast);
        return on.aside([&] { w.push(next_for_box(p, i.features), &p); });
    }
    if (is_unspecified6(source)) return w.discard(p, Drop::ip6_martian_source);
    on.push(p);
}

}  // namespace

void ip6_input(Worker &w, Vector &in) {
    by_ingress(
        w, in,
        [&w](const Interface &i) {
            return [&w, &i, on = Onward(w, next_input(false, i.features, Node::ip6_input))](Packet &p) mutable { one(w, p, i, on); };
        },
        [](InterfaceCounters &c, unsigned n) { c.in6 += n; });
}

}  // namespace weft
