#include "../net/offload.h"
#include "acl.h"

namespace weft {
namespace {

constexpr uint8_t protocol_dccp = 33, protocol_sctp = 132, protocol_udplite = 136;

// Octets of layer 4 that say what entries may ask; 0: a protocol of which they ask nothing.
uint32_t header_needed(uint8_t protocol, uint8_t icmp) {
    if (protocol == protocol_tcp) return 20;
    if (protocol == protocol_udp || protocol == protocol_udplite) return 8;
    if (protocol == protocol_sctp || protocol == protocol_dccp) return 12;
    return protocol == icmp ? 4 : 0;
}

// Octets that the packet has on a wire: of a super-packet those of a segment. `header`: octets before layer 4.
uint32_t wire_length(const Packet &p, uint8_t protocol, uint32_t header) {
    const uint32_t length = l3_length(p);
    if (p.offload.gso_type == gso_none) [[likely]] return length;
    if (protocol != protocol_tcp) return std::min(length, header + 8 + p.offload.gso_size);
    if (length < header + 20) return length;
    return std::min(length, header + (l3(p)[header + 12] >> 4) * 4u + p.offload.gso_size);
}

// Adds what `room` octets of layer 4 say; false when they are too few.
template <unsigned Words>
bool layer4(AclKey<Words> &k, uint8_t protocol, const uint8_t *h, uint32_t room) {
    using Key = AclKey<Words>;
    const uint8_t icmp = Words == 1 ? protocol_icmp : protocol_icmp6;
    const uint32_t need = header_needed(protocol, icmp);
    if (need == 0) return true;
    if (room < need) return false;
    const uint32_t s = protocol == icmp ? h[0] : load16(h), d = protocol == icmp ? h[1] : load16(h + 2);
    k.w[Key::source_port] = s;
    k.w[Key::destination_port] = d;
    k.w[Key::ports] = s | d << 16;
    k.w[Key::meta] |= acl_layer4;
    if (protocol == protocol_tcp) k.w[Key::meta] |= static_cast<uint32_t>(h[13]) << acl_flags_shift;
    return true;
}

template <unsigned Words>
void begin(AclKey<Words> &k, uint8_t protocol, uint32_t dscp, uint32_t length, uint8_t ttl) {
    using Key = AclKey<Words>;
    k.w[Key::meta] = protocol | dscp << acl_dscp_shift;
    k.w[Key::ports] = k.w[Key::source_port] = k.w[Key::destination_port] = 0;
    k.w[Key::protocol] = protocol;
    k.w[Key::size_ttl] = length << 8 | ttl;
}

// The key of a packet as most are: a whole one of TCP or UDP, without options. False: acl_key() is to be asked.
inline bool usual_key(const Packet &p, AclKey<1> &k) {
    using Key = AclKey<1>;
    const uint8_t *h = l3(p);
    const uint32_t length = l3_length(p);
    const uint8_t protocol = h[9];
    const uint32_t need = protocol == protocol_tcp ? 40 : protocol == protocol_udp ? 28 : ~0u;
    if (unsigned{h[0] != 0x45} | unsigned{(load16(h + 6) & 0x3fff) != 0} | unsigned{p.offload.gso_type != gso_none} |
        unsigned{length < need}) [[unlikely]]
        return false;
    const uint32_t s = load16(h + 20), d = load16(h + 22);
    const uint32_t flags = protocol == protocol_tcp ? h[33] : 0;
    k.w[0] = load32(h + 12);
    k.w[1] = load32(h + 16);
    k.w[Key::meta] = protocol | acl_layer4 | static_cast<uint32_t>(h[1] >> 2) << acl_dscp_shift | flags << acl_flags_shift;
    k.w[Key::ports] = s | d << 16;
    k.w[Key::source_port] = s;
    k.w[Key::destination_port] = d;
    k.w[Key::protocol] = protocol;
    k.w[Key::size_ttl] = length << 8 | h[8];
    return true;
}
inline bool usual_key(const Packet &, AclKey<4> &) { return false; }

// The program is told by its address, which the report compares and does not follow.
void note(Worker &w, const AclProgram &program, const Packet &p, uint32_t entry, AclAction action) {
    const auto which = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(&program));
    switch (action) {
        case AclAction::pass: return w.trace(p, "passes by {ea}", entry, 0, which);
        case AclAction::drop: return w.trace(p, "denied by {ea}", entry, 0, which);
        case AclAction::reject: return w.trace(p, "rejected by {ea}", entry, 0, which);
    }
}

template <unsigned Words>
void judge(Worker &w, const AclProgram &program, Packet *const *packets, unsigned count, AclVerdict *verdicts) {
    AclKey<Words> keys[Vector::capacity];
    uint16_t which[Vector::capacity];
    unsigned asked = 0;
    for (unsigned n = 0; n < count; n++) {
        bool tiny = false;
        which[asked] = static_cast<uint16_t>(n);
        if (usual_key(*packets[n], keys[asked]))
            asked++;
        else if (!acl_key(*packets[n], keys[asked], tiny))
            verdicts[n] = AclVerdict::header_chain;
        else if (tiny && program.layer4)
            verdicts[n] = AclVerdict::tiny_fragment;
        else
            asked++;
    }
    uint32_t found[Vector::capacity];
    std::fill_n(found, asked, program.rest());
    program.trees<Words>().match(keys, asked, found);
    AclHits *hits = program.hits(w.id);
    for (unsigned i = 0; i < asked; i++) __builtin_prefetch(&hits[found[i]], 1);
    for (unsigned i = 0; i < asked; i++) {
        const unsigned n = which[i];
        AclHits &h = hits[found[i]];
        h.packets += 1;
        h.octets += l3_length(*packets[n]);
        verdicts[n] = static_cast<AclVerdict>(program.action(found[i]));
        if (w.tracing) [[unlikely]] note(w, program, *packets[n], found[i], program.action(found[i]));
    }
}

}  // namespace

