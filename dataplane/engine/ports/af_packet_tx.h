// What the af_packet driver gives one worker to send by: packets go straight from their memory by sendmmsg, past the queueing
// discipline; only super-packets, which the kernel may have to segment, take the usual way. The outer VLAN tag is put back.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "netlink.h"
#include "port.h"

namespace weft {

class AfPacketTx final : public TxQueue {
  public:
    // Two sockets of AF_PACKET, SOCK_RAW, protocol 0.
    AfPacketTx(Descriptor usual, Descriptor direct);
    ~AfPacketTx() override;
    AfPacketTx(const AfPacketTx &) = delete;

    // The programming thread's; an error for a person or empty.
    std::string set_up();
    std::string bind(int index);

    void transmit(Packet *const *packets, size_t count) override;
    void flush() override;

    void count(PortCounters &counters) const;  // any thread

  private:
    struct Outgoing;
    void send_run(int socket, size_t first, size_t end);

    const Descriptor usual_, direct_;
    const std::unique_ptr<Outgoing> outgoing_;
    std::atomic<uint64_t> packets_{0}, octets_{0}, dropped_{0};
};

}  // namespace weft
