// The af_packet driver: a Linux device in the port namespace, by packet(7). Each receive queue is a socket with a ring
// (af_packet_rx.h), each worker has sockets of its own to send by (af_packet_tx.h). Offloads (checksums, segmentation) pass through
// both ways in the virtio header.
//
// Several receive queues are a fanout group: the kernel picks by a hash over addresses and ports, the same for both directions
// of a flow. Fragments are hashed by their addresses alone, so that those of a packet keep together; the kernel is not asked to
// put them together, because a router hands on what it got. A queue that is full drops and does not roll over to another.
//
// The device belongs to this port alone: promiscuous, in a namespace whose kernel answers nothing, and with a filter that keeps
// its packets from that kernel's stack. When it is taken away
// the port stays, without link, until the engine opens it again.
#pragma once

#include <deque>
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
        // Attaches an XDP program in native mode, until the link is closed.
        std::function<bool(const std::string &device, int program, Descriptor &link, std::string &error)> attach;
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
    size_t rx_queues() const override { return rx_.size(); }
    RxQueue &rx(size_t queue) override { return rx_[queue]; }
    TxQueue &tx(unsigned worker) override { return tx_[worker]; }
    std::string set_workers(unsigned workers) override;
    uint32_t device_index() const override { return static_cast<uint32_t>(device_.index()); }
    std::string attach(const KernelPrograms &programs) override;
    DeviceTraits traits() const override;
    PortCounters counters() const override;
    LinkState link() const override { return device_.link(); }
    std::string configure(bool enabled, uint32_t mtu) override { return device_.configure(enabled, mtu); }

  private:
    AfPacketPort(const PortRequest &request, Kernel kernel, std::shared_ptr<Netlink> netlink);
    std::string set_up(size_t queues, size_t slots);

    const std::string name_;
    Device device_;
    const Kernel kernel_;
    const uint8_t offloads_;
    Hook hook_ = Hook::none;  // where a program is attached
    Descriptor link_;         // of XDP
    std::deque<AfPacketRx> rx_;
    std::deque<AfPacketTx> tx_;

    mutable std::mutex mutex_;
    mutable uint64_t ring_dropped_ = 0;  // what the kernel counted until it was last asked
};

}  // namespace weft
