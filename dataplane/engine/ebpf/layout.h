/* What the kernel fast path's program (fast_path.bpf.c) and the engine (kernel*.cc) both know: the arrays that the engine writes and
 * the program reads, and the counters the other way. Read by C for the kernel and by C++. Every word that says where to go next is
 * written by one store; what it names was written before, and is written anew only when no program can still have the word. */
#ifndef WEFT_EBPF_LAYOUT_H
#define WEFT_EBPF_LAYOUT_H

#include <linux/types.h>

enum {
    fast_devices = 65536,     /* by the lowest 16 bits of the device's index */
    fast_interfaces = 4096,   /* by the engine's index */
    fast_ports = 8192,
    fast_vrfs = 4096,
    fast_objects = 65536,     /* by slot; what lies above is the engine's */
    fast_neighbours = 65536,
    fast_groups = 1024,       /* numbers from 1 on; what lies above is the engine's */
    fast_buckets = 1024,      /* of a group */
    fast_regions = 1024,
    fast_page = 4096,         /* octets of an element of a region */
    fast_decision_size = 64,  /* octets of what the filter tells the tc program */
};

/* An interface as it is now, by the words of `devices` and `interfaces`; never changed while one of them names it. */
struct fast_port {
    __u32 device;     /* index of the device */
    __u32 interface;  /* the engine's index */
    __u32 vrf;        /* in `vrfs` */
    __u32 mtu;
    __u32 mac_rest;   /* the last four octets of the MAC address, as they lie in memory */
    __u16 mac_first;
    __u16 flags;
    __u32 unused[2];
};
enum {
    fast_in4 = 1,
    fast_in6 = 2,
    fast_out4 = 4,
    fast_out6 = 8,
    fast_takes_frames = 16, /* that XDP redirects to it */
    fast_unfinished = 32,   /* hosts leave transport checksums to it */
    fast_peer = 64,         /* it is a veth pair's, whose other end may be handed packets at once */
};

/* Words that lead into the tables; 0: there is nothing for the fast path. A table is `fast_there`, its form, the region it lies in,
 * and where it begins: of a trie the root node, of IPv6 the first word. */
struct fast_vrf {
    __u64 table4, table6;
    __u32 default4, default6; /* object + 1, or 0 */
    __u64 unused;
};
#define fast_there (1ull << 63)
#define fast_form_shift 60
#define fast_region_shift 32
#define fast_region_mask 0xffff
enum { fast_trie = 0, fast_narrow = 1, fast_wide = 2, fast_words = 0, fast_top = 1 };
enum { fast_trie_region = 0, fast_line_region = 1, fast_first_region = 2 };
enum { fast_trie_node = 1344, fast_line = 64 };

/* An object: 0, or what it is, its interface, and of an adjacency the number of its neighbour, of a group its own. */
#define fast_kind_shift 62
#define fast_interface_shift 32
#define fast_interface_mask 0xffff
enum { fast_adjacency = 1, fast_glean = 2, fast_group = 3 };

/* A group: by bucket the object + 1 that is its member, or 0 for one that is the engine's. Never changed while an object's word names it. */
struct fast_group_body {
    __u32 buckets[fast_buckets];
};

/* A neighbour: its MAC address in the first six octets of memory, whether it is known, and whether it has said so itself: then a packet
 * may be handed to it at once, without a look at the address, which who is at the other end of a veth pair takes otherwise. */
#define fast_known (1ull << 48)
#define fast_heard (1ull << 49)
enum { fast_peer_of_heard = 43 }; /* shift from the one to fast_peer */

/* Key of `places`, whose value is a neighbour's number. IPv4 addresses are mapped. */
struct fast_place {
    __u64 high, low;
    __u32 interface, zero;
};

/* By processor and interface. */
struct fast_port_counters {
    __u64 in_octets, forwarded4, forwarded6, lost4, lost6, out_packets, out_octets, unused;
};
/* By processor and object. */
struct fast_object_counters {
    __u64 packets, octets;
};

#endif
