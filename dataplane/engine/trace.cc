// The workers' half of the packet trace (tables/trace.h): which packets match, their way through the graph alone, one by one, and
// the notes. Without a trace a burst pays one branch; with one, those that do not match pay for the comparison, and the rest of the
// burst keeps its order around those that do.
#include <algorithm>
#include <cstring>

#include "net/tags.h"
#include "nodes/nodes.h"

namespace weft {
namespace {

bool ports_match(const TraceMatch &m, const uint8_t *transport, bool whole) {
    if (!m.names_ports()) return true;
    return whole && (m.source_port < 0 || load16(transport) == m.source_port) &&
           (m.destination_port < 0 || load16(transport + 2) == m.destination_port);
}

bool has_ports(uint8_t protocol) { return protocol == protocol_tcp || protocol == protocol_udp || protocol == 132; }

bool addresses_match(const TraceMatch &m, const Ip6 &source, const Ip6 &destination, uint8_t protocol) {
    return mask6(source, m.source_length) == m.source && mask6(destination, m.destination_length) == m.destination &&
           (m.protocol < 0 || protocol == m.protocol);
}

// Of a packet whose header has not been checked.
bool headers_match(const TraceMatch &m, const Packet &packet, uint16_t type, uint32_t offset) {
    Packet p = packet;
    p.l3_offset = static_cast<uint16_t>(offset);
    const uint8_t *h = l3(p);
    const uint32_t room = l3_length(p);
    uint8_t protocol;
    uint32_t header;
    bool whole;
    if (type == type_ip4) {
        if (room < 20) return false;
        protocol = h[9];
        header = (h[0] & 15u) * 4;
        whole = (load16(h + 6) & 0x3fff) == 0;
        if (!addresses_match(m, mapped(load32(h + 12)), mapped(load32(h + 16)), protocol)) return false;
    } else if (type == type_ip6) {
        if (room < 40) return false;
        bool fragment, first;
        whole = skip_extensions(p, protocol, header, fragment, first) && !fragment;
        if (!addresses_match(m, load_ip6(h + 8), load_ip6(h + 24), protocol)) return false;
    } else {
        return false;
    }
    return ports_match(m, h + header, whole && has_ports(protocol) && header + 4 <= room);
}

bool matches(const TraceMatch &m, const Packet &p, uint32_t interface, const PortUse &use) {
    const bool host = use.role != PortRole::data;
    if (host ? !m.from_host : !m.from_port) return false;
    if (m.interface != no_interface && m.interface != interface) return false;
    uint16_t type;
    uint32_t offset = use.role == PortRole::inject ? 0 : ethernet_size;
    if (p.length <= offset) return m.ether_type == 0 && !m.names_addresses() && !m.names_ports();
    if (offset)
        for (type = load16(p.data + offset - 2); is_tag(type) && p.length > offset + tag_size; type = load16(p.data + offset - 2)) offset += tag_size;
    else
        type = p.data[0] >> 4 == 6 ? type_ip6 : type_ip4;
    if (m.ether_type && m.ether_type != type) return false;
    return (!m.names_addresses() && !m.names_ports()) || headers_match(m, p, type, offset);
}

}  // namespace

void Worker::enter_traced(const PortUse &use, size_t count) {
    for (size_t n = 0; n < count; n++) {
        Packet &p = burst_[n];
        p.interface = use.role == PortRole::inject ? no_interface : use.interface;
        const Interface *port = use.attached && p.length >= ethernet_size ? table->at(p.interface) : nullptr;
        const Interface *circuit = port ? circuit_of(*this, *port, p) : nullptr;
        const uint32_t interface = circuit ? circuit->index : p.interface;
        TraceRecord *record = matches(trace_run_->match, p, interface, use) ? trace_run_->claim() : nullptr;
        if (!record) {
            enter(use, &p, 1);
            continue;
        }
        run_graph();  // those before it
        record->time = now;
        record->interface = interface;
        record->length = p.length;
        record->layer3 = use.role == PortRole::inject;
        std::memcpy(record->octets, p.data, std::min<size_t>(p.length, TraceRecord::most_octets));
        record_ = record;
        traced_ = &p;
        tracing = true;
        if (use.role != PortRole::data) visit(use.role == PortRole::tap ? trace_host_output : trace_inject, p);
        enter(use, &p, 1);
        run_traced();
        tracing = false;
    }
}

void Worker::note(const Packet &p, const TraceNote &n) {
    if (record_->notes_used == TraceRecord::most_notes) return;
    TraceNote &to = record_->notes[record_->notes_used++];
    to = n;
    to.node = trace_node_;
    to.other = &p != traced_;
}

void Worker::visit(uint8_t node, const Packet &p) {
    trace_node_ = node;
    note(p, {});
}

void Worker::trace(const Packet &p, const char *text, uint64_t a, uint64_t b, uint64_t c) { note(p, {text, a, b, c, {}}); }

void Worker::trace(const Packet &p, const char *text, const Ip6 &address, uint64_t a, uint64_t b) {
    note(p, {text, a, b, 0, address});
}

void Worker::trace_result(const Packet &p, TraceResult result) {
    if (&p == traced_) record_->result = result;
}

void Worker::trace_drop(const Packet &p, Drop reason) {
    const bool consumed = reason == Drop::arp_consumed || reason == Drop::nd_consumed;
    trace(p, consumed ? "takes it in" : "drops it: {da}", static_cast<uint64_t>(reason));
    trace_result(p, consumed ? TraceResult::consumed : TraceResult::dropped);
}

void Worker::trace_visit(Node node, Packet &p, const Object *o) {
    visit(static_cast<uint8_t>(node), p);
    const bool v4 = p.ether_type == type_ip4;
    switch (node) {
        case Node::ip4_lookup:
        case Node::ip6_lookup: {
            const Vrf *vrf = vrf_of(p);
            const Ip6 to = v4 ? mapped(load32(l3(p) + 16)) : load_ip6(l3(p) + 24);
            if (!v4 && is_link_local6(to)) return trace(p, "{ip} is on the link", to);
            const int64_t found = !vrf ? -1 : v4 ? vrf->fib4.lookup(unmapped(to)) : vrf->fib6.lookup(to);
            if (found < 0) return trace(p, "no route to {ip} in VRF {va}", to, vrf ? vrf->id : 0);
            trace(p, "route {ra}, {ob}", to, vrf->id, static_cast<uint64_t>(found));
            return;
        }
        case Node::adjacency:
            return trace(p, "next hop {ip} on {ia}", o->next_hop, o->interface);
        case Node::glean:
            return trace(p, "neighbour {ip} on {ia}", v4 ? mapped(load32(l3(p) + 16)) : load_ip6(l3(p) + 24), o->interface);
        default:
            return;
    }
}

}  // namespace weft
