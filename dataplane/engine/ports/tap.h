// The tap driver: the host side of an interface (tap) or a VRF's layer-3 inject device (tun), by the descriptors that the
// keeper made and also holds, one for each queue (IFF_MULTI_QUEUE). A worker writes to one of its own as far as there are so many:
// the kernel then gives it the answers too. More queues can be had while packets pass; none is given up, because the kernel throws away
// what is in it. Each read takes one packet with its virtio header, so that unfinished checksums and
// super-packets of the host's TCP come and go whole. What the host's kernel does not take is dropped and counted.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "netlink.h"
#include "port.h"

namespace weft {

class TapPort final : public Port {
  public:
    // `index` is the device's in the namespace of `netlink`; `layer3` says tun.
    // `more` gives the descriptor of another queue of so many, or an error.
    using MoreQueues = std::function<Descriptor(size_t queue, size_t count, std::string &error)>;
    static std::unique_ptr<TapPort> open(const std::string &name, std::vector<Descriptor> queues, std::shared_ptr<Netlink> netlink,
                                         int index, bool layer3, MoreQueues more, std::string &error);

    const std::string &name() const override { return name_; }
    const char *driver() const override { return "tap"; }
    bool layer3() const override { return layer3_; }
    uint8_t offloads() const override { return offloads_; }
    size_t rx_queues() const override { return queues_; }
    RxQueue &rx(size_t queue) override { return *rx_[queue]; }
    bool divides() const override { return true; }
    std::string make_rx_queues(size_t count) override;
    TxQueue &tx(unsigned worker) override { return *tx_[worker]; }
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
        void use(int descriptor) { descriptor_.store(descriptor, std::memory_order_relaxed); }

      private:
        std::atomic<int> descriptor_;
        std::atomic<uint64_t> packets_{0}, octets_{0}, dropped_{0};
    };

    TapPort(const std::string &name, std::shared_ptr<Netlink> netlink, int index, bool layer3)
        : name_(name), netlink_(std::move(netlink)), index_(index), layer3_(layer3) {}

    const std::string name_;
    const std::shared_ptr<Netlink> netlink_;
    const int index_;
    const bool layer3_;
    uint8_t offloads_ = takes_checksum | takes_tcp4 | takes_tcp6 | takes_ecn | takes_ufo;
    std::string add_queue(Descriptor descriptor);
    void share_queues();

    MoreQueues more_;
    // Places are never moved: workers use those that they have while others are made.
    std::array<std::unique_ptr<Rx>, max_rx_queues> rx_;
    std::array<std::unique_ptr<Tx>, max_workers> tx_;
    size_t queues_ = 0;
    unsigned senders_ = 0;
};

}  // namespace weft
