// The tap driver: the host side of an interface (tap) or a VRF's layer-3 inject device (tun), by the descriptors that the
// keeper made and also holds, one for each queue (IFF_MULTI_QUEUE). A worker writes to one of its own as far as there are so many:
// the kernel then gives it the answers too. Each read takes one packet with its virtio header, so that unfinished checksums and
// super-packets of the host's TCP come and go whole. What the host's kernel does not take is dropped and counted.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "netlink.h"
#include "port.h"

namespace weft {

class TapPort final : public Port {
  public:
    // `index` is the device's in the namespace of `netlink`; `layer3` says tun.
    static std::unique_ptr<TapPort> open(const std::string &name, std::vector<Descriptor> queues, std::shared_ptr<Netlink> netlink,
                                         int index, bool layer3, std::string &error);

    const std::string &name() const override { return name_; }
    const char *driver() const override { return "tap"; }
    bool layer3() const override { return layer3_; }
    uint8_t offloads() const override { return offloads_; }
    size_t rx_queues() const override { return rx_.size(); }
    RxQueue &rx(size_t queue) override { return rx_[queue]; }
    TxQueue &tx(unsigned worker) override { return tx_[worker]; }
    std::string set_workers(unsigned workers) override;
    PortCounters counters() const override;
    LinkState link() const override;
    std::string configure(bool enabled, uint32_t mtu) override;

  private:
    class Rx final : public RxQueue {
      public:
        explicit Rx(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}
        ~Rx() override;
        // Empty when done.
        std::string set_up();
        size_t receive(Packet *packets, size_t count) override;
        void release() override {}
        int descriptor() const override { return descriptor_.get(); }
        bool costs_call() const override { return true; }
        void count(PortCounters &counters) const;

      private:
        const Descriptor descriptor_;
        uint8_t *buffers_ = nullptr;
        std::atomic<uint64_t> packets_{0}, octets_{0}, dropped_{0};
    };
    // Writes from several threads are safe on one descriptor; the counters are not.
    class Tx final : public TxQueue {
      public:
        explicit Tx(int descriptor) : descriptor_(descriptor) {}
        void transmit(Packet *const *packets, size_t count) override;
        void flush() override {}
        void count(PortCounters &counters) const;

      private:
        const int descriptor_;
        std::atomic<uint64_t> packets_{0}, octets_{0}, dropped_{0};
    };

    TapPort(const std::string &name, std::shared_ptr<Netlink> netlink, int index, bool layer3)
        : name_(name), netlink_(std::move(netlink)), index_(index), layer3_(layer3) {}

    const std::string name_;
    const std::shared_ptr<Netlink> netlink_;
    const int index_;
    const bool layer3_;
    uint8_t offloads_ = takes_checksum | takes_tcp4 | takes_tcp6 | takes_ecn | takes_ufo;
    std::deque<Rx> rx_;
    std::deque<Tx> tx_;
};

}  // namespace weft
