// decapsulate: packets for the box that came by one of its tunnels (tables/tunnels.h): from its remote, to its source, in the VRF of
// its way, with its key. What was carried goes on as if it had come by the tunnel's interface. Packets of no tunnel are counted and
// go to the host's stack, as without tunnels. Fragments from a tunnel's remote are not put together again; those of others are the
// host's, and so are later ones of UDP, which have no port.
//
// What other members of the chassis sent (fabric_input.cc) is told by its key alone where it goes (fabric_arrive.cc).
//
// Reads    the table's tunnels; the headers
// Sets     the tunnel's interface; Packet::remote, of several; Packet::tunnels bounds how often
// Next     ethernet-input, or circuit-input where frames are switched; ip4-input, ip6-input
// Counts   octets and packets in of the tunnel's interface (of frames ethernet-input does)
// Drops    malformed (flags, lengths), fragment, bad-checksum; no-checksum: UDP over IPv6 without, where the tunnel has them (RFC
//          6936 §5); unknown-content: not what the tunnel carries; interface-disabled; congestion-not-understood (RFC 6040 §4.2);
//          too-many-tunnels
// Cost     the headers, and a line of the index for each run of one tunnel's packets
//
// Super-packets of a tunnel device come out whole, and so do those that another engine packed into a super-packet of UDP (USO). Other
// datagrams of one are taken one by one, where they lie.
#include "../net/ecn.h"
#include "../net/merge.h"
#include "../net/offload.h"
#include "../net/tags.h"
#include "fabric.h"

namespace weft {
namespace {

using Form = Tunnels::Form;

constexpr uint16_t type_ethernet = 0x6558;
constexpr uint32_t udp_size = 8, vxlan_size = 8;

// What a header says. Offsets are from the packet's first octet.
struct Shim {
    uint32_t outer = 0;    // of the header behind IP
    uint32_t content = 0;  // of what is carried
    uint16_t type = 0;     // of it: type_ethernet or of IP
};

class Decapsulator {
  public:
    explicit Decapsulator(Worker &worker) : w_(worker), tunnels_(worker.table->tunnels.get()) {}
    void take(Packet &p, const Object *object);

  private:
    enum class Read : uint8_t { good, unknown, malformed };

    Read read_gre(const Packet &p, Shim &s);
    Read read_vxlan(const Packet &p, Shim &s);
    bool look_up(Form form, uint32_t key);  // of the fabric: true of what it sends, whatever the key
    void to_host(Packet &p);
    bool judge(Packet &p, const Shim &s);
    bool checksum_wrong(const Packet &p, const Shim &s, Drop &reason) const;
    void cut(Packet &p, const Shim &s);
    void come_out(Packet &p, const Shim &s, uint8_t mark);
    bool mark_content(Packet &p, const Shim &s, uint8_t mark);

