// Super-packets for tests, and a judge of what became of them, which shares nothing with the engine: it reads a packet from the
// outside in, tunnels too, verifies each length and checksum, and says what is in it.
#pragma once

#include <string>
#include <vector>

#include "lab.h"

namespace weft {

enum class Wrap : uint8_t {
    ip4, ip4_options, ip4_fragmentable, ip6, ip6_extensions, ip6_routing, vxlan, vxlan_no_sum, geneve, opaque_udp, gre, gre_sum_key, gre_bridged
};
// Outermost first: IP headers, and what stands between two of them; an IP header right after another is IP in IP.
using Stack = std::vector<Wrap>;

struct Super {
    Bytes packet;  // from the outermost IP header on
    Offload offload;
    Bytes payload;
    uint16_t transport = 0;
    uint16_t headers = 0;
};
struct SuperOptions {
    bool tcp = true;
    size_t payload = 10000;
    uint16_t size = 1000;
    uint8_t flags = 0x99;  // CWR, ACK, PSH, FIN
    bool unfinished = true;
    size_t tcp_options = 12;
};
inline constexpr uint32_t super_sequence = 0xffffe000;  // wraps
inline constexpr uint16_t super_identification = 0xfffe;

// A super-packet of 10.0.1.9 and 10.0.2.9, 2001:db8:1::9 and 2001:db8:2::9, in every IP header.
Super super_packet(const Stack &stack, const SuperOptions &options);

// What is in a packet without a type of segmentation, unfinished checksums finished as a device would; throws when anything is wrong.
struct Seen {
    std::vector<uint16_t> identifications;
    bool tcp = false;
    uint32_t sequence = 0;
    uint8_t flags = 0;
    Bytes headers;  // of the transport, without what differs between segments
    Bytes payload;
    size_t length = 0;
};
Seen judge(Bytes packet, const Offload &offload);
// As a device that does USO would cut it.
std::vector<Bytes> cut_datagrams(const Bytes &packet, const Offload &offload);
// Judges packets as the segments of one super-packet, in order: all of it, once.
void judge_segments(const std::vector<Seen> &seen, const Super &super, const SuperOptions &options);

}  // namespace weft
