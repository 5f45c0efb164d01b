// The outer VLAN tag that a kernel strips from a frame and a driver carries beside it (Packet::vlan_tpid), put back for those who
// send whole frames.
#pragma once

#include <arpa/inet.h>
#include <linux/if_ether.h>

#include <cstring>

#include "../net/offload.h"
#include "../packet.h"

namespace weft {

inline constexpr size_t outer_tag_length = 4;

// In front of the frame's type. False when there is no room for it.
inline bool insert_outer_tag(Packet &packet) {
    if (packet.headroom < outer_tag_length || packet.length < 2 * ETH_ALEN) return false;
    packet.data -= outer_tag_length;
    std::memmove(packet.data, packet.data + outer_tag_length, 2 * ETH_ALEN);
    const uint16_t tag[2] = {htons(packet.vlan_tpid), htons(packet.vlan_tci)};
    std::memcpy(packet.data + 2 * ETH_ALEN, tag, outer_tag_length);
    packet.headroom -= outer_tag_length;
    packet.length += outer_tag_length;
    packet.l3_offset = static_cast<uint16_t>(packet.l3_offset + outer_tag_length);
    packet.vlan_tpid = packet.vlan_tci = 0;
    if (packet.offload.flags & offload_needs_checksum) packet.offload.csum_start += outer_tag_length;
    if (packet.offload.header_length > 0) packet.offload.header_length += outer_tag_length;
    return true;
}

}  // namespace weft
