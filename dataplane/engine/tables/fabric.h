// The fabric: how the members of a chassis reach each other's ports. A frame for a port of another member crosses an internal link
// under a key of 24 bits, the same in all members; the member that has the port acts by the key alone.
//
//   bit 23     of the host's side: at the host's member a frame for the host, by the interface that it came in by; at the member that
//              has the interface, a frame that the host or an engine sends by it as it is, past its access list
//   bit 22     a frame for all of a bridge domain: 14 bits of the domain's key, 8 of the place of its sender's split-horizon group
//   the rest   the interface that a frame leaves by
//   0          what members say to each other (nodes/fabric_hear.cc)
//
//   vxlan   RFC 7348: the key is the VNI; super-packets cross whole, as super-datagrams (USO) where the port takes them
//   nvgre   RFC 7637: the key is the VSID
//   pbb     IEEE 802.1ah: the key is the I-SID of a frame between MAC addresses of members, in a VLAN or none
//
// Values as configured, and what workers read of them: immutable, made with each interface table. Each other member is an interface of
// its own in the table, a tunnel with a remote for each internal link, which no configuration names.
//
// Cost  interface_of(): a line, mostly
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../net/address.h"
#include "../packet.h"
#include "hash.h"

namespace weft {

inline constexpr uint16_t host_slot = 0;      // of the member that has the host's side
inline constexpr uint16_t no_slot = 0xffff;   // of interfaces that all members have
inline constexpr uint16_t most_slots = 256;   // numbered from 0
inline constexpr size_t most_links = 8;
inline constexpr uint32_t key_of_host = 0x800000, key_of_domain = 0x400000, fabric_control = 0;
inline constexpr uint32_t most_interface_key = 0x3fffff, most_domain_key = 0x3fff;
inline constexpr size_t most_fabric_groups = 255;  // split-horizon groups of a domain
// Packet::fabric_key of a packet that came by an internal link, with the sender's slot in the lower bits.
inline constexpr uint32_t fabric_arrival = 0x80000000;

inline constexpr uint16_t type_pbb = 0x88e7, type_fabric_control = 0x88b5;

// Under which another member's interface has its index; no configured interface has such a name.
std::string peer_name(uint16_t slot);

// Numbered as in records.
enum class FabricKind : uint8_t { vxlan = 1, nvgre = 2, pbb = 3 };
const char *text_of(FabricKind kind);

// One member's end of an internal link.
struct FabricEnd {
    std::string interface;
    std::optional<Ip6> address;
    std::optional<MacAddress> mac;
    bool operator==(const FabricEnd &) const = default;
};

struct FabricSpec {
    FabricKind kind = FabricKind::vxlan;
    uint32_t vrf = 0;      // of the internal interfaces
    uint16_t mtu = 0;      // of the internal links, octets of layer 3; 0: that of their interfaces
    uint16_t port = 4789;  // of VXLAN
    uint16_t vlan = 0;     // of pbb; 0: none
    uint16_t interval = 300;  // milliseconds between two hellos
    uint8_t multiplier = 3;   // hellos missed until a member is not reached
    std::map<uint16_t, std::vector<FabricEnd>> members;  // by slot; links are of one place in each
    bool operator==(const FabricSpec &) const = default;

    // Octets of an internal link's MTU that a frame in it takes beyond its layer 3: headers and its own Ethernet header.
    uint32_t overhead() const;
    bool v6() const;  // of the addresses
};

// A far port as its member says that it is: known once its first hello was heard.
struct FarPort {
    std::atomic<uint64_t> bits{0};  // MAC in the lower six octets, then these
    std::atomic<uint32_t> mtu{0};
    static constexpr uint64_t is_known = 1ull << 48, is_up = 1ull << 49;

    bool known() const { return bits.load(std::memory_order_relaxed) & is_known; }
    bool up() const { return bits.load(std::memory_order_relaxed) & is_up; }
    MacAddress mac() const;
};

class Fabric {
  public:
    static constexpr uint32_t none = 0xffffffff;

    struct Link {
        uint32_t interface = none;
        std::optional<Ip6> address;
        std::map<MacAddress, uint16_t> by_mac;  // other members: slots
        // Of other members: slots by address.
        std::vector<std::pair<Ip6, uint16_t>> by_address;
    };
    struct Peer {
        uint16_t slot = 0;
        uint32_t interface = none;  // its own, by which frames go to it
    };

    Fabric(uint16_t own_slot, const FabricSpec &of) : slot(own_slot), spec(of) {}

    // A member by its slot; null: there is none, or it is this one.
    const Peer *peer(uint16_t of) const { return of < by_slot_.size() && by_slot_[of] ? &peers[by_slot_[of] - 1u] : nullptr; }
    // Who sends from there by an internal link; no_slot: nobody that is known.
    uint16_t sender(const Link &link, const Ip6 &address) const;
    const Link *link(uint32_t interface) const;
    // Indexes of interfaces and bridge domains by their keys; none.
    uint32_t interface_of(uint32_t key) const { return interfaces_.find(key); }
    uint32_t bridge_of(uint32_t key) const { return bridges_.find(key); }

    const uint16_t slot;
    const FabricSpec spec;
    std::vector<Link> links;  // this member's
    std::vector<Peer> peers;  // in the order of their slots

    // Only while it is made.
    void add_peer(const Peer &peer);
    void set_keys(const std::vector<std::pair<uint32_t, uint32_t>> &interfaces, const std::vector<std::pair<uint32_t, uint32_t>> &bridges);

  private:
    class Keys {
      public:
        void set(const std::vector<std::pair<uint32_t, uint32_t>> &all);
        uint32_t find(uint32_t key) const {
            for (size_t at = mix(key) & mask_;; at = (at + 1) & mask_) {
                if (places_[at].second == none) return none;
                if (places_[at].first == key) return places_[at].second;
            }
        }

      private:
        size_t mask_ = 0;
        std::vector<std::pair<uint32_t, uint32_t>> places_{{0, none}};
    };

    std::vector<uint16_t> by_slot_;  // place in peers, + 1
    Keys interfaces_, bridges_;
};

// What is heard of another member, whatever the configuration: written by workers.
struct PeerRuntime {
    std::array<std::atomic<uint64_t>, most_links> heard{};  // when, in the workers' microseconds; 0: not for long
    std::atomic<uint32_t> hears{0};                         // bit by link: it hears this one there
    std::atomic<uint32_t> boot{0};                          // another one with each start
    std::atomic<bool> told{false};                          // reached, as the last event said
    uint32_t boot_seen = 0;                                 // of the worker that sends hellos alone, as what follows
    bool reached = false;
};

}  // namespace weft
