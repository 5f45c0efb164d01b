// A box for benches: one worker in the caller's thread, a port that makes packets and one that throws them away. Packets lie in
// a ring of slots as large as a second-level cache, and each has the next destination of a trace.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "../core.h"
#include "../net/bytes.h"
#include "../worker.h"

namespace weft::bench {

struct Block {
    std::vector<uint8_t> bytes;
    Block &u8(unsigned v) {
        bytes.push_back(static_cast<uint8_t>(v));
        return *this;
    }
    Block &u16(unsigned v) { return u8(v).u8(v >> 8); }
    Block &u32(uint32_t v) { return u16(v & 0xffff).u16(v >> 16); }
    Block &u64(uint64_t v) { return u32(static_cast<uint32_t>(v)).u32(static_cast<uint32_t>(v >> 32)); }
    Block &str(const std::string &s) {
        u16(static_cast<unsigned>(s.size()));
        return raw(reinterpret_cast<const uint8_t *>(s.data()), s.size());
    }
    Block &raw(const uint8_t *p, size_t n) {
        bytes.insert(bytes.end(), p, p + n);
        return *this;
    }
    Block &v4(uint32_t a);
    Block &v6(const Ip6 &a);
};

// Of ICMP the ports are type and code.
struct Flow {
    uint32_t source, destination;
    uint16_t source_port, destination_port;
    uint8_t protocol;
};

// The packets of one run: an IPv4 or IPv6 header and 26 octets, to the destinations of a trace, or of its flows, in turn.
struct Traffic {
    std::vector<uint32_t> to4;  // one of the four
    std::vector<Ip6> to6;
    std::vector<Flow> flows4;
    std::vector<std::vector<uint8_t>> frames;  // as they are, of at most slot_size - headroom octets
    std::vector<std::array<uint8_t, 12>> macs;  // destination and source, of IPv4 packets that are else alike
    std::vector<uint16_t> checksums;  // of the IPv4 headers, as they lie in memory
};
Traffic traffic4(std::vector<uint32_t> destinations);
Traffic traffic4(std::vector<Flow> flows);
Traffic traffic6(std::vector<Ip6> destinations);

class SourcePort : public Port, public RxQueue, public TxQueue {
  public:
    static constexpr size_t slots = 4096, slot_size = 256;

    explicit SourcePort(std::string name) : name_(std::move(name)), memory_(new uint8_t[slots * slot_size]()) {}
    const std::string &name() const override { return name_; }
    const char *driver() const override { return "memory"; }
    size_t receive(Packet *packets, size_t count) override;
    void release() override {}
    void transmit(Packet *const *, size_t count) override { sent += count; }
    void flush() override {}
    int descriptor() const override { return -1; }
    PortCounters counters() const override { return {}; }
    RxQueue &rx(size_t) override { return *this; }
    TxQueue &tx(unsigned) override { return *this; }
    std::string set_workers(unsigned) override { return {}; }
    LinkState link() const override;
    std::string configure(bool, uint32_t) override { return {}; }

    void play(const Traffic &traffic);
    size_t left = 0, burst = burst_size, sent = 0;
    uint32_t headroom = 64;

  private:
    std::string name_;
    std::unique_ptr<uint8_t[]> memory_;
    const Traffic *traffic_ = nullptr;
    size_t at_ = 0, slot_ = 0;
};

// Ports p1 and p2 with interfaces if1 (10.0.1.1/24, 2001:db8:1::1/64) and if2 (10.2.0.1/16, 2001:db8:2::1/64); `next_hops`
// known neighbours on if2 for each family, with adjacencies 1… (IPv4) and 100001… (IPv6).
class Box {
  public:
    explicit Box(unsigned next_hops);
    void commit(const Block &block);
    // Nanoseconds a packet; ends the program unless all packets come out (all: those that are let pass).
    double nanoseconds(const Traffic &traffic, double seconds, size_t burst = burst_size);
    // Of that, what making the packets costs.
    double source_nanoseconds(const Traffic &traffic, double seconds);

    static constexpr uint64_t adjacency4 = 1, adjacency6 = 100001;
    SourcePort *in = nullptr, *out = nullptr;
    std::unique_ptr<Core> core;

  private:
    uint64_t number_ = 0;
};

}  // namespace weft::bench
