#include "af_packet_rx.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/mman.h>

#include <vector>

#include "af_packet_fanout.h"
#include "af_packet_socket.h"

namespace weft {

using af_packet::failed;
using af_packet::set_option;

namespace {

constexpr size_t ring_block = 65536;
constexpr unsigned slot_reserve = 128;  // headroom in front of a frame, for encapsulation and tags

constexpr size_t whole_headroom = 128;
constexpr size_t whole_size = 68 * 1024;
constexpr size_t whole_count = 32;

// Of Linux 6.2's <linux/if_packet.h>: PACKET_IGNORE_OUTGOING of a fanout group.
constexpr unsigned fanout_ignore_outgoing = 0x4000;

}  // namespace

AfPacketRx::~AfPacketRx() {
    if (ring_) munmap(ring_, slot_size * slots_);
    if (whole_) munmap(whole_, whole_size * whole_count);
}

std::string AfPacketRx::set_up() {
    const int socket = socket_.get();
    if (!set_option(socket, SOL_PACKET, PACKET_VNET_HDR, 1)) return failed("PACKET_VNET_HDR");
    if (!set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, af_packet::socket_buffer)) {
        set_option(socket, SOL_SOCKET, SO_RCVBUF, af_packet::socket_buffer);
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

std::string AfPacketRx::bind(int index) {
    // Until all of a group have joined, each would get what is the others', and until begin() it is not this port's turn.
    if (!refuse()) return failed("SO_ATTACH_FILTER");
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_ifindex = index;
    address.sll_protocol = htons(ETH_P_ALL);
    if (::bind(socket_.get(), reinterpret_cast<sockaddr *>(&address), sizeof(address)) != 0) return std::strerror(errno);
    packet_mreq membership{};
    membership.mr_ifindex = index;
    membership.mr_type = PACKET_MR_PROMISC;
    if (!set_option(socket_.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)) return failed("not promiscuous");
    return {};
}

std::string AfPacketRx::join(uint16_t &group) {
    unsigned type = PACKET_FANOUT_CBPF | fanout_ignore_outgoing;
    if (group == 0) type |= PACKET_FANOUT_FLAG_UNIQUEID;
    if (!set_option(socket_.get(), SOL_PACKET, PACKET_FANOUT, type << 16 | group)) return failed("PACKET_FANOUT");
    unsigned made = 0;
    socklen_t length = sizeof(made);
    if (getsockopt(socket_.get(), SOL_PACKET, PACKET_FANOUT, &made, &length) != 0) return failed("PACKET_FANOUT");
    group = static_cast<uint16_t>(made);
    return {};
}

std::string AfPacketRx::divide(size_t count) {
    std::vector<sock_filter> instructions = fanout_program(count);
    const sock_fprog program{static_cast<unsigned short>(instructions.size()), instructions.data()};
    return set_option(socket_.get(), SOL_PACKET, PACKET_FANOUT_DATA, program) ? std::string() : failed("PACKET_FANOUT_DATA");
}

bool AfPacketRx::refuse() {
    sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
    const sock_fprog program{1, &nothing};
    return set_option(socket_.get(), SOL_SOCKET, SO_ATTACH_FILTER, program);
}

void AfPacketRx::begin() { set_option(socket_.get(), SOL_SOCKET, SO_DETACH_FILTER, 0); }

std::string AfPacketRx::set_filter(int program) {
    if (program < 0) {
        set_option(socket_.get(), SOL_SOCKET, SO_DETACH_FILTER, 0);
        return {};
    }
    return set_option(socket_.get(), SOL_SOCKET, SO_ATTACH_BPF, program) ? std::string() : failed("SO_ATTACH_BPF");
}

size_t AfPacketRx::receive(Packet *packets, size_t count) {
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
        octets += packet.wire_length();
        received++;
    }
    if (received > 0) {
        idle_ = 0;
        add(packets_, received);
        add(octets_, octets);
    } else if (++idle_ % 64 == 0) {
        // A device that went down or away leaves an error on the socket, which would keep epoll awake.
        int error = 0;
        socklen_t length = sizeof(error);
        getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    }
    if (dropped > 0) add(dropped_, dropped);
    return received;
}

bool AfPacketRx::receive_whole(Packet &packet) {
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

void AfPacketRx::release() {
    for (; held_ > 0; held_--) {
        auto *header = reinterpret_cast<tpacket2_hdr *>(ring_ + first_held_ * slot_size);
        __atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        first_held_ = (first_held_ + 1) % slots_;
    }
    whole_used_ = 0;
}

void AfPacketRx::count(PortCounters &counters) const {
    counters.rx_packets += packets_.load(std::memory_order_relaxed);
    counters.rx_octets += octets_.load(std::memory_order_relaxed);
    counters.rx_dropped += dropped_.load(std::memory_order_relaxed);
}

uint64_t AfPacketRx::ring_dropped() const {
    tpacket_stats statistics{};  // reading resets it
    socklen_t length = sizeof(statistics);
    if (getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &length) != 0) return 0;
    return statistics.tp_drops;
}

}  // namespace weft
