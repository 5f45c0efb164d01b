#include "tap.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "count.h"

namespace weft {

namespace {

constexpr size_t headroom = 128;
constexpr size_t buffer_size = 68 * 1024;
constexpr size_t buffers = burst_size;
constexpr unsigned segmented_udp = 0x20 | 0x40;  // TUN_F_USO4 and TUN_F_USO6, of Linux 6.2, which its headers may not have yet

}  // namespace

TapPort::Rx::~Rx() {
    if (buffers_) munmap(buffers_, buffer_size * buffers);
}

std::string TapPort::Rx::set_up() {
    const int flags = fcntl(descriptor_.get(), F_GETFL);
    if (flags < 0 || fcntl(descriptor_.get(), F_SETFL, flags | O_NONBLOCK) != 0) return std::strerror(errno);
    void *memory = mmap(nullptr, buffer_size * buffers, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return std::string("packet buffers: ") + std::strerror(errno);
    buffers_ = static_cast<uint8_t *>(memory);
    return {};
}

std::unique_ptr<TapPort> TapPort::open(const std::string &name, std::vector<Descriptor> queues, std::shared_ptr<Netlink> netlink,
                                       int index, bool layer3, MoreQueues more, std::string &error) {
    std::unique_ptr<TapPort> port(new TapPort(name, std::move(netlink), index, layer3));
    port->more_ = std::move(more);
    const int tap = queues.front().get();
    const int header_size = sizeof(Offload);
    constexpr unsigned usual = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
    // Of the device, not of a queue.
    bool good = ioctl(tap, TUNSETVNETHDRSZ, &header_size) == 0;
    if (good && ioctl(tap, TUNSETOFFLOAD, usual | segmented_udp) == 0) port->offloads_ |= takes_udp_l4;
    else good = good && ioctl(tap, TUNSETOFFLOAD, usual) == 0;
    if (!good) {
        error = name + ": " + std::strerror(errno);
        return nullptr;
    }
    for (Descriptor &queue : queues) {
        error = port->add_queue(std::move(queue));
        if (error.empty()) continue;
        error = name + ": " + error;
        return nullptr;
    }
    return port;
}

std::string TapPort::add_queue(Descriptor descriptor) {
    auto rx = std::make_unique<Rx>(std::move(descriptor));
    if (std::string error = rx->set_up(); !error.empty()) return error;
    rx_[queues_++] = std::move(rx);
    return {};
}

std::string TapPort::make_rx_queues(size_t count) {
    std::string error;
    while (queues_ < std::min(count, max_rx_queues) && error.empty()) {
        Descriptor descriptor = more_(queues_, count, error);
        if (descriptor) error = add_queue(std::move(descriptor));
    }
    share_queues();
    return error;
}

// Sending sides by queues.
void TapPort::share_queues() {
    for (unsigned worker = 0; worker < senders_; worker++) tx_[worker]->use(rx_[worker % queues_]->descriptor());
}

size_t TapPort::Rx::receive(Packet *packets, size_t count) {
    size_t received = 0;
    uint64_t octets = 0, dropped = 0;
    while (received < std::min(count, buffers)) {
        uint8_t *data = buffers_ + received * buffer_size + headroom;
        Packet &packet = packets[received];
        packet = Packet{};
        const iovec parts[2] = {{&packet.offload, sizeof(Offload)}, {data, buffer_size - headroom}};
        const ssize_t length = readv(descriptor_.get(), parts, 2);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) break;  // nothing there, or the device is down
        if (length <= static_cast<ssize_t>(sizeof(Offload)) || length == static_cast<ssize_t>(sizeof(Offload) + parts[1].iov_len)) {
            dropped++;
            continue;
        }
        packet.data = data;
        packet.length = static_cast<uint32_t>(length) - sizeof(Offload);
        packet.headroom = headroom;
        packet.local_origin = true;
        octets += packet.length;
        received++;
    }
    if (received > 0) {
        add(packets_, received);
        add(octets_, octets);
    }
    if (dropped > 0) add(dropped_, dropped);
    return received;
}

void TapPort::Rx::count(PortCounters &counters) const {
    counters.rx_packets += packets_.load(std::memory_order_relaxed);
    counters.rx_octets += octets_.load(std::memory_order_relaxed);
    counters.rx_dropped += dropped_.load(std::memory_order_relaxed);
}

void TapPort::Tx::transmit(Packet *const *packets, size_t count) {
    uint64_t sent = 0, octets = 0;
    for (size_t i = 0; i < count; i++) {
        Packet &packet = *packets[i];
        const iovec parts[2] = {{&packet.offload, sizeof(Offload)}, {packet.data, packet.length}};
        ssize_t length;
        do length = writev(descriptor_.load(std::memory_order_relaxed), parts, 2);
        while (length < 0 && errno == EINTR);
        if (length < 0) continue;
        sent++;
        octets += packet.length;
    }
    add(packets_, sent);
    add(octets_, octets);
    if (sent < count) add(dropped_, count - sent);
}

void TapPort::Tx::count(PortCounters &counters) const {
    counters.tx_packets += packets_.load(std::memory_order_relaxed);
    counters.tx_octets += octets_.load(std::memory_order_relaxed);
    counters.tx_dropped += dropped_.load(std::memory_order_relaxed);
}

std::string TapPort::set_workers(unsigned workers) {
    for (; senders_ < workers; senders_++) tx_[senders_] = std::make_unique<Tx>(rx_[senders_ % queues_]->descriptor());
    return {};
}

PortCounters TapPort::counters() const {
    PortCounters counters;
    for (size_t queue = 0; queue < queues_; queue++) rx_[queue]->count(counters);
    for (unsigned worker = 0; worker < senders_; worker++) tx_[worker]->count(counters);
    return counters;
}

LinkState TapPort::link() const {
    LinkState state;
    Link found;
    const int code = netlink_->link(index_, found);
    state.present = code != ENODEV;
    if (code != 0) return state;
    state.up = (found.flags & IFF_UP) && found.carrier;
    state.mtu = found.mtu;
    state.mac = found.mac;
    return state;
}

std::string TapPort::configure(bool enabled, uint32_t mtu) {
    LinkChange change;
    change.up = enabled;
    if (mtu > 0) change.mtu = mtu;
    const int code = netlink_->change(index_, change);
    return code == 0 ? std::string() : name_ + ": " + std::strerror(code);
}

}  // namespace weft
