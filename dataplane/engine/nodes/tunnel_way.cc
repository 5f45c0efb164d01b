#include "tunnel_way.h"

#include "../net/ecn.h"
#include "flow_hash.h"

namespace weft {
namespace {

constexpr uint32_t longest_ip = 65535;
constexpr uint32_t udp_size = 8;

const Object *object_of(Worker &w, const Tunnel &tunnel, uint16_t number) {
    if (!tunnel.ways.empty()) return tunnel.ways[number].get();
    const Ip6 &remote = tunnel.spec.remotes[number];
    const int64_t slot = tunnel.v6 ? tunnel.vrf->fib6.lookup(remote) : tunnel.vrf->fib4.lookup(unmapped(remote));
    const Object *o = slot < 0 ? nullptr : w.core.objects.at(static_cast<uint32_t>(slot));
    return o && o->type == ObjectType::lookup ? route_of(w, o, !tunnel.v6, remote) : o;
}

}  // namespace

void write_tunnel_sum(const Tunnel &t, const uint8_t *ip, uint8_t *h, uint32_t length) {
    if (!t.udp) return store16(h + 4, static_cast<uint16_t>(~checksum_fold(checksum_add(0, h, length))));
    const uint64_t pseudo = t.v6 ? pseudo6(ip, length, protocol_udp) : checksum_add(0, ip + 12, 8) + length + protocol_udp;
    const auto made = static_cast<uint16_t>(~checksum_fold(checksum_add(pseudo, h, length)));
    store16(h + 6, made ? made : 0xffff);
}

void write_tunnel_type(const Tunnel &t, uint8_t *ip, uint16_t type) {
    constexpr uint8_t gpe_ip4 = 1, gpe_ip6 = 2;
    uint8_t *const h = ip + (t.v6 ? 40 : 20);
    switch (t.kind) {
        case TunnelKind::ip: ip[t.v6 ? 6 : 9] = type == type_ip4 ? protocol_ip4 : protocol_ip6; break;
        case TunnelKind::gre: store16(h + 2, type); break;
        case TunnelKind::vxlan_gpe_ip: h[udp_size + 3] = type == type_ip4 ? gpe_ip4 : gpe_ip6; break;
        default: break;
    }
}

void TunnelWay::count() {
    if (!packets_) return;
    if (object_->slot != Objects::none) {
        ObjectCounters &way = w_.core.objects.counters(w_.id, object_->slot);
        way.packets += packets_;
        way.octets += octets_;
    }
    InterfaceCounters &c = w_.counters(*interface_);
    c.out_octets += octets_ - packets_ * interface_->tunnel->length;
    c.out_unicast += packets_;
    octets_ = packets_ = 0;
}

bool TunnelWay::lead(const Interface &tunnel, uint16_t remote) {
    if (interface_ == &tunnel && remote_ == remote) {
        if (usual_) departure_.by(object_->interface);
        return usual_;
    }
    count();
    interface_ = &tunnel;
    remote_ = remote;
    type_ = 0;
    header_ = &tunnel.tunnel->headers[remote];
    object_ = object_of(w_, *tunnel.tunnel, remote);
    return usual_ = object_ && usual(*tunnel.tunnel);
}

bool TunnelWay::usual(const Tunnel &t) {
    const bool glean = object_->type == ObjectType::glean;
    if ((!glean && object_->type != ObjectType::adjacency) || object_->interface == interface_->index) return false;
    if (!interface_->up() || t.kind == TunnelKind::pbb || (t.flags & tunnel_fragments_outer) || w_.tracing || w_.watching()) return false;
    const Interface *out = departure_.by(object_->interface);
    if (!departure_.ready() || (out->features & output_features)) return false;
    const Ip6 &next_hop = glean ? t.spec.remotes[remote_] : object_->next_hop;
    uint32_t neighbour = glean ? no_neighbour : object_->neighbour.load(std::memory_order_relaxed);
    if (neighbour == no_neighbour || !w_.neighbours.is(neighbour, out->index, next_hop)) neighbour = w_.neighbours.find(out->index, next_hop);
    if (neighbour == no_neighbour) return false;
    if (!glean) object_->neighbour.store(neighbour, std::memory_order_relaxed);
    next_ = w_.neighbours.link(neighbour, out->index, next_hop);
    if (!next_.fresh() || next_.version > w_.neighbours_seen) return false;
    front_.v6 = t.v6;
    front_.udp = t.udp;
    front_.sums = (t.flags & tunnel_checksum) && t.kind != TunnelKind::ip;
    front_.inherits_ttl = t.inherits_ttl;
    front_.dscp = t.dscp;
    front_.undone = front_.sums ? offload_needs_checksum : departure_.undone();
    front_.flow_at = t.kind == TunnelKind::nvgre ? static_cast<uint8_t>(t.length - 1) : 0;
    longest_whole_ = std::min(out->mtu, longest_ip) - std::min(out->mtu, t.length);
    return true;
}

void TunnelWay::carry(uint16_t type, const uint8_t *link, uint32_t key, uint32_t longest) {
    const Tunnel &t = *interface_->tunnel;
    const uint32_t own = link ? ethernet_size : 0;
    type_ = type;
    key_ = key;
    front_.outer = t.length + own;
    front_.longest = std::min({interface_->mtu, longest, longest_whole_ - std::min(longest_whole_, own)});
    uint8_t *at = block_ + block_size;
    if (link) std::memcpy(at -= ethernet_size, link, ethernet_size);
    std::memcpy(at -= t.length, header_->octets, t.length);
    write_tunnel_type(t, at, type);
    if (t.key_at) write_fabric_key(t, at, key);
    front_.header_sum = header_->sum + (t.kind == TunnelKind::ip ? at[9] : 0u);
    if (front_.sums) {
        const uint32_t ip = t.v6 ? 40 : 20;
        front_.sum = checksum_add(0, at + ip, front_.outer - ip);
        if (t.udp) front_.sum += protocol_udp + (t.v6 ? checksum_add(0, at + 8, 32) : checksum_add(0, at + 12, 8));
    }
    at -= departure_.write_link(at, next_, t.v6 ? type_ip6 : type_ip4);
    front_.whole = static_cast<uint32_t>(block_ + block_size - at);
    front_.reach = front_.whole <= near ? near : block_size;
    front_.block = block_;
}

inline uint32_t TunnelWay::Front::put(Packet &p, uint32_t begin, const uint8_t *inner, bool v4, const uint8_t *summed) const {
    const uint32_t hash = p.flow_hash ? p.flow_hash : v4 ? flow_hash4(inner, l3_length(p)) : flow_hash(p);
    const uint8_t inner_class = traffic_class(inner, v4);
    const auto traffic = static_cast<uint8_t>(dscp == inherited_dscp ? inner_class : dscp | (inner_class & ecn_mask));
    const uint8_t hop_limit = inner[v4 ? 8 : 7];
    uint8_t *const content = p.data + begin;
    uint64_t all = sum;
    if (sums) [[unlikely]] all = checksum_add(all, summed, static_cast<size_t>(p.data + p.length - summed));
    if (reach > near) std::memcpy(content - block_size, block, block_size - near);
    std::memcpy(content - near, block + block_size - near, near);
    uint8_t *const h = content - outer;
    const uint32_t length = p.length - begin + outer;
    uint32_t ip = 20;
    if (v6) {
        ip = 40;
        store32(h, 0x60000000u | static_cast<uint32_t>(traffic) << 20 | (hash & 0xfffff));
        store16(h + 4, static_cast<uint16_t>(length - 40));
        if (inherits_ttl) h[7] = hop_limit;
    } else {
        uint32_t of_header = header_sum + traffic + length;
        h[1] = traffic;
        store16(h + 2, static_cast<uint16_t>(length));
        if (inherits_ttl) {
            h[8] = hop_limit;
            of_header += static_cast<uint32_t>(hop_limit) << 8;
        }
        of_header = (of_header & 0xffff) + (of_header >> 16);
        of_header += of_header >> 16;
        store16(h + 10, static_cast<uint16_t>(~of_header));
    }
    if (udp) {
        const uint16_t port = tunnel_source_port(hash);
        store32(h + ip, static_cast<uint32_t>(port) << 16 | load16(block + block_size - outer + ip + 2));
        store16(h + ip + 4, static_cast<uint16_t>(length - ip));
        if (sums) [[unlikely]] {
            // The length is in the pseudo header too.
            const auto made = static_cast<uint16_t>(~checksum_fold(all + port + 2 * uint64_t{length - ip}));
            store16(h + ip + 6, made ? made : 0xffff);
        }
    } else {
        if (flow_at) h[flow_at] = static_cast<uint8_t>(hash);
        if (sums) [[unlikely]] store16(h + ip + 4, static_cast<uint16_t>(~checksum_fold(all + (flow_at ? hash & 0xff : 0))));
    }
    grow_front(p, static_cast<int>(whole - begin));
    p.ether_type = v6 ? type_ip6 : type_ip4;
    p.l3_offset = static_cast<uint16_t>(whole - outer);
    return length;
}

unsigned TunnelWay::routed(const Vector &in, unsigned n) {
    constexpr unsigned ahead = 4;
    const Front front = front_;
    const Object *const object = in.objects[n];
    const uint16_t type = type_;
    const bool v4 = type == type_ip4;
    const unsigned first = n;
    uint64_t octets = 0;
    uint32_t ingress = interface_->index;
    for (; n < in.size && in.objects[n] == object; n++) {
        Packet &p = *in.packets[n];
        if (n + ahead < in.size) __builtin_prefetch(in.packets[n + ahead]->data - 32, 1);
        uint8_t *const h = l3(p);
        if (p.ether_type != type || (p.offload.gso_type | (p.offload.flags & front.undone) | p.local_origin) != 0 || l3_length(p) > front.longest ||
            p.headroom + p.l3_offset < front.reach || p.tunnels >= most_tunnels) [[unlikely]]
            break;
        if (v4 ? h[0] != 0x45 || h[8] <= 1 : h[6] == 0 || h[7] <= 1) [[unlikely]]
            break;
        if (p.interface != ingress) [[unlikely]] {
            if (p.interface == interface_->index) break;
            ingress = p.interface;
        }
        departure_.pass_on(p, h, v4);
        // The sum over an IPv4 header is nothing.
        octets += front.put(p, p.l3_offset, h, v4, h + (v4 ? 20 : 0));
        departure_.queue(p);
    }
    packets_ += n - first;
    octets_ += octets;
    departure_.add(n - first, octets + (n - first) * uint64_t{front.whole - front.outer});
    return n;
}

bool TunnelWay::whole(Packet &p) {
    const bool v4 = p.ether_type == type_ip4, layer3 = interface_->tunnel->layer3;
    const uint32_t begin = layer3 ? p.l3_offset : 0;
    if ((p.offload.gso_type | (p.offload.flags & front_.undone)) != 0 || (!v4 && p.ether_type != type_ip6) || p.vlan_tpid != 0 ||
        l3_length(p) > front_.longest || p.length - begin > longest_whole_ || p.headroom + begin < front_.reach ||
        p.tunnels >= most_tunnels || p.l3_offset + (v4 ? 20u : 40u) > p.length || (!layer3 && (p.data[0] & 1))) [[unlikely]]
        return false;
    const uint32_t octets = front_.put(p, begin, l3(p), v4, p.data + begin);
    packets_++;
    octets_ += octets;
    departure_.queue(p);
    departure_.add(1, octets + front_.whole - front_.outer);
    return true;
}

}  // namespace weft
