// One packet on its way through the graph. The memory is the receiving port's (a ring slot, a pool buffer) and stays
// valid until Port::release(); nodes rewrite it in place and may grow it downwards into the headroom.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft {

inline constexpr size_t burst_size = 64;
inline constexpr unsigned max_workers = 16;
inline constexpr uint32_t no_interface = 0xffffffff;
inline constexpr uint16_t type_ip4 = 0x0800, type_arp = 0x0806, type_vlan = 0x8100, type_qinq = 0x88a8, type_ip6 = 0x86dd;

// As struct virtio_net_hdr of <linux/virtio_net.h>, little endian on the wire of rings and taps.
struct Offload {
    uint8_t flags = 0;     // VIRTIO_NET_HDR_F_NEEDS_CSUM, _DATA_VALID
    uint8_t gso_type = 0;  // VIRTIO_NET_HDR_GSO_*
    uint16_t header_length = 0;
    uint16_t gso_size = 0;
    uint16_t csum_start = 0;
    uint16_t csum_offset = 0;
};
static_assert(sizeof(Offload) == 10);

struct Packet {
    uint8_t *data = nullptr;   // first byte: Ethernet header, or the IP header on a layer-3 port
    uint32_t length = 0;       // up to 64 KiB and headers: super-packets come whole
    uint32_t headroom = 0;     // writable bytes before data
    uint32_t interface = no_interface;  // ingress interface, engine index
    uint32_t egress = no_interface;     // egress interface, once decided
    uint32_t flow_hash = 0;    // 0: not computed yet
    uint16_t l3_offset = 0;    // of the IP header from data
    uint16_t ether_type = 0;   // of the innermost header, host order
    uint16_t vlan_tci = 0;     // content of the outermost tag that it came with
    uint16_t vlan_tpid = 0;    // of that tag, where the kernel took it off the frame; 0: all tags are in the frame
    Offload offload;
    bool local_origin = false;  // came from the host (tap or inject device)
    uint8_t passed = 0;         // last node of the output arc that it passed (nodes/features.h)
    uint8_t tunnels = 0;        // that it went into or came out of
    bool mirrored = false;      // a mirror's copy: not looked at again, in a tunnel neither (tables/watch.h)
    uint16_t remote = 0;        // of a tunnel that has several: where it is to go, or came from (tables/tunnels.h)
    uint32_t fabric_key = 0;    // under which it goes to another member, or came from there (tables/fabric.h)

    // With a tag that is not in front of the type now.
    uint32_t wire_length() const { return length + (vlan_tpid != 0 ? 4 : 0); }
};

}  // namespace weft
