/* Whether a packet is forwarded here, and what becomes of it then: the checks of ip4-input and ip6-input, the lookup, the neighbour,
 * and the MTU. RFC 1812 §5.2, RFC 8200 §3. */
#ifndef WEFT_EBPF_JUDGE_H
#define WEFT_EBPF_JUDGE_H

#include "flow_hash.h"
#include "lookups.h"

inlined const struct fast_port *port_of(void *words, __u32 index) {
    const volatile __u64 *word = find(words, &index);
    const __u32 number = word ? *word : 0;
    return number ? find(&ports, &number) : 0;
}

/* The number of an object's neighbour. */
inlined __u32 neighbour_of(__u64 object, const struct fast_place *place) {
    const __u32 kind = object >> fast_kind_shift;
    if (kind == fast_adjacency) return object;
    const volatile __u32 *found = kind == fast_glean ? find(&places, place) : 0;
    return found ? *found : no_word;
}

inlined __u64 object_of(__u32 slot) {
    const volatile __u64 *object = find(&objects, &slot);
    return object ? *object : 0;
}

/* Where the packet goes by the word that its lookup gave; fills what the decision needs of it. `needed`: flags that the port must have
 * by which it leaves, a constant, which also tells the family and whether this is XDP. */
inlined bool leads_out(struct packet *p, __u32 word, struct fast_place *place, __u32 segment, const __u16 needed) {
    const bool xdp = needed & fast_takes_frames;
    if (word == 0 || word > fast_objects) return false;
    struct decision *d = p->decision;
    __u32 slot = word - 1;
    __u64 what = object_of(slot);
    d->group = 0;
    if (what >> fast_kind_shift == fast_group) {
        const __u32 member = member_of(what, needed & fast_out4 ? flow_hash4(p, xdp) : flow_hash6(p, xdp));
        if (member == 0 || member > fast_objects) return false;
        d->group = word;
        slot = member - 1;
        what = object_of(slot);
        if (what >> fast_kind_shift == fast_group) return false;
    }
    if (!what) return false;
    const __u32 interface = (what >> fast_interface_shift) & fast_interface_mask;
    place->interface = interface;
    place->zero = 0;
    const __u32 number = neighbour_of(what, place);
    const struct fast_port *out = port_of(&interfaces, interface);
    if (!out || (out->flags & needed) != needed || out->interface == p->in->interface || segment > out->mtu) return false;
    const volatile __u64 *neighbour = find(&neighbours, &number);
    if (!neighbour) return false;
    const __u64 to = *neighbour;
    if (!(to & fast_known)) return false;
    d->in = p->in->interface;
    d->out = out->interface;
    d->out_device = out->device;
    d->slot = slot;
    d->neighbour = number;
    d->to_first = to;
    d->to_rest = to >> 32;
    d->from_first = out->mac_first;
    d->from_rest = out->mac_rest;
    d->peer = out->flags & (__u32)(to >> fast_peer_of_heard) & fast_peer;
    return true;
}

/* Octets of layer 3 of the longest segment of a packet; what only the engine can cut has none. */
inlined __u32 longest(const struct packet *p, __u32 total, __u32 header, __u8 protocol) {
    if (!p->gso) return total;
    __u8 offset;
    if (protocol != tcp || skb_load(p->context, ethernet + header + 12, &offset, 1) != 0) return no_word;
    return header + (offset >> 4) * 4 + p->gso;
}

/* `xdp` is a constant in all that follows: there are no super-packets there. */
inlined bool decide4(struct packet *p, const bool xdp) {
    const struct head *h = p->head;
    const __u32 room = p->length - ethernet;
    if (!(p->in->flags & fast_in4) || h->ip4.version != 0x45 || h->ip4.ttl <= 1) return false;
    const __u32 total = host16(h->ip4.length);
    if (total < header4 || total > room || (p->gso && total != room)) return false;
    __u64 sum = 0;
    unrolled for (int i = 0; i < 5; i++) sum += h->words[i];
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    if (sum != 0xffff) return false;
    const __u32 from = host32(h->ip4.source), to = host32(h->ip4.destination);
    /* This network, loopback, protocol assignments, groups and reserved ones, link-local ones: looked at more closely by the engine. */
    if (from >> 24 == 0 || from >> 24 == 127 || from >> 8 == 0xc00000 || from >> 16 == 0xa9fe || from >= 0xe0000000) return false;
    if (to >> 24 == 0 || to >> 24 == 127 || to >> 8 == 0xc00000 || to >> 16 == 0xa9fe || to >= 0xe0000000) return false;
    if (p->gso && (h->ip4.fragment & swapped16(0x3fff))) return false;
    const __u32 segment = xdp ? total : longest(p, total, header4, h->ip4.protocol);
    struct fast_place place;
    place.high = 0;
    place.low = 0x0000ffff00000000ull | to;
    p->decision->total = total;
    if (!leads_out(p, look_up4(p->vrf, to), &place, segment, xdp ? fast_out4 | fast_takes_frames : fast_out4)) return false;
    /* The checksum of a header whose time to live is one less (RFC 1141). */
    __u32 more = (__u32)h->ip4.checksum + swapped16(0x0100);
    more = (more & 0xffff) + (more >> 16);
    p->decision->version = 4;
    p->decision->life = (h->ip4.ttl - 1u) | (__u32)h->ip4.protocol << 8 | more << 16;
    return true;
}

inlined bool decide6(struct packet *p, const bool xdp) {
    const struct head *h = p->head;
    const __u32 room = p->length - ethernet;
    if (!(p->in->flags & fast_in6) || room < header6 || (xdp && (const void *)(h + 1) > p->end)) return false;
    const __u32 total = header6 + host16(h->ip6.length);
    if ((h->ip6.flow & 0xf0) != 0x60 || h->ip6.hops <= 1 || h->ip6.next == 0 || total > room || (p->gso && total != room)) return false;
    struct fast_place place;
    const __u64 from = host64(h->ip6.source[0]);
    place.high = host64(h->ip6.destination[0]);
    place.low = host64(h->ip6.destination[1]);
    /* Unspecified, loopback and embedded IPv4 addresses, and all from fe00::/7 on: link-local ones and groups. */
    if (from == 0 || place.high == 0 || from >> 57 == 0x7f || place.high >> 57 == 0x7f) return false;
    const __u32 segment = xdp ? total : longest(p, total, header6, h->ip6.next);
    p->decision->total = total;
    if (!leads_out(p, look_up6(p->vrf, place.high, place.low), &place, segment, xdp ? fast_out6 | fast_takes_frames : fast_out6)) return false;
    p->decision->version = 6;
    p->decision->life = h->ip6.hops - 1u;
    return true;
}

/* Of the head at least an IPv4 packet's is there, and an IPv6 packet's when the frame is as long. */
inlined bool decide(struct packet *p, const bool xdp) {
    const struct head *h = p->head;
    p->in = port_of(&devices, p->device & (fast_devices - 1));
    if (!p->in || p->in->device != p->device) return false;
    if (h->to_first != p->in->mac_first || h->to_rest != p->in->mac_rest || (h->from_first & 1)) return false;
    const __u32 number = p->in->vrf;
    p->vrf = find(&vrfs, &number);
    if (!p->vrf) return false;
    if (h->type == swapped16(type_ip4)) return decide4(p, xdp);
    if (h->type == swapped16(type_ip6)) return decide6(p, xdp);
    return false;
}

#endif
