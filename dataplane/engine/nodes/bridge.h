// What the nodes of bridge domains share.
#pragma once

#include "nodes.h"

namespace weft {

// Where in its domain a frame comes from: an interface, and the group of those that do not hear each other that it is in.
struct BridgeOrigin {
    uint32_t interface;
    uint16_t group;
};

// A frame to the interface behind which its destination is, or to all when that is not known or is a group's.
void bridge_to(Worker &w, Packet &p, const Bridge &bridge, const BridgeOrigin &from, const MacTable::Found &found);
// A frame to all of a domain but where it comes from, policed (nodes/bridge_flood.cc).
void flood(Worker &w, Packet &p, const Bridge &bridge, const BridgeOrigin &from, FloodClass what);

// A frame to the domain's routed interface.
void to_routed(Worker &w, Packet &p, const Interface &routed);

// In a domain that suppresses requests for neighbours: true when a frame was one, and is answered (nodes/bridge_suppress.cc).
bool suppressed(Worker &w, Packet &p, const Bridge &bridge, const BridgeOrigin &from);
// The same of what the routed interface sends.
bool suppressed_of_box(Worker &w, Packet &p, const Bridge &bridge, const Interface &routed);

}  // namespace weft
