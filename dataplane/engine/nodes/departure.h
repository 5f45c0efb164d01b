// The usual way out of adjacency and glean, in a few instructions: a packet in a frame, without options, whose TTL, size and
// neighbour are in order gets them rewritten in place and is queued on the port; what it counts on its interfaces is added up once
// for a run of packets. Everything else goes by forward4() and forward6(), which say what is wrong.
#pragma once

#include "../net/checksum.h"
#include "../net/offload.h"
#include "nodes.h"

namespace weft {

class Departure {
  public:
    explicit Departure(Worker &worker) : w_(worker) {}
    ~Departure() {
        count_out();
        count_in();
    }
    Departure(const Departure &) = delete;

    // The interface that the following packets leave by; null: there is none any more.
    const Interface *by(uint32_t interface) {
        if (!out_ || out_->index != interface) [[unlikely]] {
            count_out();
            out_ = w_.interface(interface);
            port_ = out_ ? out_->port.get() : nullptr;
            ready_ = port_ && port_->port && out_->up() && !w_.tracing;
            undone_ = port_ && (port_->offloads & takes_checksum) ? 0 : offload_needs_checksum;
        }
        return out_;
    }

    void send(Packet &p, const Ip6 &next_hop, uint32_t neighbour) {
        const bool v4 = p.ether_type == type_ip4;
        if (neighbour != no_neighbour && ready_ && p.l3_offset == ethernet_size && !p.local_origin &&
            (p.offload.gso_type | (p.offload.flags & undone_)) == 0 && p.length <= out_->mtu + ethernet_size && p.interface != out_->index) [[likely]] {
            const NeighbourLink to = w_.neighbours.link(neighbour, out_->index, next_hop);
            uint8_t *h = p.data + ethernet_size;
            // Of an address that is known only since this burst began, older packets may wait.
            const bool known = to.fresh() && to.version <= w_.neighbours_seen;
            if (known && h[v4 ? 8 : 7] > 1 && (v4 ? h[0] == 0x45 : h[6] != 0)) [[likely]] {
                if (p.interface != in_) [[unlikely]] {
                    count_in();
                    in_ = p.interface;
                }
                if (v4) {
                    const uint16_t before = load16(h + 8);
                    h[8]--;
                    store16(h + 10, checksum_update(load16(h + 10), before, static_cast<uint16_t>(before - 0x100)));
                    forwarded4_++;
                } else {
                    h[7]--;
                    forwarded6_++;
                }
                std::memcpy(p.data, &to.bits, 6);
                std::memcpy(p.data + 6, out_->mac.data(), 6);
                p.egress = out_->index;
                octets_ += p.length;
                packets_++;
                w_.send(*port_, p);
                return;
            }
        }
        if (v4)
            forward4(w_, p, *out_, next_hop, neighbour);
        else
            forward6(w_, p, *out_, next_hop, neighbour);
    }

  private:
    void count_out() {
        if (!packets_) return;
        InterfaceCounters &c = w_.counters(*out_);
        c.out_octets += octets_;
        c.out_unicast += packets_;
        octets_ = packets_ = 0;
    }
    void count_in() {
        if (!(forwarded4_ | forwarded6_)) return;
        InterfaceCounters &c = w_.counters(*w_.interface(in_));
        c.forwarded4 += forwarded4_;
        c.forwarded6 += forwarded6_;
        forwarded4_ = forwarded6_ = 0;
    }

    Worker &w_;
    const Interface *out_ = nullptr;
    PortHandle *port_ = nullptr;
    bool ready_ = false;
    uint8_t undone_ = 0;  // of Offload's flags, those that the port leaves undone
    uint32_t in_ = no_interface;
    uint64_t octets_ = 0, packets_ = 0, forwarded4_ = 0, forwarded6_ = 0;
};

}  // namespace weft
