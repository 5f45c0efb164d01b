// Access lists and headers for benchmarks and property tests, made from a seed. Their shape is that of lists in use: entries
// between nested networks of some sites and services elsewhere, few of the address pairs open on one side and fewer on both;
// destination ports mostly exact and popular, some ranges; TCP before UDP, ICMP and all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tables.h"
#include "tables/acl_rule.h"

namespace weft::bench {

// `entries` different ones, the last for everything: pass. Destinations lie in `services` when there are some (of the list's
// family, such as prefixes of a routing table), else in networks of chance.
AclSpec access_list(size_t entries, uint64_t seed = 1, bool v6 = false, const std::vector<Route4> &services = {});

// The record that programs such a list (program/records.h).
std::vector<uint8_t> access_list_record(const AclSpec &list);

// A packet's header; IPv4 addresses in the low half, host order.
struct Header {
    Ip6 source, destination;
    uint8_t protocol;
    uint16_t source_port, destination_port;
};

// Each within an entry of the list by chance, all of them alike.
std::vector<Header> headers(const AclSpec &list, size_t count, uint64_t seed = 1);

}  // namespace weft::bench
