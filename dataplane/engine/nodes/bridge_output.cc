// bridge-output: frames that the box sends by the routed interface of a bridge domain, to the members.
//
// Reads    the egress interface; the table of addresses
// Next     the port, by egress_frame
// Drops    interface-deleted; those of bridge-input and of floods
// Cost     a line of the table
#include "bridge.h"

namespace weft {

void bridge_output(Worker &w, Vector &in) {
    const MacTable *macs = w.table->macs.get();
    for (unsigned n = 0; n < in.size; n++) {
        Packet &p = *in.packets[n];
        const Interface *out = w.interface(p.egress);
        const Bridge *bridge = out ? w.table->bridge_of(*out) : nullptr;
        if (!bridge) [[unlikely]] {
            w.discard(p, Drop::bridge_no_way);
            continue;
        }
        // Of what the host sent, nobody has looked into the frame.
        p.ether_type = load16(p.data + 12);
        p.l3_offset = ethernet_size;
        bridge->counters(w.id).from_box += 1;
        if (bridge->spec.suppresses && (p.data[0] & 1) && suppressed_of_box(w, p, *bridge, *out)) [[unlikely]]
            continue;
        bridge_to(w, p, *bridge, {out->index, 0}, macs->find(mac_key(bridge->id, p.data)));
    }
}

}  // namespace weft
