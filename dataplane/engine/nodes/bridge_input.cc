// bridge-input: whole frames in a domain, from the interface by which they came in. Of a cross-connect, to its other end.
//
// Reads    the interface's domain
// Next     the port, by egress_frame
// Drops    interface-deleted; those of egress
#include "nodes.h"

namespace weft {

void bridge_input(Worker &w, Vector &in) {
    for (unsigned n = 0; n < in.size; n++) {
        Packet &p = *in.packets[n];
        const Interface *out = w.interface(w.interface(p.interface)->domain->other(p.interface));
        if (!out) [[unlikely]] {
            w.discard(p, Drop::bridge_no_way);
            continue;
        }
        egress_frame(w, p, *out);
    }
}

}  // namespace weft
