// The way out of a domain: tags are rewritten the other way round than on the way in, length is checked.
//
// Drops  egress: no-tag-to-take-off, no-headroom, frame-longer-than-mtu; segment: headers-not-understood, of a super-packet that is
//        no IP; and those of egress
#include "../net/offload.h"
#include "../net/tags.h"
#include "fabric.h"

namespace weft {
namespace {

bool has_tags(const Packet &p, unsigned count) {
    uint32_t at = mac_pair;
    for (; count > 0; count--, at += tag_size)
        if (at + tag_size + 2 > p.length || !is_tag(load16(p.data + at))) return false;
    return true;
}

void refuse(Worker &w, Packet &p, const Interface &out, Drop reason) {
    w.counters(out).out_discards += 1;
    w.drop(p, reason);
}

}  // namespace

void egress_frame(Worker &w, Packet &p, const Interface &out) {
    const TagRewrite &rewrite = out.tags_out;
    if (rewrite.pop) {
        if (!has_tags(p, rewrite.pop)) return refuse(w, p, out, Drop::egress_tag);
        pop_tags(p, rewrite.pop);
    }
    if (rewrite.push.length && !push_tags(p, rewrite.push)) return refuse(w, p, out, Drop::egress_headroom);
    p.l3_offset = static_cast<uint16_t>(p.l3_offset + rewrite.push.length - rewrite.pop * tag_size);
    if (p.offload.gso_type != gso_none && p.length < p.l3_offset + 40u) return refuse(w, p, out, Drop::segment_headers);
    if (!fits(p, out.mtu)) return refuse(w, p, out, out.far && too_long(w, p, out.peer) ? Drop::fabric_mtu : Drop::egress_too_big);
    egress(w, p, out);
}

Packet *copy(Worker &w, const Packet &p) {
    Packet *made = w.arena.take(p.length);
    if (!made) {
        w.unmade(Drop::no_buffer);
        return nullptr;
    }
    uint8_t *const data = made->data;
    const uint32_t headroom = made->headroom;
    *made = p;
    made->data = data;
    made->headroom = headroom;
    std::memcpy(data, p.data, p.length);
    return made;
}

}  // namespace weft
