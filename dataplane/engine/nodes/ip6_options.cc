// Hop-by-hop options of IPv6 (RFC 8200 §4.3), looked at only where that header follows at once. An option that is not known is
// treated as its two highest bits say (§4.2); a router alert (RFC 2711) is for whoever forwards the packet. Other extension headers
// are not a router's affair (RFC 7045 §2.1).
#include "nodes.h"

namespace weft {
namespace {

constexpr uint8_t pad1 = 0, padn = 1, router_alert = 5, jumbo = 0xc2;
constexpr unsigned most_options = 32;  // no sender needs more, and walking them costs (RFC 8504 §5.3)

// Visits type and offset of each option until `visit` says stop. False: the header does not fit the packet, or its options it.
template <class Visit>
bool each_option(const Packet &p, Visit visit) {
    const uint8_t *h = l3(p);
    if (l3_length(p) < 48) return false;
    const uint32_t last = 40 + (h[41] + 1u) * 8;
    if (last > l3_length(p)) return false;
    uint32_t at = 42;
    for (unsigned n = 0; at < last; n++) {
        if (n == most_options) return false;
        if (h[at] == pad1) {
            at++;
            continue;
        }
        if (at + 1 >= last || at + 2u + h[at + 1] > last) return false;
        if (!visit(h[at], at)) return true;
        at += 2u + h[at + 1];
    }
    return true;
}

}  // namespace

bool ip6_options(Worker &w, Packet &p) {
    uint32_t refused = 0;
    uint8_t type = 0;
    const bool whole = each_option(p, [&](uint8_t option, uint32_t at) {
        if (option == padn || option == router_alert || (option < 0x40 && option != jumbo)) return true;
        refused = at;
        type = option;
        return false;
    });
    if (!whole) {
        w.discard(p, Drop::ip6_bad_extension);
        return false;
    }
    if (!refused) return true;
    // A jumbogram has a payload length of 0, which ip6-input has refused: this one is in the wrong place (RFC 2675 §3).
    if (type == jumbo)
        icmp6_error(w, p, 4, 0, refused);
    else if (type >= 0x80 && (type < 0xc0 || l3(p)[24] != 0xff))
        icmp6_error(w, p, 4, 2, refused);
    w.discard(p, Drop::ip6_unknown_option);
    return false;
}

bool router_alert6(const Packet &p) {
    const uint8_t *h = l3(p);
    bool found = false;
    each_option(p, [&](uint8_t option, uint32_t at) {
        found = option == router_alert && h[at + 1] == 2;
        return !found;
    });
    return found;
}

}  // namespace weft
