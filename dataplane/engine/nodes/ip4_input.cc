// IPv4 as it came: the header checks of RFC 1812 §5.2.2 and the addresses that no host has (§5.3.7, RFC 6890). What passes has
// its padding cut off. Link-scope groups and the limited broadcast are for the box.
#include "../net/checksum.h"
#include "nodes.h"

namespace weft {
namespace {

inline void one(Worker &w, Packet &p, const Interface &i) {
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

    const uint32_t source = load32(h + 12), destination = load32(h + 16);
    const uint8_t s = static_cast<uint8_t>(source >> 24), d = static_cast<uint8_t>(destination >> 24);
    const bool limited = destination == 0xffffffff;
    // 0.0.0.0 asks for an address (RFC 2131) and gets no further than the box.
    if (s == 127 || s >= 224 || (s == 0 && !(source == 0 && limited))) return w.discard(p, Drop::ip4_martian_source);
    if (d == 0 || d == 127 || (d >= 240 && !limited)) return w.discard(p, Drop::ip4_martian_destination);
    if (header != 20 && !ip4_options(w, p)) [[unlikely]]
        return;
    if (limited || destination >> 8 == 0xe00000) return w.push(Node::local, &p);
    if (d >= 224) return w.discard(p, Drop::ip4_multicast);
    w.push(next_input(p, i.features, Node::ip4_input), &p);
}

}  // namespace

void ip4_input(Worker &w, Vector &in) {
    by_ingress(
        w, in, [&](Packet &p, const Interface &i) { one(w, p, i); }, [](InterfaceCounters &c, unsigned n) { c.in4 += n; });
}

}  // namespace weft
