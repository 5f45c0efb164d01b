// Ports that are made: a veth pair whose one end is a port and whose other end is in a host's namespace of the keeper. The pair and
// the namespace are the kernel's and the keeper's, and stay when the engine or weftd dies; who comes next finds them by their name
// and by what they are linked to. The namespace goes with the last made port that leads there, if it was made for one.
#include <net/if.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../net/address.h"
#include "factory.h"

namespace weft {
namespace {

constexpr const char *host_prefix = "host-";

std::string space_of(const MadePort &made) { return host_prefix + made.name_space; }

std::string why(const std::string &what, int code) { return what + ": " + std::strerror(code); }

}  // namespace

std::string KeeperFactory::make_device(const PortRequest &request) {
    const MadePort &made = *request.made;
    const std::string &device = request.device, space = space_of(made);
    std::string error;
    const Descriptor inside = keeper_.guest(space, device, error);
    if (!inside) return error;
    const std::shared_ptr<Netlink> ports = netlink(port_namespace, error), host = netlink(space, error);
    if (!ports || !host) return error;
    Link ours, theirs;
    int code = ports->link(device, ours);
    const bool there = host->link(made.device, theirs) == 0;
    if (code == 0 && !(there && ours.other == theirs.index && theirs.other == ours.index)) {
        ports->remove(ours.index);
        code = ENODEV;
    }
    if (code == ENODEV) {
        // What stands in its place may have gone with the end that was removed.
        if (host->link(made.device, theirs) == 0) {
            if (!claimed_.contains(device)) unmake(device);
            return "namespace '" + made.name_space + "' has a device '" + made.device + "' already";
        }
        code = ports->make_pair(device, made.device, inside.get());
    }
    if (code != 0) {
        unmake(device);
        return why("device '" + made.device + "' can't be made in namespace '" + made.name_space + "'", code);
    }
    error = set_made(device, made, request.mtu);
    if (!error.empty()) unmake(device);
    else claimed_.insert(device);
    return error;
}

std::string KeeperFactory::set_made(const std::string &device, const MadePort &made, uint32_t mtu) {
    std::string error;
    const std::shared_ptr<Netlink> ports = netlink(port_namespace, error), host = netlink(space_of(made), error);
    if (!ports || !host) return error;
    Link ours, theirs;
    int code = ports->link(device, ours);
    LinkChange change;
    change.mtu = mtu ? mtu : made.mtu;
    if (code == 0 && ours.mtu != *change.mtu) code = ports->change(ours.index, change);
    if (code != 0) return why("MTU " + std::to_string(*change.mtu), code);
    const std::string where = "device '" + made.device + "' in namespace '" + made.name_space + "'";
    if ((code = host->link(made.device, theirs)) != 0) return why(where, code);
    LinkChange other;
    if (made.mac && theirs.mac != *made.mac) other.mac = *made.mac;
    if (theirs.mtu != made.mtu) other.mtu = made.mtu;
    if (!(theirs.flags & IFF_UP)) other.up = true;
    if (other.mac || other.mtu || other.up) code = host->change(theirs.index, other);
    if (code != 0) return why(where, code);

    std::vector<HostAddress> present;
    code = host->addresses(theirs.index, present);
    const auto in = [](const std::vector<HostAddress> &all, const HostAddress &one) { return std::find(all.begin(), all.end(), one) != all.end(); };
    const auto link_local = [](const HostAddress &a) { return a.family == 6 && a.bytes[0] == 0xfe && (a.bytes[1] & 0xc0) == 0x80; };
    for (const HostAddress &address : present)
        if (code == 0 && !in(made.addresses, address) && !link_local(address)) code = host->remove_address(theirs.index, address);
    for (const HostAddress &address : made.addresses) {
        if (code == 0 && !in(present, address)) code = host->add_address(theirs.index, address, true);
        if (code != 0) return why(to_text(address) + " on " + where, code);
    }
    for (const uint8_t family : {uint8_t{4}, uint8_t{6}}) {
        const auto gateway = std::find_if(made.gateways.begin(), made.gateways.end(), [&](const HostAddress &g) { return g.family == family; });
        if (gateway == made.gateways.end()) {
            host->remove_gateway(theirs.index, family);
        } else if ((code = host->set_gateway(theirs.index, *gateway)) != 0) {
            return why("gateway " + to_text(*gateway) + " on " + where, code);
        }
    }
    return {};
}

std::optional<LinkState> KeeperFactory::made_link(const MadePort &made) {
    std::string error;
    const std::shared_ptr<Netlink> host = netlink(space_of(made), error);
    Link link;
    if (!host || host->link(made.device, link) != 0) return std::nullopt;
    LinkState state;
    state.up = (link.flags & IFF_UP) && link.carrier;
    state.mtu = link.mtu;
    state.mac = link.mac;
    return state;
}

void KeeperFactory::unmake(const std::string &device) {
    std::string error;
    const std::shared_ptr<Netlink> ports = netlink(port_namespace, error);
    Link link;
    if (ports && ports->link(device, link) == 0) ports->remove(link.index);
    claimed_.erase(device);
    // Our socket would keep it.
    netlinks_.erase(keeper_.guest_of(device));
    keeper_.release(device);
}

}  // namespace weft
