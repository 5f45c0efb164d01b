// The control side of the packet trace (tables/trace.h): begins a run, ends it when it has its packets or its time is over, and
// says in words what the records hold. Under the programming lock. An interface or an object that has gone meanwhile is told by
// its number.
#include <algorithm>
#include <cstring>

#include "core.h"
#include "nodes/nodes.h"

namespace weft {
namespace {

Ip6 prefix_of(const HostAddress &a, uint8_t &length) {
    length = static_cast<uint8_t>(a.prefix_length + (a.family == 4 ? 96 : 0));
    return mask6(to_ip6(a), length);
}

std::string mac_text(uint64_t mac) {
    char text[18];
    std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", static_cast<unsigned>(mac >> 40 & 255),
                  static_cast<unsigned>(mac >> 32 & 255), static_cast<unsigned>(mac >> 24 & 255),
                  static_cast<unsigned>(mac >> 16 & 255), static_cast<unsigned>(mac >> 8 & 255), static_cast<unsigned>(mac & 255));
    return text;
}

std::string numbers(const char *format, unsigned a, unsigned b) {
    char text[64];
    std::snprintf(text, sizeof text, format, a, b);
    return text;
}

std::string transport_text(uint8_t protocol, const uint8_t *m, size_t room) {
    const char *name = protocol == protocol_tcp ? "TCP" : protocol == protocol_udp ? "UDP" : protocol == 132 ? "SCTP" : nullptr;
    if (name && room >= 4) return name + numbers(" %u > %u", load16(m), load16(m + 2));
    if ((protocol == protocol_icmp || protocol == protocol_icmp6) && room >= 2)
        return (protocol == protocol_icmp ? "ICMP" : "ICMPv6") + numbers(" type %u code %u", m[0], m[1]);
    return name ? name : "protocol " + std::to_string(protocol);
}

std::string arp_text(const uint8_t *a, size_t room) {
    if (room < 28) return "ARP, cut short";
    const std::string from = to_text(mapped(load32(a + 14))), target = to_text(mapped(load32(a + 24)));
    return load16(a + 6) == 1 ? "ARP request for " + target + " from " + from : "ARP reply of " + from + " to " + target;
}

// A line that tells one packet from another.
std::string description(const TraceRecord &r) {
    Packet p;
    p.data = const_cast<uint8_t *>(r.octets);
    p.length = std::min<uint32_t>(r.length, TraceRecord::most_octets);
    p.l3_offset = r.layer3 ? 0 : ethernet_size;
    while (!r.layer3 && p.length > p.l3_offset + tag_size && is_tag(load16(l3(p) - 2))) p.l3_offset = static_cast<uint16_t>(p.l3_offset + tag_size);
    if (p.length <= p.l3_offset) return "a frame of " + std::to_string(r.length) + " octets";
    const uint8_t *h = l3(p);
    const uint32_t room = l3_length(p);
    const uint16_t type = !r.layer3 ? load16(h - 2) : h[0] >> 4 == 6 ? type_ip6 : type_ip4;
    if (type == type_arp) return arp_text(h, room);
    if (type == type_ip4 && room >= 20) {
        const uint32_t header = (h[0] & 15u) * 4;
        const bool first = (load16(h + 6) & 0x1fff) == 0;
        return "IPv4 " + to_text(mapped(load32(h + 12))) + " > " + to_text(mapped(load32(h + 16))) + ", " +
               transport_text(h[9], h + header, first && room > header ? room - header : 0) + ", TTL " + std::to_string(h[8]) +
               (load16(h + 6) & 0x3fff ? ", a fragment" : "");
    }
    if (type == type_ip6 && room >= 40) {
        uint8_t protocol;
        uint32_t header;
        bool fragment, first;
        const bool whole = skip_extensions(p, protocol, header, fragment, first) && first;
        return "IPv6 " + to_text(load_ip6(h + 8)) + " > " + to_text(load_ip6(h + 24)) + ", " +
               transport_text(protocol, h + header, whole && room > header ? room - header : 0) + ", hop limit " +
               std::to_string(h[7]) + (fragment ? ", a fragment" : "");
    }
    return numbers("Ethernet type 0x%04x", type, 0);
}

const char *result_text(TraceResult result) {
    switch (result) {
        case TraceResult::sent: return "sent";
        case TraceResult::delivered: return "delivered";
        case TraceResult::held: return "held";
        case TraceResult::dropped: return "dropped";
        case TraceResult::consumed: break;
    }
    return "consumed";
}

const char *node_text(uint8_t node) {
    if (node == trace_host_output) return "host-output";
    if (node == trace_inject) return "inject";
    return node_names[node];
}

// The placeholders of tables/trace.h filled in.
class Words {
  public:
    explicit Words(const Core &core) : core_(core) {
        for (const auto &[name, i] : core.registry.interfaces) names_[i->index] = name;
    }

    std::string interface(uint64_t index) const {
        const auto found = names_.find(static_cast<uint32_t>(index));
        return found == names_.end() ? "interface " + std::to_string(index) + " (deleted)" : found->second;
    }

    std::string text(const TraceNote &note) const {
        std::string out;
        for (const char *t = note.text; *t; t++) {
            if (*t != '{') {
                out += *t;
                continue;
            }
            const char kind = t[1], which = t[2];
            t += 3;
            const uint64_t n = which == 'a' ? note.a : which == 'b' ? note.b : note.c;
            if (kind == 'i' && which == 'p')
                out += to_text(note.address);
            else if (kind == 'i')
                out += interface(n);
            else if (kind == 'm')
                out += mac_text(n);
            else if (kind == 'd')
                out += std::string(drop_names[n].node) + " " + drop_names[n].reason;
            else if (kind == 'o')
                out += object(static_cast<uint32_t>(n));
            else if (kind == 'e')
                out += acl_entry(n, note.c);
            else if (kind == 'v')
                out += vrf(static_cast<uint32_t>(n));
            else if (kind == 'r')
                out += route(static_cast<uint32_t>(n), note.address);
            else
                out += std::to_string(n);
        }
        return out;
    }

