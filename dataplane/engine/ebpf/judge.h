/* Whether a packet is forwarded here, and what becomes of it then: the checks of ip4-input and ip6-input, the lookup, the neighbour,
 * and the MTU. RFC 1812 §5.2, RFC 8200 §3. */
#ifndef WEFT_EBPF_JUDGE_H
#define WEFT_EBPF_JUDGE_H

#include "lookups.h"

enum { ethernet = 14, header4 = 20, header6 = 40, type_ip4 = 0x0800, type_ip6 = 0x86dd };
enum { tcp = 6, udp = 17 };

/* Frame up to the end of the IP header, whose words are aligned. */
struct head {
    __u16 pad, to_first;
    __u32 to_rest;
    __u16 from_first;
    __u32 from_rest;
    __u16 type;
    union {
        struct {
            __u8 version, tos;
            __u16 length, id, fragment;
            __u8 ttl, protocol;
            __u16 checksum;
            __u32 source, destination;
        } ip4;
        __u32 words[5];
        struct {
            __u32 flow;
            union {
                struct {
                    __u16 length;
                    __u8 next, hops;
                };
                __u32 second;
            };
            __u64 source[2], destination[2];
        } ip6;
    };
} __attribute__((aligned(8), packed));
_Static_assert(sizeof(struct head) == 2 + ethernet + header6, "it is the frame");

/* What is to become of a packet; between filter and tc it is kept for this processor. */
struct decision {
    __u32 device, length; /* of the packet that it is about; no device: there is none */
    __u32 in, out;        /* interfaces */
    __u32 out_device;
    __u32 slot, neighbour;
    __u32 total;    /* octets of layer 3 */
    __u32 to_first; /* the frame's new addresses, as they lie in memory */
    __u16 to_rest, from_first;
    __u32 from_rest;
    __u32 life; /* IPv4: time to live, protocol, checksum; IPv6: the hop limit */
    __u32 version;
    __u32 peer; /* fast_peer: it is handed to the other end of the pair at once */
    __u32 unused[2];
};
_Static_assert(sizeof(struct decision) == fast_decision_size, "the engine makes room for it");

/* A packet that is being judged. */
struct packet {
    void *context;
    struct decision *decision;
    const struct head *head;
    const void *end; /* XDP: of the frame, where `head` lies */
    const struct fast_port *in;
    const struct fast_vrf *vrf;
    __u32 device, length; /* of the frame */
    __u32 gso;            /* octets of a segment's payload, or 0 */
    __u16 leaves;         /* flags that the port must have by which it leaves */
};

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

/* Where the packet goes by the word that its lookup gave; fills what the decision needs of it. */
inlined bool leads_out(struct packet *p, __u32 word, struct fast_place *place, __u32 segment, __u16 flag) {
    if (word == 0 || word > fast_objects) return false;
    struct decision *d = p->decision;
    const __u32 slot = word - 1;
    const volatile __u64 *object = find(&objects, &slot);
    if (!object) return false;
    const __u64 what = *object;
    const __u32 interface = (what >> fast_interface_shift) & fast_interface_mask;
    place->interface = interface;
    place->zero = 0;
    const __u32 number = neighbour_of(what, place);
    const struct fast_port *out = port_of(&interfaces, interface);
    const __u16 needed = flag | p->leaves;
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
    if (!leads_out(p, look_up4(p->vrf, to), &place, segment, fast_out4)) return false;
    /* The checksum of a header whose time to live is one less (RFC 1141). */
    __u32 more = (__u32)h->ip4.checksum + swapped16(0x0100);
    more = (more & 0xffff) + (more >> 16);
    p->decision->total = total;
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
    if (!leads_out(p, look_up6(p->vrf, place.high, place.low), &place, segment, fast_out6)) return false;
    p->decision->total = total;
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
