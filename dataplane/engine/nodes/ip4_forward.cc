// IPv4 out of an interface: time to live (RFC 1812 §5.3.1), size (the error of RFC 1191; what may be fragmented is when it leaves,
// segment.cc), then the neighbour. Packets of our own keep their TTL.
#include "../net/checksum.h"
#include "nodes.h"

namespace weft {

void forward4(Worker &w, Packet &p, const Interface &out, const Ip6 &next_hop, uint32_t neighbour) {
    if (not_super(w, p)) return;
    uint8_t *h = l3(p);
    if (!p.local_origin) {
        if (h[0] != 0x45 && w.table->settings.router_alert_to_host && router_alert4(p)) [[unlikely]]
            return punt(w, p, PuntClass::options, w.vrf_of(p));
        if (h[8] <= 1) {
            icmp4_error(w, p, 11, 0, 0);
            return w.discard(p, Drop::ip4_ttl);
        }
    }
    if (!fits(p, out.mtu) && (h[6] & 0x40)) {
        icmp4_error(w, p, 3, 4, out.mtu, &out);
        return w.discard(p, Drop::ip4_too_big);
    }
    if (!p.local_origin) {
        if (p.interface == out.index && out.settings.ip4.redirects) [[unlikely]]
            redirect4(w, p, out, unmapped(next_hop));
        const uint16_t before = load16(h + 8);
        h[8]--;
        store16(h + 10, checksum_update(load16(h + 10), before, load16(h + 8)));
        w.counters(*w.interface(p.interface)).forwarded4 += 1;
    }
    to_neighbour(w, p, out, next_hop, neighbour);
}

}  // namespace weft