  private:
    std::string object(uint32_t slot) const {
        const Object *o = core_.objects.at(slot);
        return o ? std::string(type_name(o->type)) + " " + key_text(core_.objects.key_of(slot)) : "a deleted object";
    }

    std::string acl_entry(uint64_t entry, uint64_t which) const {
        for (const auto &program : core_.trace_programs) {
            if (reinterpret_cast<uintptr_t>(program.get()) != which) continue;
            const std::string list = "access list '" + program->spec.name + "'";
            if (entry >= program->rest()) return "the default action of " + list;
            return "entry '" + program->spec.entries[entry].name + "' of " + list;
        }
        return "an access list";
    }

    std::string vrf(uint32_t number) const {
        const Vrf *v = core_.vrfs.find(number);
        return v && !v->name.empty() ? v->name : std::to_string(number);
    }

    // As it is now.
    std::string route(uint32_t vrf, const Ip6 &to) const {
        const Vrf *v = core_.vrfs.find(vrf);
        if (!v) return "to " + to_text(to);
        const unsigned length = is_mapped(to) ? v->fib4.match_length(unmapped(to)) : v->fib6.depth(to);
        const Ip6 prefix = is_mapped(to) ? mapped(unmapped(to) & mask4(length)) : mask6(to, length);
        return to_text(prefix) + "/" + std::to_string(length);
    }

    const Core &core_;
    std::map<uint32_t, std::string> names_;
};

std::vector<TraceStep> steps(const TraceRecord &r, const Words &words) {
    std::vector<TraceStep> out;
    const TraceNote *before = nullptr;
    for (size_t n = 0; n < r.notes_used; n++) {
        const TraceNote &note = r.notes[n];
        if (!note.text || !before || before->node != note.node || before->other != note.other)
            out.push_back({node_text(note.node), {}, note.other});
        before = &note;
        if (!note.text) continue;
        std::string &decision = out.back().decision;
        if (!decision.empty()) decision += "; ";
        decision += words.text(note);
    }
    return out;
}

std::vector<TracedPacket> report(const TraceRun &run, const Core &core, int64_t began) {
    const Words words(core);
    std::vector<TracedPacket> out;
    const size_t count = std::min(run.claimed.load(), run.records.size());
    for (size_t n = 0; n < count; n++) {
        const TraceRecord &r = run.records[n];
        TracedPacket p;
        p.time = began + static_cast<int64_t>(r.time / 1000);
        if (r.interface != no_interface) p.interface = words.interface(r.interface);
        p.length = r.length;
        p.description = description(r);
        p.result = result_text(r.result);
        p.steps = steps(r, words);
        out.push_back(std::move(p));
    }
    return out;
}

}  // namespace

std::string Core::begin_trace(const TraceRequest &request, uint64_t now, TraceDone done) {
    if (trace_busy) return "a trace is running already";
    TraceMatch m;
    if (!request.interface.empty()) {
        const auto found = registry.interfaces.find(request.interface);
        if (found == registry.interfaces.end()) return "there is no interface '" + request.interface + "'";
        m.interface = found->second->index;
    }
    m.from_port = request.from != TraceRequest::From::host;
    m.from_host = request.from != TraceRequest::From::port;
    uint8_t family = request.family;
    for (const auto *address : {&request.source, &request.destination}) {
        if (!*address) continue;
        if (family && (*address)->family != family) return "addresses of two families match no packet";
        family = (*address)->family;
    }
    m.ether_type = family == 4 ? type_ip4 : family == 6 ? type_ip6 : uint16_t{0};
    if (request.source) m.source = prefix_of(*request.source, m.source_length);
    if (request.destination) m.destination = prefix_of(*request.destination, m.destination_length);
    m.protocol = request.protocol;
    m.source_port = request.source_port;
    m.destination_port = request.destination_port;
    auto run = std::make_unique<TraceRun>(m, std::clamp(request.count, 1u, 1000u));
    trace_busy = true;
    note_trace_programs();
    trace_until = now + std::clamp(request.seconds, 1u, 60u) * uint64_t{1000000};
    trace_began = milliseconds_since_epoch() - static_cast<int64_t>(now / 1000);
    trace_done = std::move(done);
    trace_run.store(run.release(), std::memory_order_release);
    if (fast) fast->follow();
    return {};
}

// Those of now, beside what they were when the run began.
void Core::note_trace_programs() {
    for (const auto &[name, list] : acls)
        if (std::find(trace_programs.begin(), trace_programs.end(), list->program()) == trace_programs.end())
            trace_programs.push_back(list->program());
}

void Core::follow_trace(uint64_t now) {
    const TraceRun *run = trace_run.load(std::memory_order_relaxed);
    if (run && (now >= trace_until || run->claimed.load(std::memory_order_relaxed) >= run->records.size())) end_trace();
}

void Core::end_trace() {
    TraceRun *run = trace_run.exchange(nullptr, std::memory_order_acq_rel);
    if (!run) return;
    if (fast) fast->follow();
    // A burst under way may still write to it.
    epochs.retire([this, run] {
        const std::unique_ptr<TraceRun> owned(run);
        trace_busy = false;
        const TraceDone done = std::move(trace_done);
        const auto packets = report(*run, *this, trace_began);
        trace_programs.clear();
        done(packets);
    });
}

}  // namespace weft
