// The af_xdp driver: a Linux device in the port namespace by AF_XDP sockets, for network cards. Packets lie in memory that kernel, card
// and engine share (af_xdp_frames.h) and are handed from one to the other by rings without system calls; between two ports of this
// driver a packet is not copied by the engine. With cards that can, nothing copies it.
//
// There is a socket for each receive queue of the device, because the kernel hands packets of a queue to no other; a receive queue of
// the port is one of them or, when fewer are wanted, several.
//
// Super-packets and unfinished checksums do not pass: those that a sender behind a veth pair leaves unfinished are found by
// af_xdp_checksum.h. VLAN tags stay in the frame.
#pragma once

#include <algorithm>

#include "af_xdp_device.h"

namespace weft {

class AfXdpPort final : public Port {
  public:
    static std::unique_ptr<AfXdpPort> open(const PortRequest &request, std::shared_ptr<AfXdpDevice> device, std::string &error);
    ~AfXdpPort() override;

    const std::string &name() const override { return name_; }
    const char *driver() const override { return "af_xdp"; }
    void begin() override { device_->begin(this); }
    void end() override;
    size_t rx_queues() const override { return rx_.size(); }
    RxQueue &rx(size_t queue) override { return rx_[queue]; }
    size_t rx_queues_of(size_t wanted) const override { return std::min({wanted, device_->queues().size(), max_rx_queues}); }
    TxQueue &tx(unsigned worker) override { return device_->sender(worker); }
    std::string set_workers(unsigned workers) override { return device_->set_workers(workers); }
    std::string attach(const KernelPrograms &programs) override;
    PortCounters counters() const override { return device_->counters(this); }
    uint32_t max_mtu() const override { return device_->max_mtu(); }
    LinkState link() const override { return device_->device().link(); }
    std::string configure(bool enabled, uint32_t mtu) override { return device_->device().configure(enabled, mtu); }

  private:
    AfXdpPort(std::string name, std::shared_ptr<AfXdpDevice> device) : name_(std::move(name)), device_(std::move(device)) {}

    const std::string name_;
    const std::shared_ptr<AfXdpDevice> device_;
    std::deque<AfXdpRx> rx_;
};

}  // namespace weft
