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

bool skip_extensions(const Packet &p, uint8_t &protocol, uint32_t &offset, bool &fragment, bool &first) {
    const uint8_t *h = l3(p);
    const uint32_t room = l3_length(p);
    protocol = h[6];
    offset = 40;
    fragment = false;
    first = true;
    for (unsigned headers = 0; headers < 16; headers++) {
        switch (protocol) {
            case 0:    // hop-by-hop options
            case 43:   // routing
            case 60:   // destination options
            case 135:  // mobility
                if (offset + 8 > room) return false;
                protocol = h[offset];
                offset += (h[offset + 1] + 1u) * 8;
                break;
            case 44:
                if (offset + 8 > room) return false;
                fragment = true;
                first = (load16(h + offset + 2) & 0xfff8) == 0;
                protocol = h[offset];
                offset += 8;
                if (!first) return true;
                break;
            case 51:  // authentication
                if (offset + 8 > room) return false;
                protocol = h[offset];
                offset += (h[offset + 1] + 2u) * 4;
                break;
            default:
                return offset <= room;
        }
        if (offset > room) return false;
    }
    return false;
}

namespace {

inline void one(Worker &w, Packet &p, const Interface &i) {
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
    if (h[6] == 0 && !ip6_options(w, p)) [[unlikely]]
        return;
    if (is_multicast6(destination)) {
        const unsigned scope = (destination.high >> 48) & 15;
        if (scope != 2) return w.discard(p, Drop::ip6_multicast);
        return w.push(next_for_box(p, i.features), &p);
    }
    if (is_unspecified6(source)) return w.discard(p, Drop::ip6_martian_source);
    w.push(next_input(p, i.features, Node::ip6_input), &p);
}

}  // namespace

void ip6_input(Worker &w, Vector &in) {
    by_ingress(
        w, in, [&](Packet &p, const Interface &i) { one(w, p, i); }, [](InterfaceCounters &c, unsigned n) { c.in6 += n; });
}

}  // namespace weft
