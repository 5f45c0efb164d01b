// What an AF_XDP packet does not say: that its sender left the transport checksum to a device (CHECKSUM_PARTIAL of Linux), as hosts
// behind veth pairs do. Then the checksum field holds the sum of the pseudo header, by which it is known here. Of packets whose
// checksum is right one in 65,536 looks the same; to finish that gives what was there. Only IPv4 and IPv6 without extension headers
// and with TCP or UDP, behind up to two VLAN tags; not within tunnels. Cost: a sum over the addresses.
#pragma once

#include "../packet.h"

namespace weft {

// Of a frame as it came. Sets Offload::flags, csum_start and csum_offset.
void find_unfinished_checksum(Packet &packet);

}  // namespace weft
