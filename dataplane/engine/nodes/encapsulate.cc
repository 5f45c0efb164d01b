// encapsulate: packets into tunnels (tables/tunnels.h). IP of a layer-3 tunnel goes in without its link header, of the others the
// whole frame. In front of it come the prepared headers, with what depends on the packet: lengths, mark and TTL, the source port or
// flow label by the flow, so that the way's groups and queues spread tunnels' flows. Super-packets and unfinished checksums go in as
// they are; what the port does not take of them is done when it leaves (segment.cc). What is nothing special goes the usual way
// (tunnel_way.h), which for packets that are routed into a tunnel begins in adjacency already.
//
// Reads    the tunnel of the egress interface; of the way, looked up once for a run of packets of one tunnel and remote: route,
//          object, neighbour
// Sets     a packet of our own, of no interface; Packet::tunnels bounds how often (RFC 2473 §4.1.1)
// Next     the port, by forward4 and forward6; acl-out first; itself, when the way is by another tunnel
// Counts   octets and packets out of the tunnel's interface, before they have the header; objects of the way
// Drops    interface-deleted; no-way-to-remote, way-by-tunnel-itself, too-many-tunnels, not-ip; longer-than-mtu: frames, for of IP
//          forwarding told the sender, or it may be fragmented and is, inside; no-buffer; those of segment
// Cost     the header's cache line and the run's way; a copy when there is no headroom
#include "../net/ecn.h"
#include "../net/fragment.h"
#include "../net/offload.h"
#include "../net/segment.h"
#include "../net/tags.h"
#include "../tables/hash.h"
#include "fabric.h"
#include "tunnel_way.h"

namespace weft {
namespace {

constexpr uint32_t longest_ip = 65535;
constexpr uint8_t usual_hop_limit = 64;

// What is in a frame of the host or of a domain that nobody has looked into.
void look_into(Packet &p) {
    if (p.ether_type != 0) return;
    uint32_t at = mac_pair;
    while (at + tag_size + 2 <= p.length && is_tag(load16(p.data + at))) at += tag_size;
    if (at + 2 > p.length) return;
    p.ether_type = load16(p.data + at);
    p.l3_offset = static_cast<uint16_t>(at + 2);
}

bool is_ip(const Packet &p) {
    return p.l3_offset <= p.length &&
           ((p.ether_type == type_ip4 && l3_length(p) >= 20) || (p.ether_type == type_ip6 && l3_length(p) >= 40));
}

uint32_t hash_of(const Packet &p) {
    if (is_ip(p)) return flow_hash(p);
    const auto hash = static_cast<uint32_t>(mix(load64(p.data) ^ mix(load32(p.data + 8))));
    return hash ? hash : 1;
}

// A super-packet whose transport checksum is not said to be unfinished, though that of its segments is.
bool unfinish_checksum(Packet &p) {
    SuperPacket super;
    if (read_super(p, p.l3_offset, super) != SuperFault::none) return false;
    const SuperPacket::Layer &ip = super.layers[super.layer_count - 1u];
    const uint8_t *h = p.data + ip.at;
    const uint32_t length = p.length - super.transport;
    const uint8_t protocol = super.tcp ? protocol_tcp : protocol_udp;
    const uint64_t over = ip.kind == SuperPacket::Kind::ip6 ? pseudo6(h, length, protocol) : checksum_add(0, h + 12, 8) + length + protocol;
    p.offload.flags |= offload_needs_checksum;
    p.offload.csum_start = super.transport;
    p.offload.csum_offset = super.tcp ? 16 : 6;
    store16(p.data + super.transport + p.offload.csum_offset, checksum_fold(over));
    return true;
}

class Encapsulator {
  public:
    explicit Encapsulator(Worker &worker) : w_(worker), departure_(worker), way_(worker, departure_) {}
    ~Encapsulator() { count(); }
    Encapsulator(const Encapsulator &) = delete;

    void take(Packet &p) {
        if (!interface_ || interface_->index != p.egress || remote_ != p.remote) [[unlikely]]
            find(p.egress, p.remote);
        if (usual_) [[likely]] {
            departure_.by(way_.object()->interface);
            const uint32_t key = tunnel_->key_at ? p.fabric_key : 0;
            if (!way_.carries(p.ether_type, key)) way_.carry(p.ether_type, nullptr, key);
            if (way_.whole(p)) return;
        }
        one(p);
    }

