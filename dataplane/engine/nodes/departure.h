// The usual way out of adjacency and glean, in a few instructions: a packet in a frame, without options, whose TTL, size and
// neighbour are in order gets them rewritten in place and is queued on the port; what it counts on its interfaces is added up once
// for a run of packets. Everything else goes by forward4() and forward6(), which say what is wrong.
#pragma once

#include "../net/checksum.h"
#include "../net/offload.h"
#include "../net/tags.h"
#include "nodes.h"

namespace weft {

class Departure {
  public:
    explicit Departure(Worker &worker) : w_(worker), neighbours_(worker.neighbours) {}
    ~Departure() {
        settle();
        count_out();
        count_in();
    }
    Departure(const Departure &) = delete;

    // The interface that the following packets leave by; null: there is none any more.
    const Interface *by(uint32_t interface) {
        if (!out_ || out_->index != interface) [[unlikely]] {
            settle();
            count_out();
            out_ = w_.interface(interface);
            PortHandle *port = out_ ? out_->port.get() : nullptr;
            const bool ready = port && port->port && out_->up() && !w_.tracing && !(w_.watching() && w_.watches_out(out_->index));
            port_ = ready ? port : nullptr;
            if (!ready) return out_;
            queue_ = &w_.queue_of(*port);
            queued_ = queue_->queued;
            undone_ = port->offloads & takes_checksum ? 0 : offload_needs_checksum;
            longest_ = out_->mtu + ethernet_size;
            tags_ = out_->tags_out.push.length;
            std::memcpy(&tag_bytes_, out_->tags_out.push.bytes, sizeof tag_bytes_);
            std::memcpy(&source_, out_->mac.data(), 2);
            std::memcpy(&source_rest_, out_->mac.data() + 2, 4);
        }
        return out_;
    }

    // True: the packet left the usual way. `neighbour`: where the next hop may be.
    [[gnu::always_inline]] bool usual(Packet &p, const Ip6 &next_hop, uint32_t neighbour) {
        return !p.local_origin && p.interface != out_->index && leave<false>(p, next_hop, neighbour);
    }
    // The same of a packet that this box made, whose TTL stays.
    [[gnu::always_inline]] bool made(Packet &p, const Ip6 &next_hop, uint32_t neighbour) { return leave<true>(p, next_hop, neighbour); }
    void otherwise(Packet &p, const Ip6 &next_hop, uint32_t neighbour) {
        settle();
        if (p.ether_type == type_ip4)
            forward4(w_, p, *out_, next_hop, neighbour);
        else
            forward6(w_, p, *out_, next_hop, neighbour);
        if (port_) queued_ = queue_->queued;
    }

    // Does what may queue on any port.
    template <class Do>
    void aside(Do what) {
        settle();
        what();
        if (port_) queued_ = queue_->queued;
    }

    // For who writes headers by hand (tunnel_way.h), of the interface that the packets leave by: whether that can be; flags of
    // Offload that its port leaves undone; a frame's header that ends at `end`, and its octets; complete frames, queued and counted.
    bool ready() const { return port_; }
    uint8_t undone() const { return undone_; }
    uint32_t write_link(uint8_t *end, const NeighbourLink &to, uint16_t type) const {
        uint8_t *frame = end - ethernet_size - tags_;
        std::memcpy(frame, &to.bits, 6);
        std::memcpy(frame + 6, &source_, 2);
        std::memcpy(frame + 8, &source_rest_, 4);
        std::memcpy(frame + mac_pair, &tag_bytes_, tags_);
        store16(end - 2, type);
        return ethernet_size + tags_;
    }
    void add(unsigned packets, uint64_t octets) {
        packets_ += packets;
        octets_ += octets;
    }
    [[gnu::always_inline]] void queue(Packet &p) {
        queue_->queue[queued_++] = &p;
        if (queued_ == burst_size) [[unlikely]] {
            port_->port->tx(w_.id).transmit(queue_->queue, queued_);
            queued_ = 0;
        }
    }
    // A forwarded packet, whose IP header is at `h`: TTL and count.
    [[gnu::always_inline]] void pass_on(const Packet &p, uint8_t *h, bool v4) {
        if (p.interface != in_) [[unlikely]] {
            count_in();
            in_ = p.interface;
        }
        if (v4) {
            uint16_t sum;
            std::memcpy(&sum, h + 10, 2);
            sum = checksum_of_next_hop(sum);
            h[8]--;
            std::memcpy(h + 10, &sum, 2);
            forwarded4_++;
        } else {
            h[7]--;
            forwarded6_++;
        }
    }

  private:
    template <bool own>
    [[gnu::always_inline]] bool leave(Packet &p, const Ip6 &next_hop, uint32_t neighbour) {
        const bool v4 = p.ether_type == type_ip4;
        if (neighbour != no_neighbour && port_ && p.l3_offset == ethernet_size &&
            (p.offload.gso_type | (p.offload.flags & undone_)) == 0 && p.length <= longest_) [[likely]] {
            const NeighbourLink to = neighbours_.link(neighbour, out_->index, next_hop);
            uint8_t *frame = p.data, *const h = frame + ethernet_size;
            // Of an address that is known only since this burst began, older packets may wait.
            const bool known = to.fresh() && to.version <= w_.neighbours_seen;
            if (known && (own || (h[v4 ? 8 : 7] > 1 && (v4 ? h[0] == 0x45 : h[6] != 0)))) [[likely]] {
                if (tags_) [[unlikely]] {
                    if (p.headroom < tags_) return false;
                    frame = put_tags(p);
                }
                if constexpr (!own) pass_on(p, h, v4);
                if constexpr (own) store16(h - 2, p.ether_type);
                std::memcpy(frame, &to.bits, 6);
                std::memcpy(frame + 6, &source_, 2);
                std::memcpy(frame + 8, &source_rest_, 4);
                p.egress = out_->index;
                octets_ += p.length;
                packets_++;
                queue(p);
                return true;
            }
        }
        return false;
    }
    // Before anything else may be queued on the port.
    void settle() {
        if (port_) queue_->queued = queued_;
    }
    // In front of the type; the addresses are rewritten anyhow.
    [[gnu::noinline]] uint8_t *put_tags(Packet &p) const {
        grow_front(p, static_cast<int>(tags_));
        p.l3_offset = static_cast<uint16_t>(p.l3_offset + tags_);
        std::memcpy(p.data + mac_pair, &tag_bytes_, tag_size);
        if (tags_ > tag_size) std::memcpy(p.data + mac_pair + tag_size, reinterpret_cast<const uint8_t *>(&tag_bytes_) + tag_size, tag_size);
        return p.data;
    }
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
    const Neighbours &neighbours_;
    const Interface *out_ = nullptr;
    PortHandle *port_ = nullptr;  // null: it takes nothing now
    uint32_t longest_ = 0;        // frame
    uint32_t tags_ = 0;           // octets of tags to be put on
    uint64_t tag_bytes_ = 0;      // as they lie in memory
    uint16_t source_ = 0;         // of the interface's MAC as it lies in memory, and its rest
    uint32_t source_rest_ = 0;
    uint8_t undone_ = 0;  // of Offload's flags, those that the port leaves undone
    uint32_t in_ = no_interface;
    uint64_t octets_ = 0, packets_ = 0, forwarded4_ = 0, forwarded6_ = 0;
    PortHandle::Sending *queue_ = nullptr;  // of port_
    unsigned queued_ = 0;                   // in it
};

}  // namespace weft
