// The af_packet driver: a Linux device in the port namespace, by packet(7). Each receive queue is a socket with a ring
// (af_packet_rx.h), each worker has sockets of its own to send by (af_packet_tx.h). Offloads (checksums, segmentation) pass through
// both ways in the virtio header.
//
// The receive queues are a fanout group, among which a program of ours (af_packet_fanout.h) divides by flow: with another number of queues
// it is another program, in place of the one before from one packet to the next, so that none is lost. A queue that is full drops
// and does not roll over to another. On a kernel older than 6.2 one queue is no group (what the port sends would come back).
//
// The device belongs to this port alone: promiscuous, in a namespace whose kernel answers nothing, and with a filter that keeps
// its packets from that kernel's stack. When it is taken away
// the port stays, without link, until the engine opens it again.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "af_packet_rx.h"
#include "af_packet_tx.h"
#include "device.h"

namespace weft {

class AfPacketPort final : public Port {
  public:
    static constexpr size_t usual_slots = 8192;  // 16 MiB: 160 ms at 50,000 packets a second

    // What is done in the namespace of the device. An error is text for a person.
    struct Kernel {
        // One more socket of AF_PACKET, SOCK_RAW, protocol 0.
        std::function<Descriptor(std::string &error)> socket;
        // Attaches a program, until the link is closed: of XDP in native mode, or of tc where the kernel has links for it.
        std::function<bool(const std::string &device, Hook hook, int program, Descriptor &link, std::string &error)> attach;
        // Of XDP (netdev.h).
        std::function<std::optional<uint64_t>(int index)> features;
    };

    // `netlink` is of the namespace in which the device is; each ring has so many slots.
    static std::unique_ptr<AfPacketPort> open(const PortRequest &request, Kernel kernel, std::shared_ptr<Netlink> netlink, size_t slots,
                                              std::string &error);

    ~AfPacketPort() override;

    const std::string &name() const override { return name_; }
    const char *driver() const override { return "af_packet"; }
    uint8_t offloads() const override { return offloads_; }
    void begin() override;
    void end() override;
    size_t rx_queues() const override { return queues_; }
    RxQueue &rx(size_t queue) override { return *rx_[queue]; }
    TxQueue &tx(unsigned worker) override { return *tx_[worker]; }
    bool divides() const override { return group_ != 0; }
    std::string make_rx_queues(size_t count) override;
    void divide(size_t count) override;
    void close_rx_queues(size_t from) override;
    std::string set_workers(unsigned workers) override;
    uint32_t device_index() const override { return static_cast<uint32_t>(device_.index()); }
    std::string attach(const KernelPrograms &programs) override;
    DeviceTraits traits() const override;
    PortCounters counters() const override;
    LinkState link() const override { return device_.link(); }
    std::string configure(bool enabled, uint32_t mtu) override { return device_.configure(enabled, mtu); }

  private:
    AfPacketPort(const PortRequest &request, Kernel kernel, std::shared_ptr<Netlink> netlink, size_t slots);
    std::string open_queue();
    std::string set_up(size_t queues);
    void begin(AfPacketRx &rx);

    const std::string name_;
    Device device_;
    const Kernel kernel_;
    const uint8_t offloads_;
    const size_t slots_;
    KernelPrograms programs_;  // attached
    Descriptor link_;          // that attaches them; none: the filter of tc before Linux 6.6
    uint16_t group_ = 0;       // of fanout; 0: none
    bool begun_ = false, ended_ = false;
    // Places are never moved: workers use those that they have while others are made.
    std::array<std::unique_ptr<AfPacketRx>, max_rx_queues> rx_;
    std::array<std::unique_ptr<AfPacketTx>, max_workers> tx_;
    size_t queues_ = 0;
    unsigned senders_ = 0;

    mutable std::mutex mutex_;
    mutable uint64_t ring_dropped_ = 0;  // what the kernel counted until it was last asked
    PortCounters closed_;                // of queues that are closed
};

}  // namespace weft
