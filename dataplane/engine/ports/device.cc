#include "device.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
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

}  // namespace

std::string Device::find() {
    Link found;
    const int code = netlink_->link(name_, found);
    index_ = found.index;
    if (code == 0) return {};
    return name_ + (code == ENODEV ? ": there is no such device in the port namespace" : std::string(": ") + std::strerror(code));
}

bool Device::ask(void *command) const {
    ifreq parameters{};
    std::strncpy(parameters.ifr_name, name_.c_str(), IFNAMSIZ - 1);
    parameters.ifr_data = static_cast<char *>(command);
    return ioctl(netlink_->descriptor(), SIOCETHTOOL, &parameters) == 0;
}

std::string Device::module() const {
    ethtool_drvinfo information{};
    information.cmd = ETHTOOL_GDRVINFO;
    if (!ask(&information)) return {};
    return std::string(information.driver, strnlen(information.driver, sizeof(information.driver)));
}

bool Device::has_peer() const {
    Link found;
    return netlink_->link(index_, found) == 0 && found.leads_elsewhere && module() == "veth";
}

bool Device::is_card() const {
    ethtool_drvinfo information{};
    information.cmd = ETHTOOL_GDRVINFO;
    if (!ask(&information)) return false;
    unsigned domain, bus, slot, function;
    return std::sscanf(information.bus_info, "%x:%x:%x.%x", &domain, &bus, &slot, &function) == 4 && module() != "virtio_net";
}

size_t Device::queues() const {
    ethtool_channels channels{};
    channels.cmd = ETHTOOL_GCHANNELS;
    if (!ask(&channels)) return 1;
    return std::max<size_t>(1, size_t{channels.rx_count} + channels.combined_count);
}

// Bits per second as the device says, 0 when it does not.
uint64_t Device::speed() const {
    alignas(ethtool_link_settings) uint8_t buffer[sizeof(ethtool_link_settings) + 3 * 127 * sizeof(uint32_t)] = {};
    auto *settings = reinterpret_cast<ethtool_link_settings *>(buffer);
    settings->cmd = ETHTOOL_GLINKSETTINGS;
    if (!ask(buffer)) return 0;
    // The first call answers how many words of masks the kernel wants, as a negative number.
    const int words = -settings->link_mode_masks_nwords;
    if (words <= 0 || words > 127) return 0;
    std::memset(buffer, 0, sizeof(buffer));
    settings->cmd = ETHTOOL_GLINKSETTINGS;
    settings->link_mode_masks_nwords = static_cast<int8_t>(words);
    if (!ask(buffer)) return 0;
    const uint32_t megabits = settings->speed;
    return megabits == static_cast<uint32_t>(SPEED_UNKNOWN) ? 0 : uint64_t{megabits} * 1000000;
}

LinkState Device::link() const {
    const std::lock_guard lock(mutex_);
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
        link_.speed = speed();
    }
    return link_;
}

std::string Device::configure(bool enabled, uint32_t mtu) {
    const std::lock_guard lock(mutex_);
    link_read_ = 0;
    LinkChange change;
    change.up = enabled;
    if (mtu > 0) change.mtu = mtu;
    const int code = netlink_->change(index_, change);
    if (code == 0) return {};
    if (code == ENODEV) return "the device was taken away";
    if (mtu > 0 && (code == EINVAL || code == ERANGE)) {
        return "the device does not take an MTU of " + std::to_string(mtu);
    }
    return std::string("the device takes no change: ") + std::strerror(code);
}

std::string Device::hook(int program) {
    const int code = program < 0 ? netlink_->detach_classifier(index_) : netlink_->attach_classifier(index_, program);
    return code == 0 ? std::string() : std::string("tc: ") + std::strerror(code);
}

void Device::keep_tags(bool in_frames) {
    ethtool_value flags{};
    flags.cmd = ETHTOOL_GFLAGS;
    if (!ask(&flags)) return;
    const bool takes = flags.data & ETH_FLAG_RXVLAN;
    if (in_frames ? !takes : !took_tags_) return;
    took_tags_ = in_frames;
    flags.cmd = ETHTOOL_SFLAGS;
    flags.data = in_frames ? flags.data & ~uint32_t{ETH_FLAG_RXVLAN} : flags.data | ETH_FLAG_RXVLAN;
    ask(&flags);
}

}  // namespace weft
