// DPDK's rte_acl over the same list and headers.
#pragma once

#include <memory>
#include <vector>

#include "rules.h"

namespace weft::bench {

class Peer {
  public:
    virtual ~Peer() = default;
    // The whole trace in bursts; of each header the number of the entry, 0xffffffff for none.
    virtual void match(unsigned burst, uint32_t *entry) = 0;
};

// Null: the build did not find it, or it does not take such a list (IPv6).
std::unique_ptr<Peer> make_peer(const AclSpec &list, const std::vector<Header> &trace);

}  // namespace weft::bench
