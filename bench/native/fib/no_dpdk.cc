#include "engines.h"

namespace weft::bench {

std::vector<std::unique_ptr<Lookups4>> dpdk4(const std::vector<Route4> &, bool) { return {}; }
std::vector<std::unique_ptr<Lookups6>> dpdk6(const std::vector<Route6> &) { return {}; }
void dpdk_with_huge_pages() {}

}  // namespace weft::bench
