/* Transport checksums that hosts behind a veth pair leave to the device (CHECKSUM_PARTIAL), of which XDP is not told: then the field
 * holds the sum of the pseudo header. Of packets whose checksum is right one in 65,536 looks the same; to finish that gives what was
 * there. Only of TCP and UDP, whole or in fragments, and ICMP this is all there is to know; what may be a tunnel, inside of which
 * there is another checksum, is not for XDP. Cost of finishing: a sum over the packet. */
#ifndef WEFT_EBPF_TRANSPORT_SUM_H
#define WEFT_EBPF_TRANSPORT_SUM_H

#include "judge.h"

enum sum_state { sum_there, sum_missing, sum_unknown };
enum { icmp = 1, icmp6 = 58 };
enum { tcp_sum = 16, udp_sum = 6, transport_least = 18, port_vxlan = 4789, port_old_vxlan = 8472, port_geneve = 6081 };

/* `pseudo`: addresses, and length and protocol swapped. `header`: octets of layer 3's, a constant. */
inlined enum sum_state sum_state(const struct packet *p, __u32 header, __u8 protocol, __u64 pseudo) {
    const __u8 *transport = (const __u8 *)p->head + 2 + ethernet + header;
    if (transport + transport_least > (const __u8 *)p->end) return sum_unknown;
    pseudo = (pseudo & 0xffffffff) + (pseudo >> 32);
    pseudo = (pseudo & 0xffff) + (pseudo >> 16);
    pseudo = (pseudo & 0xffff) + (pseudo >> 16);
    pseudo = (pseudo & 0xffff) + (pseudo >> 16);
    if (protocol == tcp) return *(const __u16 *)(transport + tcp_sum) == pseudo ? sum_missing : sum_there;
    const __u16 sum = *(const __u16 *)(transport + udp_sum), to = *(const __u16 *)(transport + 2);
    if (sum == 0 || to == swapped16(port_vxlan) || to == swapped16(port_old_vxlan) || to == swapped16(port_geneve)) return sum_unknown;
    return sum == pseudo ? sum_missing : sum_there;
}

inlined enum sum_state sum_state4(const struct packet *p) {
    const struct head *h = p->head;
    const __u8 protocol = h->ip4.protocol;
    if ((h->ip4.fragment & swapped16(0x3fff)) || protocol == icmp) return sum_there;
    if (protocol != tcp && protocol != udp) return sum_unknown;
    const __u16 length = host16(p->decision->total - header4);
    return sum_state(p, header4, protocol, (__u64)h->ip4.source + h->ip4.destination + length + ((__u32)protocol << 8));
}

inlined enum sum_state sum_state6(const struct packet *p) {
    const struct head *h = p->head;
    if ((const void *)(h + 1) > p->end) return sum_unknown;
    const __u8 protocol = h->ip6.next;
    if (protocol == fragment6 || protocol == icmp6) return sum_there;
    if (protocol != tcp && protocol != udp) return sum_unknown;
    /* A word and not the length: GCC 12 may store 16 bits of a register that it needs elsewhere and load 64. */
    __u64 sum = (h->ip6.second & 0xffff) + ((__u32)protocol << 8);
    for (int i = 0; i < 2; i++) {
        sum += (h->ip6.source[i] & 0xffffffff) + (h->ip6.source[i] >> 32);
        sum += (h->ip6.destination[i] & 0xffffffff) + (h->ip6.destination[i] >> 32);
    }
    return sum_state(p, header6, protocol, sum);
}

/* Octets before the last `left` of a frame of `length`, as far as the kernel's verifier has to know: any, in every turn of a loop, so that
 * it looks at one turn and not at all ways through them. */
enum { longest_frame = 0xfff };
#define place_of(data, length, left) ((data) + (((length) - (left)) & longest_frame))

/* Of a frame that ends with its packet, whose transport header begins there. `sum_at`: of it, the field. */
inlined bool finish_sum(struct xdp_md *xdp, __u32 transport, __u32 sum_at) {
    __u8 *data = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;
    const __u64 length = end - data;
    if (length > longest_frame || data + transport + transport_least > end) return false;
    __u64 left = length - transport, sum = 0;
    __u32 blocks = 0;
    for (int i = 0; i < (longest_frame + 1) / 64 && left >= 64; i++) {
        __u8 *block = place_of(data, length, left);
        if (block + 64 > end) return false;
        blocks = sum_change(0, 0, block, 64, blocks);
        left -= 64;
        asm volatile("" : "+r"(i));
    }
    for (int i = 0; i < 16 && left >= 4; i++) {
        __u8 *word = place_of(data, length, left);
        if (word + 4 > end) return false;
        sum += *(__u32 *)word;
        left -= 4;
        asm volatile("" : "+r"(i));
    }
    if (left & 2) {
        __u8 *half = place_of(data, length, left);
        if (half + 2 > end) return false;
        sum += *(__u16 *)half;
        left -= 2;
    }
    if (left & 1) {
        __u8 *last = place_of(data, length, left);
        if (last + 1 > end) return false;
        sum += *last;
    }
    sum += blocks;
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    const __u16 finished = ~sum;
    *(__u16 *)(data + transport + sum_at) = finished ? finished : 0xffff;
    return true;
}

#endif
