/* The member of a group that a packet goes to: by the flow hash of nodes/flow_hash.cc, the same number for the same packet. What lies
 * behind IPv6 extension headers other than one fragment header is left to the engine. */
#ifndef WEFT_EBPF_FLOW_HASH_H
#define WEFT_EBPF_FLOW_HASH_H

#include "packet.h"

enum { sctp = 132, routing6 = 43, fragment6 = 44, authentication6 = 51, destination6 = 60, mobility6 = 135 };

inlined __u64 mix(__u64 x) {
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    return x ^ x >> 32;
}

/* Four octets of the packet behind its IP header, as they lie in memory. */
inlined bool load4(const struct packet *p, __u32 header, __u32 *to, const bool xdp) {
    if (!xdp) return skb_load(p->context, ethernet + header, to, 4) == 0;
    const __u8 *at = (const __u8 *)p->head + 2 + ethernet + header;
    if (at + 4 > (const __u8 *)p->end) return false;
    *to = *(const __u32 *)at;
    return true;
}

/* False: they can't be read. Of a packet that is whole. */
inlined bool add_ports(const struct packet *p, __u64 *sum, __u64 protocol, __u32 header, const bool xdp) {
    if ((protocol != tcp && protocol != udp && protocol != sctp) || header + 4 > p->decision->total) return true;
    __u32 ports = 0;
    if (!load4(p, header, &ports, xdp)) return false;
    *sum ^= host32(ports) << 8;
    return true;
}

/* 0 stands for what the engine has to look at. */
inlined __u32 end_flow_hash(__u64 sum, __u64 protocol) {
    const __u32 hash = mix(sum ^ protocol) >> 16;
    return hash ? hash : 1;
}

inlined __u32 flow_hash4(const struct packet *p, const bool xdp) {
    const struct head *h = p->head;
    const __u64 protocol = h->ip4.protocol;
    __u64 sum = mix(host32(h->ip4.source) << 32 | host32(h->ip4.destination));
    if (!(h->ip4.fragment & swapped16(0x3fff)) && !add_ports(p, &sum, protocol, header4, xdp)) return 0;
    return end_flow_hash(sum, protocol);
}

inlined __u32 flow_hash6(const struct packet *p, const bool xdp) {
    const struct head *h = p->head;
    __u64 protocol = h->ip6.next;
    const bool whole = protocol != fragment6;
    __u32 fragment = 0;
    if (!whole) {
        if (header6 + 8 > p->decision->total || !load4(p, header6, &fragment, xdp)) return 0;
        protocol = fragment & 0xff;
    }
    if (protocol == 0 || protocol == routing6 || protocol == fragment6 || protocol == authentication6 || protocol == destination6 ||
        protocol == mobility6)
        return 0;
    __u64 sum = host64(h->ip6.destination[1]) ^ (host32(h->ip6.flow) & 0xfffff);
    sum = host64(h->ip6.destination[0]) ^ mix(sum);
    sum = host64(h->ip6.source[1]) ^ mix(sum);
    sum = host64(h->ip6.source[0]) ^ mix(sum);
    sum = mix(sum);
    if (whole && !add_ports(p, &sum, protocol, header6, xdp)) return 0;
    return end_flow_hash(sum, protocol);
}

/* Object + 1; 0: the engine knows. */
inlined __u32 member_of(__u64 group, __u32 hash) {
    const __u32 number = group;
    const struct fast_group_body *body = hash ? find(&groups, &number) : 0;
    return body ? *(const volatile __u32 *)&body->buckets[hash & (fast_buckets - 1)] : 0;
}

#endif
