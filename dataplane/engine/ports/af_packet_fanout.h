// How packets are divided among the sockets of an af_packet port: a program of classic BPF that the kernel asks for the number of the
// socket (PACKET_FANOUT_CBPF of packet(7)). By a hash over both addresses and, of TCP, UDP, DCCP, SCTP and UDP-Lite, both ports, the
// same for both directions of a flow. Fragments, and IPv6 with extension headers, by their addresses alone, so that those of a packet
// keep together. Below one tag that the kernel left in the frame likewise; what is neither IPv4 nor IPv6 goes to the first socket.
// Cost: some twenty instructions a packet, none to speak of for one socket.
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <vector>

namespace weft {

// For that many sockets, 1 or more; it sees packets from layer 3 on.
std::vector<sock_filter> fanout_program(size_t sockets);

}  // namespace weft
