// local: for the box. The engine answers echo (RFC 1122 §3.2.2.6, RFC 4443 §4.2) and speaks ND itself, the host's stack gets the rest
// by the tap of the interface, policed by class.
//
// Reads    the headers; addresses of the ingress interface
// Next     decapsulate; the lookups, with an echo's answer; the host tap or inject device
// Drops    malformed, bad-checksum; those of nd-input, punt and host
// Cost     off the way of forwarded packets
#include "nodes.h"

namespace weft {

void local(Worker &w, Vector &in) {
    for (unsigned n = 0; n < in.size; n++) {
        Packet &p = *in.packets[n];
        if (w.table->tunnels && by_tunnel(w, p, in.objects[n])) continue;
        if (p.ether_type == type_ip4) {
            if (icmp4_echo(w, p)) continue;
        } else {
            if (icmp6_input(w, p)) continue;
        }
        punt(w, p, punt_class(p), home_of(w, p, in.objects[n]));
    }
}

}  // namespace weft
