#include "af_packet_tx.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/uio.h>

#include "af_packet_socket.h"
#include "../net/tags.h"

namespace weft {

using af_packet::failed;
using af_packet::set_option;

namespace {

// Of <linux/virtio_net.h>, which C++ can't include.
constexpr uint8_t no_segmentation = 0;

}  // namespace

// Messages waiting for flush(), each of a virtio header and the frame.
struct AfPacketTx::Outgoing {
    static constexpr size_t most = 4 * burst_size;
    mmsghdr messages[most] = {};
    iovec parts[most][2] = {};
    Offload offloads[most];
    size_t count = 0;
};

AfPacketTx::AfPacketTx(Descriptor usual, Descriptor direct)
    : usual_(std::move(usual)), direct_(std::move(direct)), outgoing_(std::make_unique<Outgoing>()) {
    for (size_t i = 0; i < Outgoing::most; i++) {
        outgoing_->parts[i][0] = {&outgoing_->offloads[i], sizeof(Offload)};
        outgoing_->messages[i].msg_hdr.msg_iov = outgoing_->parts[i];
        outgoing_->messages[i].msg_hdr.msg_iovlen = 2;
    }
}

AfPacketTx::~AfPacketTx() = default;

std::string AfPacketTx::set_up() {
    for (const int socket : {usual_.get(), direct_.get()}) {
        if (!set_option(socket, SOL_PACKET, PACKET_VNET_HDR, 1)) return failed("PACKET_VNET_HDR");
        if (!set_option(socket, SOL_SOCKET, SO_SNDBUFFORCE, af_packet::socket_buffer)) {
            set_option(socket, SOL_SOCKET, SO_SNDBUF, af_packet::socket_buffer);
        }
    }
    set_option(direct_.get(), SOL_PACKET, PACKET_QDISC_BYPASS, 1);
    return {};
}

std::string AfPacketTx::bind(int index) {
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_ifindex = index;
    for (const int socket : {usual_.get(), direct_.get()}) {
        if (::bind(socket, reinterpret_cast<sockaddr *>(&address), sizeof(address)) != 0) return std::strerror(errno);
    }
    return {};
}

void AfPacketTx::transmit(Packet *const *packets, size_t count) {
    for (size_t i = 0; i < count; i++) {
        Packet &packet = *packets[i];
        if (packet.vlan_tpid != 0 && !insert_outer_tag(packet)) {
            add(dropped_, 1);
            continue;
        }
        if (outgoing_->count == Outgoing::most) flush();
        const size_t at = outgoing_->count++;
        outgoing_->offloads[at] = packet.offload;
        outgoing_->parts[at][1] = {packet.data, packet.length};
    }
}

void AfPacketTx::flush() {
    // Runs of one kind keep the order in which the packets came.
    size_t first = 0;
    while (first < outgoing_->count) {
        const bool super = outgoing_->offloads[first].gso_type != no_segmentation;
        size_t end = first + 1;
        while (end < outgoing_->count && (outgoing_->offloads[end].gso_type != no_segmentation) == super) end++;
        send_run(super ? usual_.get() : direct_.get(), first, end);
        first = end;
    }
    outgoing_->count = 0;
}

void AfPacketTx::send_run(int socket, size_t first, size_t end) {
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
    add(packets_, sent);
    add(octets_, octets);
    if (dropped > 0) add(dropped_, dropped);
}

void AfPacketTx::count(PortCounters &counters) const {
    counters.tx_packets += packets_.load(std::memory_order_relaxed);
    counters.tx_octets += octets_.load(std::memory_order_relaxed);
    counters.tx_dropped += dropped_.load(std::memory_order_relaxed);
}

}  // namespace weft
