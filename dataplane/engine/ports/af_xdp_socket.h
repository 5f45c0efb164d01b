// A socket of AF_XDP and those rings of it that were asked for, by <xdp/xsk.h> of libxdp. The socket comes from the keeper, because it
// has to be of the port namespace; libxdp's own functions would make it here. Programming thread; rings belong to who uses them.
#pragma once

#include <xdp/xsk.h>

#include <string>

#include "af_xdp_frames.h"
#include "netlink.h"

namespace weft {

struct XdpRingSizes {
    unsigned fill = 0, completion = 0, rx = 0, tx = 0;  // powers of two; 0: none
};

class XdpSocket {
  public:
    explicit XdpSocket(Descriptor socket) : socket_(std::move(socket)) {}
    ~XdpSocket();
    XdpSocket(const XdpSocket &) = delete;
    int get() const { return socket_.get(); }

    // Errors are text for a person or empty. The kernel locks the frames into memory, once for each socket that registers them.
    std::string register_frames(const XdpFrames &frames);
    std::string make_rings(const XdpRingSizes &sizes);
    // To a queue of the device: with frames of its own, or those of another socket, whose fill and completion rings it also uses when
    // that one is bound to the same queue.
    std::string bind(int index, unsigned queue);
    std::string bind_beside(int index, unsigned queue, const XdpSocket &other);
    // Whether the card reads and writes the frames itself.
    bool zero_copy() const;
    // Of how many packets that came there was no place in the rings.
    uint64_t dropped() const;

    xsk_ring_prod fill{}, tx{};
    xsk_ring_cons completion{}, rx{};

  private:
    struct Mapping {
        void *at = nullptr;
        size_t size = 0;
    };
    std::string map(Mapping &mapping, size_t size, uint64_t offset);
    std::string bind(int index, unsigned queue, uint16_t flags, int other);

    const Descriptor socket_;
    Mapping fill_, completion_, rx_, tx_;
};

}  // namespace weft
