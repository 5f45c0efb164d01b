// The memory driver: frames as values in queues, for tests, benches and fuzzing. What is given comes out of receive(); what the
// engine sends is taken with take(). What is given names the receive queue, of as many as were asked for. Threads: any may give
// and take, the queue's owner and the sending worker do the rest.
#pragma once

#include <array>
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

// Both directions of a port and its link, shared with whoever drives it and outliving the port.
class MemoryWire {
  public:
    MemoryWire();
    ~MemoryWire();
    MemoryWire(const MemoryWire &) = delete;

    void give(Frame frame, size_t queue = 0);  // one beyond those that packets are divided among counts round
    std::vector<Frame> take();  // all that was sent so far
    void set_link(LinkState link);
    // So many more that the port has received, or was to send, are lost.
    void lose(uint64_t received, uint64_t sent) {
        rx_lost_ += received;
        tx_lost_ += sent;
    }
    // What ports opened from now on take (PortOffload); all, if not set.
    void set_offloads(uint8_t offloads) { offloads_ = offloads; }
    LinkState link() const;
    // Why no port and no further receive queue can be had from now on; empty: they can.
    void refuse(std::string why) { refused_ = std::move(why); }

  private:
    friend class MemoryPort;
    friend class MemoryFactory;
    struct In {
        std::deque<Frame> frames;
        int event = -1;
    };
    // Not fewer than so many receive queues.
    void set_queues(size_t count);

    mutable std::mutex lock_;
    std::deque<In> in_;
    size_t divided_ = 1;
    std::vector<Frame> out_;
    LinkState link_;
    std::atomic<uint8_t> offloads_{0xff};
    std::atomic<uint64_t> rx_lost_{0}, tx_lost_{0};
    std::string refused_;
};

// By the name "memory", or "small", which takes no large MTU.
class MemoryPort : public Port {
  public:
    static constexpr size_t headroom = 64;
    static constexpr uint32_t small_mtu = 2000;

    MemoryPort(std::string name, std::shared_ptr<MemoryWire> wire, const PortRequest &request, bool layer3 = false);
    const std::string &name() const override { return name_; }
    const char *driver() const override { return small_ ? "small" : "memory"; }
    uint32_t max_mtu() const override { return small_ ? small_mtu : 0; }
    bool layer3() const override { return layer3_; }
    uint8_t offloads() const override { return wire_->offloads_; }
    size_t rx_queues() const override { return queues_; }
    RxQueue &rx(size_t queue) override { return *rx_[queue]; }
    void end() override;
    bool divides() const override { return true; }
    std::string make_rx_queues(size_t count) override;
    void divide(size_t count) override;
    void close_rx_queues(size_t from) override;
    TxQueue &tx(unsigned worker) override { return tx_[worker]; }
    std::string set_workers(unsigned workers) override;
    PortCounters counters() const override;
    LinkState link() const override { return wire_->link(); }
    std::string configure(bool enabled, uint32_t mtu) override;

  private:
    class Rx final : public RxQueue {
      public:
        Rx(MemoryPort &port, MemoryWire::In &in) : port_(port), in_(in) {}
        size_t receive(Packet *packets, size_t count) override;
        void release() override { received_.clear(); }
        int descriptor() const override { return in_.event; }
        bool costs_call() const override { return port_.costs_call_; }

      private:
        friend class MemoryPort;
        MemoryPort &port_;
        MemoryWire::In &in_;
        bool ended_ = false;  // then what had come until then is here
        std::deque<Frame> left_;
        std::vector<std::vector<uint8_t>> received_;
    };
    class Tx final : public TxQueue {
      public:
        explicit Tx(MemoryPort &port) : port_(port) {}
        void transmit(Packet *const *packets, size_t count) override;
        void flush() override;

      private:
        MemoryPort &port_;
        std::vector<Packet> waiting_;
    };

    std::string name_;
    std::shared_ptr<MemoryWire> wire_;
    bool layer3_, costs_call_, small_;
    size_t queues_ = 0;
    std::array<std::unique_ptr<Rx>, max_rx_queues> rx_;
    std::deque<Tx> tx_;
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
    std::map<uint32_t, std::string> vrfs();
    std::vector<HostAddress> addresses(const std::string &interface);
    std::vector<Mirrored> mirrored();
    void refuse_taps(bool refuse) { refuse_taps_ = refuse; }
    // What ports opened from now on say of other drivers.
    void set_others(std::vector<OtherDriver> others) { others_ = std::move(others); }
    PortChoice open(const PortRequest &request) override;
    // Other ends of made ports, as they were last set, by device.
    std::map<std::string, MadePort> made();
    std::string set_made(const std::string &device, const MadePort &made, uint32_t mtu) override;
    std::optional<LinkState> made_link(const MadePort &made) override;
    void unmake(const std::string &device) override;
    std::string make_vrf(uint32_t vrf, const std::string &name) override;
    void remove_vrf(uint32_t vrf) override;
    std::unique_ptr<Port> host_tap(const HostTapRequest &request, std::string &error) override;
    std::unique_ptr<Port> inject(uint32_t vrf, size_t queues, std::string &error) override;
    std::string set_host_addresses(const HostTapRequest &request, const HostAddress *addresses, size_t count) override;
    void mirror_neighbour(uint32_t vrf, const std::string &interface, const HostAddress &address,
                          const MacAddress *mac) override;
    void remove_host_tap(uint32_t vrf, const std::string &interface) override;

  private:
    std::mutex lock_;
    std::map<std::string, std::shared_ptr<MemoryWire>> devices_;
    std::map<std::pair<std::string, uint32_t>, std::shared_ptr<MemoryWire>> taps_;  // by interface and VRF
    std::map<uint32_t, std::shared_ptr<MemoryWire>> injects_;
    std::map<uint32_t, std::string> vrfs_;
    std::map<std::string, std::vector<HostAddress>> addresses_;
    std::map<std::string, MadePort> made_;
    std::vector<Mirrored> mirrored_;
    bool refuse_taps_ = false;
    std::vector<OtherDriver> others_;
};

}  // namespace weft
