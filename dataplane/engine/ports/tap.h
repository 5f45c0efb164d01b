// The tap driver: the host side of an interface (tap) or a VRF's layer-3 inject device (tun), by the descriptor that the
// keeper made and also holds. Each read takes one packet with its virtio header, so that unfinished checksums and
// super-packets of the host's TCP come and go whole. What the host's kernel does not take is dropped and counted.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "netlink.h"
#include "port.h"

namespace weft {

class TapPort final : public Port {
  public:
    // `index` is the device's in the namespace of `netlink`; `layer3` says tun.
    static std::unique_ptr<TapPort> open(const std::string &name, Descriptor descriptor, std::shared_ptr<Netlink> netlink,
                                         int index, bool layer3, std::string &error);
    ~TapPort() override;

    const std::string &name() const override { return name_; }
    const char *driver() const override { return "tap"; }
    bool layer3() const override { return layer3_; }
    size_t receive(Packet *packets, size_t count) override;
    void release() override {}
    void transmit(Packet *const *packets, size_t count) override;
    void flush() override {}
    int descriptor() const override { return descriptor_.get(); }
    PortCounters counters() const override;
    LinkState link() const override;
    std::string configure(bool enabled, uint32_t mtu) override;

  private:
    TapPort(const std::string &name, Descriptor descriptor, std::shared_ptr<Netlink> netlink, int index, bool layer3);

    const std::string name_;
    const Descriptor descriptor_;
    const std::shared_ptr<Netlink> netlink_;
    const int index_;
    const bool layer3_;
    uint8_t *buffers_ = nullptr;
    struct Counts {
        std::atomic<uint64_t> rx_packets{0}, rx_octets{0}, rx_dropped{0}, tx_packets{0}, tx_octets{0}, tx_dropped{0};
    } counts_;
};

}  // namespace weft
