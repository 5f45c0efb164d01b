#include "tunnels.h"

#include "../net/checksum.h"
#include "../net/protocols.h"
#include "../packet.h"
#include "fabric.h"
#include "hash.h"

namespace weft {
namespace {

constexpr uint32_t udp_size = 8, vxlan_size = 8, gre_size = 4, pbb_size = 4;
constexpr uint16_t gre_checksum = 0x8000, gre_key = 0x2000, gre_ethernet = 0x6558;
constexpr uint16_t hop_limit_at4 = 8, protocol_at4 = 9;

bool is_gre(TunnelKind kind) { return kind == TunnelKind::gre || kind == TunnelKind::l2gre || kind == TunnelKind::nvgre; }

uint32_t gre_header(const TunnelSpec &t) {
    const bool key = (t.flags & tunnel_has_key) || t.kind == TunnelKind::nvgre;
    return gre_size + (t.flags & tunnel_checksum ? 4 : 0) + (key ? 4 : 0);
}

void write_gre(uint8_t *h, const TunnelSpec &t) {
    const bool key = (t.flags & tunnel_has_key) || t.kind == TunnelKind::nvgre;
    const bool sum = t.flags & tunnel_checksum;
    store16(h, static_cast<uint16_t>((sum ? gre_checksum : 0) | (key ? gre_key : 0)));
    if (t.kind != TunnelKind::gre) store16(h + 2, gre_ethernet);
    if (key) store32(h + (sum ? 8 : 4), t.kind == TunnelKind::nvgre ? t.key << 8 : t.key);
}

void write_udp(uint8_t *h, const TunnelSpec &t) {
    store16(h + 2, t.port);
    uint8_t *vxlan = h + udp_size;
    constexpr uint8_t instance = 0x08, protocol = 0x04, gpe_ethernet = 3;
    vxlan[0] = t.kind == TunnelKind::vxlan ? instance : instance | protocol;
    if (t.kind == TunnelKind::vxlan_gpe_ethernet) vxlan[3] = gpe_ethernet;
    store32(vxlan + 4, t.key << 8);
}

Tunnel::Header header_of(const TunnelSpec &t, const Ip6 &source, const Ip6 &remote) {
    Tunnel::Header made{};
    uint8_t *const h = made.octets;
    const uint8_t protocol = t.udp() ? protocol_udp : is_gre(t.kind) ? protocol_gre : 0;
    uint8_t *payload;
    if (t.v6()) {
        h[0] = 0x60;
        h[6] = protocol;
        h[7] = t.hop_limit;
        store_ip6(h + 8, source);
        store_ip6(h + 24, remote);
        payload = h + 40;
    } else {
        h[0] = 0x45;
        if (!(t.flags & tunnel_fragments_outer)) h[6] = 0x40;
        h[hop_limit_at4] = t.hop_limit;
        h[protocol_at4] = protocol;
        store32(h + 12, unmapped(source));
        store32(h + 16, unmapped(remote));
        made.sum = checksum_fold(checksum_add(0, h, 20));
        payload = h + 20;
    }
    if (t.udp())
        write_udp(payload, t);
    else if (is_gre(t.kind))
        write_gre(payload, t);
    return made;
}

// Locally administered.
MacAddress mac_of(const TunnelSpec &t, const std::string &name) {
    uint64_t hash = mix(t.source.high ^ mix(t.source.low ^ mix(t.key)));
    for (const char c : name) hash = mix(hash ^ static_cast<uint8_t>(c));
    MacAddress mac{2};
    for (size_t n = 1; n < mac.size(); n++) mac[n] = static_cast<uint8_t>(hash >> (8 * n));
    return mac;
}

}  // namespace

uint32_t TunnelSpec::header() const {
    if (kind == TunnelKind::pbb) return key ? pbb_size + pbb_size : pbb_size;
    const uint32_t ip = v6() ? 40 : 20;
    if (udp()) return ip + udp_size + vxlan_size;
    return is_gre(kind) ? ip + gre_header(*this) : ip;
}

std::string text_of(const TunnelSpec &t) {
    const std::string key = std::to_string(t.key), from = " from " + to_text(t.source), keyed = t.flags & tunnel_has_key ? " of key " + key : "";
    switch (t.kind) {
        case TunnelKind::ip: return "IP in IP" + from;
        case TunnelKind::gre: return "GRE" + keyed + from;
        case TunnelKind::l2gre: return "GRE of Ethernet" + keyed + from;
        case TunnelKind::nvgre: return "NVGRE of VSID " + key + from;
        case TunnelKind::vxlan: return "VXLAN of VNI " + key + from;
        case TunnelKind::vxlan_gpe_ip:
        case TunnelKind::vxlan_gpe_ethernet: break;
        case TunnelKind::pbb: return "802.1ah";
    }
    return "VXLAN-GPE of VNI " + key + from;
}

Tunnel::Tunnel(const TunnelSpec &of, const std::string &name, const Vrf *way)
    : length(of.header()), v6(of.v6()), layer3(of.layer3()), udp(of.udp()), inherits_ttl(of.hop_limit == 0),
      dscp(of.dscp == inherited_dscp ? of.dscp : static_cast<uint8_t>(of.dscp << 2)), kind(of.kind), flags(of.flags), vrf(way),
      mac(mac_of(of, name)), spec(of) {
    for (size_t n = 0; n < of.remotes.size(); n++)
        headers.push_back(header_of(of, of.sources.empty() ? of.source : of.sources[n], of.remotes[n]));
}

Tunnel::Tunnel(const TunnelSpec &of) : Tunnel(of, {}, nullptr) {
    constexpr uint8_t behind_udp = 4;
    const auto ip = static_cast<uint8_t>(v6 ? 40 : 20);
    if (kind == TunnelKind::vxlan) key_at = static_cast<uint8_t>(ip + udp_size + behind_udp);
    if (kind == TunnelKind::nvgre) key_at = static_cast<uint8_t>(ip + gre_size);
    if (kind != TunnelKind::pbb) return;
    // Behind the type of the outer tag: its VLAN, the type of the inner one, and that one with the key.
    key_at = static_cast<uint8_t>(length - 3);
    for (Header &header : headers) {
        header = {};
        if (of.key == 0) continue;
        store16(header.octets, static_cast<uint16_t>(of.key));
        store16(header.octets + 2, type_pbb);
    }
}

Tunnels::Key Tunnels::key_of(const TunnelSpec &t, const Ip6 &remote) {
    Key key;
    key.local = t.source;
    key.remote = remote;
    key.vrf = t.vrf;
    key.port = t.udp() ? t.port : 0;
    const bool keyed = t.flags & tunnel_has_key;
    switch (t.kind) {
        case TunnelKind::ip: key.form = Form::ip; break;
        case TunnelKind::gre: key.form = keyed ? Form::gre_key : Form::gre; break;
        case TunnelKind::l2gre: key.form = keyed ? Form::l2gre_key : Form::l2gre; break;
        case TunnelKind::nvgre: key.form = Form::nvgre; break;
        case TunnelKind::vxlan: key.form = Form::vxlan; break;
        case TunnelKind::vxlan_gpe_ip:
        case TunnelKind::vxlan_gpe_ethernet: key.form = Form::vxlan_gpe; break;
        case TunnelKind::pbb: break;
    }
    key.key = t.udp() || t.kind == TunnelKind::nvgre || keyed ? t.key : 0;
    return key;
}

size_t Tunnels::place_of(const Key &k) const {
    const uint64_t what = static_cast<uint64_t>(k.key) << 32 | static_cast<uint64_t>(k.vrf) << 16 | static_cast<uint64_t>(k.form);
    const uint64_t from = k.remote.high * 0x9e3779b97f4a7c15ull + k.remote.low, to = k.local.high * 0xff51afd7ed558ccdull + k.local.low;
    return mix(from ^ mix(to ^ what)) & mask_;
}

bool Tunnels::leads(const Ip6 &local, const Ip6 &remote, uint32_t vrf, uint8_t protocol) const {
    const Form any = protocol == protocol_udp ? Form::any_udp : protocol == protocol_gre ? Form::any_gre : Form::any_ip;
    return find({local, remote, vrf, 0, 0, any}) != nullptr;
}

// The first holds.
void Tunnels::add(const Key &key, uint32_t interface, uint16_t remote) {
    size_t at = place_of(key);
    for (; entries_[at].used; at = (at + 1) & mask_)
        if (entries_[at].key == key) return;
    entries_[at] = {key, interface, remote, true};
}

Tunnels::Tunnels(const std::vector<std::pair<uint32_t, const Tunnel *>> &all) {
    size_t count = 0;
    for (const auto &[interface, tunnel] : all) count += tunnel->spec.remotes.size();
    size_t size = 4;
    while (size < 4 * count) size *= 2;
    entries_.resize(size);
    mask_ = size - 1;
    for (const auto &[interface, tunnel] : all) {
        const TunnelSpec &spec = tunnel->spec;
        ip_ |= spec.kind == TunnelKind::ip;
        gre_ |= is_gre(spec.kind);
        if (spec.udp()) {
            if (ports_.empty()) ports_.resize(1024);
            ports_[spec.port / 64] |= 1ull << (spec.port % 64);
        }
        for (size_t n = 0; n < spec.remotes.size(); n++) {
            add(key_of(spec, spec.remotes[n]), interface, static_cast<uint16_t>(n));
            const Form any = spec.udp() ? Form::any_udp : is_gre(spec.kind) ? Form::any_gre : Form::any_ip;
            add({spec.source, spec.remotes[n], spec.vrf, 0, 0, any}, interface, static_cast<uint16_t>(n));
        }
    }
}

}  // namespace weft
