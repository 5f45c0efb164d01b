/* The kernel fast path: plain routed packets are forwarded where the kernel receives them, by the engine's own tables, and never
 * reach the engine; whatever is in any way unusual goes on to it untouched. The tables are arrays that the engine has mapped
 * (layout.h); kernel*.cc write them and says when the program may use them.
 *
 *   filter      on the packet sockets of a port, which the kernel asks before tc: decides, keeps the decision for the tc program on
 *               this processor, and lets the engine have only what is not forwarded here
 *   tc          at the ingress of the device, right after: carries the decision out
 *   tc_entry    what is attached to the device: goes to tc while the engine lives (the kernel empties the array of programs with the
 *               engine's last descriptor of it), and lets pass everything afterwards
 *   xdp         in the device's driver, before all these: decides and carries out; attached by a link that the engine holds
 *
 * A packet is forwarded here when it is unicast to the port's MAC address without a VLAN tag, IPv4 without options or IPv6 without
 * hop-by-hop options, in order by the checks of ip4-input and ip6-input, has a time to live to lose, leads to an adjacency or a
 * connected prefix of another port of the fast path whose neighbour is known, or to a group whose member for this flow is one that
 * can, and fits the MTU there (of TCP super-packets each segment). By XDP, the other port's device has to take redirected frames, and there are no super-packets (judge.h).
 *
 * Readers here hold no epoch of the engine: it lets a grace period of RCU pass before it uses memory again.
 */
#include "transport_sum.h"

enum { act_pass = -1, act_drop = 2 };

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
    if (d->group) {
        const __u32 of_group = cpu * fast_objects + d->group - 1;
        object = find(&object_counters, &of_group);
        if (object) {
            object->packets++;
            object->octets += d->total;
        }
    }
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
    struct head head;
    struct packet p = {.context = skb, .decision = d, .head = &head, .device = skb->ifindex, .length = skb->len, .gso = skb->gso_size};
    if (p.length >= ethernet + header6) {
        if (skb_load(skb, 0, &head.to_first, ethernet + header6) != 0) return -1;
    } else {
        __builtin_memset(head.ip6.source, 0, sizeof head.ip6.source + sizeof head.ip6.destination);
        if (skb_load(skb, 0, &head.to_first, ethernet + header4) != 0) return -1;
    }
    if (!decide(&p, false)) return -1;
    d->length = p.length;
    d->device = p.device;
    return 0;
}

/* The IPv4 header's sum stays what it is, and with it the sums that a device may have made of the packet. */
inlined bool change(struct __sk_buff *skb, struct decision *d) {
    __u8 *data = (void *)(long)skb->data;
    if (d->version == 4 && data + ethernet + header4 <= (__u8 *)(long)skb->data_end) {
        *(__u32 *)data = d->to_first;
        *(__u32 *)(data + 4) = d->to_rest | (__u32)d->from_first << 16;
        *(__u32 *)(data + 8) = d->from_rest;
        *(__u32 *)(data + ethernet + 8) = d->life;
        return true;
    }
    if (skb_store(skb, 0, &d->to_first, 12, 0) != 0) return false;
    if (d->version == 4) return skb_store(skb, ethernet + 8, &d->life, 4, 0) == 0;
    return skb_store(skb, ethernet + 7, &d->life, 1, BPF_F_RECOMPUTE_CSUM) == 0;
}

program("tc") int tc_program(struct __sk_buff *skb) {
    const __u32 zero = 0;
    struct decision *d = find(&decisions, &zero);
    if (!d || d->device == 0 || d->device != skb->ifindex || d->length != skb->len) return act_pass;
    d->device = 0;
    const __u32 length = d->length;
    if ((ethernet + d->total < length && skb_resize(skb, ethernet + d->total, 0) != 0) || !change(skb, d)) {
        count_lost(d, length);
        return act_drop;
    }
    count(d, length);
    skb->priority = 0;
    return d->peer ? redirect_to_peer(d->out_device, 0) : redirect(d->out_device, 0);
}

program("tc_entry") int tc_entry_program(struct __sk_buff *skb) {
    tail_call(skb, &tc_programs, 0);
    return act_pass;
}

program("xdp") int xdp_program(struct xdp_md *xdp) {
    __u8 *data = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;
    if (data + ethernet + header4 > end) return XDP_PASS;
    struct decision d;
    struct packet p = {.context = xdp, .decision = &d, .head = (void *)(data - 2), .end = end, .device = xdp->ingress_ifindex,
                       .length = end - data};
    if (!decide(&p, true)) return XDP_PASS;
    enum sum_state state = sum_there;
    __u32 sum_at = 0;
    if (p.in->flags & fast_unfinished) {
        state = d.version == 4 ? sum_state4(&p) : sum_state6(&p);
        if (state == sum_unknown) return XDP_PASS;
        if (state == sum_missing) sum_at = (d.version == 4 ? p.head->ip4.protocol : p.head->ip6.next) == tcp ? tcp_sum : udp_sum;
    }
    *(__u32 *)data = d.to_first;
    *(__u32 *)(data + 4) = d.to_rest | (__u32)d.from_first << 16;
    *(__u32 *)(data + 8) = d.from_rest;
    if (d.version == 4)
        *(__u32 *)(data + ethernet + 8) = d.life;
    else
        data[ethernet + 7] = d.life;
    const __u32 length = p.length;
    if (ethernet + d.total < length && xdp_move_tail(xdp, (int)(ethernet + d.total) - (int)length) != 0) goto lost;
    if (state == sum_missing) {
        const __u32 transport = ethernet + (d.version == 4 ? header4 : header6);
        if (!finish_sum(xdp, transport, sum_at)) goto lost;
    }
    count(&d, length);
    return redirect(d.out_device, 0);
lost:
    count_lost(&d, length);
    return XDP_DROP;
}
