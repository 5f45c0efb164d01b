// What the af_xdp driver gives one worker to send by: a socket of AF_XDP with a ring of its own. A packet that lies in a frame of the
// region goes as it is, and its frame with it; any other (made here, or of another driver's port) is copied into a free frame. One
// system call in a burst tells the kernel, which then sends; into a card that reads frames itself only when it asks for it.
//
// Workers of a device with fewer queues than there are of them share queues: the kernel takes from the ring of each. What has been sent
// comes back by one ring of the queue, which whoever comes first empties.
#pragma once

#include <atomic>

#include "af_xdp_rx.h"

namespace weft {

class AfXdpTx final : public TxQueue {
  public:
    static constexpr unsigned ring_size = 512;
    static constexpr size_t needs = ring_size + XdpFrames::Cache::most;

    // `queue` is the one of the device that it sends by, and outlives it.
    AfXdpTx(Descriptor socket, XdpFrames &frames, uint16_t holder, AfXdpQueue &queue);

    // The programming thread's; an error for a person or empty.
    std::string set_up(int index, unsigned queue);
    uint16_t holder() const { return holder_; }

    void transmit(Packet *const *packets, size_t count) override;
    void flush() override;

    void count(PortCounters &counters) const;  // any thread

  private:
    bool place(Packet &packet, uint64_t &address);
    void tell_kernel();

    XdpSocket socket_;
    XdpFrames &frames_;
    const uint16_t holder_;
    AfXdpQueue &queue_;
    bool zero_copy_ = false;
    XdpFrames::Cache cache_;
    uint32_t queued_ = 0;
    std::atomic<uint64_t> packets_{0}, octets_{0}, dropped_{0};
};

}  // namespace weft
