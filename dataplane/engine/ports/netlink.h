// A small rtnetlink client (RFC 3549) over one NETLINK_ROUTE socket, whose namespace is the one it was opened in. Links,
// addresses, default routes, neighbours and ingress filters, as the drivers and the host taps need them; no more of rtnetlink than that.
// Calls answer 0 or an errno, take microseconds and may come from any thread but never from a worker.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "port.h"

struct nlmsghdr;

namespace weft {

// An open file descriptor that closes itself.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int value) : value_(value) {}
    Descriptor(Descriptor &&other) noexcept : value_(other.value_) { other.value_ = -1; }
    Descriptor &operator=(Descriptor &&other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    ~Descriptor();
    int get() const { return value_; }
    explicit operator bool() const { return value_ >= 0; }

  private:
    int value_ = -1;
};

struct Link {
    int index = 0;
    int other = 0;  // what it is linked to, such as a veth pair's other end, in the namespace where that is
    std::string name;
    std::string alias;
    uint32_t flags = 0;  // IFF_*
    bool carrier = false;
    uint32_t mtu = 0;
    MacAddress mac{};
    bool leads_elsewhere = false;  // what it is linked to, such as a veth pair's other end, is in another namespace
};

// What is to change about a link; what is absent stays.
struct LinkChange {
    std::optional<bool> up;
    std::optional<uint32_t> mtu;
    std::optional<MacAddress> mac;
    std::optional<std::string> alias;
    // Whether the kernel makes an IPv6 link-local address from the MAC.
    std::optional<bool> link_local;
    // Whether the kernel resolves addresses on the link; without, it sends to the device's own MAC.
    std::optional<bool> resolution;
    std::optional<bool> promiscuous;
};

class Netlink {
  public:
    // Takes over a NETLINK_ROUTE socket.
    explicit Netlink(Descriptor socket);
    int descriptor() const { return socket_.get(); }  // for ioctls of the namespace

    int link(const std::string &name, Link &result);
    int link(int index, Link &result);
    int links(std::vector<Link> &result);
    int change(int index, const LinkChange &change);
    // A pair of connected Ethernet devices, the second one in the namespace of a descriptor.
    int make_pair(const std::string &name, const std::string &peer, int peer_namespace);
    int remove(int index);
    // What the device receives goes to packet sockets and programs of the fast drivers alone, never on into the namespace's own
    // stack: the last filter of its ingress, of traffic control, drops it. Again is the same as once; it ends when the device
    // leaves the namespace. ENOENT: the kernel has no BPF classifier.
    int drop_ingress(int index);

    int addresses(int index, std::vector<HostAddress> &result);
    // Without duplicate address detection, and without a route for the prefix unless that is asked for.
    int add_address(int index, const HostAddress &address, bool routed = false);
    int remove_address(int index, const HostAddress &address);
    int add_default_route(int index, uint8_t family);
    // In place of another one of that device; and away with those that it has.
    int set_gateway(int index, const HostAddress &gateway);
    int remove_gateway(int index, uint8_t family);
    // An externally learned neighbour: the kernel neither ages it out nor counts it against its limits.
    int set_neighbour(int index, const HostAddress &address, const MacAddress &mac);
    int remove_neighbour(int index, const HostAddress &address);

    // A BPF program (descriptor) that sees what the link receives: ours among the classifiers of tc, in place of the one before.
    int attach_classifier(int index, int program);
    int detach_classifier(int index);

  private:
    class Message;
    int make_hooks(int index);
    int talk(Message &message, const std::function<void(const nlmsghdr &)> &visit);
    int talk(Message &message);

    std::mutex mutex_;
    Descriptor socket_;
    uint32_t sequence_ = 0;
};

}  // namespace weft
