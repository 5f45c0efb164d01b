// For the box: the engine answers echo and speaks ND itself, the host's stack gets the rest by the tap of the interface.
#include "nodes.h"

namespace weft {

void local(Worker &w, Vector &in) {
    for (unsigned n = 0; n < in.size; n++) {
        Packet &p = *in.packets[n];
        if (p.ether_type == type_ip4) {
            if (icmp4_echo(w, p)) continue;
        } else {
            if (icmp6_input(w, p)) continue;
        }
        punt(w, p, punt_class(p));
    }
}

}  // namespace weft
