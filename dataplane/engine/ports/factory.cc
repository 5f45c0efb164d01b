#include "factory.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "../net/address.h"
#include "af_packet.h"
#include "af_xdp.h"
#include "pair.h"
#include "tap.h"

namespace weft {

namespace {

constexpr const char *vrf_prefix = "vrf-";
constexpr const char *inject_device = "weft0";
constexpr const char *pair_prefix = "host.";
constexpr size_t pair_slots = 512;
constexpr size_t xdp_region = 16384;  // frames, 64 MiB
constexpr uint32_t pair_mtu = 65535;  // the host's end decides
constexpr size_t longest_device = IFNAMSIZ - 1;

bool plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

// The port namespace's end of a host device that is a veth pair.
std::string pair_peer(const std::string &name_space, const std::string &device) {
    char digits[16];
    std::snprintf(digits, sizeof(digits), "%08x", name_hash(name_space + '/' + device));
    return pair_prefix + std::string(digits);
}

}  // namespace

std::string host_device_name(const std::string &interface) {
    const bool reserved = interface == "lo" || interface == inject_device || interface == "all" || interface == "default" ||
                          interface == "." || interface == "..";
    const bool fits = !interface.empty() && interface.size() <= longest_device;
    if (fits && !reserved && std::all_of(interface.begin(), interface.end(), plain)) return interface;
    std::string name;
    for (const char c : interface.substr(0, 8)) name += plain(c) ? c : '-';
    char digits[8];
    std::snprintf(digits, sizeof(digits), ".%06x", name_hash(interface) & 0xffffff);
    return name + digits;
}

std::string KeeperFactory::namespace_of(uint32_t vrf) const {
    const auto found = vrfs_.find(vrf);
    return found == vrfs_.end() ? "chassis" : vrf_prefix + found->second;
}

std::string KeeperFactory::make_vrf(uint32_t vrf, const std::string &name) {
    std::string error;
    if (!keeper_.name_space(vrf_prefix + name, error)) return error;
    vrfs_[vrf] = name;
    return {};
}

void KeeperFactory::remove_vrf(uint32_t vrf) {
    const std::string name_space = namespace_of(vrf);
    for (auto it = host_devices_.begin(); it != host_devices_.end();) {
        if (it->first.first == vrf) {
            drop_device(name_space, it->second);
            it = host_devices_.erase(it);
        } else {
            ++it;
        }
    }
    if (const auto inject = injects_.extract(vrf)) drop_device(name_space, inject.mapped());
    netlinks_.erase(name_space);
    Descriptor none;
    std::string error;
    keeper_.request("drop-namespace " + name_space, none, error);
    vrfs_.erase(vrf);
}

std::shared_ptr<Netlink> KeeperFactory::netlink(const std::string &name_space, std::string &error) {
    auto found = netlinks_.find(name_space);
    if (found != netlinks_.end()) return found->second;
    if (!keeper_.name_space(name_space, error)) return nullptr;
    Descriptor socket = keeper_.socket(name_space, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, error);
    if (!socket) return nullptr;
    return netlinks_.emplace(name_space, std::make_shared<Netlink>(std::move(socket))).first->second;
}

std::unique_ptr<Port> KeeperFactory::open_device(const PortRequest &request, size_t slots, std::string &error) {
    const std::shared_ptr<Netlink> netlink = this->netlink(port_namespace, error);
    if (!netlink) return nullptr;
    AfPacketPort::Kernel kernel{
        [this](std::string &why) { return keeper_.socket(port_namespace, AF_PACKET, SOCK_RAW, 0, why); },
        [this](const std::string &device, Hook hook, int program, Descriptor &link, std::string &why) {
            return keeper_.attach(port_namespace, device, hook, program, link, why);
        },
        [this](int index) -> std::optional<uint64_t> { return netdev() ? netdev_->xdp_features(index) : std::nullopt; }};
    return AfPacketPort::open(request, std::move(kernel), netlink, slots, error);
}

std::unique_ptr<Port> KeeperFactory::open_af_packet(const PortRequest &request, OtherDriver &why) {
    return open_device(request, AfPacketPort::usual_slots, why.reason);
}

// A region with room for a port, so that packets between ports are not copied; another one when there is none.
std::shared_ptr<XdpFrames> KeeperFactory::xdp_frames(size_t needed, std::string &error) {
    std::erase_if(xdp_frames_, [](const auto &one) { return one.expired(); });
    for (const auto &one : xdp_frames_) {
        std::shared_ptr<XdpFrames> frames = one.lock();
        if (frames && frames->unreserved() >= needed) return frames;
    }
    const size_t stacks = needed / XdpFrames::stack_size + 3, whole_stacks = stacks * XdpFrames::stack_size;
    std::shared_ptr<XdpFrames> made = XdpFrames::make(std::max(xdp_region, whole_stacks), error);
    if (made) xdp_frames_.push_back(made);
    return made;
}

std::unique_ptr<Port> KeeperFactory::open_af_xdp(const PortRequest &request, OtherDriver &why) {
    std::string &error = why.reason;
    const std::shared_ptr<Netlink> netlink = this->netlink(port_namespace, error);
    if (!netlink) return nullptr;
    auto device = std::make_unique<Device>(request.device, netlink);
    error = device->find();
    if (!error.empty()) return nullptr;
    const bool chosen = request.driver == "af_xdp";
    if (!chosen && !device->is_card()) {
        error = "not taken unless asked for, because super-packets do not pass it and the device is no card of hardware";
        return nullptr;
    }
    const uint32_t mtu = request.mtu ? request.mtu : device->link().mtu, most = AfXdpDevice::max_mtu(*device);
    if (mtu > most) {
        error = "its MTU is " + std::to_string(mtu) + ", and af_xdp takes one of at most " + std::to_string(most) +
                (device->is_card() ? "" : " on a device that is no card") + "; af_packet takes any";
        why.max_mtu = most;
        return nullptr;
    }
    const int index = device->index();
    std::shared_ptr<AfXdpDevice> opened = xdp_devices_[index].lock();
    if (!opened) {
        const size_t needed = AfXdpDevice::needs(std::min(device->queues(), AfXdpDevice::max_queues), request.workers);
        std::shared_ptr<XdpFrames> frames = xdp_frames(needed, error);
        if (!frames) return nullptr;
        AfXdpDevice::Kernel kernel{
            [this](std::string &why) { return keeper_.socket(port_namespace, AF_XDP, SOCK_RAW, 0, why); },
            [this](const std::string &name, bool native, size_t queues, Descriptor &map, Descriptor &link, std::string &why) {
                return keeper_.xdp(port_namespace, name, native, queues, map, link, why);
            },
            [this](const std::string &name, bool on, std::string &why) { return keeper_.busy_poll(port_namespace, name, on, why); }};
        opened = AfXdpDevice::open(std::move(device), std::move(kernel), std::move(frames), !chosen, error);
        if (!opened) return nullptr;
        xdp_devices_[index] = opened;
    }
    std::erase_if(xdp_devices_, [](const auto &one) { return one.second.expired(); });
    std::unique_ptr<Port> port = AfXdpPort::open(request, opened, error);
    if (port) error = opened->mode();
    return port;
}

// In the order in which `auto` tries them.
const KeeperFactory::Driver KeeperFactory::drivers[] = {
    {"af_xdp", &KeeperFactory::open_af_xdp},
    {"af_packet", &KeeperFactory::open_af_packet},
};

PortChoice KeeperFactory::open(const PortRequest &request) {
    PortChoice choice;
    const bool any = request.driver.empty() || request.driver == "auto";
    std::string names;
    std::vector<const Driver *> order;
    for (const Driver &driver : drivers) {
        names += (names.empty() ? "" : ", ") + std::string(driver.name);
        // One that is named comes first.
        if (!any && request.driver == driver.name) order.insert(order.begin(), &driver);
        else order.push_back(&driver);
    }
    if (!any && request.driver != order.front()->name) {
        choice.text = "there is no driver " + request.driver + "; there is " + names;
        return choice;
    }
    if (request.device.empty() || request.device.size() > longest_device) {
        choice.text = "a device name has 1 to 15 bytes, '" + request.device + "' has " + std::to_string(request.device.size());
        return choice;
    }
    const std::shared_ptr<Netlink> netlink = this->netlink(port_namespace, choice.text);
    if (request.made)
        if (choice.text = make_device(request); !choice.text.empty()) return choice;
    Link link;
    choice.missing = netlink && netlink->link(request.device, link) == ENODEV;
    if (!netlink || choice.missing) return choice;
    std::string failures;
    for (const Driver *driver : order) {
        OtherDriver why{driver->name, {}};
        if (choice.port) {
            why.reason = any ? std::string(choice.port->driver()) + " works, and is preferred" : "not asked for";
        } else if (!any && request.only && driver != order.front()) {
            why.reason = "not asked for";
        } else {
            choice.port = (this->*driver->open)(request, why);
            if (choice.port) {
                choice.text = std::move(why.reason);
                continue;
            }
            failures += (failures.empty() ? "" : "; ") + std::string(driver->name) + ": " + why.reason;
        }
        choice.others.push_back(std::move(why));
    }
    const bool instead = choice.port && !any && choice.port->driver() != request.driver;
    if (!choice.port) choice.text = std::move(failures);
    else if (instead) choice.text = "in place of " + failures + (choice.text.empty() ? "" : "; ") + choice.text;
    return choice;
}

// Makes a host device, or finds it again: a tap, else a pair.
bool KeeperFactory::make(uint32_t vrf, const std::string &device, bool layer3, size_t queues, Made &made, std::string &error) {
    const std::string name_space = namespace_of(vrf);
    made.device.name = device;
    made.netlink = netlink(name_space, error);
    if (!made.netlink) return false;
    std::string no_tap;
    made.tap = keeper_.tap(name_space, device, layer3, queues, no_tap);
    if (!made.tap.empty()) {
        claimed_.insert(name_space + '/' + device);
    } else if (!make_pair(name_space, device, made, error)) {
        error = no_tap + "; nor can a veth pair be made: " + error;
        return false;
    }
    Link link;
    if (const int code = made.netlink->link(device, link); code != 0) {
        error = device + ": " + std::strerror(code);
        return false;
    }
    made.device.index = link.index;
    made.mac = link.mac;
    return true;
}

bool KeeperFactory::make_pair(const std::string &name_space, const std::string &device, Made &made, std::string &error) {
    const std::string peer = pair_peer(name_space, device);
    const std::shared_ptr<Netlink> ports = netlink(port_namespace, error);
    const Descriptor port_side = keeper_.name_space(port_namespace, error);
    if (!ports || !port_side) return false;
    Link link;
    int code = made.netlink->link(device, link);
    if (code == ENODEV) code = made.netlink->make_pair(device, peer, port_side.get());
    if (code == 0) code = ports->link(peer, link);
    LinkChange up;
    up.up = true;
    up.mtu = pair_mtu;
    if (code == 0) code = ports->change(link.index, up);
    if (code != 0) {
        error = std::strerror(code);
        return false;
    }
    made.device.pair = true;
    claimed_.insert(peer);
    return true;
}

// The port of a host device that has been made.
std::unique_ptr<Port> KeeperFactory::serve(uint32_t vrf, Made &made, bool layer3, std::string &error) {
    const HostDevice &device = made.device;
    if (!device.pair) {
        const auto more = [this, name_space = namespace_of(vrf), name = device.name, layer3](size_t queue, size_t count, std::string &why) {
            return keeper_.tap_queue(name_space, name, layer3, queue, count, why);
        };
        return TapPort::open(device.name, std::move(made.tap), made.netlink, device.index, layer3, more, error);
    }
    std::unique_ptr<Port> inner = open_device({device.name, "af_packet", pair_peer(namespace_of(vrf), device.name)}, pair_slots, error);
    if (!inner) return nullptr;
    return std::make_unique<PairPort>(device.name, std::move(inner), made.netlink, device.index, made.mac, layer3);
}

std::unique_ptr<Port> KeeperFactory::host_tap(const HostTapRequest &request, std::string &error) {
    const std::string name = host_device_name(request.interface);
    for (const auto &[key, other] : host_devices_) {
        if (key.first == request.vrf && key.second != request.interface && other.name == name) {
            error = "its host device " + name + " is that of " + key.second;
            return nullptr;
        }
    }
    Made made;
    std::string why;
    std::unique_ptr<Port> port;
    if (make(request.vrf, name, false, request.queues, made, why)) {
        why = configure(*made.netlink, made.device, request);
        if (why.empty()) port = serve(request.vrf, made, false, why);
    }
    if (!port) {
        error = "host device: " + why;
        return nullptr;
    }
    host_devices_[{request.vrf, request.interface}] = made.device;
    return port;
}

std::unique_ptr<Port> KeeperFactory::inject(uint32_t vrf, size_t queues, std::string &error) {
    Made made;
    std::string why;
    std::unique_ptr<Port> port;
    if (make(vrf, inject_device, true, queues, made, why)) {
        Netlink &netlink = *made.netlink;
        const int index = made.device.index;
        LinkChange quiet, up;
        quiet.link_local = false;
        netlink.change(index, quiet);  // refused without IPv6, where it is not needed either
        up.up = true;
        if (made.device.pair) up.resolution = false;
        int code = netlink.change(index, up);
        if (code == 0) code = netlink.add_default_route(index, 4);
        if (code == 0) code = netlink.add_default_route(index, 6);
        if (code == 0 || code == EAFNOSUPPORT || code == EOPNOTSUPP) port = serve(vrf, made, true, why);
        else why = std::strerror(code);
    }
    if (port) injects_[vrf] = made.device;
    if (!port) error = "inject device of VRF " + std::to_string(vrf) + ": " + why;
    return port;
}

// Alias, MAC, MTU and state of a host device, as far as they differ.
std::string KeeperFactory::configure(Netlink &netlink, const HostDevice &device, const HostTapRequest &request) {
    Link link;
    int code = netlink.link(device.index, link);
    LinkChange change;
    if (link.alias != request.interface) change.alias = request.interface;
    if (request.mtu > 0 && link.mtu != request.mtu) change.mtu = request.mtu;
    if (link.mac != request.mac) {
        // Down for a moment, so that the kernel's link-local address follows the MAC.
        LinkChange down;
        down.up = false;
        if (code == 0 && (link.flags & IFF_UP)) code = netlink.change(device.index, down);
        change.mac = request.mac;
    }
    if (code == 0) code = netlink.change(device.index, change);
    LinkChange state;
    state.up = request.up;
    state.resolution = request.resolution;
    if (code == 0) code = netlink.change(device.index, state);
    return code == 0 ? std::string() : device.name + ": " + std::strerror(code);
}

std::string KeeperFactory::set_host_addresses(const HostTapRequest &request, const HostAddress *addresses, size_t count) {
    const auto found = host_devices_.find({request.vrf, request.interface});
    if (found == host_devices_.end()) return "it has no host device";
    const HostDevice &device = found->second;
    std::string error;
    const std::shared_ptr<Netlink> netlink = this->netlink(namespace_of(request.vrf), error);
    if (!netlink) return error;
    error = configure(*netlink, device, request);
    if (!error.empty()) return "host device: " + error;

    const HostAddress *end = addresses + count;
    const HostAddress own = to_host_address(link_local_of(request.mac), 64);
    std::vector<HostAddress> present;
    int code = netlink->addresses(device.index, present);
    for (const HostAddress &address : present) {
        if (code != 0) break;
        if (address == own || std::find(addresses, end, address) != end) continue;
        code = netlink->remove_address(device.index, address);
        if (code == EADDRNOTAVAIL) code = 0;  // went with its primary
    }
    if (code == 0) {
        present.clear();
        code = netlink->addresses(device.index, present);
    }
    for (const HostAddress *address = addresses; address != end && code == 0; address++) {
        if (std::find(present.begin(), present.end(), *address) == present.end()) {
            code = netlink->add_address(device.index, *address);
        }
    }
    if (code != 0) return std::string("host addresses: ") + std::strerror(code);
    return {};
}

void KeeperFactory::mirror_neighbour(uint32_t vrf, const std::string &interface, const HostAddress &address,
                                     const MacAddress *mac) {
    const auto found = host_devices_.find({vrf, interface});
    if (found == host_devices_.end()) return;
    std::string error;
    const std::shared_ptr<Netlink> netlink = this->netlink(namespace_of(vrf), error);
    if (!netlink) return;
    if (mac) netlink->set_neighbour(found->second.index, address, *mac);
    else netlink->remove_neighbour(found->second.index, address);
}

void KeeperFactory::remove_host_tap(uint32_t vrf, const std::string &interface) {
    const auto found = host_devices_.find({vrf, interface});
    if (found == host_devices_.end()) return;
    const std::string name_space = namespace_of(vrf);
    const HostDevice device = found->second;
    host_devices_.erase(found);
    drop_device(name_space, device);
}

void KeeperFactory::drop_device(const std::string &name_space, const HostDevice &device) {
    Descriptor none;
    std::string error;
    // The engine may still have a tap open; without its device it carries nothing.
    if (const auto netlink = this->netlink(name_space, error)) netlink->remove(device.index);
    if (device.pair) {
        claimed_.erase(pair_peer(name_space, device.name));
        return;
    }
    keeper_.request("drop-tap " + name_space + ' ' + device.name, none, error);
    claimed_.erase(name_space + '/' + device.name);
}

Netdev *KeeperFactory::netdev() {
    if (netdev_) return netdev_.get();
    std::string error;
    Descriptor socket = keeper_.socket(port_namespace, AF_NETLINK, SOCK_RAW, NETLINK_GENERIC, error);
    if (socket) netdev_ = std::make_unique<Netdev>(std::move(socket));
    return netdev_.get();
}

int KeeperFactory::link_events() {
    if (events_) return events_.get();
    std::string error;
    Descriptor all(epoll_create1(EPOLL_CLOEXEC)), socket = keeper_.socket(port_namespace, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, error);
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK;
    if (!socket || bind(socket.get(), reinterpret_cast<sockaddr *>(&address), sizeof(address)) != 0) return -1;
    epoll_event readable{.events = EPOLLIN, .data = {}};
    if (!all || epoll_ctl(all.get(), EPOLL_CTL_ADD, socket.get(), &readable) != 0) return -1;
    link_events_ = std::move(socket);
    // Without, devices are asked once a second.
    if (Descriptor of_devices = keeper_.socket(port_namespace, AF_NETLINK, SOCK_RAW, NETLINK_GENERIC, error);
        of_devices && netdev() && netdev_->listen(of_devices) && epoll_ctl(all.get(), EPOLL_CTL_ADD, of_devices.get(), &readable) == 0)
        device_events_ = std::move(of_devices);
    events_ = std::move(all);
    return events_.get();
}

// What has changed is asked for by name, so that one that got lost in a full buffer does no harm.
void KeeperFactory::read_link_events() {
    char buffer[16384];
    for (const Descriptor *socket : {&link_events_, &device_events_})
        while (recv(socket->get(), buffer, sizeof(buffer), MSG_DONTWAIT) >= 0 || errno == EINTR || errno == ENOBUFS) {}
}

std::vector<NetworkDevice> KeeperFactory::devices() {
    std::string error;
    std::vector<NetworkDevice> found;
    const std::shared_ptr<Netlink> ports = netlink(port_namespace, error);
    std::vector<Link> links;
    if (!ports || ports->links(links) != 0) return found;
    for (const Link &link : links) {
        if (link.flags & IFF_LOOPBACK || link.name.starts_with(pair_prefix)) continue;
        Device device(link.name, ports);
        if (device.find().empty()) found.push_back({link.name, device.link()});
    }
    return found;
}

void KeeperFactory::remove_unclaimed() {
    Descriptor none;
    std::string error;
    for (const std::string &tap : keeper_.taps()) {
        if (claimed_.contains(tap)) continue;
        const size_t slash = tap.find('/');
        const std::string name_space = tap.substr(0, slash), device = tap.substr(slash + 1);
        Link link;
        const std::shared_ptr<Netlink> netlink = this->netlink(name_space, error);
        if (netlink && netlink->link(device, link) == 0) netlink->remove(link.index);
        keeper_.request("drop-tap " + name_space + ' ' + device, none, error);
    }
    for (const std::string &name : keeper_.name_spaces()) {
        if (!name.starts_with(vrf_prefix)) continue;
        const std::string vrf = name.substr(std::strlen(vrf_prefix));
        if (std::any_of(vrfs_.begin(), vrfs_.end(), [&](const auto &known) { return known.second == vrf; })) continue;
        netlinks_.erase(name);
        keeper_.request("drop-namespace " + name, none, error);
    }
    const std::shared_ptr<Netlink> ports = netlink(port_namespace, error);
    std::vector<Link> links;
    if (!ports || ports->links(links) != 0) return;
    for (const Link &link : links) {
        const bool ours = link.name.starts_with(pair_prefix) || link.name.starts_with(made_prefix);
        if (ours && !claimed_.contains(link.name)) ports->remove(link.index);
    }
    for (const std::string &holder : keeper_.guests())
        if (!claimed_.contains(holder)) unmake(holder);
}

}  // namespace weft