  private:
    void find(uint32_t interface, uint16_t remote);
    void one(Packet &p);
    bool prepare(Packet &p);
    void cut(Packet &p);
    void fragment(Packet &p);
    bool make_room(Packet &p, uint32_t octets);
    void put_header(Packet &p);
    void put_backbone(Packet &p);
    void leave_backbone(Packet &p);
    void write4(uint8_t *h, const Packet &p, uint32_t length, uint8_t traffic, uint8_t hop_limit);
    void write6(uint8_t *h, const Packet &p, uint32_t length, uint8_t traffic, uint8_t hop_limit);
    void write_payload(const uint8_t *ip, uint8_t *h, const Packet &p, uint32_t length);
    void leave(Packet &p);
    void refuse(Packet &p, Drop reason) {
        w_.counters(*interface_).out_discards += 1;
        w_.drop(p, reason);
    }
    // It is one of this box's own now.
    static void own(Packet &p) {
        p.vlan_tci = 0;
        p.interface = no_interface;
        p.local_origin = true;
        p.passed = 0;
        p.remote = 0;
    }
    void count() {
        if (!packets_) return;
        InterfaceCounters &c = w_.counters(*interface_);
        c.out_octets += octets_;
        c.out_unicast += packets_;
        octets_ = packets_ = 0;
    }

