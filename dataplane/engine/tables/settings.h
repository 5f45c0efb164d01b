// What is set for a member as a whole and for an interface beyond its addresses: limits of ICMP errors and of what the host's
// stack is given, reverse path checks. Values; what is not configured is as it says here.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "shared_bucket.h"

namespace weft {

// Classes of packets for the box (nodes/punt.cc), numbered as in records. X(enumerator, name, packets a second, burst)
// clang-format off
#define WEFT_PUNT_CLASSES(X)                         \
    X(arp_nd, "arp-nd", 20000, 4000)                 \
    X(icmp, "icmp", 5000, 1000)                      \
    X(options, "options", 1000, 200)                 \
    X(routing, "routing", 20000, 4000)               \
    X(management, "management", 20000, 4000)         \
    X(multicast, "multicast", 5000, 1000)            \
    X(other, "other", 10000, 2000)
// clang-format on

enum class PuntClass : uint8_t {
#define X(name, text, rate, burst) name,
    WEFT_PUNT_CLASSES(X)
#undef X
};

inline constexpr const char *punt_class_names[] = {
#define X(name, text, rate, burst) text,
    WEFT_PUNT_CLASSES(X)
#undef X
};
inline constexpr size_t punt_class_count = sizeof punt_class_names / sizeof *punt_class_names;

inline constexpr std::array<Limit, punt_class_count> default_punt{{
#define X(name, text, rate, burst) {rate, burst},
    WEFT_PUNT_CLASSES(X)
#undef X
}};
inline constexpr Limit default_icmp_errors{1000, 100};
// Of it an interface has so much to itself when others have used up the rest.
inline Limit icmp_errors_reserve(Limit all) {
    return {all.rate ? std::max(1u, all.rate / 100) : 0, std::max(1u, all.burst / 10)};
}

// Of the member, whose workers hold to the limits together (tables/shared_bucket.h).
struct MemberSettings {
    std::array<Limit, punt_class_count> punt = default_punt;
    Limit icmp_errors = default_icmp_errors;
    bool router_alert_to_host = true;
    bool operator==(const MemberSettings &) const = default;
};

// RFC 3704: a source must have a route by the interface that it came in by (strict), or any (loose).
enum class ReversePath : uint8_t { off, strict, loose };

struct FamilySettings {
    ReversePath reverse_path = ReversePath::off;
    bool allow_default = false;  // a default route counts
    bool redirects = false;      // sent when a packet leaves by the interface that it came in by
    bool unreachables = true;    // sent to senders on this interface
    bool operator==(const FamilySettings &) const = default;
};

// Of an interface.
struct InterfaceSettings {
    FamilySettings ip4, ip6;
    bool operator==(const InterfaceSettings &) const = default;
};

}  // namespace weft
