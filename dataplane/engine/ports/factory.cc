#include "factory.h"

#include <linux/netlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "af_packet.h"
#include "tap.h"

namespace weft {

namespace {

constexpr const char *port_namespace = "ports";
constexpr const char *inject_device = "weft0";
constexpr size_t longest_device = IFNAMSIZ - 1;

std::string namespace_of(uint32_t vrf) { return vrf == 0 ? "chassis" : "vrf-" + std::to_string(vrf); }

bool plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}


// The address that the kernel itself makes from a MAC (RFC 4291, appendix A).
HostAddress link_local_of(const MacAddress &mac) {
    HostAddress address;
    address.family = 6;
    address.prefix_length = 64;
    address.bytes = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, static_cast<uint8_t>(mac[0] ^ 2), mac[1], mac[2], 0xff, 0xfe,
                     mac[3], mac[4], mac[5]};
    return address;
}

}  // namespace

std::string host_device_name(const std::string &interface) {
    const bool reserved = interface == "lo" || interface == inject_device || interface == "all" || interface == "default" ||
                          interface == "." || interface == "..";
    const bool fits = !interface.empty() && interface.size() <= longest_device;
    if (fits && !reserved && std::all_of(interface.begin(), interface.end(), plain)) return interface;
    uint32_t hash = 2166136261;  // FNV-1a
    for (const char c : interface) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619;
    std::string name;
    for (const char c : interface.substr(0, 8)) name += plain(c) ? c : '-';
    char digits[8];
    std::snprintf(digits, sizeof(digits), ".%06x", hash & 0xffffff);
    return name + digits;
}

std::shared_ptr<Netlink> KeeperFactory::netlink(const std::string &name_space, std::string &error) {
    auto found = netlinks_.find(name_space);
    if (found != netlinks_.end()) return found->second;
    if (!keeper_.name_space(name_space, error)) return nullptr;
    Descriptor socket = keeper_.socket(name_space, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, error);
    if (!socket) return nullptr;
    return netlinks_.emplace(name_space, std::make_shared<Netlink>(std::move(socket))).first->second;
}

std::unique_ptr<Port> KeeperFactory::open(const PortRequest &request, std::string &error) {
    if (!request.driver.empty() && request.driver != "af_packet" && request.driver != "auto") {
        error = request.name + ": there is no driver " + request.driver + "; there is af_packet";
        return nullptr;
    }
    if (request.device.empty() || request.device.size() > longest_device) {
        error = request.name + ": a device name has 1 to 15 bytes, '" + request.device + "' has " +
                std::to_string(request.device.size());
        return nullptr;
    }
    std::string why;
    const std::shared_ptr<Netlink> netlink = this->netlink(port_namespace, why);
    Descriptor socket, direct;
    if (netlink) socket = keeper_.socket(port_namespace, AF_PACKET, SOCK_RAW, 0, why);
    if (socket) direct = keeper_.socket(port_namespace, AF_PACKET, SOCK_RAW, 0, why);
    std::unique_ptr<Port> port;
    if (direct) {
        port = AfPacketPort::open(request.name, request.device, std::move(socket), std::move(direct), netlink, why);
    }
    if (!port) error = request.name + ": " + why;
    return port;
}

std::unique_ptr<Port> KeeperFactory::host_tap(const HostTapRequest &request, std::string &error) {
    HostDevice device{host_device_name(request.interface), 0};
    const std::string name_space = namespace_of(request.vrf);
    for (const auto &[key, other] : host_devices_) {
        if (key.first == request.vrf && key.second != request.interface && other.name == device.name) {
            error = request.interface + ": its host device " + device.name + " is that of " + key.second;
            return nullptr;
        }
    }
    std::string why;
    const std::shared_ptr<Netlink> netlink = this->netlink(name_space, why);
    Descriptor descriptor;
    if (netlink) descriptor = keeper_.tap(name_space, device.name, false, why);
    std::unique_ptr<Port> port;
    if (descriptor) {
        claimed_.insert(name_space + '/' + device.name);
        Link link;
        if (const int code = netlink->link(device.name, link); code != 0) why = device.name + ": " + std::strerror(code);
        device.index = link.index;
        if (why.empty()) why = configure(*netlink, device, request);
        if (why.empty()) port = TapPort::open(device.name, std::move(descriptor), netlink, device.index, false, why);
    }
    if (!port) {
        error = request.interface + ": host tap: " + why;
        return nullptr;
    }
    host_devices_[{request.vrf, request.interface}] = device;
    return port;
}

std::unique_ptr<Port> KeeperFactory::inject(uint32_t vrf, std::string &error) {
    const std::string name_space = namespace_of(vrf);
    std::string why;
    const std::shared_ptr<Netlink> netlink = this->netlink(name_space, why);
    Descriptor descriptor;
    if (netlink) descriptor = keeper_.tap(name_space, inject_device, true, why);
    std::unique_ptr<Port> port;
    if (descriptor) {
        claimed_.insert(name_space + '/' + inject_device);
        Link link;
        LinkChange quiet, up;
        quiet.link_local = false;
        up.up = true;
        int code = netlink->link(inject_device, link);
        if (code == 0) {
            netlink->change(link.index, quiet);  // refused without IPv6, where it is not needed either
            code = netlink->change(link.index, up);
        }
        if (code == 0) code = netlink->add_default_route(link.index, 4);
        if (code == 0) code = netlink->add_default_route(link.index, 6);
        if (code == 0 || code == EAFNOSUPPORT || code == EOPNOTSUPP) {
            port = TapPort::open(inject_device, std::move(descriptor), netlink, link.index, true, why);
        } else {
            why = std::strerror(code);
        }
    }
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
    if (code == 0) code = netlink.change(device.index, state);
    return code == 0 ? std::string() : device.name + ": " + std::strerror(code);
}

std::string KeeperFactory::set_host_addresses(const HostTapRequest &request, const HostAddress *addresses, size_t count) {
    const auto found = host_devices_.find({request.vrf, request.interface});
    if (found == host_devices_.end()) return request.interface + ": it has no host tap";
    const HostDevice &device = found->second;
    std::string error;
    const std::shared_ptr<Netlink> netlink = this->netlink(namespace_of(request.vrf), error);
    if (!netlink) return request.interface + ": " + error;
    error = configure(*netlink, device, request);
    if (!error.empty()) return request.interface + ": host tap: " + error;

    const HostAddress *end = addresses + count;
    const HostAddress own = link_local_of(request.mac);
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
    if (code != 0) return request.interface + ": host addresses: " + std::strerror(code);
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
    Descriptor none;
    std::string error;
    // The engine may still have the tap open: it goes for good when that is closed, and carries nothing until then.
    if (const auto netlink = this->netlink(name_space, error)) netlink->remove(found->second.index);
    keeper_.request("drop-tap " + name_space + ' ' + found->second.name, none, error);
    claimed_.erase(name_space + '/' + found->second.name);
    host_devices_.erase(found);
}

void KeeperFactory::remove_unclaimed() {
    for (const std::string &tap : keeper_.taps()) {
        if (claimed_.contains(tap)) continue;
        std::string line = "drop-tap " + tap, error;
        std::replace(line.begin() + 9, line.end(), '/', ' ');
        Descriptor none;
        keeper_.request(line, none, error);
    }
}

}  // namespace weft
