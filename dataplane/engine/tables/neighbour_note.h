// What a worker that does not own the neighbours has for the one that does: an address that its packets wait for, one that is stale
// and in use, and what ARP and ND said. By a ring of its own (Worker::notes).
#pragma once

#include <cstdint>

#include "../net/address.h"
#include "../ports/port.h"

namespace weft {

// `create`: also when it was not asked for; `told`: likewise, by another member of the chassis.
enum class Learn : uint8_t { update, create, told };

struct NeighbourNote {
    enum class Kind : uint8_t { wanted, used, learned, advertised } kind = Kind::wanted;
    Learn how = Learn::update;  // learned
    bool confirmed = false;     // learned; advertised: it was solicited
    bool has_mac = true, override = false, router = false;  // advertised
    uint32_t interface = no_interface;
    Ip6 address;
    MacAddress mac{};
};

}  // namespace weft
