// What the nodes of the fabric (tables/fabric.h) share.
#pragma once

#include "nodes.h"

namespace weft {

// A whole frame to another member, by its interface, under a key: by one of the internal links by which it is reached, as its flow says.
void cross(Worker &w, Packet &p, const Interface &peer, uint32_t key);
// Of a frame that the fabric does not carry to that member.
bool too_long(const Worker &w, const Packet &p, uint32_t peer);

// Its header of layer 3 is one of IP, as far as who judges packets by it must know.
inline bool has_ip(const Packet &p) {
    if (p.l3_offset > p.length) return false;
    const uint8_t *h = l3(p);
    const uint32_t room = l3_length(p);
    if (p.ether_type == type_ip6) return room >= 40 && h[0] >> 4 == 6;
    if (p.ether_type != type_ip4 || room < 20 || h[0] >> 4 != 4) return false;
    const uint32_t header = (h[0] & 15u) * 4, total = load16(h + 2);
    return header >= 20 && header <= total && total <= room;
}
// Finds where a frame's layer 3 begins, behind its tags, and what it is.
void look_into_frame(Packet &p);
// A frame that came from another member, without what was in front of it (nodes/fabric_arrive.cc). `link`: this member's, by its place.
struct Arrival {
    uint16_t slot;
    uint8_t link;
    uint32_t key;
};
void arrive(Worker &w, Packet &p, const Arrival &from);
// The egress stage of a frame that came under an interface's key, once its access list has been asked.
void leave_here(Worker &w, Packet &p, const Interface &out);
// Its part of a frame for all of a domain, which is of another member's split-horizon group.
void flood_here(Worker &w, Packet &p, const Bridge &bridge, uint16_t group);

// What members say to each other (nodes/fabric_hear.cc, nodes/fabric_say.cc). False: it is malformed.
bool hear(Worker &w, const Packet &p, const Arrival &from);
// Hellos, and what is due to be told again: of the worker that owns the neighbours. When it is to be called again.
uint64_t fabric_tick(Worker &w);
// What was learned here: an address of a bridge domain, a neighbour (which the owner of the neighbours says).
void say_mac(Worker &w, const Bridge &bridge, const uint8_t *mac, const Interface &behind, uint16_t remote);
void say_neighbour(Worker &w, const Interface &on, const Ip6 &address, const MacAddress &mac, uint16_t to = no_slot);
// Asks the member that has the interface for a neighbour.
void ask_for_neighbour(Worker &w, const Interface &far, const Ip6 &address);

}  // namespace weft
