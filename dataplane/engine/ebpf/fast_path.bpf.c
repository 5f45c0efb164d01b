/* The kernel fast path: plain routed packets are forwarded where the kernel receives them, by the engine's own tables, and never
 * reach the engine; whatever is in any way unusual goes on to it untouched. The tables are arrays that the engine has mapped
 * (layout.h); kernel*.cc write them and says when the program may use them.
 *
 *   filter      on the packet sockets of a port, which the kernel asks before tc: decides, keeps the decision for the tc program on
 *               this processor, and lets the engine have only what is not forwarded here
 *   tc          at the ingress of the device, right after: carries the decision out
 *   tc_entry    what is attached to the device: goes to tc while the engine lives (the kernel empties the array of programs with the
 *               engine's last descriptor of it), and lets pass everything afterwards
 *
 * A packet is forwarded here when it is unicast to the port's MAC address without a VLAN tag, IPv4 without options or IPv6 without
 * hop-by-hop options, in order by the checks of ip4-input and ip6-input, has a time to live to lose, leads to an adjacency or a
 * connected prefix of another port of the fast path whose neighbour is known, and fits the MTU there (of TCP super-packets each
 * segment). RFC 1812 §5.2, RFC 8200 §3.
 *
 * Readers here hold no epoch of the engine: it lets a grace period of RCU pass before it uses memory again.
 */
#include <stdbool.h>

#include <linux/bpf.h>

#include "layout.h"

#define inlined static inline __attribute__((always_inline))
#define program(name) __attribute__((section(name), used))
#define unrolled _Pragma("GCC unroll 16")

#define HELPER(number, type, name, ...) extern type name(__VA_ARGS__) __attribute__((kernel_helper(number)))
HELPER(1, void *, find, const void *map, const void *key);
HELPER(8, __u32, processor, void);
HELPER(9, long, skb_store, void *skb, __u32 offset, const void *from, __u32 length, __u64 flags);
HELPER(12, long, tail_call, void *context, const void *programs, __u32 index);
HELPER(23, long, redirect, __u32 device, __u64 flags);
HELPER(26, long, skb_load, const void *skb, __u32 offset, void *to, __u32 length);
HELPER(38, long, skb_resize, void *skb, __u32 length, __u64 flags);

struct map;
extern struct map devices, interfaces, ports, vrfs, objects, neighbours, used, places, regions, port_counters, object_counters, decisions,
    tc_programs;

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "addresses and MACs are taken from words as they lie in the memory of little-endian machines"
#endif
#define swapped16(x) ((__u16)((__u16)(x) << 8 | (__u16)(x) >> 8)) /* of constants */
/* GCC 12 would call a library for them. */
inlined __u64 host16(__u64 x) {
    asm("endbe %0, 16" : "+r"(x));
    return x;
}
inlined __u64 host32(__u64 x) {
    asm("endbe %0, 32" : "+r"(x));
    return x;
}
inlined __u64 host64(__u64 x) {
    asm("endbe %0, 64" : "+r"(x));
    return x;
}

enum { ethernet = 14, type_ip4 = 0x0800, type_ip6 = 0x86dd, tcp = 6, no_word = 0xffffffff };
enum { act_pass = -1, act_drop = 2 };

/* Frame up to the end of the IP header, whose words are aligned. */
struct head {
    __u16 pad, to_first;
    __u32 to_rest;
    __u8 from[6];
    __u16 type;
    union {
        struct {
            __u8 version, tos;
            __u16 length, id, fragment;
            __u8 ttl, protocol;
            __u16 checksum;
            __u32 source, destination;
        } ip4;
        __u16 sums[10];
        struct {
            __u32 flow;
            __u16 length;
            __u8 next, hops;
            __u64 source[2], destination[2];
        } ip6;
    };
} __attribute__((aligned(8)));

/* What is to become of a packet, between filter and tc. */
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
    __u32 unused[3];
};
_Static_assert(sizeof(struct decision) == fast_decision_size, "the engine makes room for it");

