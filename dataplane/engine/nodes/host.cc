// Between the host's stack and the wire. To the host: a frame to the tap of the interface it came in by, or, when there is none
// (packets of our own, another VRF's), the packet to the inject device; of a chassis the host is beside the member of slot 0. From a tap: what it sends leaves by its port, unrouted.
#include "../net/tags.h"
#include "fabric.h"

namespace weft {
namespace {

void strip(Packet &p) {
    grow_front(p, -static_cast<int>(p.l3_offset));
    p.l3_offset = 0;
}

constexpr const char *class_notes[] = {
#define X(name, text, rate, burst) "is of class " text,
    WEFT_PUNT_CLASSES(X)
#undef X
};

// The host is beside another member.
void to_host_member(Worker &w, Packet &p, const Fabric &fabric) {
    const Interface *i = w.interface(p.interface);
    const Fabric::Peer *host = fabric.peer(host_slot);
    const Interface *peer = host ? w.interface(host->interface) : nullptr;
    if (!peer || !i || !i->fabric_key || p.local_origin || p.l3_offset != ethernet_size) return w.discard(p, Drop::host_no_device);
    cross(w, p, *peer, i->fabric_key | key_of_host);
}

}  // namespace

void punt(Worker &w, Packet &p, PuntClass what, Vrf *to) {
    if (!admit(w, p, what)) return;
    if (w.tracing) [[unlikely]] w.trace(p, class_notes[static_cast<size_t>(what)]);
    const Fabric *fabric = w.table->fabric.get();
    if (fabric && fabric->slot != host_slot) return to_host_member(w, p, *fabric);
    to_tap(w, p, to);
}

void to_tap(Worker &w, Packet &p, Vrf *to) {
    const Interface *i = w.interface(p.interface);
    if (!p.local_origin && i && i->vrf == to && i->tap && p.l3_offset == ethernet_size) {
        if (!(p.data[0] & 1)) std::memcpy(p.data, i->mac.data(), 6);
        if (w.tracing) [[unlikely]] {
            w.trace(p, "to the host by {ia}", i->index);
            w.trace_result(p, TraceResult::delivered);
        }
        return deliver(w, p, *i->tap, nullptr);
    }
    PortHandle *inject = to ? to->inject.load(std::memory_order_acquire) : nullptr;
    if (!inject) return w.discard(p, Drop::host_no_device);
    if (w.tracing) [[unlikely]] {
        w.trace(p, "to the host by the device of VRF {va}", to->id);
        w.trace_result(p, TraceResult::delivered);
    }
    strip(p);
    deliver(w, p, *inject, nullptr);
}

void host_output(Worker &w, Packet *packets, size_t count, const PortUse &use) {
    const Interface *i = w.interface(use.interface);
    for (size_t n = 0; n < count; n++) {
        Packet &p = packets[n];
        if (p.length < ethernet_size || !i) {
            w.drop(p, Drop::host_short);
            continue;
        }
        p.local_origin = true;
        if (i->tags_out.push.length && !push_tags(p, i->tags_out.push)) {
            w.drop(p, Drop::egress_headroom);
            continue;
        }
        egress(w, p, *i);
    }
}

}  // namespace weft
