// Memory of packets that a worker makes itself (errors, requests, fragments) within one burst: handed out upwards, all given
// back at once when the burst has been flushed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "../packet.h"

namespace weft {

class Arena {
  public:
    static constexpr size_t headroom = 128, bytes = 4u << 20, packets = 2048;

    Arena() : memory_(new uint8_t[bytes]), packets_(new Packet[packets]) {}

    // A packet of `length` octets after the headroom; null when the burst has made too much.
    Packet *take(size_t length) {
        const size_t need = (headroom + length + 63) & ~size_t{63};
        if (count_ == packets || used_ + need > bytes) return nullptr;
        Packet &p = packets_[count_++];
        p = Packet{};
        p.data = memory_.get() + used_ + headroom;
        p.length = static_cast<uint32_t>(length);
        p.headroom = headroom;
        used_ += need;
        return &p;
    }
    void reset() { count_ = used_ = 0; }
    // What was taken since mark() is given back by rewind(), once nobody has it any more.
    struct Mark {
        size_t count, used;
    };
    Mark mark() const { return {count_, used_}; }
    void rewind(Mark to) {
        count_ = to.count;
        used_ = to.used;
    }
    size_t used() const { return used_; }
    // So much is in use that whoever can give back should.
    bool crowded() const { return used_ > bytes / 8 || count_ > packets / 8; }

  private:
    std::unique_ptr<uint8_t[]> memory_;
    std::unique_ptr<Packet[]> packets_;
    size_t count_ = 0, used_ = 0;
};

}  // namespace weft
