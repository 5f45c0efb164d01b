// What the kernel says of devices by generic netlink, family netdev (Documentation/netlink/specs/netdev.yaml, since Linux 6.3): whether
// XDP may redirect frames to them. The socket's namespace is the one it was opened in. Programming thread; a call costs microseconds.
#pragma once

#include <cstdint>
#include <optional>

#include "netlink.h"

namespace weft {

// The family as this kernel has it.
struct NetdevFamily {
    uint16_t id = 0;      // 0: it has none
    uint32_t changes = 0;  // group of who is told of changes; 0: there is none
};

// Of a device's features (NETDEV_XDP_ACT_NDO_XMIT): it takes frames that XDP redirects to it.
inline constexpr uint64_t xdp_takes_frames = 4;

class Netdev {
  public:
    // Takes over a NETLINK_GENERIC socket.
    explicit Netdev(Descriptor socket);

    // Of the device of that index; nothing: the kernel does not say.
    std::optional<uint64_t> xdp_features(int index);
    // Has the kernel tell another such socket, of the same namespace, of each change.
    bool listen(const Descriptor &socket) const;

  private:
    const Descriptor socket_;
    uint32_t sequence_ = 0;
    NetdevFamily family_;
};

}  // namespace weft
