#include "fabric.h"

#include <algorithm>
#include <cstring>

namespace weft {

const char *text_of(FabricKind kind) {
    switch (kind) {
        case FabricKind::vxlan: return "VXLAN";
        case FabricKind::nvgre: return "NVGRE";
        case FabricKind::pbb: break;
    }
    return "802.1ah";
}

bool FabricSpec::v6() const {
    for (const auto &[slot, ends] : members)
        for (const FabricEnd &end : ends)
            if (end.address) return !is_mapped(*end.address);
    return false;
}

uint32_t FabricSpec::overhead() const {
    constexpr uint32_t ethernet = 14, udp_and_vxlan = 16, gre_with_key = 8, backbone_tag = 4, instance_tag = 4;
    if (kind == FabricKind::pbb) return ethernet + instance_tag + (vlan ? backbone_tag : 0);
    return ethernet + (v6() ? 40 : 20) + (kind == FabricKind::vxlan ? udp_and_vxlan : gre_with_key);
}

MacAddress FarPort::mac() const {
    const uint64_t all = bits.load(std::memory_order_relaxed);
    MacAddress m;
    std::memcpy(m.data(), &all, m.size());
    return m;
}

uint16_t Fabric::sender(const Link &link, const Ip6 &address) const {
    for (const auto &[known, slot_of] : link.by_address)
        if (known == address) return slot_of;
    return no_slot;
}

const Fabric::Link *Fabric::link(uint32_t interface) const {
    for (const Link &one : links)
        if (one.interface == interface) return &one;
    return nullptr;
}

void Fabric::add_peer(const Peer &peer) {
    peers.push_back(peer);
    if (by_slot_.size() <= peer.slot) by_slot_.resize(peer.slot + size_t{1});
    by_slot_[peer.slot] = static_cast<uint16_t>(peers.size());
}

void Fabric::set_keys(const std::vector<std::pair<uint32_t, uint32_t>> &of_interfaces,
                      const std::vector<std::pair<uint32_t, uint32_t>> &of_bridges) {
    interfaces_.set(of_interfaces);
    bridges_.set(of_bridges);
}

void Fabric::Keys::set(const std::vector<std::pair<uint32_t, uint32_t>> &all) {
    size_t size = 2;
    while (size < 2 * all.size() + 2) size *= 2;
    places_.assign(size, {0, none});
    mask_ = size - 1;
    for (const auto &[key, value] : all) {
        size_t at = mix(key) & mask_;
        while (places_[at].second != none) at = (at + 1) & mask_;
        places_[at] = {key, value};
    }
}

}  // namespace weft
