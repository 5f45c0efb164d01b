#include "af_xdp_socket.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace weft {

namespace {

std::string refused_by_kernel(const char *what) { return std::string(what) + ": " + std::strerror(errno); }

template <typename Value>
bool set_option(int socket, int option, const Value &value) {
    return setsockopt(socket, SOL_XDP, option, &value, sizeof(value)) == 0;
}

template <typename Ring>
void lay_out(Ring &ring, void *at, const xdp_ring_offset &offsets, unsigned size) {
    auto *base = static_cast<uint8_t *>(at);
    ring.mask = size - 1;
    ring.size = size;
    ring.producer = reinterpret_cast<uint32_t *>(base + offsets.producer);
    ring.consumer = reinterpret_cast<uint32_t *>(base + offsets.consumer);
    ring.flags = reinterpret_cast<uint32_t *>(base + offsets.flags);
    ring.ring = base + offsets.desc;
    ring.cached_prod = *ring.producer;
    ring.cached_cons = *ring.consumer;
}

}  // namespace

XdpSocket::~XdpSocket() {
    for (const Mapping &mapping : {fill_, completion_, rx_, tx_})
        if (mapping.at) munmap(mapping.at, mapping.size);
}

std::string XdpSocket::register_frames(const XdpFrames &frames) {
    xdp_umem_reg registration{};
    registration.addr = reinterpret_cast<uintptr_t>(frames.memory());
    registration.len = frames.size();
    registration.chunk_size = XdpFrames::frame_size;
    if (set_option(get(), XDP_UMEM_REG, registration)) return {};
    const int code = errno;
    std::string text = "the kernel does not lock " + std::to_string(frames.size() >> 20) + " MiB for packets: " + std::strerror(code);
    rlimit limit{};
    if (code == ENOBUFS && getrlimit(RLIMIT_MEMLOCK, &limit) == 0)
        text += " (without CAP_IPC_LOCK the limit is RLIMIT_MEMLOCK, " + std::to_string(limit.rlim_cur >> 20) + " MiB; a weftd of root gives it with --no-user-namespace)";
    return text;
}

std::string XdpSocket::map(Mapping &mapping, size_t size, uint64_t offset) {
    void *at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, get(), static_cast<off_t>(offset));
    if (at == MAP_FAILED) return refused_by_kernel("a ring can't be mapped");
    mapping = {at, size};
    return {};
}

std::string XdpSocket::make_rings(const XdpRingSizes &sizes) {
    if (sizes.fill && !set_option(get(), XDP_UMEM_FILL_RING, sizes.fill)) return refused_by_kernel("XDP_UMEM_FILL_RING");
    if (sizes.completion && !set_option(get(), XDP_UMEM_COMPLETION_RING, sizes.completion)) return refused_by_kernel("XDP_UMEM_COMPLETION_RING");
    if (sizes.rx && !set_option(get(), XDP_RX_RING, sizes.rx)) return refused_by_kernel("XDP_RX_RING");
    if (sizes.tx && !set_option(get(), XDP_TX_RING, sizes.tx)) return refused_by_kernel("XDP_TX_RING");
    xdp_mmap_offsets offsets{};
    socklen_t length = sizeof(offsets);
    if (getsockopt(get(), SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &length) != 0) return refused_by_kernel("XDP_MMAP_OFFSETS");
    if (length != sizeof(offsets)) return "this kernel is older than 5.4, whose AF_XDP rings have no wake-up flags";
    std::string error;
    if (sizes.fill) {
        error = map(fill_, offsets.fr.desc + sizes.fill * sizeof(uint64_t), XDP_UMEM_PGOFF_FILL_RING);
        if (!error.empty()) return error;
        lay_out(fill, fill_.at, offsets.fr, sizes.fill);
        fill.cached_cons += sizes.fill;
    }
    if (sizes.completion) {
        error = map(completion_, offsets.cr.desc + sizes.completion * sizeof(uint64_t), XDP_UMEM_PGOFF_COMPLETION_RING);
        if (!error.empty()) return error;
        lay_out(completion, completion_.at, offsets.cr, sizes.completion);
    }
    if (sizes.rx) {
        error = map(rx_, offsets.rx.desc + sizes.rx * sizeof(xdp_desc), XDP_PGOFF_RX_RING);
        if (!error.empty()) return error;
        lay_out(rx, rx_.at, offsets.rx, sizes.rx);
    }
    if (sizes.tx) {
        error = map(tx_, offsets.tx.desc + sizes.tx * sizeof(xdp_desc), XDP_PGOFF_TX_RING);
        if (!error.empty()) return error;
        lay_out(tx, tx_.at, offsets.tx, sizes.tx);
        tx.cached_cons += sizes.tx;
    }
    return {};
}

std::string XdpSocket::bind(int index, unsigned queue, uint16_t flags, int other) {
    sockaddr_xdp address{};
    address.sxdp_family = AF_XDP;
    address.sxdp_ifindex = static_cast<uint32_t>(index);
    address.sxdp_queue_id = queue;
    address.sxdp_flags = flags;
    address.sxdp_shared_umem_fd = static_cast<uint32_t>(other);
    if (::bind(get(), reinterpret_cast<sockaddr *>(&address), sizeof(address)) == 0) return {};
    const int code = errno;
    std::string text = "the kernel binds no AF_XDP socket to queue " + std::to_string(queue) + ": " + std::strerror(code);
    if (code == EBUSY) text += " (another program has one there)";
    return text;
}

std::string XdpSocket::bind(int index, unsigned queue) { return bind(index, queue, XDP_USE_NEED_WAKEUP, 0); }

std::string XdpSocket::bind_beside(int index, unsigned queue, const XdpSocket &other) {
    return bind(index, queue, XDP_SHARED_UMEM, other.get());
}

bool XdpSocket::zero_copy() const {
    xdp_options options{};
    socklen_t length = sizeof(options);
    return getsockopt(get(), SOL_XDP, XDP_OPTIONS, &options, &length) == 0 && (options.flags & XDP_OPTIONS_ZEROCOPY);
}

uint64_t XdpSocket::dropped() const {
    xdp_statistics statistics{};  // counted since the socket was made
    socklen_t length = sizeof(statistics);
    if (getsockopt(get(), SOL_XDP, XDP_STATISTICS, &statistics, &length) != 0) return 0;
    return statistics.rx_dropped + statistics.rx_ring_full;
}

}  // namespace weft
