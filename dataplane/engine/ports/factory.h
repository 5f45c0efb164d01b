// Ports and host devices of a real member: af_packet ports on devices of the port namespace, host taps and inject devices in
// the namespaces of the VRFs. Namespaces and descriptors come from the keeper, the rest is done by rtnetlink in the namespace
// concerned, so that this process needs CAP_NET_ADMIN and CAP_NET_RAW and no more.
//
// Where taps can't be had, the host side is a veth pair (pair.h).
//
// A tap has its interface's addresses, but no route except the link-local one: whatever else the kernel originates takes the
// default route into the inject device `weft0`, and with it the engine's own lookup.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "af_xdp_device.h"
#include "factory_keeper.h"
#include "netdev.h"
#include "netlink.h"
#include "port.h"

namespace weft {

// The device name of an interface's host tap: the interface's own where Linux takes it, else one made of it and a hash.
std::string host_device_name(const std::string &interface);

inline constexpr const char *port_namespace = "ports";

class KeeperFactory final : public PortFactory {
  public:
    explicit KeeperFactory(std::string keeper_path) : keeper_(std::move(keeper_path)) {}

    PortChoice open(const PortRequest &request) override;
    std::string set_made(const std::string &device, const MadePort &made, uint32_t mtu) override;
    std::optional<LinkState> made_link(const MadePort &made) override;
    void unmake(const std::string &device) override;
    std::string make_vrf(uint32_t vrf, const std::string &name) override;
    void remove_vrf(uint32_t vrf) override;
    std::unique_ptr<Port> host_tap(const HostTapRequest &request, std::string &error) override;
    std::unique_ptr<Port> inject(uint32_t vrf, size_t queues, std::string &error) override;
    std::string set_host_addresses(const HostTapRequest &request, const HostAddress *addresses, size_t count) override;
    void mirror_neighbour(uint32_t vrf, const std::string &interface, const HostAddress &address,
                          const MacAddress *mac) override;
    void remove_host_tap(uint32_t vrf, const std::string &interface) override;
    int link_events() override;
    void read_link_events() override;
    std::vector<NetworkDevice> devices() override;

    // Drops the taps, made devices and namespaces that the keeper holds and nobody has asked for since this process began: those of
    // interfaces, ports and VRFs that went while there was no engine.
    void remove_unclaimed();

  private:
    struct HostDevice {
        std::string name;
        int index = 0;
        bool pair = false;
    };
    // What a host device is made of: the descriptors of a tap, or, when there is none, a veth pair.
    struct Made {
        HostDevice device;
        std::vector<Descriptor> tap;  // of each queue
        std::shared_ptr<Netlink> netlink;
        MacAddress mac{};
    };
    bool make(uint32_t vrf, const std::string &device, bool layer3, size_t queues, Made &made, std::string &error);
    bool make_pair(const std::string &name_space, const std::string &device, Made &made, std::string &error);
    std::unique_ptr<Port> serve(uint32_t vrf, Made &made, bool layer3, std::string &error);
    std::string make_device(const PortRequest &request);
    // A driver that a port may ask for. With a port the reason may be empty.
    struct Driver {
        const char *name;
        std::unique_ptr<Port> (KeeperFactory::*open)(const PortRequest &request, OtherDriver &why);
    };
    static const Driver drivers[];
    std::unique_ptr<Port> open_af_xdp(const PortRequest &request, OtherDriver &why);
    std::unique_ptr<Port> open_af_packet(const PortRequest &request, OtherDriver &why);
    std::shared_ptr<XdpFrames> xdp_frames(size_t needed, std::string &error);
    std::unique_ptr<Port> open_device(const PortRequest &request, size_t slots, std::string &error);
    std::shared_ptr<Netlink> netlink(const std::string &name_space, std::string &error);
    Netdev *netdev();  // null: it can't be had
    std::string configure(Netlink &netlink, const HostDevice &device, const HostTapRequest &request);

    std::string namespace_of(uint32_t vrf) const;
    void drop_device(const std::string &name_space, const HostDevice &device);

    KeeperLine keeper_;
    std::map<uint32_t, std::string> vrfs_;  // names
    std::map<std::string, std::shared_ptr<Netlink>> netlinks_;
    std::map<std::pair<uint32_t, std::string>, HostDevice> host_devices_;
    std::map<uint32_t, HostDevice> injects_;
    std::set<std::string> claimed_;
    std::map<int, std::weak_ptr<AfXdpDevice>> xdp_devices_;  // by index
    std::vector<std::weak_ptr<XdpFrames>> xdp_frames_;
    std::unique_ptr<Netdev> netdev_;
    // Sockets of the port namespace that are told of links and of what else changes about devices, and an epoll(7) of both.
    Descriptor link_events_, device_events_, events_;
};

}  // namespace weft
