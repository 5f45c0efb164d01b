// VLAN tags (IEEE 802.1Q §9.6) in front of a frame's type: what is in the way of an octet there makes room or closes up, and the
// places that the offload names keep to theirs. Functions without a check take the room for granted.
#pragma once

#include "../packet.h"
#include "bytes.h"
#include "offload.h"

namespace weft {

inline constexpr uint32_t mac_pair = 12;  // octets of a frame's two addresses
inline constexpr uint32_t tag_size = 4;
inline constexpr uint16_t tag_identifier = 0x0fff, tag_priority = 0xf000;  // of a tag's content; the latter with drop eligibility

inline bool is_tag(uint16_t type) { return type == type_vlan || type == type_qinq; }

// A VLAN as a tag names it.
struct VlanTag {
    uint16_t tpid = 0, vid = 0;
    auto operator<=>(const VlanTag &) const = default;
};

// Tags as they lie in a frame, the outermost first.
struct TagBytes {
    uint8_t length = 0;
    uint8_t bytes[2 * tag_size] = {};
    void add(const VlanTag &tag) {
        store16(bytes + length, tag.tpid);
        store16(bytes + length + 2, tag.vid);
        length = static_cast<uint8_t>(length + tag_size);
    }
};

// The outermost tag of a frame, beside it or in it; {}: none.
inline VlanTag outer_tag(const Packet &p) {
    if (p.vlan_tpid != 0) return {p.vlan_tpid, static_cast<uint16_t>(p.vlan_tci & tag_identifier)};
    if (p.length < mac_pair + tag_size + 2 || !is_tag(load16(p.data + mac_pair))) return {};
    return {load16(p.data + mac_pair), static_cast<uint16_t>(load16(p.data + mac_pair + 2) & tag_identifier)};
}

// The tag behind that one.
inline VlanTag second_tag(const Packet &p) {
    const uint32_t at = p.vlan_tpid != 0 ? mac_pair : mac_pair + tag_size;
    if (p.length < at + tag_size + 2 || !is_tag(load16(p.data + at))) return {};
    return {load16(p.data + at), static_cast<uint16_t>(load16(p.data + at + 2) & tag_identifier)};
}

// The packet begins so many octets earlier, or later when negative; what is in front of layer 3 is the caller's.
inline void grow_front(Packet &p, int octets) {
    p.data -= octets;
    p.length += static_cast<uint32_t>(octets);
    p.headroom -= static_cast<uint32_t>(octets);
    if (p.offload.flags & offload_needs_checksum) p.offload.csum_start = static_cast<uint16_t>(p.offload.csum_start + octets);
    if (p.offload.header_length > 0) p.offload.header_length = static_cast<uint16_t>(p.offload.header_length + octets);
}

// As grow_front() of a whole frame, whose addresses go along.
inline void move_addresses(Packet &p, int octets) {
    uint64_t first;
    uint32_t rest;
    std::memcpy(&first, p.data, 8);
    std::memcpy(&rest, p.data + 8, 4);
    grow_front(p, octets);
    std::memcpy(p.data, &first, 8);
    std::memcpy(p.data + 8, &rest, 4);
}

// Puts tags in front of the type; each has the priority that is in vlan_tci. False: there is no room.
inline bool push_tags(Packet &p, const TagBytes &tags) {
    if (p.headroom < tags.length) return false;
    move_addresses(p, tags.length);
    std::memcpy(p.data + mac_pair, tags.bytes, tags.length);
    const auto priority = static_cast<uint8_t>((p.vlan_tci & tag_priority) >> 8);
    for (uint32_t at = mac_pair + 2; at < mac_pair + tags.length; at += tag_size) p.data[at] |= priority;
    return true;
}

// Takes the outermost tags off, which are there.
inline void pop_tags(Packet &p, unsigned count) {
    if (count == 0) return;
    if (p.vlan_tpid != 0) count--;
    p.vlan_tpid = 0;
    if (count) move_addresses(p, -static_cast<int>(count * tag_size));
}

// The outermost tag, when a kernel took it off and a driver carries it beside the frame (Packet::vlan_tpid), back in front of the
// type. False: there is no room.
inline bool insert_outer_tag(Packet &p) {
    if (p.headroom < tag_size || p.length < mac_pair) return false;
    move_addresses(p, tag_size);
    store16(p.data + mac_pair, p.vlan_tpid);
    store16(p.data + mac_pair + 2, p.vlan_tci);
    if (p.l3_offset) p.l3_offset = static_cast<uint16_t>(p.l3_offset + tag_size);
    p.vlan_tpid = 0;
    return true;
}

}  // namespace weft
