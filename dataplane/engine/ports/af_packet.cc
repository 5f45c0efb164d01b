#include "af_packet.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace weft {

namespace {

constexpr int64_t link_patience = 5;  // milliseconds

int64_t now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1000000;
}

// Bits per second as the device says, 0 when it does not.
uint64_t speed_of(int socket, const std::string &device) {
    alignas(ethtool_link_settings) uint8_t buffer[sizeof(ethtool_link_settings) + 3 * 127 * sizeof(uint32_t)] = {};
    auto *settings = reinterpret_cast<ethtool_link_settings *>(buffer);
    ifreq parameters{};
    std::strncpy(parameters.ifr_name, device.c_str(), IFNAMSIZ - 1);
    parameters.ifr_data = reinterpret_cast<char *>(buffer);
    settings->cmd = ETHTOOL_GLINKSETTINGS;
    if (ioctl(socket, SIOCETHTOOL, &parameters) != 0) return 0;
    // The first call answers how many words of masks the kernel wants, as a negative number.
    const int words = -settings->link_mode_masks_nwords;
    if (words <= 0 || words > 127) return 0;
    std::memset(buffer, 0, sizeof(buffer));
    settings->cmd = ETHTOOL_GLINKSETTINGS;
    settings->link_mode_masks_nwords = static_cast<int8_t>(words);
    if (ioctl(socket, SIOCETHTOOL, &parameters) != 0) return 0;
    const uint32_t megabits = settings->speed;
    return megabits == static_cast<uint32_t>(SPEED_UNKNOWN) ? 0 : uint64_t{megabits} * 1000000;
}

// What packet sockets of this kernel take of virtio headers; what the device can't do, the kernel does before it.
uint8_t kernel_offloads() {
    utsname system{};
    int major = 0, minor = 0;
    const bool known = uname(&system) == 0 && std::sscanf(system.release, "%d.%d", &major, &minor) == 2;
    const bool udp = known && (major > 6 || (major == 6 && minor >= 2));  // Linux 6.2: VIRTIO_NET_HDR_GSO_UDP_L4
    return takes_checksum | takes_tcp4 | takes_tcp6 | takes_ecn | takes_ufo | (udp ? takes_udp_l4 : 0);
}

}  // namespace

AfPacketPort::AfPacketPort(const PortRequest &request, MakeSocket make_socket, std::shared_ptr<Netlink> netlink)
    : name_(request.name), device_(request.device), make_socket_(std::move(make_socket)), netlink_(std::move(netlink)),
      offloads_(kernel_offloads()) {}

std::unique_ptr<AfPacketPort> AfPacketPort::open(const PortRequest &request, MakeSocket make_socket,
                                                 std::shared_ptr<Netlink> netlink, size_t slots, std::string &error) {
    std::unique_ptr<AfPacketPort> port(new AfPacketPort(request, std::move(make_socket), std::move(netlink)));
    Link found;
    if (const int code = port->netlink_->link(request.device, found); code != 0) {
        error = request.device + (code == ENODEV ? ": there is no such device in the port namespace" : std::string(": ") + std::strerror(code));
        return nullptr;
    }
    port->index_ = found.index;
    error = port->set_up(std::clamp<size_t>(request.rx_queues, 1, max_rx_queues), slots);
    if (error.empty()) error = port->set_workers(request.workers);
    if (!error.empty()) return nullptr;
    return port;
}

std::string AfPacketPort::set_up(size_t queues, size_t slots) {
    std::string error;
    uint16_t group = 0;
    while (rx_.size() < queues) {
        Descriptor socket = make_socket_(error);
        if (!socket) return error;
        AfPacketRx &rx = rx_.emplace_back(std::move(socket), slots);
        error = rx.set_up();
        if (!error.empty()) return error;
        error = rx.bind(index_);
        if (error.empty() && queues > 1) error = rx.join(group);
        if (!error.empty()) return device_ + ": " + error;
    }
    return {};
}

void AfPacketPort::begin() {
    for (AfPacketRx &rx : rx_) rx.begin();
}

std::string AfPacketPort::set_workers(unsigned workers) {
    while (tx_.size() < workers) {
        std::string error;
        Descriptor usual = make_socket_(error), direct;
        if (usual) direct = make_socket_(error);
        if (!direct) return error;
        AfPacketTx &tx = tx_.emplace_back(std::move(usual), std::move(direct));
        error = tx.set_up();
        if (error.empty()) error = tx.bind(index_);
        if (error.empty()) continue;
        tx_.pop_back();
        return device_ + ": " + error;
    }
    return {};
}

PortCounters AfPacketPort::counters() const {
    const std::lock_guard lock(link_mutex_);
    PortCounters counters;
    for (const AfPacketRx &rx : rx_) {
        rx.count(counters);
        ring_dropped_ += rx.ring_dropped();
    }
    for (const AfPacketTx &tx : tx_) tx.count(counters);
    counters.rx_dropped += ring_dropped_;
    return counters;
}

LinkState AfPacketPort::link() const {
    const std::lock_guard lock(link_mutex_);
    const int64_t time = now();
    if (link_read_ != 0 && time - link_read_ < link_patience) return link_;
    link_read_ = time;
    Link found;
    const int code = netlink_->link(index_, found);
    if (code == ENODEV) {
        link_ = {};
        link_.present = false;
    } else if (code == 0) {
        link_.present = true;
        link_.up = (found.flags & IFF_UP) && found.carrier;
        link_.mtu = found.mtu;
        link_.mac = found.mac;
        link_.speed = speed_of(rx_.front().socket(), device_);
    }
    return link_;
}

std::string AfPacketPort::configure(bool enabled, uint32_t mtu) {
    const std::lock_guard lock(link_mutex_);
    link_read_ = 0;
    LinkChange change;
    change.up = enabled;
    if (mtu > 0) change.mtu = mtu;
    const int code = netlink_->change(index_, change);
    if (code == 0) return {};
    if (code == ENODEV) return device_ + ": the device was taken away";
    if (mtu > 0 && (code == EINVAL || code == ERANGE)) {
        return device_ + ": the device does not take an MTU of " + std::to_string(mtu);
    }
    return device_ + ": " + std::strerror(code);
}

}  // namespace weft