bool acl_key(const Packet &p, AclKey<1> &k, bool &tiny) {
    const uint8_t *h = l3(p);
    const uint32_t length = l3_length(p), header = (h[0] & 15u) * 4;
    const uint16_t fragment = load16(h + 6) & 0x3fff;
    const uint8_t protocol = h[9];
    k.w[0] = load32(h + 12);
    k.w[1] = load32(h + 16);
    begin(k, protocol, h[1] >> 2, wire_length(p, protocol, header), h[8]);
    if (fragment) [[unlikely]] {
        k.w[AclKey<1>::meta] |= acl_fragment;
        if (const uint16_t offset = fragment & 0x1fff) {
            k.w[AclKey<1>::meta] |= acl_later;
            // Of TCP's first 20 octets the later ones, over those that were judged.
            tiny = protocol == protocol_tcp && offset < 3;
            return true;
        }
    }
    if (!layer4(k, protocol, h + header, length - header)) tiny = fragment != 0;
    return true;
}

bool acl_key(const Packet &p, AclKey<4> &k, bool &tiny) {
    const uint8_t *h = l3(p);
    const uint32_t length = l3_length(p);
    uint8_t protocol;
    uint32_t offset;
    bool fragment, first;
    if (!skip_extensions(p, protocol, offset, fragment, first)) return false;
    for (unsigned n = 0; n < 8; n++) k.w[n] = load32(h + 8 + 4 * n);
    begin(k, protocol, load16(h) >> 6 & 0x3f, wire_length(p, protocol, offset), h[7]);
    if (fragment) k.w[AclKey<4>::meta] |= acl_fragment;
    if (!first) {
        k.w[AclKey<4>::meta] |= acl_later;
        // As in IPv4; the fragment header ends the chain.
        tiny = protocol == protocol_tcp && load16(h + offset - 6) >> 3 < 3;
        return true;
    }
    if (!layer4(k, protocol, h + offset, length - offset)) tiny = fragment;
    return true;
}

void acl_judge(Worker &w, const AclProgram &program, Packet *const *packets, unsigned count, AclVerdict *verdicts) {
    if (program.spec.v6)
        judge<4>(w, program, packets, count, verdicts);
    else
        judge<1>(w, program, packets, count, verdicts);
}

}  // namespace weft
