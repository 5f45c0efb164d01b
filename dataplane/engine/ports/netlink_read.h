// Answers of rtnetlink (RFC 3549) and of generic netlink to values. Every length is checked against the message and the message against the buffer: what
// does not fit is left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "netdev.h"
#include "netlink.h"

namespace weft {

// Visits the messages of a buffer (aligned as a nlmsghdr) that answer request `sequence`. Returns 0 or an errno when the
// answer ends in this buffer, nothing when there is more to come.
std::optional<int> read_answer(const uint8_t *buffer, size_t length, uint32_t sequence,
                               const std::function<void(const nlmsghdr &)> &visit);

// False: the message holds no link.
bool read_link(const nlmsghdr &message, Link &link);

// Of generic netlink. The family keeps what the message does not say.
void read_family(const nlmsghdr &message, NetdevFamily &family);
std::optional<uint64_t> read_xdp_features(const nlmsghdr &message);

// The interface's index; -1: the message holds no address of IPv4 or IPv6.
int read_address(const nlmsghdr &message, HostAddress &address);

}  // namespace weft
