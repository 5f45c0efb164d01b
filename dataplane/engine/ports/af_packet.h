// The af_packet driver: a Linux device in the port namespace, by packet(7). Receives through a TPACKET_V2 ring whose slots
// are handed out as packet memory until release(); a frame larger than its slot (a super-packet) comes whole by recvmsg into a
// buffer of its own. Sends by sendmmsg straight from packet memory. Offloads (checksums, segmentation) pass through both ways
// in the virtio header; the outer VLAN tag that the kernel strips is carried beside the packet and put back when sent.
//
// The device belongs to this port alone: promiscuous, and in a namespace whose kernel answers nothing. When it is taken away
// the port stays, without link; when a device of that name comes back the port takes it again.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "netlink.h"
#include "port.h"

struct iovec;
struct mmsghdr;

namespace weft {

class AfPacketPort final : public Port {
  public:
    static constexpr size_t usual_slots = 8192;  // 16 MiB: 160 ms at 50,000 packets a second

    // Sockets of AF_PACKET, SOCK_RAW, protocol 0 and the rtnetlink client, all of the namespace in which the device is.
    // The ring has so many slots of 2 KiB, a multiple of 32.
    static std::unique_ptr<AfPacketPort> open(const std::string &name, const std::string &device, Descriptor socket,
                                              Descriptor direct_socket, std::shared_ptr<Netlink> netlink, size_t slots,
                                              std::string &error);
    ~AfPacketPort() override;

    const std::string &name() const override { return name_; }
    const char *driver() const override { return "af_packet"; }
    size_t receive(Packet *packets, size_t count) override;
    void release() override;
    void transmit(Packet *const *packets, size_t count) override;
    void flush() override;
    int descriptor() const override { return socket_.get(); }
    PortCounters counters() const override;
    LinkState link() const override;
    std::string configure(bool enabled, uint32_t mtu) override;

  private:
    AfPacketPort(const std::string &name, const std::string &device, Descriptor socket, Descriptor direct_socket,
                 std::shared_ptr<Netlink> netlink, size_t slots);
    std::string set_up();
    std::string attach() const;
    bool receive_whole(Packet &packet);
    void send_run(int socket, size_t first, size_t end);

    const std::string name_, device_;
    const Descriptor socket_;         // receives, and sends super-packets, which the kernel may have to segment
    const Descriptor direct_socket_;  // sends the rest, past the queueing discipline
    const std::shared_ptr<Netlink> netlink_;

    const size_t slots_;
    uint8_t *ring_ = nullptr;
    size_t next_slot_ = 0;
    size_t first_held_ = 0, held_ = 0;
    uint8_t *whole_ = nullptr;  // buffers of super-packets, used from the first on in each burst
    size_t whole_used_ = 0;
    unsigned idle_ = 0;

    struct Outgoing;
    std::unique_ptr<Outgoing> outgoing_;

    struct Counts {
        std::atomic<uint64_t> rx_packets{0}, rx_octets{0}, rx_dropped{0}, tx_packets{0}, tx_octets{0}, tx_dropped{0};
    } counts_;
    // What link() found, kept for some milliseconds.
    mutable std::mutex link_mutex_;
    mutable LinkState link_;
    mutable int64_t link_read_ = 0;
    mutable int index_ = 0;
    mutable uint64_t ring_dropped_ = 0;
    mutable std::optional<bool> wanted_up_;
    mutable uint32_t wanted_mtu_ = 0;
};

}  // namespace weft
