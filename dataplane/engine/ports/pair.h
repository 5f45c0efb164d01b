// The pair driver: what tap is, where /dev/net/tun can't be had (an ordinary user on some systems, most containers). The host
// device is one end of a veth pair, the other end lies in the port namespace and is served by af_packet. Such a device keeps
// carrier, addresses and routes by itself when an engine dies. As an inject device it strips and puts on the Ethernet header,
// so that the engine sees layer 3, as from a tun.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "netlink.h"
#include "port.h"

namespace weft {

class PairPort final : public Port {
  public:
    // `inner` serves the end in the port namespace; `index` is the host device in the namespace of `netlink`.
    PairPort(const std::string &name, std::unique_ptr<Port> inner, std::shared_ptr<Netlink> netlink, int index,
             const MacAddress &mac, bool layer3);

    const std::string &name() const override { return name_; }
    const char *driver() const override { return "pair"; }
    bool layer3() const override { return layer3_; }
    void begin() override { inner_->begin(); }
    size_t rx_queues() const override { return rx_.size(); }
    RxQueue &rx(size_t queue) override { return rx_[queue]; }
    TxQueue &tx(unsigned worker) override { return tx_[worker]; }
    std::string set_workers(unsigned workers) override;
    PortCounters counters() const override { return inner_->counters(); }
    LinkState link() const override { return inner_->link(); }
    std::string configure(bool enabled, uint32_t mtu) override;

  private:
    class Rx final : public RxQueue {
      public:
        Rx(RxQueue &inner, bool layer3) : inner_(inner), layer3_(layer3) {}
        size_t receive(Packet *packets, size_t count) override;
        void release() override { inner_.release(); }
        int descriptor() const override { return inner_.descriptor(); }

      private:
        RxQueue &inner_;
        const bool layer3_;
    };
    class Tx final : public TxQueue {
      public:
        Tx(TxQueue &inner, const MacAddress &mac, bool layer3) : inner_(inner), mac_(mac), layer3_(layer3) {}
        void transmit(Packet *const *packets, size_t count) override;
        void flush() override { inner_.flush(); }

      private:
        TxQueue &inner_;
        const MacAddress mac_;
        const bool layer3_;
    };

    const std::string name_;
    const std::unique_ptr<Port> inner_;
    const std::shared_ptr<Netlink> netlink_;
    const int index_;
    const MacAddress mac_;  // of the host device
    const bool layer3_;
    std::deque<Rx> rx_;
    std::deque<Tx> tx_;
};

}  // namespace weft