    Worker &w_;
    const Tunnels *tunnels_;  // null: there are none
    Tunnels::Key key_;                        // asked for last
    const Tunnels::Entry *found_ = nullptr;   // by it
    bool asked_ = false;
    const Interface *interface_ = nullptr;
    Vrf *vrf_ = nullptr;  // that the packet is for
    uint8_t protocol_ = 0;
    uint32_t fabric_ = 0;  // whence in the fabric; 0: of a tunnel
};

bool Decapsulator::look_up(Form form, uint32_t key) {
    if (fabric_) {
        key_.key = key;
        return form == Form::vxlan || form == Form::nvgre;
    }
    if (asked_ && key_.form == form && key_.key == key) return found_ != nullptr;
    key_.form = form;
    key_.key = key;
    asked_ = true;
    found_ = tunnels_->find(key_);
    if (!found_) return false;
    interface_ = w_.interface(found_->interface);
    return interface_ != nullptr;
}

Decapsulator::Read Decapsulator::read_gre(const Packet &p, Shim &s) {
    constexpr uint8_t has_sum = 0x80, has_key = 0x20, has_sequence = 0x10, reserved = 0x4f, version = 7;
    if (s.outer + 4 > p.length) return Read::malformed;
    const uint8_t *h = p.data + s.outer;
    if (h[1] & version) return Read::unknown;
    if (h[0] & reserved) return Read::malformed;
    uint32_t at = 4u + (h[0] & has_sum ? 4 : 0);
    const uint32_t key_at = at;
    at += (h[0] & has_key ? 4u : 0u) + (h[0] & has_sequence ? 4u : 0u);
    if (s.outer + at > p.length) return Read::malformed;
    const bool keyed = h[0] & has_key;
    const uint32_t key = keyed ? load32(h + key_at) : 0;
    s.type = load16(h + 2);
    s.content = s.outer + at;
    if (s.type != type_ethernet) return look_up(keyed ? Form::gre_key : Form::gre, key) ? Read::good : Read::unknown;
    if (look_up(keyed ? Form::l2gre_key : Form::l2gre, key)) return Read::good;
    return keyed && look_up(Form::nvgre, key >> 8) ? Read::good : Read::unknown;
}

Decapsulator::Read Decapsulator::read_vxlan(const Packet &p, Shim &s) {
    constexpr uint8_t instance = 0x08, protocol = 0x04, version = 0x30, maintenance = 0x01;
    const uint32_t at = s.outer + udp_size;
    s.content = at + vxlan_size;
    if (s.content > p.length) return Read::malformed;
    const uint8_t *h = p.data + at;
    if (!(h[0] & instance)) return Read::malformed;
    const uint32_t vni = load32(h + 4) >> 8;
    s.type = type_ethernet;
    if (look_up(Form::vxlan, vni)) return Read::good;
    if (!look_up(Form::vxlan_gpe, vni)) return Read::unknown;
    if (h[0] & (version | maintenance)) return Read::malformed;
    if (h[0] & protocol) s.type = h[3] == 1 ? type_ip4 : h[3] == 2 ? type_ip6 : h[3] == 3 ? type_ethernet : uint16_t{0};
    return Read::good;
}

void Decapsulator::to_host(Packet &p) {
    w_.drops[static_cast<size_t>(Drop::decapsulate_unknown)] += 1;
    if (w_.tracing) [[unlikely]] w_.trace(p, "is of no tunnel");
    punt(w_, p, punt_class(p), vrf_);
}

// Sums that are there and that nobody has verified. Of a packet that a sender on this machine has not finished, there is nothing to
// verify.
bool Decapsulator::checksum_wrong(const Packet &p, const Shim &s, Drop &reason) const {
    const uint8_t *h = p.data + s.outer;
    const uint32_t length = p.length - s.outer;
    const bool trusted = (p.offload.flags & (offload_needs_checksum | offload_checksum_valid)) || p.offload.gso_type != gso_none;
    reason = Drop::decapsulate_checksum;
    if (protocol_ == protocol_gre) return (h[0] & 0x80) && !trusted && !checksum_good(h, length);
    if (protocol_ != protocol_udp) return false;
    const bool v4 = p.ether_type == type_ip4;
    if (load16(h + 6) == 0) {
        reason = Drop::decapsulate_no_checksum;
        return !v4 && (interface_->tunnel->flags & tunnel_checksum);
    }
    if (trusted) return false;
    const uint64_t pseudo = v4 ? checksum_add(0, l3(p) + 12, 8) + length + protocol_udp : pseudo6(l3(p), length, protocol_udp);
    return checksum_fold(checksum_add(pseudo, h, length)) != 0xffff;
}

// False: it ended.
bool Decapsulator::judge(Packet &p, const Shim &s) {
    const auto no = [&](Drop reason) {
        w_.counters(*interface_).in_discards += 1;
        w_.drop(p, reason);
        return false;
    };
    if (!interface_->enabled) return no(Drop::decapsulate_disabled);
    if (++p.tunnels > most_tunnels) return no(Drop::decapsulate_many);
    const bool right = interface_->tunnel->layer3 ? s.type == type_ip4 || s.type == type_ip6 : s.type == type_ethernet;
    if (!right) return no(Drop::decapsulate_type);
    Drop reason;
    if (checksum_wrong(p, s, reason)) {
        w_.counters(*interface_).in_errors += 1;
        w_.drop(p, reason);
        return false;
    }
    return true;
}

// The mark of congestion on the way becomes the content's (RFC 6040). False: it can't say so, and has to go.
bool Decapsulator::mark_content(Packet &p, const Shim &s, uint8_t mark) {
    // Only these two change anything.
    if (mark != ecn_capable1 && mark != ecn_congestion) return true;
    uint32_t at = s.content;
    uint16_t type = s.type;
    if (type == type_ethernet) {
        at += mac_pair;
        while (at + tag_size + 2 <= p.length && is_tag(load16(p.data + at))) at += tag_size;
        if (at + 2 > p.length) return true;
        type = load16(p.data + at);
        at += 2;
    }
    const bool v4 = type == type_ip4;
    if ((!v4 && type != type_ip6) || at + (v4 ? 20 : 40) > p.length) return true;
    uint8_t *h = p.data + at;
    const uint8_t before = traffic_class(h, v4), own = before & ecn_mask, now = ecn_decapsulated[own][mark];
    if (now == ecn_drop) return false;
    if (now != own) set_traffic_class(h, v4, static_cast<uint8_t>((before & ~ecn_mask) | now));
    return true;
}

void Decapsulator::come_out(Packet &p, const Shim &s, uint8_t mark) {
    const Interface &i = *interface_;
    InterfaceCounters &c = w_.counters(i);
    if (!mark_content(p, s, mark)) {
        c.in_discards += 1;
        return w_.drop(p, Drop::decapsulate_congestion);
    }
    if ((p.offload.flags & offload_needs_checksum) && p.offload.csum_start < s.content) p.offload = {};
    const bool frame = s.type == type_ethernet;
    // IP has a link header in front, like that of other interfaces.
    grow_front(p, -static_cast<int>(frame ? s.content : s.content - ethernet_size));
    if (fabric_) {
        c.in_octets += p.length;
        c.in_unicast += 1;
        p.vlan_tci = p.vlan_tpid = 0;
        return arrive(w_, p, {static_cast<uint16_t>(fabric_ & 0xff), static_cast<uint8_t>(fabric_ >> 8 & 0xf), key_.key});
    }
    p.interface = i.index;
    p.egress = no_interface;
    p.remote = found_->remote;
    p.local_origin = false;
    p.flow_hash = 0;
    p.passed = 0;
    p.vlan_tci = p.vlan_tpid = 0;
    if (w_.tracing) [[unlikely]] w_.trace(p, "comes out of {ia}", i.index);
    if (frame) {
        p.ether_type = 0;
        p.l3_offset = 0;
        if (w_.watching()) [[unlikely]] w_.watch_arrival(p, i, false);
        return w_.push(i.domain ? Node::circuit_input : Node::ethernet_input, &p);
    }
    c.in_octets += p.length - ethernet_size;
    c.in_unicast += 1;
    std::memcpy(p.data, i.mac.data(), 6);
    std::memcpy(p.data + 6, i.mac.data(), 6);
    store16(p.data + 12, s.type);
    p.ether_type = s.type;
    p.l3_offset = ethernet_size;
    if (w_.watching()) [[unlikely]] w_.watch_arrival(p, i, true);
    w_.push(s.type == type_ip4 ? Node::ip4_input : Node::ip6_input, &p);
}

// Datagrams one behind the other, each as long as the super-packet says. Their own headers make no room for others in front, but for
// as much as they have themselves.
void Decapsulator::cut(Packet &p, const Shim &s) {
    constexpr uint32_t at_once = 64;
    const uint32_t begin = s.outer + udp_size, size = p.offload.gso_size;
    const uint8_t mark = traffic_class(l3(p), p.ether_type == type_ip4) & ecn_mask;
    // Checksums of what this machine has not finished outside were not on any wire.
    if (p.offload.flags & offload_needs_checksum) {
        const Units units{p.data + begin, p.length - begin, size, vxlan_size, s.type == type_ethernet};
        if (const uint32_t length = size ? merge_segments(units, p.offload) : 0) {
            p.length = s.content + length;
            p.offload.csum_start = static_cast<uint16_t>(p.offload.csum_start + s.content);
            p.offload.header_length = static_cast<uint16_t>(p.offload.header_length + s.content);
            return come_out(p, s, mark);
        }
    }
    uint32_t count = 0;
    for (uint32_t at = begin; at < p.length && size > 0; at += size) {
        Packet *one = w_.arena.take(0);
        if (!one) return w_.drop(p, Drop::no_buffer);
        one->data = p.data + at;
        one->length = std::min(size, p.length - at);
        one->headroom = at == begin ? p.headroom + at : 0;
        one->tunnels = p.tunnels;
        Shim each;
        // The header lies before it as that of the first does.
        if (one->length < vxlan_size || load32(one->data + 4) != load32(p.data + begin + 4)) {
            w_.drop(*one, Drop::decapsulate_malformed);
            continue;
        }
        each.content = vxlan_size;
        each.type = s.type;
        if (s.type != type_ethernet) {
            Packet *room = w_.arena.take(one->length + ethernet_size);
            if (!room) return w_.drop(p, Drop::no_buffer);
            std::memcpy(room->data + ethernet_size, one->data, one->length);
            room->tunnels = p.tunnels;
            one = room;
            each.content += ethernet_size;
        }
        come_out(*one, each, mark);
        if (++count % at_once == 0) w_.make_way();
    }
}

void Decapsulator::take(Packet &p, const Object *object) {
    const bool v4 = p.ether_type == type_ip4;
    const uint8_t *h = l3(p);
    fabric_ = p.fabric_key & fabric_arrival ? p.fabric_key : 0;
    if (fabric_) {
        interface_ = w_.interface(w_.table->fabric->peer(static_cast<uint16_t>(fabric_ & 0xff))->interface);
        asked_ = false;
    }
    vrf_ = fabric_ ? nullptr : home_of(w_, p, object);
    const uint32_t vrf = vrf_ ? vrf_->id : 0;
    const Ip6 local = v4 ? mapped(load32(h + 16)) : load_ip6(h + 24), remote = v4 ? mapped(load32(h + 12)) : load_ip6(h + 8);
    Shim s;
    s.outer = p.l3_offset + (v4 ? (h[0] & 15u) * 4 : 40u);
    protocol_ = v4 ? h[9] : h[6];
    const uint16_t port = protocol_ == protocol_udp ? load16(p.data + s.outer + 2) : uint16_t{0};
    if (asked_ && (key_.local != local || key_.remote != remote || key_.vrf != vrf || key_.port != port)) asked_ = false;
    key_.local = local;
    key_.remote = remote;
    key_.vrf = vrf;
    key_.port = port;

    // Of fragments no more is known than whose they are.
    const bool fragment = v4 && (load16(h + 6) & 0x3fff);
    Read read = Read::good;
    if (fragment) return tunnels_->leads(local, remote, vrf, protocol_) ? w_.discard(p, Drop::decapsulate_fragment) : to_host(p);
    switch (protocol_) {
        case protocol_udp: {
            const uint32_t length = load16(p.data + s.outer + 4);
            if (length < udp_size || length > p.length - s.outer) return w_.discard(p, Drop::decapsulate_malformed);
            p.length = s.outer + length;
            read = read_vxlan(p, s);
            break;
        }
        case protocol_gre:
            read = read_gre(p, s);
            break;
        default:
            s.content = s.outer;
            s.type = protocol_ == protocol_ip4 ? type_ip4 : type_ip6;
            read = look_up(Form::ip, 0) ? Read::good : Read::unknown;
    }
    if (read == Read::malformed) return w_.discard(p, Drop::decapsulate_malformed);
    if (read == Read::unknown) return to_host(p);
    if (!judge(p, s)) return;
    const uint8_t type = p.offload.gso_type & static_cast<uint8_t>(~gso_ecn);
    const bool unfinished = p.offload.flags & offload_needs_checksum, outside = unfinished && p.offload.csum_start < s.content;
    if (type == gso_udp_l4 && protocol_ == protocol_udp && (outside || !unfinished)) return cut(p, s);
    if (type == gso_udp || (outside && type == gso_none)) p.offload = {};
    if (outside && type != gso_none) return w_.discard(p, Drop::decapsulate_malformed);
    come_out(p, s, traffic_class(h, v4) & ecn_mask);
}

}  // namespace

bool by_tunnel(Worker &w, Packet &p, const Object *object) {
    const Tunnels &tunnels = *w.table->tunnels;
    const bool v4 = p.ether_type == type_ip4;
    const uint8_t *h = l3(p);
    switch (v4 ? h[9] : h[6]) {
        case protocol_ip4:
        case protocol_ip6:
            if (!tunnels.listens_for_ip()) return false;
            break;
        case protocol_gre:
            if (!tunnels.listens_for_gre()) return false;
            break;
        case protocol_udp: {
            const uint32_t header = v4 ? (h[0] & 15u) * 4 : 40u;
            const bool later = v4 && (load16(h + 6) & 0x1fff);
            if (later || l3_length(p) < header + udp_size || !tunnels.listens(load16(h + header + 2))) return false;
            break;
        }
        default:
            return false;
    }
    w.push(Node::decapsulate, &p, object);
    return true;
}

void decapsulate(Worker &w, Vector &in) {
    Decapsulator decapsulator(w);
    for (unsigned n = 0; n < in.size; n++) decapsulator.take(*in.packets[n], in.objects[n]);
}

}  // namespace weft
