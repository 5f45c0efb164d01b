// The tap driver: the host side of an interface (tap) or a VRF's layer-3 inject device (tun), by the descriptor that the
// keeper made and also holds. Each read takes one packet with its virtio header, so that unfinished checksums and
// super-packets of the host's TCP come and go whole. What the host's kernel does not take is dropped and counted.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>

#include "netlink.h"
#include "port.h"

namespace weft {

class TapPort final : public Port, private RxQueue {
  public:
    // `index` is the device's in the namespace of `netlink`; `layer3` says tun.
    static std::unique_ptr<TapPort> open(const std::string &name, Descriptor descriptor, std::shared_ptr<Netlink> netlink,
                                         int index, bool layer3, std::string &error);
    ~TapPort() override;

    const std::string &name() const override { return name_; }
    const char *driver() const override { return "tap"; }
    bool layer3() const override { return layer3_; }
    uint8_t offloads() const override { return offloads_; }
    RxQueue &rx(size_t) override { return *this; }
    TxQueue &tx(unsigned worker) override { return tx_[worker]; }
    std::string set_workers(unsigned workers) override;
    PortCounters counters() const override;
    LinkState link() const override;
    std::string configure(bool enabled, uint32_t mtu) override;

  private:
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

    TapPort(const std::string &name, Descriptor descriptor, std::shared_ptr<Netlink> netlink, int index, bool layer3);
    size_t receive(Packet *packets, size_t count) override;
    void release() override {}
    int descriptor() const override { return descriptor_.get(); }
    bool costs_call() const override { return true; }

    const std::string name_;
    const Descriptor descriptor_;
    const std::shared_ptr<Netlink> netlink_;
    const int index_;
    const bool layer3_;
    uint8_t offloads_ = takes_checksum | takes_tcp4 | takes_tcp6 | takes_ecn | takes_ufo;
    uint8_t *buffers_ = nullptr;
    std::deque<Tx> tx_;
    std::atomic<uint64_t> packets_{0}, octets_{0}, dropped_{0};  // received
};

}  // namespace weft
