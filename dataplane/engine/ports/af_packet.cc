#include "af_packet.h"

#include <sys/utsname.h>

#include <algorithm>
#include <cstdio>

#include "ring_memory.h"
#include "netdev.h"

namespace weft {

namespace {

// Linux, in that version or a later one.
bool kernel_is(int wanted_major, int wanted_minor) {
    utsname system{};
    int major = 0, minor = 0;
    const bool known = uname(&system) == 0 && std::sscanf(system.release, "%d.%d", &major, &minor) == 2;
    return known && (major > wanted_major || (major == wanted_major && minor >= wanted_minor));
}

// What packet sockets of this kernel take of virtio headers; what the device can't do, the kernel does before it.
uint8_t kernel_offloads() {
    const bool udp = kernel_is(6, 2);  // VIRTIO_NET_HDR_GSO_UDP_L4
    return takes_checksum | takes_tcp4 | takes_tcp6 | takes_ecn | takes_ufo | (udp ? takes_udp_l4 : 0);
}

}  // namespace

AfPacketPort::AfPacketPort(const PortRequest &request, Kernel kernel, std::shared_ptr<Netlink> netlink, size_t slots)
    : name_(request.name), device_(request.device, std::move(netlink)), kernel_(std::move(kernel)),
      offloads_(kernel_offloads()), slots_(slots) {}

std::unique_ptr<AfPacketPort> AfPacketPort::open(const PortRequest &request, Kernel kernel,
                                                 std::shared_ptr<Netlink> netlink, size_t slots, std::string &error) {
    std::unique_ptr<AfPacketPort> port(new AfPacketPort(request, std::move(kernel), std::move(netlink), slots));
    error = port->device_.find();
    if (error.empty()) error = port->set_up(std::clamp<size_t>(request.rx_queues, 1, max_rx_queues));
    if (error.empty()) error = port->set_workers(request.workers);
    if (!error.empty()) return nullptr;
    // Where the kernel can't, its stack throws away what it gets: the same, for more.
    port->device_.drop_ingress();
    return port;
}

std::string AfPacketPort::open_queue() {
    std::string error;
    Descriptor socket = kernel_.socket(error);
    if (!socket) return error;
    auto rx = std::make_unique<AfPacketRx>(std::move(socket), slots_);
    error = rx->set_up();
    if (error.empty()) error = rx->bind(device_.index());
    if (!error.empty()) return error;
    const std::lock_guard lock(mutex_);
    rx_[queues_++] = std::move(rx);
    return {};
}

std::string AfPacketPort::set_up(size_t queues) {
    std::string error = too_much_memory(queues, slots_ * AfPacketRx::slot_size, available_memory());
    if (error.empty()) error = open_queue();
    if (!error.empty()) return error;
    if (queues == 1 && !kernel_is(6, 2)) return {};
    error = rx_[0]->join(group_);
    // Before Linux 6.13 a device that is down takes no part in a group.
    if (!error.empty() && queues == 1) group_ = 0;
    else if (error.empty()) error = make_rx_queues(queues);
    else return error;
    if (group_) divide(queues);
    return group_ ? error : std::string();
}

std::string AfPacketPort::make_rx_queues(size_t count) {
    const size_t before = queues_;
    if (count <= before) return {};
    if (std::string much = too_much_memory(count - before, slots_ * AfPacketRx::slot_size, available_memory()); !much.empty()) return much;
    std::string error;
    while (queues_ < count && error.empty()) {
        error = open_queue();
        if (error.empty()) error = rx_[queues_ - 1]->join(group_);
    }
    if (error.empty()) return {};
    if (before < queues_) close_rx_queues(before);
    const size_t more = count - before;
    return error + " (for " + std::to_string(more) + " more receive " + (more == 1 ? "queue" : "queues") + ", each with a ring of " +
           std::to_string(slots_ * AfPacketRx::slot_size >> 20) + " MiB)";
}

void AfPacketPort::divide(size_t count) {
    for (size_t queue = 0; queue < count && begun_; queue++) begin(*rx_[queue]);
    rx_[0]->divide(count);
}

void AfPacketPort::close_rx_queues(size_t from) {
    const std::lock_guard lock(mutex_);
    while (queues_ > from) {
        const AfPacketRx &rx = *rx_[--queues_];
        rx.count(closed_);
        ring_dropped_ += rx.ring_dropped();
        rx_[queues_].reset();
    }
}

void AfPacketPort::begin(AfPacketRx &rx) {
    if (programs_.hook == Hook::tc) rx.set_filter(programs_.filter);
    else rx.begin();
}

void AfPacketPort::begin() {
    begun_ = true;
    for (size_t queue = 0; queue < queues_; queue++) begin(*rx_[queue]);
}

void AfPacketPort::end() {
    ended_ = true;
    for (size_t queue = 0; queue < queues_; queue++) rx_[queue]->refuse();
}

std::string AfPacketPort::set_workers(unsigned workers) {
    while (senders_ < workers) {
        std::string error;
        Descriptor usual = kernel_.socket(error), direct;
        if (usual) direct = kernel_.socket(error);
        if (!direct) return error;
        auto tx = std::make_unique<AfPacketTx>(std::move(usual), std::move(direct));
        error = tx->set_up();
        if (error.empty()) error = tx->bind(device_.index());
        if (!error.empty()) return error;
        const std::lock_guard lock(mutex_);
        tx_[senders_++] = std::move(tx);
    }
    return {};
}

AfPacketPort::~AfPacketPort() { attach({}); }

// Packet sockets are asked before tc: they refuse what the program there will take, so that it is there before they do, and after.
// XDP comes before both.
std::string AfPacketPort::attach(const KernelPrograms &programs) {
    if (programs_.hook == Hook::tc) {
        for (size_t queue = 0; queue < queues_ && !ended_; queue++) rx_[queue]->set_filter(-1);
        if (!link_) device_.hook(-1);
    }
    link_ = Descriptor();
    if (programs_.hook == Hook::xdp) device_.keep_tags(false);
    programs_ = programs;
    std::string error, no_link;
    if (programs_.hook == Hook::xdp && kernel_.attach(device_.name(), Hook::xdp, programs.entry, link_, error)) device_.keep_tags(true);
    if (programs_.hook == Hook::tc) {
        if (!kernel_.attach(device_.name(), Hook::tc, programs.entry, link_, no_link)) error = device_.hook(programs.entry);
        for (size_t queue = 0; queue < queues_ && error.empty(); queue++) error = rx_[queue]->set_filter(programs.filter);
    }
    if (error.empty()) return {};
    attach({});
    return error;
}

DeviceTraits AfPacketPort::traits() const {
    const std::optional<uint64_t> features = kernel_.features(device_.index());
    const bool takes_frames = features && (*features & xdp_takes_frames);
    // Where the other end has a program of its own, as the former says, that one comes first.
    return {.takes_frames = takes_frames, .unfinished = !device_.is_card(), .bare_peer = features && !takes_frames && device_.has_peer()};
}

PortCounters AfPacketPort::counters() const {
    const std::lock_guard lock(mutex_);
    PortCounters counters = closed_;
    for (size_t queue = 0; queue < queues_; queue++) {
        rx_[queue]->count(counters);
        ring_dropped_ += rx_[queue]->ring_dropped();
    }
    for (unsigned worker = 0; worker < senders_; worker++) tx_[worker]->count(counters);
    counters.rx_dropped += ring_dropped_;
    return counters;
}

}  // namespace weft
