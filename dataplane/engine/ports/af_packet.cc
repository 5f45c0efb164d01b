#include "af_packet.h"

#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#include <cerrno>
#include <cstring>

namespace weft {

namespace {

constexpr size_t slot_size = 2048;
constexpr size_t ring_block = 65536;
constexpr unsigned slot_reserve = 64;  // headroom in front of a frame, for encapsulation and tags

constexpr size_t whole_headroom = 128;
constexpr size_t whole_size = 68 * 1024;
constexpr size_t whole_count = 32;

constexpr int socket_buffer = 32 << 20;
constexpr int64_t link_patience = 20;  // milliseconds
constexpr size_t tag_length = 4;

// Of <linux/virtio_net.h>, which C++ can't include.
constexpr uint8_t needs_checksum = 1;
constexpr uint8_t no_segmentation = 0;

int64_t now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1000000;
}

void add(std::atomic<uint64_t> &counter, uint64_t value) {
    counter.store(counter.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
}

template <typename Value>
bool set_option(int socket, int level, int option, const Value &value) {
    return setsockopt(socket, level, option, &value, sizeof(value)) == 0;
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

// Puts the outer tag back in front of the frame's type. False when there is no room for it.
bool insert_tag(Packet &packet) {
    if (packet.headroom < tag_length || packet.length < 2 * ETH_ALEN) return false;
    packet.data -= tag_length;
    std::memmove(packet.data, packet.data + tag_length, 2 * ETH_ALEN);
    const uint16_t tag[2] = {htons(packet.vlan_tpid), htons(packet.vlan_tci)};
    std::memcpy(packet.data + 2 * ETH_ALEN, tag, tag_length);
    packet.headroom -= tag_length;
    packet.length += tag_length;
    packet.l3_offset = static_cast<uint16_t>(packet.l3_offset + tag_length);
    packet.vlan_tpid = packet.vlan_tci = 0;
    if (packet.offload.flags & needs_checksum) packet.offload.csum_start += tag_length;
    if (packet.offload.header_length > 0) packet.offload.header_length += tag_length;
    return true;
}

}  // namespace

// Messages waiting for flush(), each of a virtio header and the frame.
struct AfPacketPort::Outgoing {
    static constexpr size_t most = 4 * burst_size;
    mmsghdr messages[most] = {};
    iovec parts[most][2] = {};
    Offload offloads[most];
    size_t count = 0;
};

AfPacketPort::AfPacketPort(const std::string &name, const std::string &device, Descriptor socket, Descriptor direct_socket,
                           std::shared_ptr<Netlink> netlink, size_t slots)
    : name_(name), device_(device), socket_(std::move(socket)), direct_socket_(std::move(direct_socket)),
      netlink_(std::move(netlink)), slots_(slots), outgoing_(std::make_unique<Outgoing>()) {
    for (size_t i = 0; i < Outgoing::most; i++) {
        outgoing_->parts[i][0] = {&outgoing_->offloads[i], sizeof(Offload)};
        outgoing_->messages[i].msg_hdr.msg_iov = outgoing_->parts[i];
        outgoing_->messages[i].msg_hdr.msg_iovlen = 2;
    }
}

AfPacketPort::~AfPacketPort() {
    if (ring_) munmap(ring_, slot_size * slots_);
    if (whole_) munmap(whole_, whole_size * whole_count);
}

std::unique_ptr<AfPacketPort> AfPacketPort::open(const std::string &name, const std::string &device, Descriptor socket,
                                                 Descriptor direct_socket, std::shared_ptr<Netlink> netlink,
                                                 size_t slots, std::string &error) {
    std::unique_ptr<AfPacketPort> port(
        new AfPacketPort(name, device, std::move(socket), std::move(direct_socket), std::move(netlink), slots));
    error = port->set_up();
    if (error.empty()) error = port->attach();
    if (!error.empty()) return nullptr;
    return port;
}

std::string AfPacketPort::set_up() {
    const auto failed = [](const char *what) { return std::string(what) + ": " + std::strerror(errno); };
    for (const int socket : {socket_.get(), direct_socket_.get()}) {
        if (!set_option(socket, SOL_PACKET, PACKET_VNET_HDR, 1)) return failed("PACKET_VNET_HDR");
        if (!set_option(socket, SOL_SOCKET, SO_SNDBUFFORCE, socket_buffer)) {
            set_option(socket, SOL_SOCKET, SO_SNDBUF, socket_buffer);
        }
    }
    set_option(direct_socket_.get(), SOL_PACKET, PACKET_QDISC_BYPASS, 1);

    const int socket = socket_.get();
    if (!set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, socket_buffer)) {
        set_option(socket, SOL_SOCKET, SO_RCVBUF, socket_buffer);
    }
    if (!set_option(socket, SOL_PACKET, PACKET_VERSION, int{TPACKET_V2})) return failed("PACKET_VERSION");
    if (!set_option(socket, SOL_PACKET, PACKET_RESERVE, slot_reserve)) return failed("PACKET_RESERVE");
    if (!set_option(socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)) return failed("PACKET_IGNORE_OUTGOING");
    if (!set_option(socket, SOL_PACKET, PACKET_COPY_THRESH, 1)) return failed("PACKET_COPY_THRESH");
    const size_t ring_size = slot_size * slots_;
    const tpacket_req request{ring_block, static_cast<unsigned>(ring_size / ring_block), slot_size,
                              static_cast<unsigned>(slots_)};
    if (!set_option(socket, SOL_PACKET, PACKET_RX_RING, request)) return failed("PACKET_RX_RING");
    void *ring = mmap(nullptr, ring_size, PROT_READ | PROT_WRITE, MAP_SHARED, socket, 0);
    if (ring == MAP_FAILED) return failed("the receive ring can't be mapped");
    ring_ = static_cast<uint8_t *>(ring);
    void *whole = mmap(nullptr, whole_size * whole_count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (whole == MAP_FAILED) return failed("packet buffers");
    whole_ = static_cast<uint8_t *>(whole);
    return {};
}

// Binds to the device that has the name now.
std::string AfPacketPort::attach() const {
    Link found;
    if (const int code = netlink_->link(device_, found); code != 0) {
        if (code == ENODEV) return device_ + ": there is no such device in the port namespace";
        return device_ + ": " + std::strerror(code);
    }
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_ifindex = found.index;
    for (const int socket : {direct_socket_.get(), socket_.get()}) {
        address.sll_protocol = socket == socket_.get() ? htons(ETH_P_ALL) : 0;
        if (bind(socket, reinterpret_cast<sockaddr *>(&address), sizeof(address)) != 0) {
            return device_ + ": " + std::strerror(errno);
        }
    }
    packet_mreq membership{};
    membership.mr_ifindex = found.index;
    membership.mr_type = PACKET_MR_PROMISC;
    if (!set_option(socket_.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)) {
        return device_ + ": not promiscuous: " + std::strerror(errno);
    }
    index_ = found.index;
    return {};
}

size_t AfPacketPort::receive(Packet *packets, size_t count) {
    size_t received = 0;
    uint64_t octets = 0, dropped = 0;
    if (held_ == 0) first_held_ = next_slot_;
    while (received < count && held_ < slots_) {
        uint8_t *slot = ring_ + next_slot_ * slot_size;
        auto *header = reinterpret_cast<tpacket2_hdr *>(slot);
        const uint32_t status = __atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE);
        if ((status & TP_STATUS_USER) == 0) break;
        if ((status & TP_STATUS_COPY) && whole_used_ == whole_count) break;
        next_slot_ = (next_slot_ + 1) % slots_;
        held_++;
        Packet &packet = packets[received];
        packet = Packet{};
        if (status & TP_STATUS_COPY) {
            if (!receive_whole(packet)) {
                dropped++;
                continue;
            }
        } else {
            if (header->tp_len != header->tp_snaplen) {  // too large for its slot, and there was no memory for a copy
                dropped++;
                continue;
            }
            packet.data = slot + header->tp_mac;
            packet.length = header->tp_snaplen;
            std::memcpy(&packet.offload, packet.data - sizeof(Offload), sizeof(Offload));
            packet.headroom = static_cast<uint32_t>(header->tp_mac - sizeof(tpacket2_hdr));
        }
        if (status & TP_STATUS_VLAN_VALID) {
            packet.vlan_tci = header->tp_vlan_tci;
            packet.vlan_tpid = (status & TP_STATUS_VLAN_TPID_VALID) ? header->tp_vlan_tpid : uint16_t{ETH_P_8021Q};
        }
        octets += packet.length;
        received++;
    }
    if (received > 0) {
        idle_ = 0;
        add(counts_.rx_packets, received);
        add(counts_.rx_octets, octets);
    } else if (++idle_ % 64 == 0) {
        // A device that went down or away leaves an error on the socket, which would keep epoll awake.
        int error = 0;
        socklen_t length = sizeof(error);
        getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    }
    if (dropped > 0) add(counts_.rx_dropped, dropped);
    return received;
}

bool AfPacketPort::receive_whole(Packet &packet) {
    uint8_t *buffer = whole_ + whole_used_ * whole_size;
    iovec parts[2] = {{&packet.offload, sizeof(Offload)}, {buffer + whole_headroom, whole_size - whole_headroom}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    const ssize_t length = recvmsg(socket_.get(), &message, MSG_DONTWAIT);
    if (length <= static_cast<ssize_t>(sizeof(Offload)) || (message.msg_flags & MSG_TRUNC)) return false;
    packet.data = buffer + whole_headroom;
    packet.length = static_cast<uint32_t>(length) - sizeof(Offload);
    packet.headroom = whole_headroom;
    whole_used_++;
    return true;
}

void AfPacketPort::release() {
    for (; held_ > 0; held_--) {
        auto *header = reinterpret_cast<tpacket2_hdr *>(ring_ + first_held_ * slot_size);
        __atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        first_held_ = (first_held_ + 1) % slots_;
    }
    whole_used_ = 0;
}

void AfPacketPort::transmit(Packet *const *packets, size_t count) {
    for (size_t i = 0; i < count; i++) {
        Packet &packet = *packets[i];
        if (packet.vlan_tpid != 0 && !insert_tag(packet)) {
            add(counts_.tx_dropped, 1);
            continue;
        }
        if (outgoing_->count == Outgoing::most) flush();
        const size_t at = outgoing_->count++;
        outgoing_->offloads[at] = packet.offload;
        outgoing_->parts[at][1] = {packet.data, packet.length};
    }
}

void AfPacketPort::flush() {
    // Runs of one kind keep the order in which the packets came.
    size_t first = 0;
    while (first < outgoing_->count) {
        const bool super = outgoing_->offloads[first].gso_type != no_segmentation;
        size_t end = first + 1;
        while (end < outgoing_->count && (outgoing_->offloads[end].gso_type != no_segmentation) == super) end++;
        send_run(super ? socket_.get() : direct_socket_.get(), first, end);
        first = end;
    }
    outgoing_->count = 0;
}

void AfPacketPort::send_run(int socket, size_t first, size_t end) {
    uint64_t sent = 0, octets = 0, dropped = 0;
    while (first < end) {
        const int count = sendmmsg(socket, outgoing_->messages + first, static_cast<unsigned>(end - first), MSG_DONTWAIT);
        if (count > 0) {
            for (int i = 0; i < count; i++) octets += outgoing_->parts[first + static_cast<size_t>(i)][1].iov_len;
            sent += static_cast<uint64_t>(count);
            first += static_cast<size_t>(count);
            continue;
        }
        if (errno == EINTR) continue;
        // These concern one packet; with anything else (no buffer, no device) the next one would fare no better.
        const bool one = errno == EMSGSIZE || errno == EINVAL || errno == ENOBUFS;
        const size_t lost = one ? 1 : end - first;
        dropped += lost;
        first += lost;
    }
    add(counts_.tx_packets, sent);
    add(counts_.tx_octets, octets);
    if (dropped > 0) add(counts_.tx_dropped, dropped);
}

PortCounters AfPacketPort::counters() const {
    const std::lock_guard lock(link_mutex_);
    tpacket_stats statistics{};  // reading resets it
    socklen_t length = sizeof(statistics);
    if (getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &length) == 0) {
        ring_dropped_ += statistics.tp_drops;
    }
    PortCounters counters;
    counters.rx_packets = counts_.rx_packets.load(std::memory_order_relaxed);
    counters.rx_octets = counts_.rx_octets.load(std::memory_order_relaxed);
    counters.rx_dropped = counts_.rx_dropped.load(std::memory_order_relaxed) + ring_dropped_;
    counters.tx_packets = counts_.tx_packets.load(std::memory_order_relaxed);
    counters.tx_octets = counts_.tx_octets.load(std::memory_order_relaxed);
    counters.tx_dropped = counts_.tx_dropped.load(std::memory_order_relaxed);
    return counters;
}

LinkState AfPacketPort::link() const {
    const std::lock_guard lock(link_mutex_);
    const int64_t time = now();
    if (link_read_ != 0 && time - link_read_ < link_patience) return link_;
    link_read_ = time;
    Link found;
    int code = netlink_->link(index_, found);
    if (code == ENODEV && attach().empty()) {
        LinkChange change;
        change.up = wanted_up_;
        if (wanted_mtu_ > 0) change.mtu = wanted_mtu_;
        netlink_->change(index_, change);
        code = netlink_->link(index_, found);
    }
    if (code == ENODEV) {
        link_ = {};
        link_.present = false;
    } else if (code == 0) {
        link_.present = true;
        link_.up = (found.flags & IFF_UP) && found.carrier;
        link_.mtu = found.mtu;
        link_.mac = found.mac;
        link_.speed = speed_of(socket_.get(), device_);
    }
    return link_;
}

std::string AfPacketPort::configure(bool enabled, uint32_t mtu) {
    const std::lock_guard lock(link_mutex_);
    wanted_up_ = enabled;
    wanted_mtu_ = mtu;
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
