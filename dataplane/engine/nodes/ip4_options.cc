// Options of IPv4 headers (RFC 791 §3.1), looked at only where there are some. Record route and timestamps pass as they are, and
// so does what is not known (RFC 1812 §5.3.13.1); source routes are not followed and end here (RFC 7126 §4.3, §4.4). A router alert
// (RFC 2113) is for whoever forwards the packet.
#include "nodes.h"

namespace weft {
namespace {

constexpr uint8_t end = 0, no_operation = 1, loose_source_route = 131, strict_source_route = 137, router_alert = 148;

// Visits type and offset of each option until `visit` says stop; the offset of what is malformed, or 0.
template <class Visit>
uint32_t each_option(const uint8_t *h, uint32_t header, Visit visit) {
    for (uint32_t at = 20; at < header;) {
        const uint8_t type = h[at];
        if (type == end) return 0;
        if (type == no_operation) {
            at++;
            continue;
        }
        if (at + 1 >= header) return at;
        if (h[at + 1] < 2 || at + h[at + 1] > header) return at + 1;
        if (!visit(type, at)) return 0;
        at += h[at + 1];
    }
    return 0;
}

}  // namespace

bool ip4_options(Worker &w, Packet &p) {
    const uint8_t *h = l3(p);
    bool source_route = false;
    const uint32_t bad = each_option(h, (h[0] & 15u) * 4, [&](uint8_t type, uint32_t) {
        source_route = type == loose_source_route || type == strict_source_route;
        return !source_route;
    });
    if (bad) {
        icmp4_error(w, p, 12, 0, bad << 24);
        w.discard(p, Drop::ip4_bad_option);
    } else if (source_route) {
        w.discard(p, Drop::ip4_source_route);
    } else {
        return true;
    }
    return false;
}

bool router_alert4(const Packet &p) {
    const uint8_t *h = l3(p);
    bool found = false;
    each_option(h, (h[0] & 15u) * 4, [&](uint8_t type, uint32_t at) {
        found = type == router_alert && h[at + 1] == 4 && load16(h + at + 2) == 0;
        return !found;
    });
    return found;
}

}  // namespace weft
