// Receiving by AF_XDP. AfXdpQueue is the socket of one receive queue of the device: the kernel puts packets into the frames that it
// finds in the fill ring, and worker and kernel hand frames to each other without a system call. Each packet's frame goes back into the
// fill ring at release(), or, when it has been handed to a sending side meanwhile, a free one in its place.
//
// AfXdpRx is a receive queue of a port: those queues of the device that fall to it. The queues of a device outlive a port, because
// the next port may be opened before its predecessor is closed: each is the port's that claimed it, until that one gives it up.
#pragma once

#include <atomic>
#include <vector>

#include "af_xdp_frames.h"
#include "af_xdp_socket.h"
#include "port.h"

namespace weft {

class AfXdpQueue {
  public:
    static constexpr unsigned ring_size = 2048, completion_size = 1024;
    // What it can have of the frames at the most.
    static constexpr size_t needs = ring_size + completion_size + XdpFrames::Cache::most;

    // `holder` is what was reserved for it. The frames outlive it.
    AfXdpQueue(Descriptor socket, XdpFrames &frames, uint16_t holder);

    // The programming thread's; an error for a person or empty. `first` is another queue's of the device, null: this is the first.
    std::string set_up(int index, unsigned queue, const AfXdpQueue *first);
    // From now on what the device hands over may lack its checksum.
    void expect_unfinished() { unfinished_ = true; }
    // That its owner may take in what the device received, and whether it does: by a system call when the ring is empty, until it has been
    // for some looks in succession. Before packets come.
    std::string allow_polling();
    void poll(bool polled) { polled_ = polled; }
    const XdpSocket &socket() const { return socket_; }
    uint16_t holder() const { return holder_; }

    // The owner's of the port's queue. receive() finds nothing as long as the queue is another port's.
    size_t receive(const void *port, Packet *packets, size_t count);
    void release();
    // When nobody uses it by that port any more.
    void give_up(const void *port);

    // Any sending thread's: what has been sent becomes free, unless another thread is at it.
    void reap(XdpFrames::Cache &cache);

    void count(PortCounters &counters) const;  // any thread

  private:
    bool claim(const void *port);

    XdpSocket socket_;
    XdpFrames &frames_;
    const uint16_t holder_;
    static constexpr unsigned quiet_enough = 64;  // looks that found nothing
    bool unfinished_ = false, polled_ = false;
    unsigned quiet_ = quiet_enough;
    std::atomic<const void *> port_{nullptr};
    XdpFrames::Cache cache_;
    size_t held_count_ = 0, owed_ = 0;
    uint32_t held_[4 * burst_size];
    alignas(64) std::atomic<bool> reaping_{false};
    std::atomic<uint64_t> packets_{0}, octets_{0};
};

class AfXdpRx final : public RxQueue {
  public:
    explicit AfXdpRx(const void *port) : port_(port) {}
    // The programming thread's; an error for a person or empty.
    std::string add(AfXdpQueue &queue);

    size_t receive(Packet *packets, size_t count) override;
    void release() override;
    int descriptor() const override { return several_ ? several_.get() : queues_.front()->socket().get(); }
    void give_up();
    // Its queues are another port's as soon as its owner looks again. Programming thread.
    void leave() { leaving_.store(true, std::memory_order_release); }

  private:
    const void *const port_;
    std::atomic<bool> leaving_{false};
    std::vector<AfXdpQueue *> queues_;
    Descriptor several_;  // an epoll of their sockets, when there is more than one
    size_t next_ = 0;
};

}  // namespace weft
