// The reverse of packing segments of TCP into datagrams (DatagramPacker of net/segment.h): what came as one super-packet of UDP becomes
// the super-packet of TCP again that its segments were cut from, in place. Pure functions over octets.
#pragma once

#include <cstdint>

#include "../packet.h"

namespace weft {

// Units of `size` octets one behind the other, the last of which may be shorter: each is `shim` octets, then a frame (`ethernet`) or an
// IP packet with a segment of TCP.
struct Units {
    uint8_t *data;
    uint32_t length;  // of all
    uint32_t size;
    uint32_t shim;
    bool ethernet;
};

// The length of what is behind the first shim then, and what it is; 0, and nothing is changed, when they are not segments of one
// super-packet in their order. Their checksums are not looked at: they must have come from this machine.
uint32_t merge_segments(const Units &units, Offload &offload);

}  // namespace weft