/* A word of a region, or what cannot be one. */
inlined __u32 word_at(void *region, __u64 at) {
    const __u32 page = at / fast_page;
    const __u8 *p = find(region, &page);
    return p ? *(const volatile __u32 *)(p + (at & (fast_page - 4))) : no_word;
}

inlined __u32 half_at(void *region, __u64 at) {
    const __u32 page = at / fast_page;
    const __u8 *p = find(region, &page);
    return p ? *(const volatile __u16 *)(p + (at & (fast_page - 2))) : no_word;
}

inlined void *region_of(__u32 number) { return find(&regions, &number); }

/* Object + 1, 0 for no route, no_word when the tables cannot be read from here. */
inlined __u32 look_up4(const struct fast_vrf *vrf, __u32 to) {
    const __u64 table = *(const volatile __u64 *)&vrf->table4;
    if (!(table & fast_there)) return no_word;
    const __u32 form = (table >> fast_form_shift) & 3, number = (table >> fast_region_shift) & fast_region_mask;
    void *region = region_of(number);
    if (!region) return no_word;
    __u32 word;
    if (form == fast_trie) {
        word = word_at(region, (__u64)(__u32)table * fast_trie_node + (to >> 24) * 4);
        for (int shift = 16; shift >= 0; shift -= 8) {
            if (!(word & 0x80000000)) break;
            if (word == no_word) return no_word;
            word = word_at(region, (__u64)(word & 0x7fffffff) * fast_trie_node + ((to >> shift) & 255) * 4);
        }
    } else if (form == fast_narrow) {
        word = half_at(region, (__u64)(to >> 8) * 2);
        if (word == no_word) return no_word;
        if (word & 0x8000) {
            region = region_of(number + 1);
            if (!region) return no_word;
            word = half_at(region, ((__u64)(word & 0x7fff) * 256 + (to & 255)) * 2);
        }
    } else {
        word = word_at(region, (__u64)(to >> 8) * 4);
        if (word == no_word) return no_word;
        if (word & 0x80000000) {
            region = region_of(number + 1);
            if (!region) return no_word;
            word = word_at(region, ((__u64)(word & 0x7fffffff) * 256 + (to & 255)) * 4);
        }
    }
    return word ? word : *(const volatile __u32 *)&vrf->default4;
}

/* tables/trie6_nodes.h has the form of the words. */
inlined __u32 look_up6(const struct fast_vrf *vrf, __u64 high, __u64 low) {
    const __u64 table = *(const volatile __u64 *)&vrf->table6;
    if (!(table & fast_there)) return no_word;
    __u32 word = table;
    if (((table >> fast_form_shift) & 3) == fast_top) {
        void *top = region_of((table >> fast_region_shift) & fast_region_mask);
        if (!top) return no_word;
        word = word_at(top, (high >> 48) * 4);
    }
    void *lines = region_of(fast_line_region);
    if (!lines) return no_word;
    for (int level = 0; level < 34 && (word & 0x80000000); level++) {
        if (word == no_word) return no_word;
        const __u64 half = word & (64u << 22) ? low : high;
        const __u32 key = (half << ((word >> 22) & 0x3c)) >> 32;
        const __u64 at = (__u64)(word & 0xffffff) * fast_line;
        const __u32 large = (word >> 29) & 1;
        if (word & (1u << 30)) {
            word = word_at(lines, at + (key >> (28 - 4 * large)) * 4);
            continue;
        }
        const __u32 page = at / fast_page;
        const __u8 *p = find(lines, &page);
        if (!p) return no_word;
        const __u8 *bucket = p + (at & (fast_page - fast_line));
        const __s64 wanted = (__s32)(key ^ 0x80000000);
        __u32 before = 0;
        unrolled for (int i = 1; i < 8; i++) before += (__u64)((__s64) * (const volatile __s32 *)(bucket + 4 * i) - wanted) >> 63;
        if (large)
            unrolled for (int i = 8; i < 16; i++) before += (__u64)((__s64) * (const volatile __s32 *)(bucket + 4 * i) - wanted) >> 63;
        const __u32 offset = (at + (8 + 8 * large + before) * 4) & (fast_page - 4);
        word = *(const volatile __u32 *)(p + offset);
        if (!word) word = *(const volatile __u32 *)bucket;
    }
    if (word & 0x80000000) return no_word;
    return word ? word : *(const volatile __u32 *)&vrf->default6;
}

