// What `fib-bench` measures side by side: tables of one family, built from the same routes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tables.h"

namespace weft::bench {

inline constexpr size_t lookup_burst = 64;

template <class Route, class Address>
class Lookups {
  public:
    virtual ~Lookups() = default;
    virtual std::string name() const = 0;
    // Looks the whole trace up in bursts and keeps nothing.
    virtual void pass(const std::vector<Address> &trace) = 0;
    // Next hop + 1 of each address, 0 without a route.
    virtual std::vector<uint32_t> answers(const std::vector<Address> &trace) = 0;
    // One change at a time.
    virtual void add(const Route &route) = 0;
    virtual void remove(const Route &route) = 0;
};

using Lookups4 = Lookups<Route4, uint32_t>;
using Lookups6 = Lookups<Route6, Ip6>;

// DPDK's: rte_fib with entries of 4 and of 2 octets, and rte_lpm when asked for (it takes a minute to build); rte_fib6, scalar
// and by the widest instructions. None where the build did not find DPDK. Ends the program when one does not take the table.
std::vector<std::unique_ptr<Lookups4>> dpdk4(const std::vector<Route4> &table, bool lpm);
std::vector<std::unique_ptr<Lookups6>> dpdk6(const std::vector<Route6> &table);
// Before the first of them.
void dpdk_with_huge_pages();

}  // namespace weft::bench
