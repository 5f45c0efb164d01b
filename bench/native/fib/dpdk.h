// DPDK's memory for its tables: nothing set aside on the machine, no files, no cards; small pages unless huge ones are asked for.
#pragma once

namespace weft::bench {

void start_dpdk();
// Ends the program with what DPDK says when something is not so.
void dpdk_needs(bool is_so, const char *what);

}  // namespace weft::bench