    Worker &w_;
    Departure departure_;
    const Interface *interface_ = nullptr;
    const Tunnel *tunnel_ = nullptr;
    uint16_t remote_ = 0;
    const Tunnel::Header *header_ = nullptr;
    Ip6 to_;
    TunnelWay way_;
    bool usual_ = false;  // is the way
    uint64_t octets_ = 0, packets_ = 0;
};

void Encapsulator::find(uint32_t interface, uint16_t remote) {
    count();
    interface_ = w_.interface(interface);
    tunnel_ = interface_ ? interface_->tunnel.get() : nullptr;
    remote_ = remote;
    header_ = nullptr;
    usual_ = false;
    if (!tunnel_ || remote >= tunnel_->headers.size()) return;
    header_ = &tunnel_->headers[remote];
    to_ = tunnel_->spec.remotes[remote];
    usual_ = way_.lead(*interface_, remote);
}

// Memory for a header in front.
bool Encapsulator::make_room(Packet &p, uint32_t octets) {
    if (p.headroom >= octets) [[likely]]
        return true;
    const Packet *copied = w_.arena.take(p.length);
    if (!copied || copied->headroom < octets) return false;
    std::memcpy(copied->data, p.data, p.length);
    p.data = copied->data;
    p.headroom = copied->headroom;
    return true;
}

// False: it ended, or went on in parts.
bool Encapsulator::prepare(Packet &p) {
    if (p.ether_type == 0) look_into(p);
    if (tunnel_->layer3) {
        if (!is_ip(p)) {
            refuse(p, Drop::encapsulate_type);
            return false;
        }
        grow_front(p, -static_cast<int>(p.l3_offset));
        p.l3_offset = 0;
    } else if (p.vlan_tpid != 0 && (!make_room(p, tag_size) || !insert_outer_tag(p))) {
        refuse(p, Drop::no_buffer);
        return false;
    }
    const bool super = p.offload.gso_type != gso_none && p.offload.gso_type != gso_udp;
    if (p.offload.gso_type == gso_udp) {
        complete_checksum(p);
        p.offload = {};
    }
    const bool whole = p.length + tunnel_->length <= longest_ip;
    const bool fragmented = tunnel_->flags & tunnel_fragments_outer;
    // The fabric's MTU is that of an untagged frame, whose tags are part of what is carried.
    const bool tagged_out = tunnel_->key_at && !super && p.length > interface_->mtu + ethernet_size;
    const bool fitting = (!super ? l3_length(p) <= interface_->mtu : fits(p, interface_->mtu)) && !tagged_out;
    // Nothing cuts what is not IP behind these headers, or finishes its checksums.
    const bool bare = tunnel_->kind == TunnelKind::pbb;
    if (!whole || (!fitting && !fragmented) || (bare && super)) [[unlikely]] {
        cut(p);
        return false;
    }
    if (super && !(p.offload.flags & offload_needs_checksum) && !unfinish_checksum(p)) {
        refuse(p, Drop::segment_headers);
        return false;
    }
    if (!super && (bare || (tunnel_->flags & tunnel_checksum))) complete_checksum(p);
    if (!make_room(p, tunnel_->length + ethernet_size)) {
        refuse(p, Drop::no_buffer);
        return false;
    }
    return true;
}

// Into parts that fit.
void Encapsulator::cut(Packet &p) {
    if (p.offload.gso_type == gso_none) return fragment(p);
    SuperPacket super;
    if (read_super(p, p.l3_offset, super) != SuperFault::none) return refuse(p, Drop::segment_headers);
    Segmenter segmenter(p, super, true);
    for (uint32_t n = 0; n < super.count; n++) {
        Packet *s = w_.arena.take(super.headers + super.size);
        if (!s) return refuse(p, Drop::no_buffer);
        uint8_t *const data = s->data;
        const uint32_t headroom = s->headroom;
        *s = p;
        s->data = data;
        s->headroom = headroom;
        s->length = segmenter.next(data, s->offload);
        s->tunnels--;
        one(*s);
    }
}

void Encapsulator::fragment(Packet &p) {
    const Drop reason = tunnel_->key_at ? Drop::fabric_mtu : Drop::encapsulate_too_long;
    const bool may = p.ether_type == type_ip4 && is_ip(p) && !(l3(p)[6] & 0x40) && load16(l3(p) + 2) == l3_length(p) && (l3(p)[0] & 15u) >= 5;
    if (!may) return refuse(p, reason);
    complete_checksum(p);
    Fragmenter fragments(p, p.l3_offset, interface_->mtu, 0);
    if (!fragments.possible()) return refuse(p, reason);
    while (fragments.more()) {
        Packet *f = w_.arena.take(fragments.length());
        if (!f) return refuse(p, Drop::no_buffer);
        uint8_t *const data = f->data;
        const uint32_t headroom = f->headroom, length = f->length;
        *f = p;
        f->data = data;
        f->headroom = headroom;
        f->length = length;
        f->offload = {};
        f->tunnels--;
        fragments.next(data);
        one(*f);
    }
}

// Checksums over what is carried are those of segments, when it is a super-packet, and are made with them.
void Encapsulator::write_payload(const uint8_t *ip, uint8_t *h, const Packet &p, uint32_t length) {
    if (tunnel_->kind == TunnelKind::ip) return;
    const bool super = p.offload.gso_type != gso_none, sum = tunnel_->flags & tunnel_checksum;
    if (tunnel_->udp) {
        store16(h, tunnel_source_port(p.flow_hash));
        store16(h + 4, static_cast<uint16_t>(length));
        if (super && sum) store16(h + 6, 0xffff);
    }
    if (tunnel_->kind == TunnelKind::nvgre) h[sum ? 11 : 7] = static_cast<uint8_t>(p.flow_hash);
    if (sum && !super) write_tunnel_sum(*tunnel_, ip, h, length);
}

void Encapsulator::write4(uint8_t *h, const Packet &p, uint32_t length, uint8_t traffic, uint8_t hop_limit) {
    const bool fragmentable = tunnel_->flags & tunnel_fragments_outer;
    const uint16_t identification = fragmentable ? static_cast<uint16_t>(w_.draw() >> 32) : 0;
    uint64_t sum = header_->sum + traffic + length + identification;
    h[1] = traffic;
    store16(h + 2, static_cast<uint16_t>(length));
    store16(h + 4, identification);
    if (tunnel_->inherits_ttl) {
        h[8] = hop_limit;
        sum += uint64_t{hop_limit} << 8;
    }
    if (tunnel_->kind == TunnelKind::ip) sum += h[9];
    store16(h + 10, static_cast<uint16_t>(~checksum_fold(sum)));
    write_payload(h, h + 20, p, length - 20);
}

void Encapsulator::write6(uint8_t *h, const Packet &p, uint32_t length, uint8_t traffic, uint8_t hop_limit) {
    // The flow label tells flows apart on the way (RFC 6438).
    store32(h, 0x60000000u | static_cast<uint32_t>(traffic) << 20 | (p.flow_hash & 0xfffff));
    store16(h + 4, static_cast<uint16_t>(length - 40));
    if (tunnel_->inherits_ttl) h[7] = hop_limit;
    write_payload(h, h + 40, p, length - 40);
}

void Encapsulator::put_header(Packet &p) {
    if (!p.flow_hash) p.flow_hash = hash_of(p);
    uint8_t inner_class = 0, hop_limit = usual_hop_limit;
    if (is_ip(p)) {
        const bool v4 = p.ether_type == type_ip4;
        inner_class = traffic_class(l3(p), v4);
        hop_limit = l3(p)[v4 ? 8 : 7];
    }
    const auto dscp = tunnel_->dscp == inherited_dscp ? static_cast<uint8_t>(inner_class & ~ecn_mask) : tunnel_->dscp;
    const auto traffic = static_cast<uint8_t>(dscp | (inner_class & ecn_mask));

    const uint32_t header = tunnel_->length;
    grow_front(p, static_cast<int>(header + ethernet_size));
    uint8_t *const h = p.data + ethernet_size;
    const uint8_t *from = header_->octets;
    if (header >= 32) {
        std::memcpy(h, from, 32);
        std::memcpy(h + header - 32, from + header - 32, 32);
    } else {
        std::memcpy(h, from, 16);
        std::memcpy(h + header - 16, from + header - 16, 16);
    }
    const uint32_t length = p.length - ethernet_size;
    write_tunnel_type(*tunnel_, h, p.ether_type);
    if (tunnel_->key_at) write_fabric_key(*tunnel_, h, p.fabric_key);
    if (tunnel_->v6)
        write6(h, p, length, traffic, hop_limit);
    else
        write4(h, p, length, traffic, hop_limit);
    p.ether_type = tunnel_->v6 ? type_ip6 : type_ip4;
    p.l3_offset = ethernet_size;
    own(p);
}

// IEEE 802.1ah: a frame in a frame between MAC addresses of members.
void Encapsulator::put_backbone(Packet &p) {
    grow_front(p, static_cast<int>(tunnel_->length + ethernet_size));
    uint8_t *const h = p.data + ethernet_size;
    std::memcpy(h, header_->octets, tunnel_->length);
    write_fabric_key(*tunnel_, h, p.fabric_key);
    const bool tagged = tunnel_->spec.key != 0;
    const uint16_t type = tagged ? type_qinq : type_pbb;
    std::memcpy(p.data, tunnel_->macs[remote_].data(), 6);
    store16(p.data + mac_pair, type);
    p.ether_type = type_pbb;
    p.l3_offset = static_cast<uint16_t>(ethernet_size + (tagged ? tag_size : 0));
    own(p);
}

void Encapsulator::leave_backbone(Packet &p) {
    const Interface *out = w_.interface(way_.object()->interface);
    if (!out) return refuse(p, Drop::forward_no_interface);
    std::memcpy(p.data + 6, out->mac.data(), 6);
    departure_.aside([&] { egress(w_, p, *out); });
}

// By the object of the way.
void Encapsulator::leave(Packet &p) {
    const Object *o = way_.object();
    if (o && o->slot != Objects::none) w_.count(o->slot, p);
    if (o && o->type == ObjectType::group) o = member_of(w_, p, *o->group);
    if (!o || (o->type != ObjectType::adjacency && o->type != ObjectType::glean)) return refuse(p, Drop::encapsulate_no_way);
    if (o->interface == interface_->index) return refuse(p, Drop::encapsulate_itself);
    const Interface *out = departure_.by(o->interface);
    if (!out) return refuse(p, Drop::forward_no_interface);
    const bool glean = o->type == ObjectType::glean;
    const Node node = glean ? Node::glean : Node::adjacency;
    if (next_output(p, out->features, node) != node) [[unlikely]]
        return w_.push(Node::acl_out, &p, o);
    const Ip6 &next_hop = glean ? to_ : o->next_hop;
    uint32_t neighbour = glean ? no_neighbour : o->neighbour.load(std::memory_order_relaxed);
    if (neighbour == no_neighbour || !w_.neighbours.is(neighbour, out->index, next_hop)) {
        neighbour = w_.neighbours.find(out->index, next_hop);
        if (!glean) o->neighbour.store(neighbour, std::memory_order_relaxed);
    }
    if (!departure_.made(p, next_hop, neighbour)) departure_.otherwise(p, next_hop, neighbour);
}

void Encapsulator::one(Packet &p) {
    if (!tunnel_ || !header_) return w_.drop(p, Drop::forward_no_interface);
    if (++p.tunnels > most_tunnels) return refuse(p, Drop::encapsulate_many);
    if (!prepare(p)) return;
    octets_ += p.length;
    packets_++;
    if (!tunnel_->layer3 && (p.data[0] & 1)) [[unlikely]] {
        packets_--;
        InterfaceCounters &c = w_.counters(*interface_);
        (std::memcmp(p.data, broadcast_mac.data(), 6) == 0 ? c.out_broadcast : c.out_multicast) += 1;
    }
    if (w_.watching() && !tunnel_->key_at) [[unlikely]] departure_.aside([&] { w_.watch_departure(p, *interface_, tunnel_->layer3); });
    if (tunnel_->kind == TunnelKind::pbb) [[unlikely]] {
        put_backbone(p);
        return leave_backbone(p);
    }
    put_header(p);
    if (w_.tracing && !tunnel_->key_at) [[unlikely]] w_.trace(p, "goes to {ip} by {ia}", to_, interface_->index);
    leave(p);
}

}  // namespace

void encapsulate(Worker &w, Vector &in) {
    Encapsulator encapsulator(w);
    for (unsigned n = 0; n < in.size; n++) encapsulator.take(*in.packets[n]);
}

}  // namespace weft
