// Frames from the octets of an input: mostly whole packets between addresses that mean something to the box of the lab (its own,
// its neighbours', routed ones, those that no host has), with extension headers, options, fragments and messages of ARP, ND and
// ICMP, of which then some octets are changed; sometimes octets as they come.
#pragma once

#include "../engine/test/lab.h"
#include "reader.h"

namespace weft::fuzz {

// Where the interfaces of the lab are: if1 … if3 on ports 1 … 3.
inline constexpr unsigned port_count = 3;

// Some addresses of these kinds, and any.
Ip6 address4(Reader &in);  // mapped
Ip6 address6(Reader &in);

// A frame that comes in by a port (from 1).
Bytes frame(Reader &in, unsigned port);
Offload offload(Reader &in);

// Makes the checksums of a frame right as far as its lengths permit: of the IPv4 header, ICMP, ICMPv6, TCP and UDP.
void mend(Bytes &frame);

}  // namespace weft::fuzz
