// The last node: a frame to the port of an interface, counted as it goes onto the wire.
#include "../net/tags.h"
#include "nodes.h"

namespace weft {

bool put_ethernet(Worker &w, Packet &p, const MacAddress &to, const Interface &from, uint16_t type) {
    const TagBytes &tags = from.tags_out.push;
    const int size = static_cast<int>(ethernet_size) + tags.length, growth = size - static_cast<int>(p.l3_offset);
    if (growth > 0 && p.headroom < static_cast<uint32_t>(growth)) {
        w.drop(p, Drop::forward_headroom);
        return false;
    }
    grow_front(p, growth);
    p.l3_offset = static_cast<uint16_t>(size);
    std::memcpy(p.data, to.data(), 6);
    std::memcpy(p.data + 6, from.mac.data(), 6);
    if (tags.length) std::memcpy(p.data + mac_pair, tags.bytes, tags.length);
    store16(p.data + size - 2, type);
    return true;
}

void egress(Worker &w, Packet &p, const Interface &out) {
    PortHandle *port = out.port.get();
    if (out.far) [[unlikely]]
        return egress_far(w, p, out);
    if (out.tunnel && out.up()) [[unlikely]] {
        p.egress = out.index;
        return w.push(Node::encapsulate, &p);
    }
    if (!out.tunnel && (!port || (!port->port && out.kind != InterfaceKind::bridge))) {
        w.counters(out).out_discards += 1;
        return w.drop(p, Drop::egress_no_port);
    }
    if (!out.up()) {
        w.counters(out).out_discards += 1;
        return w.drop(p, Drop::egress_down);
    }
    p.egress = out.index;
    deliver(w, p, *port, &out);
}

void send_whole(Worker &w, Packet &p, PortHandle &port, const Interface *out) {
    if (!out) return w.send(port, p);
    if (w.tracing) [[unlikely]] {
        w.trace(p, "leaves by {ia} for {mb}", out->index, mac_number(load_mac(p.data)));
        w.trace_result(p, TraceResult::sent);
    }
    if (w.watching()) [[unlikely]] w.watch_departure(p, *out);
    InterfaceCounters &c = w.counters(*out);
    c.out_octets += p.length;
    if (!(p.data[0] & 1))
        c.out_unicast += 1;
    else if (std::memcmp(p.data, broadcast_mac.data(), 6) == 0)
        c.out_broadcast += 1;
    else
        c.out_multicast += 1;
    if (out->kind == InterfaceKind::bridge) return w.push(Node::bridge_output, &p);
    w.send(port, p);
}

}  // namespace weft
