/* What all parts of the fast path's program (fast_path.bpf.c) need of the kernel and of the compiler: helpers by their numbers, the
 * maps, which load.cc makes descriptors of, and the order of octets. Compiled for the kernel alone, by gcc-bpf. */
#ifndef WEFT_EBPF_PROGRAM_H
#define WEFT_EBPF_PROGRAM_H

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
HELPER(28, __s64, sum_change, const void *from, __u32 from_octets, const void *to, __u32 to_octets, __u32 sum);
HELPER(38, long, skb_resize, void *skb, __u32 length, __u64 flags);
HELPER(65, long, xdp_move_tail, void *xdp, int by);
HELPER(155, long, redirect_to_peer, __u32 device, __u64 flags);

struct map;
extern struct map devices, interfaces, ports, vrfs, objects, groups, neighbours, used, places, regions, port_counters, object_counters, decisions,
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

#endif