inlined const struct fast_port *port_of(void *words, __u32 index) {
    const volatile __u64 *word = find(words, &index);
    const __u32 number = word ? *word : 0;
    return number ? find(&ports, &number) : 0;
}

/* A packet that is being judged. */
struct packet {
    void *context;
    struct decision *decision;
    const struct fast_port *in;
    const struct fast_vrf *vrf;
    __u32 device, length; /* of the frame */
    __u32 gso;            /* octets of a segment's payload, or 0 */
    struct head head;
};

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
    if (!out || !(out->flags & flag) || out->interface == p->in->interface || segment > out->mtu) return false;
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
    return true;
}

/* Octets of layer 3 of the longest segment of a packet; what only the engine can cut has none. */
inlined __u32 longest(const struct packet *p, __u32 total, __u32 header, __u8 protocol) {
    if (!p->gso) return total;
    __u8 offset;
    if (protocol != tcp || skb_load(p->context, ethernet + header + 12, &offset, 1) != 0) return no_word;
    return header + (offset >> 4) * 4 + p->gso;
}

inlined bool decide4(struct packet *p) {
    struct head *h = &p->head;
    const __u32 room = p->length - ethernet;
    if (!(p->in->flags & fast_in4) || h->ip4.version != 0x45 || h->ip4.ttl <= 1) return false;
    const __u32 total = host16(h->ip4.length);
    if (total < 20 || total > room || (p->gso && total != room)) return false;
    __u32 sum = 0;
    unrolled for (int i = 0; i < 10; i++) sum += h->sums[i];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    if (sum != 0xffff) return false;
    const __u32 from = host32(h->ip4.source), to = host32(h->ip4.destination);
    /* This network, loopback, protocol assignments, groups and reserved ones, link-local ones: looked at more closely by the engine. */
    if (from >> 24 == 0 || from >> 24 == 127 || from >> 8 == 0xc00000 || from >> 16 == 0xa9fe || from >= 0xe0000000) return false;
    if (to >> 24 == 0 || to >> 24 == 127 || to >> 8 == 0xc00000 || to >> 16 == 0xa9fe || to >= 0xe0000000) return false;
    if (p->gso && (h->ip4.fragment & swapped16(0x3fff))) return false;
    const __u32 segment = longest(p, total, 20, h->ip4.protocol);
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

inlined bool decide6(struct packet *p) {
    struct head *h = &p->head;
    const __u32 room = p->length - ethernet;
    if (!(p->in->flags & fast_in6) || room < 40) return false;
    if (skb_load(p->context, ethernet + 20, (__u8 *)&h->ip6 + 20, 20) != 0) return false;
    const __u32 total = 40u + host16(h->ip6.length);
    if ((h->ip6.flow & 0xf0) != 0x60 || h->ip6.hops <= 1 || h->ip6.next == 0 || total > room || (p->gso && total != room)) return false;
    struct fast_place place;
    const __u64 from = host64(h->ip6.source[0]);
    place.high = host64(h->ip6.destination[0]);
    place.low = host64(h->ip6.destination[1]);
    /* Unspecified, loopback and embedded IPv4 addresses, and all from fe00::/7 on: link-local ones and groups. */
    if (from == 0 || place.high == 0 || from >> 57 == 0x7f || place.high >> 57 == 0x7f) return false;
    const __u32 segment = longest(p, total, 40, h->ip6.next);
    if (!leads_out(p, look_up6(p->vrf, place.high, place.low), &place, segment, fast_out6)) return false;
    p->decision->total = total;
    p->decision->version = 6;
    p->decision->life = h->ip6.hops - 1u;
    return true;
}

inlined bool decide(struct packet *p) {
    if (p->length < ethernet + 20 || skb_load(p->context, 0, &p->head.to_first, ethernet + 20) != 0) return false;
    p->in = port_of(&devices, p->device & (fast_devices - 1));
    if (!p->in || p->in->device != p->device) return false;
    if (p->head.to_first != p->in->mac_first || p->head.to_rest != p->in->mac_rest || (p->head.from[0] & 1)) return false;
    const __u32 number = p->in->vrf;
    p->vrf = find(&vrfs, &number);
    if (!p->vrf) return false;
    if (p->head.type == swapped16(type_ip4)) return decide4(p);
    if (p->head.type == swapped16(type_ip6)) return decide6(p);
    return false;
}

inlined void count(const struct decision *d, __u32 length) {
    const __u32 cpu = processor();
    const __u32 of_in = cpu * fast_interfaces + d->in, of_out = cpu * fast_interfaces + d->out, of_object = cpu * fast_objects + d->slot;
    struct fast_port_counters *in = find(&port_counters, &of_in), *out = find(&port_counters, &of_out);
    struct fast_object_counters *object = find(&object_counters, &of_object);
    if (!in || !out || !object) return;
    in->in_octets += length;
    if (d->version == 4)
        in->forwarded4++;
    else
        in->forwarded6++;
    out->out_packets++;
    out->out_octets += ethernet + d->total;
    object->packets++;
    object->octets += d->total;
    const __u32 number = d->neighbour;
    volatile __u64 *use = find(&used, &number);
    if (use && !*use) *use = 1;
}

inlined void count_lost(const struct decision *d, __u32 length) {
    const __u32 of_in = processor() * fast_interfaces + d->in;
    struct fast_port_counters *in = find(&port_counters, &of_in);
    if (!in) return;
    in->in_octets += length;
    if (d->version == 4)
        in->lost4++;
    else
        in->lost6++;
}

program("filter") int filter_program(struct __sk_buff *skb) {
    const __u32 zero = 0;
    struct decision *d = find(&decisions, &zero);
    if (!d) return -1;
    d->device = 0;
    if (skb->vlan_present) return -1;
    struct packet p;
    p.context = skb;
    p.decision = d;
    p.device = skb->ifindex;
    p.length = skb->len;
    p.gso = skb->gso_size;
    if (!decide(&p)) return -1;
    d->length = p.length;
    d->device = p.device;
    return 0;
}

program("tc") int tc_program(struct __sk_buff *skb) {
    const __u32 zero = 0;
    struct decision *d = find(&decisions, &zero);
    if (!d || d->device == 0 || d->device != skb->ifindex || d->length != skb->len) return act_pass;
    d->device = 0;
    const __u32 length = d->length;
    if (ethernet + d->total < length && skb_resize(skb, ethernet + d->total, 0) != 0) goto lost;
    if (skb_store(skb, 0, &d->to_first, 12, 0) != 0) goto lost;
    if (d->version == 4) {
        if (skb_store(skb, ethernet + 8, &d->life, 4, BPF_F_RECOMPUTE_CSUM) != 0) goto lost;
    } else {
        if (skb_store(skb, ethernet + 7, &d->life, 1, BPF_F_RECOMPUTE_CSUM) != 0) goto lost;
    }
    count(d, length);
    skb->priority = 0;
    return redirect(d->out_device, 0);
lost:
    count_lost(d, length);
    return act_drop;
}

program("tc_entry") int tc_entry_program(struct __sk_buff *skb) {
    tail_call(skb, &tc_programs, 0);
    return act_pass;
}
