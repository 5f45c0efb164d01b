// A receive queue of the af_packet driver: a packet socket with a TPACKET_V2 ring whose slots are handed out as packet memory until
// release(); a frame larger than its slot (a super-packet) comes whole by recvmsg into a buffer of its own. The outer VLAN tag
// that the kernel strips is carried beside the packet.
#pragma once

#include <atomic>
#include <string>

#include "netlink.h"
#include "port.h"

namespace weft {

class AfPacketRx final : public RxQueue {
  public:
    static constexpr size_t slot_size = 2048;
    // A socket of AF_PACKET, SOCK_RAW, protocol 0. The ring has so many slots of 2 KiB, a multiple of 32.
    AfPacketRx(Descriptor socket, size_t slots) : socket_(std::move(socket)), slots_(slots) {}
    ~AfPacketRx() override;
    AfPacketRx(const AfPacketRx &) = delete;

    // The programming thread's; an error for a person or empty.
    std::string set_up();
    // To the device of that index, promiscuous; it takes nothing until begin().
    std::string bind(int index);
    // One of those of a device: `group` is 0 for the first, and then what it was given. The group gives all to the first.
    std::string join(uint16_t &group);
    // From the next packet on the group's are divided among its first so many members, in the order in which they joined.
    std::string divide(size_t count);
    void begin();
    // Nothing comes any more.
    bool refuse();
    // A BPF program that says which packets come, in place of all; -1: all.
    std::string set_filter(int program);
    int socket() const { return socket_.get(); }

    size_t receive(Packet *packets, size_t count) override;
    void release() override;
    int descriptor() const override { return socket_.get(); }

    // Any thread; `ring_dropped` is what the kernel had no slot for since the call before.
    void count(PortCounters &counters) const;
    uint64_t ring_dropped() const;

  private:
    bool receive_whole(Packet &packet);

    const Descriptor socket_;
    const size_t slots_;
    uint8_t *ring_ = nullptr;
    size_t next_slot_ = 0;
    size_t first_held_ = 0, held_ = 0;
    uint8_t *whole_ = nullptr;  // buffers of super-packets, used from the first on in each burst
    size_t whole_used_ = 0;
    unsigned idle_ = 0;
    std::atomic<uint64_t> packets_{0}, octets_{0}, dropped_{0};
};

}  // namespace weft
