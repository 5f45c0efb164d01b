// The parts of `fib-bench`, one file each.
#pragma once

#include "bench/box.h"
#include "measure.h"

namespace weft::bench {

inline constexpr size_t trace_length = size_t{1} << 20;

// Lookups and single changes of each family (fib4.cc, fib6.cc), in a box that has the table.
void figures4(Box &box, const std::vector<Route4> &table, bool lpm);
void figures6(Box &box, const std::vector<Route6> &table);
// A table through the door that weftd's transactions take (programming.cc): `build` from nothing, `churn` in batches,
// `memory-mib` of both families' tables.
void figures_programming(const std::vector<Route4> &table4, const std::vector<Route6> &table6);
// Record blocks of all routes.
std::vector<Block> blocks4(const std::vector<Route4> &table);
std::vector<Block> blocks6(const std::vector<Route6> &table);
// One transaction.
void load(Box &box, const std::vector<Block> &blocks);

// Next hop + 1 by object number, of adjacencies with keys from `first`.
std::vector<uint32_t> next_hops_by_object(const Core &core, uint64_t first);

}  // namespace weft::bench
