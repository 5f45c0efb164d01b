// Bridge domains (IEEE 802.1Q §8): interfaces among which frames go by their MAC addresses, and one interface at the most by which the
// box itself is in the domain, its packets routed. Values as configured, and what workers read of them; a change makes another
// Bridge, and what counts goes on. Addresses are in the table of all domains (mac_table.h).
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../net/address.h"
#include "../packet.h"
#include "counters.h"
#include "mac_table.h"
#include "shared_bucket.h"

namespace weft {

// What goes to all of a domain.
enum class FloodClass : uint8_t { unknown_unicast, broadcast, multicast };
inline constexpr size_t flood_classes = 3;

struct BridgeMember {
    std::string interface;
    uint16_t group = 0;  // split horizon: members of one do not hear each other; 0: of none
    uint32_t most_addresses = MacTable::no_limit;
    bool operator==(const BridgeMember &) const = default;
};

struct StaticMac {
    MacAddress mac{};
    std::string interface;
    std::optional<Ip6> remote = {};  // of a tunnel that has several
    bool operator==(const StaticMac &) const = default;
};

// More moves of an address than that in so many seconds are told; it is then held where it was for `hold` seconds.
struct MoveLimit {
    uint32_t moves = 5, window = 10, hold = 0;
    bool operator==(const MoveLimit &) const = default;
};

struct BridgeSpec {
    std::string name;
    bool learns = true, floods_unknown = true;
    bool forwards_reserved = false;  // 01-80-C2-00-00-00 to -0F (IEEE 802.1Q table 8-1)
    bool suppresses = false;         // answers requests for known neighbours itself
    uint32_t ageing = 300;           // seconds; 0: never
    uint32_t most_addresses = 16384;
    std::array<std::optional<Limit>, flood_classes> policers;
    MoveLimit moves;
    std::string routed;  // interface; empty: none
    std::vector<BridgeMember> members;
    std::vector<StaticMac> macs;
    bool operator==(const BridgeSpec &) const = default;
};

struct alignas(64) BridgeCounters {
    Counter forwarded, to_box, from_box;  // frames to one interface, to the routed one, and by it
    std::array<Counter, flood_classes> flooded, policed;
    Counter copies;  // that floods made of frames, the frames themselves among them
    Counter learned, moves, held, limited;  // limited: not learned for want of room
    Counter suppressed;  // requests answered on behalf of others
};

// What outlives a change of configuration.
struct BridgeRuntime {
    std::array<BridgeCounters, max_workers> counters;  // by worker
    std::array<SharedBucket, flood_classes> policers;
    std::atomic<uint64_t> limited_at{0};  // when an address last found no room, in workers' microseconds; 0: never
    int64_t discontinuity = 0;            // milliseconds since the epoch
};

struct Bridge {
    uint16_t id = 0;  // from 1 on; of one that is no more it may be another's
    BridgeSpec spec;
    std::shared_ptr<BridgeRuntime> runtime;
    uint32_t routed = no_interface;  // index
    uint32_t flood = 0;              // slot of the object that says who gets what goes to all
    uint32_t fabric_key = 0;         // 0: none
    std::vector<uint16_t> groups;    // split-horizon groups, in their order

    MacTable::Terms terms(uint32_t interface_most) const {
        return {spec.most_addresses, interface_most, spec.moves.moves, spec.moves.window, spec.moves.hold};
    }
    BridgeCounters &counters(unsigned worker) const { return runtime->counters[worker]; }
    // A group as it goes over the fabric: its place, + 1. 0: none.
    uint32_t code_of(uint16_t group) const {
        const auto found = std::lower_bound(groups.begin(), groups.end(), group);
        return group && found != groups.end() ? static_cast<uint32_t>(found - groups.begin()) + 1 : 0;
    }
    uint16_t group_of(uint32_t code) const { return code && code <= groups.size() ? groups[code - 1] : uint16_t{0}; }
};

// An address that moves too often, for housekeeping.
struct MacMove {
    MacKey key;
    uint32_t from, to;  // interfaces
};

}  // namespace weft
