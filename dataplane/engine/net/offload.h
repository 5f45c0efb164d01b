// The values of Offload's fields, as <linux/virtio_net.h> has them (that header is not C++).
#pragma once

#include <cstdint>

namespace weft {

inline constexpr uint8_t offload_needs_checksum = 1;
inline constexpr uint8_t offload_checksum_valid = 2;

inline constexpr uint8_t gso_none = 0;
inline constexpr uint8_t gso_tcp4 = 1;
inline constexpr uint8_t gso_udp = 3;
inline constexpr uint8_t gso_tcp6 = 4;
inline constexpr uint8_t gso_udp_l4 = 5;
inline constexpr uint8_t gso_ecn = 0x80;

}  // namespace weft
