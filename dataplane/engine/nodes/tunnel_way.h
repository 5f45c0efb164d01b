// The usual way into a tunnel, in a few instructions: what stands in front of the packets of a run that go to one remote (the frame's
// header, the tunnel's, and of routed packets in frames their own) is put together once, copied in front of each, and finished with
// what depends on the packet; then it is queued on the port of the way. Everything else goes by encapsulate, which says what is wrong.
//
// Usual    the way is one adjacency or glean by a port without output features, whose neighbour is known; the packet fits, is no
//          super-packet, and has room in front of it
// Sums     all that it counts is added up once for a run
#pragma once

#include "departure.h"

namespace weft {

// RFC 7348 §5.
inline uint16_t tunnel_source_port(uint32_t hash) { return static_cast<uint16_t>(49152 | (hash & 0x3fff)); }
// Into a header: what it says of the carried packet's type; its checksum, which is zero before, over the `length` octets from `h`, the
// header behind IP, on.
void write_tunnel_type(const Tunnel &tunnel, uint8_t *ip, uint16_t type);
// The 24 bits of a packet's own key, in a header of the fabric's.
inline void write_fabric_key(const Tunnel &t, uint8_t *header, uint32_t key) {
    header[t.key_at] = static_cast<uint8_t>(key >> 16);
    store16(header + t.key_at + 1, static_cast<uint16_t>(key));
}
void write_tunnel_sum(const Tunnel &tunnel, const uint8_t *ip, uint8_t *h, uint32_t length);

class TunnelWay {
  public:
    TunnelWay(Worker &worker, Departure &departure) : w_(worker), departure_(departure) {}
    ~TunnelWay() { count(); }
    TunnelWay(const TunnelWay &) = delete;

    // The following packets go to a remote of a tunnel, which has it, by its route or, in the fabric, its internal link. True: the usual
    // way.
    bool lead(const Interface &tunnel, uint16_t remote);
    // They are of an ether type. `link`: the header that each gets, of packets that are routed into a tunnel of frames; else null.
    // `key`: of the fabric's tunnels, the packets' own; `longest`: IP packet that may go, if the tunnel carries it.
    void carry(uint16_t type, const uint8_t *link, uint32_t key = 0, uint32_t longest = UINT32_MAX);
    bool carries(uint16_t type, uint32_t key) const { return type_ == type && key_ == key; }
    // What the remote is reached by; null: nothing.
    const Object *object() const { return object_; }

    // Packets under way by adjacency, from `n` on as long as they have its object and go the usual way: up to which they went.
    unsigned routed(const Vector &in, unsigned n);
    // Of one that has all that it takes with it: IP, which loses what is in front of it, or a frame of IP to one address. False:
    // nothing was done with it.
    bool whole(Packet &p);

  private:
    static constexpr uint32_t block_size = 96, near = 64;

    // What stands in front of each packet of a run, and what to do about it.
    struct Front {
        bool v6 = false, udp = false, sums = false, inherits_ttl = false;
        uint8_t dscp = 0;
        uint8_t undone = 0;       // of Offload's flags, those that are not for this way
        uint8_t flow_at = 0;      // of NVGRE, from the outer IP header; 0: none
        uint32_t header_sum = 0;  // of the outer IPv4 header
        uint32_t longest = 0;     // IP packet
        uint32_t outer = 0;       // octets from the outer IP header to what is carried
        uint32_t whole = 0;       // octets from the frame's first to what is carried
        uint32_t reach = 0;       // octets that are written in front of it
        uint64_t sum = 0;         // of what stands behind the outer IP header, and of UDP's pseudo header
        const uint8_t *block = nullptr;  // ends where what is carried begins

        // Octets with the outer IP header. `begin`: where in the packet begins what is carried; `summed`: and what of it makes a sum.
        [[gnu::always_inline]] inline uint32_t put(Packet &p, uint32_t begin, const uint8_t *inner, bool v4, const uint8_t *summed) const;
    };
    bool usual(const Tunnel &tunnel);
    void count();

    Worker &w_;
    Departure &departure_;
    const Interface *interface_ = nullptr;  // the tunnel's
    const Object *object_ = nullptr;
    const Tunnel::Header *header_ = nullptr;
    uint16_t remote_ = 0, type_ = 0;
    uint32_t key_ = 0;
    bool usual_ = false;
    Front front_;
    uint32_t longest_whole_ = 0;         // with all that it brings
    NeighbourLink next_;                 // on the way
    uint64_t octets_ = 0, packets_ = 0;  // with their outer IP headers
    alignas(32) uint8_t block_[block_size];
};

}  // namespace weft
