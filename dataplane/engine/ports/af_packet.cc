#include "af_packet.h"

#include <sys/utsname.h>

#include <algorithm>
#include <cstdio>

#include "netdev.h"

namespace weft {

namespace {

// What packet sockets of this kernel take of virtio headers; what the device can't do, the kernel does before it.
uint8_t kernel_offloads() {
    utsname system{};
    int major = 0, minor = 0;
    const bool known = uname(&system) == 0 && std::sscanf(system.release, "%d.%d", &major, &minor) == 2;
    const bool udp = known && (major > 6 || (major == 6 && minor >= 2));  // Linux 6.2: VIRTIO_NET_HDR_GSO_UDP_L4
    return takes_checksum | takes_tcp4 | takes_tcp6 | takes_ecn | takes_ufo | (udp ? takes_udp_l4 : 0);
}

}  // namespace

AfPacketPort::AfPacketPort(const PortRequest &request, Kernel kernel, std::shared_ptr<Netlink> netlink)
    : name_(request.name), device_(request.device, std::move(netlink)), kernel_(std::move(kernel)), offloads_(kernel_offloads()) {}

std::unique_ptr<AfPacketPort> AfPacketPort::open(const PortRequest &request, Kernel kernel, std::shared_ptr<Netlink> netlink, size_t slots,
                                                 std::string &error) {
    std::unique_ptr<AfPacketPort> port(new AfPacketPort(request, std::move(kernel), std::move(netlink)));
    error = port->device_.find();
    if (error.empty()) error = port->set_up(std::clamp<size_t>(request.rx_queues, 1, max_rx_queues), slots);
    if (error.empty()) error = port->set_workers(request.workers);
    if (!error.empty()) return nullptr;
    // Where the kernel can't, its stack throws away what it gets: the same, for more.
    port->device_.drop_ingress();
    return port;
}

std::string AfPacketPort::set_up(size_t queues, size_t slots) {
    std::string error;
    uint16_t group = 0;
    while (rx_.size() < queues) {
        Descriptor socket = kernel_.socket(error);
        if (!socket) return error;
        AfPacketRx &rx = rx_.emplace_back(std::move(socket), slots);
        error = rx.set_up();
        if (!error.empty()) return error;
        error = rx.bind(device_.index());
        if (error.empty() && queues > 1) error = rx.join(group);
        if (!error.empty()) return device_.name() + ": " + error;
    }
    return {};
}

void AfPacketPort::begin() {
    for (AfPacketRx &rx : rx_) rx.begin();
}

std::string AfPacketPort::set_workers(unsigned workers) {
    while (tx_.size() < workers) {
        std::string error;
        Descriptor usual = kernel_.socket(error), direct;
        if (usual) direct = kernel_.socket(error);
        if (!direct) return error;
        AfPacketTx &tx = tx_.emplace_back(std::move(usual), std::move(direct));
        error = tx.set_up();
        if (error.empty()) error = tx.bind(device_.index());
        if (error.empty()) continue;
        tx_.pop_back();
        return device_.name() + ": " + error;
    }
    return {};
}

AfPacketPort::~AfPacketPort() { attach({}); }

// Packet sockets are asked before tc: they refuse what the program there will take. XDP comes before both.
std::string AfPacketPort::attach(const KernelPrograms &programs) {
    if (link_) device_.keep_tags(false);
    link_ = Descriptor();
    if (hook_ == Hook::tc) {
        device_.hook(-1);
        for (AfPacketRx &rx : rx_) rx.set_filter(-1);
    }
    hook_ = programs.hook;
    std::string error;
    if (hook_ == Hook::xdp && kernel_.attach(device_.name(), programs.entry, link_, error)) device_.keep_tags(true);
    if (hook_ == Hook::tc) {
        for (AfPacketRx &rx : rx_)
            if (error.empty()) error = rx.set_filter(programs.filter);
        if (error.empty()) error = device_.hook(programs.entry);
    }
    if (error.empty()) return {};
    attach({});
    return device_.name() + ": " + error;
}

DeviceTraits AfPacketPort::traits() const {
    const std::optional<uint64_t> features = kernel_.features(device_.index());
    const bool takes_frames = features && (*features & xdp_takes_frames);
    // Where the other end has a program of its own, as the former says, that one comes first.
    return {.takes_frames = takes_frames, .unfinished = !device_.is_card(), .bare_peer = features && !takes_frames && device_.has_peer()};
}

PortCounters AfPacketPort::counters() const {
    const std::lock_guard lock(mutex_);
    PortCounters counters;
    for (const AfPacketRx &rx : rx_) {
        rx.count(counters);
        ring_dropped_ += rx.ring_dropped();
    }
    for (const AfPacketTx &tx : tx_) tx.count(counters);
    counters.rx_dropped += ring_dropped_;
    return counters;
}

}  // namespace weft
