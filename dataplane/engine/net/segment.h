// The segmenter: cuts a super-packet (GSO) into the packets that it stands for, as the sender's device would have done it, and
// packs segments within a UDP tunnel into datagrams for USO. Pure functions over octets; no reading beyond the packet.
//
// Understood   TCP (RFC 9293) and UDP (UDP_L4) over IPv4 with options and IPv6 with extension headers; in tunnels: VXLAN, Geneve,
//              GRE with and without checksum, IP in IP of all families, any UDP tunnel of which the checksum's start shows the
//              inner header, and these in each other. Where the transport is, NEEDS_CSUM's csum_start says; without it the
//              outermost is meant. UFO is one datagram, fragmented, not segmented (net/fragment.h).
// A segment    has lengths, identifications (rising in each IPv4 header, RFC 6864), sequence number, flags (CWR with the first, FIN
//              and PSH with the last) and checksums of its own. An outer UDP checksum of zero stays zero over IPv4 and is computed
//              over IPv6. The transport's checksum is finished, or left to the device.
// Cost         headers are made once for all segments of the same size, sums included; a segment is a copy of them, some stores, and
//              the copy of its payload, which is summed on the way when the checksum is to be finished.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "../packet.h"

namespace weft {

// Why a packet is not the super-packet that its offload says.
enum class SuperFault : uint8_t {
    none,
    type,      // a type of segmentation that there is not, or of another protocol or family than the packet's
    size,      // segments of no payload
    headers,   // cut short, unknown, a fragment, or longer than a super-packet may have
    checksum,  // csum_start or csum_offset are not those of a transport header in the packet
    lengths,   // of IP or UDP, which are not those of the packet
    count,     // more segments than `most_segments`
};

// Segments of a super-packet: 64 KiB at the least payload that a sender of TCP uses.
inline constexpr uint32_t most_segments = 2048;
inline constexpr uint32_t most_headers = 1024;

// Where the headers of a super-packet are, as offsets from its first octet.
struct SuperPacket {
    enum class Kind : uint8_t { ip4, ip6, udp, gre };
    struct Layer {
        Kind kind;
        uint16_t at;
        uint16_t header;    // octets of it, extension headers of IPv6 included
        uint16_t checksum;  // of GRE: has one; of UDP: is to have one
    };
    static constexpr size_t most_layers = 8;

    std::array<Layer, most_layers> layers;  // from the outermost to the IP header of the transport
    uint8_t layer_count = 0;
    bool tcp = false;
    uint16_t transport = 0;
    uint16_t headers = 0;  // octets before the payload
    uint16_t size = 0;     // payload of each segment but the last
    uint32_t payload = 0;
    uint32_t count = 0;    // segments

    bool tunnelled() const { return layer_count > 1; }
    // Whether its segments can be packed into datagrams: the outermost headers are IP and UDP.
    bool in_udp() const { return layer_count > 2 && layers[1].kind == Kind::udp; }
    // Octets of the longest segment from the outermost IP header on.
    uint32_t longest() const { return headers - layers[0].at + (count > 1 ? size : payload); }
};

// Reads the headers of a packet with a type of segmentation; `l3`: where its IP header is. Not for UFO.
SuperFault read_super(const Packet &packet, uint32_t l3, SuperPacket &out);

class Segmenter {
  public:
    // The packet must be what `super` was read from, and outlive this. `finish`: checksums are finished here.
    Segmenter(const Packet &packet, const SuperPacket &super, bool finish);

    // The next segment, to be asked for `count` times: its octets at `to`, with room for headers and size, and what the device has
    // still to do. Returns its length.
    uint32_t next(uint8_t *to, Offload &offload);

  private:
    friend class DatagramPacker;
    struct Ip4Sum {
        uint16_t at;
        uint16_t id;   // of the first segment
        uint64_t sum;  // of the header without identification and checksum
    };
    void make(uint32_t payload);

    const Packet &packet_;
    const SuperPacket &super_;
    const bool finish_;
    std::array<uint8_t, most_headers> template_;
    std::array<Ip4Sum, SuperPacket::most_layers> ip4_;
    size_t ip4_count_ = 0;
    uint64_t transport_sum_ = 0;  // pseudo header and header of the transport, without what differs
    uint32_t sequence_ = 0;
    uint8_t flags_ = 0;
    uint32_t made_ = 0;  // payload that the template is for
    uint32_t number_ = 0;
};

// Segments of a super-packet in a UDP tunnel as few datagrams of segments of one size, which a device with USO (UDP_L4) takes.
class DatagramPacker {
  public:
    DatagramPacker(const Packet &packet, const SuperPacket &super) : segments_(packet, super, true), super_(super) {}
    bool more() const { return segments_.number_ < super_.count; }
    // Octets that next() may write.
    uint32_t most() const;
    uint32_t next(uint8_t *to, Offload &offload);

  private:
    Segmenter segments_;
    const SuperPacket &super_;
};

// dst[0, length) = src, and the sum of its octets as by checksum_add(0, …).
uint64_t copy_and_sum(uint8_t *dst, const uint8_t *src, size_t length);

}  // namespace weft
