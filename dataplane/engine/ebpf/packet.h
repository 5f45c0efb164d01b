/* A packet that is being judged, the head of its frame, and what is to become of it. */
#ifndef WEFT_EBPF_PACKET_H
#define WEFT_EBPF_PACKET_H

#include "program.h"

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
    __u32 group; /* whose member `slot` is: its slot + 1; 0: it is no group's */
    __u32 unused;
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
};

#endif
