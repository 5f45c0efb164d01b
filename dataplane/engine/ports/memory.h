// The memory driver: frames as values in queues, for tests, benches and fuzzing. What is given comes out of receive(); what the
// engine sends is taken with take(). Threads: any may give and take, one worker does the rest.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "port.h"

namespace weft {

struct Frame {
    std::vector<uint8_t> bytes;
    Offload offload;
    uint16_t vlan_tci = 0, vlan_tpid = 0;
};

// The two queues of a port and its link, shared with whoever drives it and outliving the port.
class MemoryWire {
  public:
    MemoryWire();
    ~MemoryWire();
    MemoryWire(const MemoryWire &) = delete;

    void give(Frame frame);
    std::vector<Frame> take();  // all that was sent so far
    void set_link(LinkState link);
    LinkState link() const;
    int descriptor() const { return event_; }

  private:
    friend class MemoryPort;
    mutable std::mutex lock_;
    std::deque<Frame> in_;
    std::vector<Frame> out_;
    LinkState link_;
    int event_;
};

class MemoryPort : public Port {
  public:
    static constexpr size_t headroom = 64;

    MemoryPort(std::string name, std::shared_ptr<MemoryWire> wire, bool layer3 = false);
    const std::string &name() const override { return name_; }
    const char *driver() const override { return "memory"; }
    bool layer3() const override { return layer3_; }
    size_t receive(Packet *packets, size_t count) override;
    void release() override { received_.clear(); }
    void transmit(Packet *const *packets, size_t count) override;
    void flush() override;
    int descriptor() const override { return wire_->descriptor(); }
    PortCounters counters() const override;
    LinkState link() const override { return wire_->link(); }
    std::string configure(bool enabled, uint32_t mtu) override;

  private:
    std::string name_;
    std::shared_ptr<MemoryWire> wire_;
    bool layer3_;
    std::vector<std::vector<uint8_t>> received_;
    std::vector<Packet> waiting_;
    std::atomic<uint64_t> rx_packets_{0}, rx_octets_{0}, tx_packets_{0}, tx_octets_{0};
};

// Memory ports by device name, host taps by interface name, inject devices by VRF; all wires can be reached. A device that was
// not announced can't be opened.
class MemoryFactory : public PortFactory {
  public:
    struct Mirrored {
        uint32_t vrf;
        std::string interface;
        HostAddress address;
        bool present;
        MacAddress mac;
    };

    std::shared_ptr<MemoryWire> device(const std::string &name, const MacAddress &mac, uint32_t mtu = 1500);
    std::shared_ptr<MemoryWire> tap(const std::string &interface);   // null: none
    std::shared_ptr<MemoryWire> injected(uint32_t vrf);              // null: none
    std::vector<HostAddress> addresses(const std::string &interface);
    std::vector<Mirrored> mirrored();
    void refuse_taps(bool refuse) { refuse_taps_ = refuse; }

    std::unique_ptr<Port> open(const PortRequest &request, std::string &error) override;
    std::unique_ptr<Port> host_tap(const HostTapRequest &request, std::string &error) override;
    std::unique_ptr<Port> inject(uint32_t vrf, std::string &error) override;
    std::string set_host_addresses(const HostTapRequest &request, const HostAddress *addresses, size_t count) override;
    void mirror_neighbour(uint32_t vrf, const std::string &interface, const HostAddress &address,
                          const MacAddress *mac) override;
    void remove_host_tap(uint32_t vrf, const std::string &interface) override;

  private:
    std::mutex lock_;
    std::map<std::string, std::shared_ptr<MemoryWire>> devices_;
    std::map<std::pair<std::string, uint32_t>, std::shared_ptr<MemoryWire>> taps_;  // by interface and VRF
    std::map<uint32_t, std::shared_ptr<MemoryWire>> injects_;
    std::map<std::string, std::vector<HostAddress>> addresses_;
    std::vector<Mirrored> mirrored_;
    bool refuse_taps_ = false;
};

}  // namespace weft
