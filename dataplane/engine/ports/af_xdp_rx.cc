#include "af_xdp_rx.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "af_xdp_checksum.h"
#include "count.h"

namespace weft {

AfXdpQueue::AfXdpQueue(Descriptor socket, XdpFrames &frames, uint16_t holder)
    : socket_(std::move(socket)), frames_(frames), holder_(holder), cache_(frames) {}

std::string AfXdpQueue::set_up(int index, unsigned queue, const AfXdpQueue *first) {
    std::string error;
    if (!first) error = socket_.register_frames(frames_);
    if (error.empty()) error = socket_.make_rings({.fill = ring_size, .completion = completion_size, .rx = ring_size});
    if (!error.empty()) return error;
    owed_ = ring_size;
    release();
    return first ? socket_.bind_beside(index, queue, first->socket_) : socket_.bind(index, queue);
}

// Of Linux 5.11: SO_PREFER_BUSY_POLL says that the kernel is to stay away, SO_BUSY_POLL_BUDGET how many packets a call takes in.
std::string AfXdpQueue::allow_polling() {
    const int prefer = 1, microseconds = 20, budget = burst_size;
    if (setsockopt(socket_.get(), SOL_SOCKET, SO_PREFER_BUSY_POLL, &prefer, sizeof(prefer)) == 0 &&
        setsockopt(socket_.get(), SOL_SOCKET, SO_BUSY_POLL, &microseconds, sizeof(microseconds)) == 0 &&
        setsockopt(socket_.get(), SOL_SOCKET, SO_BUSY_POLL_BUDGET, &budget, sizeof(budget)) == 0)
        return {};
    return std::string("SO_PREFER_BUSY_POLL: ") + std::strerror(errno);
}

bool AfXdpQueue::claim(const void *port) {
    const void *other = port_.load(std::memory_order_acquire);
    if (other == port) return true;
    return other == nullptr && port_.compare_exchange_strong(other, port, std::memory_order_acquire, std::memory_order_relaxed);
}

void AfXdpQueue::give_up(const void *port) {
    port_.compare_exchange_strong(port, nullptr, std::memory_order_release, std::memory_order_relaxed);
}

size_t AfXdpQueue::receive(const void *port, Packet *packets, size_t count) {
    if (!claim(port)) return 0;
    uint32_t at = 0;
    const uint32_t most = static_cast<uint32_t>(std::min(count, std::size(held_) - held_count_));
    count = xsk_ring_cons__peek(&socket_.rx, most, &at);
    if (count == 0 && quiet_ < quiet_enough) {
        quiet_++;
        recvfrom(socket_.get(), nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
        count = xsk_ring_cons__peek(&socket_.rx, most, &at);
    }
    if (count == 0) return 0;
    quiet_ = polled_ ? 0 : quiet_enough;
    uint64_t octets = 0;
    for (size_t i = 0; i < count; i++) {
        const xdp_desc &received = *xsk_ring_cons__rx_desc(&socket_.rx, at + static_cast<uint32_t>(i));
        Packet &packet = packets[i];
        packet = Packet{};
        packet.data = frames_.at(received.addr);
        packet.length = received.len;
        packet.headroom = static_cast<uint32_t>(received.addr % XdpFrames::frame_size);
        held_[held_count_++] = XdpFrames::frame_of(received.addr);
        octets += received.len;
        __builtin_prefetch(packet.data);
    }
    xsk_ring_cons__release(&socket_.rx, static_cast<uint32_t>(count));
    if (unfinished_)
        for (size_t i = 0; i < count; i++) find_unfinished_checksum(packets[i]);
    add(packets_, count);
    add(octets_, octets);
    return count;
}

// Frames in the kernel and those owed are never more than the fill ring has places; but it tells of a frame that it took a little
// after it has handed over the packet.
void AfXdpQueue::release() {
    const size_t wanted = held_count_ + owed_;
    if (wanted == 0) return;
    const uint32_t first = socket_.fill.cached_prod;
    const size_t room = std::min<size_t>(wanted, xsk_prod_nb_free(&socket_.fill, static_cast<uint32_t>(wanted)));
    uint32_t filled = 0;
    const auto fill = [&](uint32_t frame) {
        *xsk_ring_prod__fill_addr(&socket_.fill, first + filled++) = uint64_t{frame} * XdpFrames::frame_size;
    };
    for (size_t i = 0; i < held_count_; i++) {
        uint16_t &holder = frames_.holder(held_[i]);
        if (holder == holder_ && filled < room) {
            fill(held_[i]);
            continue;
        }
        owed_++;
        if (holder != holder_) continue;
        holder = XdpFrames::nobody;
        cache_.put(held_[i]);
    }
    held_count_ = 0;
    for (uint32_t frame; owed_ > 0 && filled < room && cache_.take(frame); owed_--) {
        frames_.holder(frame) = holder_;
        fill(frame);
    }
    if (filled == 0) return;
    socket_.fill.cached_prod += filled;
    xsk_ring_prod__submit(&socket_.fill, filled);
    if (xsk_ring_prod__needs_wakeup(&socket_.fill)) recvfrom(socket_.get(), nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
}

void AfXdpQueue::reap(XdpFrames::Cache &cache) {
    if (reaping_.exchange(true, std::memory_order_acquire)) return;
    uint32_t at = 0;
    const uint32_t count = xsk_ring_cons__peek(&socket_.completion, completion_size, &at);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t frame = XdpFrames::frame_of(*xsk_ring_cons__comp_addr(&socket_.completion, at + i));
        frames_.holder(frame) = XdpFrames::nobody;
        cache.put(frame);
    }
    if (count > 0) xsk_ring_cons__release(&socket_.completion, count);
    reaping_.store(false, std::memory_order_release);
}

void AfXdpQueue::count(PortCounters &counters) const {
    counters.rx_packets += packets_.load(std::memory_order_relaxed);
    counters.rx_octets += octets_.load(std::memory_order_relaxed);
    counters.rx_dropped += socket_.dropped();
}

std::string AfXdpRx::add(AfXdpQueue &queue) {
    queues_.push_back(&queue);
    if (queues_.size() == 1) return {};
    if (!several_) several_ = Descriptor(epoll_create1(EPOLL_CLOEXEC));
    for (const AfXdpQueue *each : queues_) {
        epoll_event event{EPOLLIN, {}};
        if (epoll_ctl(several_.get(), EPOLL_CTL_ADD, each->socket().get(), &event) != 0 && errno != EEXIST)
            return std::string("epoll of several queues: ") + std::strerror(errno);
    }
    return {};
}

// Each in turn is the first, so that none waits for the others.
size_t AfXdpRx::receive(Packet *packets, size_t count) {
    size_t received = 0;
    if (leaving_.load(std::memory_order_acquire)) {
        give_up();
        return 0;
    }
    for (size_t i = 0; i < queues_.size() && received < count; i++) {
        received += queues_[next_]->receive(port_, packets + received, count - received);
        if (++next_ == queues_.size()) next_ = 0;
    }
    return received;
}

void AfXdpRx::release() {
    for (AfXdpQueue *queue : queues_) queue->release();
}

void AfXdpRx::give_up() {
    for (AfXdpQueue *queue : queues_) queue->give_up(port_);
}

}  // namespace weft
