// Tunnels: what they are, the headers that they put in front of packets, and which one a packet for the box has come by.
//
//   ip                  IP in IP of all families (RFC 2003, RFC 2473, RFC 4213)
//   gre                 RFC 2784, RFC 2890: IP; keys and checksums
//   l2gre               GRE of Ethernet frames (type 0x6558)
//   nvgre               RFC 7637: its 24 bits of VSID and 8 bits of flow are the key
//   vxlan               RFC 7348: Ethernet frames, by their VNI
//   vxlan_gpe_ip        draft-ietf-nvo3-vxlan-gpe, IP; vxlan_gpe_ethernet: frames
//
// A tunnel has one remote or several; packets name one of several by its place (Packet::remote). All is immutable: a change makes
// another Tunnel, and each interface table its own index of them.
//
// Memory  64 octets for each remote's header, and 256 to 512 for its places in the index
// Cost    find(): one cache line, mostly
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../net/address.h"
#include "objects.h"
#include "vrfs.h"

namespace weft {

// Numbered as in records.
enum class TunnelKind : uint8_t {
    ip = 1,
    gre = 2,
    l2gre = 3,
    nvgre = 4,
    vxlan = 5,
    vxlan_gpe_ip = 6,
    vxlan_gpe_ethernet = 7,
    pbb = 8,  // IEEE 802.1ah, of the fabric alone: no record has it
};

enum TunnelFlag : uint8_t {
    tunnel_has_key = 1,
    tunnel_checksum = 2,         // of GRE, or of UDP: a sum over what is carried; without it UDP's is zero (RFC 6935)
    tunnel_fragments_outer = 4,  // packets longer than the way may be fragmented outside (IPv4)
    tunnel_flags = 7,
};

inline constexpr uint8_t inherited_dscp = 0xff;
inline constexpr size_t most_remotes = 1024;
// Tunnels that a packet may go into or out of on its way through the box.
inline constexpr uint8_t most_tunnels = 8;

struct TunnelSpec {
    TunnelKind kind = TunnelKind::ip;
    uint32_t vrf = 0;  // of the way
    Ip6 source;
    std::vector<Ip6> remotes;  // of the source's family
    std::vector<Ip6> sources = {};  // by remote, where each has another one
    uint32_t key = 0;          // of GRE, VSID or VNI; of pbb the VLAN, 0: none
    uint16_t port = 0;         // of UDP
    uint8_t flags = 0;         // TunnelFlag
    uint8_t hop_limit = 64;    // 0: the packet's own
    uint8_t dscp = inherited_dscp;
    bool operator==(const TunnelSpec &) const = default;

    bool v6() const { return !is_mapped(source); }
    bool udp() const { return kind >= TunnelKind::vxlan && kind <= TunnelKind::vxlan_gpe_ethernet; }
    // Carries IP packets, not Ethernet frames.
    bool layer3() const { return kind <= TunnelKind::gre || kind == TunnelKind::vxlan_gpe_ip; }
    // Octets from the outer IP header to what is carried.
    uint32_t header() const;
    // Octets that an IP packet in it has less than the way.
    uint32_t overhead() const { return header() + (layer3() ? 0 : 14); }
};

// "VXLAN 100 from 10.0.1.1": for a person.
std::string text_of(const TunnelSpec &tunnel);

struct Tunnel {
    // `name`: of its interface.
    Tunnel(const TunnelSpec &spec, const std::string &name, const Vrf *vrf);
    // To another member, of a spec whose sources and remotes are by internal link.
    explicit Tunnel(const TunnelSpec &spec);

    struct alignas(64) Header {
        uint8_t octets[64];  // without lengths, and what is of the packet: its mark, protocol, source port and checksums
        uint32_t sum;        // of an IPv4 header, not folded
    };

    // What packets ask for.
    uint32_t length;  // of a header
    bool v6, layer3, udp;
    bool inherits_ttl;
    uint8_t dscp;  // shifted to its place in the octet, or inherited_dscp
    TunnelKind kind;
    uint8_t flags;
    const Vrf *vrf;
    std::vector<Header> headers;  // by remote
    MacAddress mac;               // of an interface that has none configured: another one for each end
    // Of the fabric: where in a header the 24 bits of a packet's own key are (0: the key is the tunnel's), and by remote the next hop on
    // its internal link, and of kind pbb its MAC address.
    uint8_t key_at = 0;
    std::vector<std::unique_ptr<const Object>> ways;
    std::vector<MacAddress> macs;
    TunnelSpec spec;
};

class Tunnels {
  public:
    // As packets show it; the last for each protocol by which a remote is led to, whatever the key.
    enum class Form : uint8_t { ip = 1, gre, gre_key, l2gre, l2gre_key, nvgre, vxlan, vxlan_gpe, any_ip, any_gre, any_udp };
    struct Key {
        Ip6 local, remote;
        uint32_t vrf = 0, key = 0;
        uint16_t port = 0;
        Form form{};
        bool operator==(const Key &) const = default;
    };
    struct Entry {
        Key key;
        uint32_t interface = 0;
        uint16_t remote = 0;
        bool used = false;
    };
    static constexpr uint32_t none = 0xffffffff;

    // Tunnels by the indexes of their interfaces.
    explicit Tunnels(const std::vector<std::pair<uint32_t, const Tunnel *>> &all);

    // Null: there is none.
    const Entry *find(const Key &key) const {
        for (size_t at = place_of(key);; at = (at + 1) & mask_) {
            const Entry &e = entries_[at];
            if (!e.used) return nullptr;
            if (e.key == key) return &e;
        }
    }
    // Does a tunnel of this protocol behind IP lead to there?
    bool leads(const Ip6 &local, const Ip6 &remote, uint32_t vrf, uint8_t protocol) const;
    bool listens(uint16_t udp_port) const { return !ports_.empty() && (ports_[udp_port / 64] >> (udp_port % 64) & 1); }
    bool listens_for_ip() const { return ip_; }
    bool listens_for_gre() const { return gre_; }
    static Key key_of(const TunnelSpec &tunnel, const Ip6 &remote);

  private:
    size_t place_of(const Key &key) const;
    void add(const Key &key, uint32_t interface, uint16_t remote);

    size_t mask_ = 0;
    std::vector<Entry> entries_;
    bool ip_ = false, gre_ = false;
    std::vector<uint64_t> ports_;  // a bit for each; empty: none
};

}  // namespace weft
