#include "af_xdp_tx.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "../net/tags.h"
#include "count.h"

namespace weft {

namespace {

constexpr int socket_buffer = 32 << 20;

// Of Linux 6.17's <linux/if_xdp.h>: of how many packets one call takes care, 32 if not said.
constexpr int max_tx_budget = 9;
constexpr int calls_without_effect = 4;

}  // namespace

AfXdpTx::AfXdpTx(Descriptor socket, XdpFrames &frames, uint16_t holder, AfXdpQueue &queue)
    : socket_(std::move(socket)), frames_(frames), holder_(holder), queue_(queue), cache_(frames) {}

std::string AfXdpTx::set_up(int index, unsigned queue) {
    std::string error = socket_.make_rings({.tx = ring_size});
    if (error.empty()) error = socket_.bind_beside(index, queue, queue_.socket());
    if (!error.empty()) return error;
    zero_copy_ = queue_.socket().zero_copy();
    const unsigned budget = 4 * burst_size;
    setsockopt(socket_.get(), SOL_XDP, max_tx_budget, &budget, sizeof(budget));
    if (setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUFFORCE, &socket_buffer, sizeof(socket_buffer)) != 0)
        setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUF, &socket_buffer, sizeof(socket_buffer));
    return {};
}

// Where the packet lies in the region; it has a place in the ring.
bool AfXdpTx::place(Packet &packet, uint64_t &address) {
    if (packet.vlan_tpid != 0 && !insert_outer_tag(packet)) return false;
    if (frames_.contains(packet.data, address)) {
        uint16_t &holder = frames_.holder(XdpFrames::frame_of(address));
        if (!(holder & XdpFrames::sending)) {
            holder = holder_ | XdpFrames::sending;
            return true;
        }
        // It has been sent once already and goes to a second one.
    }
    uint32_t frame;
    if (packet.length > XdpFrames::frame_size || !cache_.take(frame)) return false;
    frames_.holder(frame) = holder_ | XdpFrames::sending;
    address = uint64_t{frame} * XdpFrames::frame_size;
    std::memcpy(frames_.at(address), packet.data, packet.length);
    return true;
}

void AfXdpTx::transmit(Packet *const *packets, size_t count) {
    uint64_t octets = 0, dropped = 0;
    uint32_t at = 0;
    for (size_t i = 0; i < count; i++) {
        Packet &packet = *packets[i];
        uint64_t address;
        if (xsk_ring_prod__reserve(&socket_.tx, 1, &at) == 0) {
            dropped++;
            continue;
        }
        if (!place(packet, address)) {
            socket_.tx.cached_prod--;
            dropped++;
            continue;
        }
        *xsk_ring_prod__tx_desc(&socket_.tx, at) = {.addr = address, .len = packet.length, .options = 0};
        octets += packet.length;
        queued_++;
    }
    add(packets_, count - dropped);
    add(octets_, octets);
    if (dropped > 0) add(dropped_, dropped);
}

void AfXdpTx::flush() {
    if (queued_ > 0) {
        xsk_ring_prod__submit(&socket_.tx, queued_);
        queued_ = 0;
    }
    tell_kernel();
    queue_.reap(cache_);
}

// What it does not take now stays in the ring for the next time.
void AfXdpTx::tell_kernel() {
    if (zero_copy_) {
        if (xsk_ring_prod__needs_wakeup(&socket_.tx)) sendto(socket_.get(), nullptr, 0, MSG_DONTWAIT, nullptr, 0);
        return;
    }
    uint32_t before = __atomic_load_n(socket_.tx.consumer, __ATOMIC_ACQUIRE);
    for (int idle = 0; before != *socket_.tx.producer && idle < calls_without_effect;) {
        const bool done = sendto(socket_.get(), nullptr, 0, MSG_DONTWAIT, nullptr, 0) >= 0;
        if (!done && errno == EBUSY) {  // the device dropped one
            add(dropped_, 1);
            add(packets_, static_cast<uint64_t>(-1));
        } else if (!done && errno != EAGAIN && errno != ENOBUFS && errno != EINTR) {
            return;
        }
        const uint32_t after = __atomic_load_n(socket_.tx.consumer, __ATOMIC_ACQUIRE);
        if (after == before) {
            idle++;
            queue_.reap(cache_);
        }
        before = after;
    }
}

void AfXdpTx::count(PortCounters &counters) const {
    counters.tx_packets += packets_.load(std::memory_order_relaxed);
    counters.tx_octets += octets_.load(std::memory_order_relaxed);
    counters.tx_dropped += dropped_.load(std::memory_order_relaxed);
}

}  // namespace weft
