// IPv6 out of an interface: hop limit, size (routers never fragment, RFC 8200 §5; packets of our own that are too big are told to
// the host), then the neighbour.
#include "nodes.h"

namespace weft {

void forward6(Worker &w, Packet &p, const Interface &out, const Ip6 &next_hop, uint32_t neighbour) {
    if (not_super(w, p)) return;
    uint8_t *h = l3(p);
    if (!p.local_origin) {
        if (h[6] == 0 && w.table->settings.router_alert_to_host && router_alert6(p)) [[unlikely]]
            return punt(w, p, PuntClass::options, w.vrf_of(p));
        if (h[7] <= 1) {
            icmp6_error(w, p, 3, 0, 0);
            return w.discard(p, Drop::ip6_hop_limit);
        }
    }
    if (!fits(p, out.mtu)) {
        icmp6_error(w, p, 2, 0, out.mtu, &out);
        return w.discard(p, Drop::ip6_too_big);
    }
    if (!p.local_origin) {
        if (p.interface == out.index && out.settings.ip6.redirects) [[unlikely]] {
            NeighbourLink link;
            if (neighbour != no_neighbour) link = w.neighbours.link(neighbour, out.index, next_hop);
            const MacAddress mac = link.mac();
            redirect6(w, p, out, next_hop, link.known() ? &mac : nullptr);
        }
        h[7]--;
        w.counters(*w.interface(p.interface)).forwarded6 += 1;
    }
    to_neighbour(w, p, out, next_hop, neighbour);
}

}  // namespace weft
