// Numbers of protocols in IP headers (IANA, Protocol Numbers) that more than one node looks at.
#pragma once

#include <cstdint>

namespace weft {

inline constexpr uint8_t protocol_icmp = 1, protocol_ip4 = 4, protocol_tcp = 6, protocol_udp = 17, protocol_ip6 = 41,
                         protocol_gre = 47, protocol_icmp6 = 58;

// Flags of TCP, in octet 13 of its header (RFC 9293 §3.1).
inline constexpr uint8_t tcp_fin = 0x01, tcp_push = 0x08, tcp_acknowledgement = 0x10, tcp_window_reduced = 0x80;

}  // namespace weft
