// What the kernel originates and routes to its VRF's layer-3 device: IP packets that enter the lookup as our own. The kernel
// made them, but the device is open to whoever may write to it, so headers are checked: their lengths, and IPv4's sum.
#include "../net/checksum.h"
#include "nodes.h"

namespace weft {

void inject_input(Worker &w, Packet *packets, size_t count, const PortUse &use) {
    w.burst_vrf = use.vrf;
    for (size_t n = 0; n < count; n++) {
        Packet &p = packets[n];
        p.interface = no_interface;
        p.l3_offset = 0;
        p.local_origin = true;
        const uint8_t version = p.length ? p.data[0] >> 4 : 0;
        if (version == 4 && p.length >= 20) {
            const uint32_t header = (p.data[0] & 15u) * 4, total = load16(p.data + 2);
            if (header < 20 || total < header || total > p.length || p.data[16] >= 224 || p.data[16] == 127) {
                w.drop(p, Drop::inject_version);
                continue;
            }
            if (!checksum_good(p.data, header)) {
                w.drop(p, Drop::inject_checksum);
                continue;
            }
            p.ether_type = type_ip4;
            p.length = total;
            w.push(Node::ip4_lookup, &p);
        } else if (version == 6 && p.length >= 40 && load16(p.data + 4) + 40u <= p.length && p.data[24] != 0xff) {
            p.ether_type = type_ip6;
            p.length = load16(p.data + 4) + 40u;
            w.push(Node::ip6_lookup, &p);
        } else {
            w.drop(p, Drop::inject_version);
        }
    }
}

}  // namespace weft
