// Numbers of protocols in IP headers (IANA, Protocol Numbers) that more than one node looks at.
#pragma once

#include <cstdint>

namespace weft {

inline constexpr uint8_t protocol_icmp = 1, protocol_ip4 = 4, protocol_tcp = 6, protocol_udp = 17, protocol_ip6 = 41,
                         protocol_gre = 47, protocol_icmp6 = 58;

}  // namespace weft
