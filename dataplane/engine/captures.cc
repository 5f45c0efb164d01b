// The control side of captures and mirrors: who looks at what is published anew whenever captures, mirrors or interfaces change; what
// the workers captured is put in the order of time and written as pcapng when it is asked for. Under the programming lock.
#include "captures.h"

#include <algorithm>
#include <ctime>

#include "core.h"

namespace weft {
namespace {

uint64_t nanoseconds_since_epoch() {
    timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return static_cast<uint64_t>(t.tv_sec) * 1000000000 + static_cast<uint64_t>(t.tv_nsec);
}

std::string text_of(const DropName &name) { return std::string(name.node) + "/" + name.reason; }

// What a node takes in has a name among the drops, but is none.
bool takes_in(size_t drop) { return drop == static_cast<size_t>(Drop::arp_consumed) || drop == static_cast<size_t>(Drop::nd_consumed); }

std::string choose_drops(const std::vector<std::string> &wanted, std::bitset<drop_count> &chosen) {
    for (const std::string &what : wanted) {
        bool found = false;
        for (size_t n = 0; n < drop_count; n++) {
            const bool by_name = what == text_of(drop_names[n]);
            if (!by_name && ((what != "all" && what != drop_names[n].node) || takes_in(n))) continue;
            chosen.set(n);
            found = true;
        }
        if (!found) return "there is no drop '" + what + "'";
    }
    return {};
}

// The capture's next packet, of those that the workers have handed over: the oldest.
CaptureRing *next_lane(Capture &capture, size_t workers) {
    CaptureRing *next = nullptr;
    uint64_t oldest = 0;
    for (size_t n = 0; n < workers; n++) {
        const CapturedPacket *p = capture.lanes[n].ring.front();
        if (!p || (next && p->time >= oldest)) continue;
        next = &capture.lanes[n].ring;
        oldest = p->time;
    }
    return next;
}

std::string name_of(const Registry &registry, uint32_t interface) {
    if (interface == no_interface) return "host";
    for (const auto &[name, index] : registry.indexes)
        if (index == interface) return name;
    return "interface " + std::to_string(interface);
}

std::string description_of(const Registry &registry, const std::string &name) {
    const auto found = registry.interfaces.find(name);
    if (found == registry.interfaces.end() || !found->second->port) return {};
    const PortSpec &port = found->second->port->spec;
    return "port " + port.name + ", device " + port.device;
}

}  // namespace

uint8_t CaptureSession::points(const std::string &interface) const {
    if (!names.empty() && !names.count(interface)) return 0;
    return static_cast<uint8_t>((request.in ? watch_in : 0) | (request.out ? watch_out : 0) | (sees_drops() ? watch_drop : 0));
}

std::string Core::begin_capture(uint64_t number, const CaptureRequest &request, uint64_t now) {
    if (captures.count(number)) return "capture " + std::to_string(number) + " is under way already";
    if (captures.size() == Engine::most_captures) return "there are " + std::to_string(Engine::most_captures) + " captures already";
    for (const std::string &name : request.interfaces)
        if (!registry.interfaces.count(name)) return "there is no interface '" + name + "'";
    auto session = std::make_unique<CaptureSession>(request);
    Capture &c = *session->capture;
    if (std::string e = choose_drops(request.drops, c.drops); !e.empty()) return e;
    std::string error;
    for (const auto &[program, filter] : {std::pair{&request.ethernet_filter, &c.ethernet}, {&request.layer3_filter, &c.layer3}}) {
        auto read = Bpf::read(*program, error);
        if (!read) return error;
        *filter = std::move(*read);
    }
    c.snap_length = std::clamp(request.snap_length, 16u, 262144u);
    c.packets = std::max<uint64_t>(request.packets, 1);
    // As much at once as comes in a tenth of a second.
    c.rate = {std::clamp(request.rate, 1u, 1000000u), std::max(request.rate / 10, 1u)};
    c.until = now + uint64_t{std::max(request.seconds, 1u)} * 1000000;
    session->began = session->latest = nanoseconds_since_epoch();
    captures.emplace(number, std::move(session));
    publish_watches();
    return {};
}

void Core::end_capture(uint64_t number) {
    const auto found = captures.find(number);
    if (found == captures.end() || !found->second->ended.empty()) return;
    CaptureSession &session = *found->second;
    session.ended = "stopped";
    publish_watches();
    epochs.retire([quiet = session.quiet] { *quiet = true; });
    call_housekeeping();
}

void Core::forget_captures() {
    if (captures.empty()) return;
    captures.clear();
    publish_watches();
}

bool Core::read_capture(uint64_t number, size_t most, uint64_t now, CaptureChunk &chunk) {
    const auto found = captures.find(number);
    if (found == captures.end()) return false;
    CaptureSession &s = *found->second;
    Capture &c = *s.capture;
    std::vector<uint8_t> &out = chunk.octets;
    const auto interface = [&](uint32_t index, bool layer3) {
        const auto [id, fresh] = s.ids.emplace(std::pair{index, layer3}, 0);
        if (fresh) {
            const std::string name = name_of(registry, index);
            id->second = s.file.interface(out, layer3 ? LinkType::raw : LinkType::ethernet, name, description_of(registry, name));
        }
        return id->second;
    };
    if (!s.begun) {
        s.begun = true;
        s.file.section(out);
        // What was asked for by name is in the file, whether or not there is a packet of it.
        for (const std::string &name : s.names)
            if (const auto i = registry.interfaces.find(name); i != registry.interfaces.end()) interface(i->second->index, i->second->layer3());
    }
    const bool ended = !s.ended.empty(), quiet = *s.quiet;  // before the rings are looked at for the last time
    bool left = false, too_long = s.ended == "size";
    while (CaptureRing *ring = next_lane(c, workers.size())) {
        if (out.size() >= most) {
            left = true;
            break;
        }
        const CapturedPacket &p = *ring->front();
        PcapngPacket packet{0, p.time, p.direction, p.octets(), p.kept, p.length, p.lost};
        if (p.point == watch_drop) packet.comment = text_of(drop_names[p.drop]);
        size_t room = s.file.room_for(packet);
        if (!s.ids.count({p.interface, p.layer3})) {
            const std::string name = name_of(registry, p.interface);
            room += s.file.room_for(name, description_of(registry, name));
        }
        too_long |= s.octets + out.size() + room > s.request.octets;
        if (!too_long) {
            packet.interface = interface(p.interface, p.layer3);
            s.file.packet(out, packet);
            s.packets++;
            s.latest = std::max(s.latest, p.time);
        }
        ring->pop();
    }
    if (!ended) {
        const char *why = too_long ? "size" : c.full() ? "packets" : now >= c.until ? "time" : nullptr;
        if (why) {
            end_capture(number);
            s.ended = why;
        }
    } else if (quiet && !left) {
        s.file.statistics(out, s.began, std::max(s.latest, std::min(nanoseconds_since_epoch(), s.began + s.request.seconds * uint64_t{1000000000})));
        chunk.ended = s.ended;
    }
    s.octets += out.size();
    chunk.packets = s.packets;
    for (const Capture::Lane &lane : c.lanes) {
        chunk.over_rate += lane.over_rate.value();
        chunk.ring_full += lane.ring_full.value();
    }
    if (!chunk.ended.empty()) captures.erase(found);
    return true;
}

std::vector<MirrorState> Core::mirror_states() const {
    std::vector<MirrorState> out;
    for (const auto &[name, mirror] : registry.mirrors) {
        MirrorState s;
        s.name = name;
        for (const Mirror::Counters &c : mirror->counters) {
            s.packets += c.packets.value();
            s.octets += c.octets.value();
            s.over_rate += c.over_rate.value();
            s.lost += c.lost.value();
        }
        out.push_back(std::move(s));
    }
    return out;
}

bool Core::watched(uint32_t interface) const {
    const Watches *now = watches.load(std::memory_order_relaxed);
    return now && (now->at(interface) & (watch_in | watch_out));
}

void Core::publish_watches() {
    auto next = std::make_unique<Watches>();
    size_t size = 0;
    for (const auto &[name, i] : registry.interfaces) size = std::max<size_t>(size, i->index + 1);
    next->points.resize(size);
    next->parents.resize(size, no_interface);
    for (const auto &[name, i] : registry.interfaces) {
        if (!i->circuit) continue;
        if (const auto parent = registry.interfaces.find(i->circuit->parent); parent != registry.interfaces.end())
            next->parents[i->index] = parent->second->index;
    }
    const auto add = [&](Watch watch, auto points_of) {
        watch.points.resize(size);
        for (const auto &[name, i] : registry.interfaces) next->points[i->index] |= watch.points[i->index] = points_of(name);
        next->each.push_back(std::move(watch));
    };
    for (const auto &[number, session] : captures) {
        if (!session->ended.empty()) continue;
        Watch watch;
        watch.capture = session->capture;
        watch.elsewhere = session->names.empty();
        add(std::move(watch), [&](const std::string &name) { return session->points(name); });
    }
    for (const auto &[name, mirror] : registry.mirrors) {
        const auto to = registry.interfaces.find(mirror->spec.destination);
        if (to == registry.interfaces.end()) continue;
        Watch watch;
        watch.mirror = mirror;
        watch.destination = to->second->index;
        add(std::move(watch), [&](const std::string &interface) {
            uint8_t points = 0;
            for (const auto &[source, of] : mirror->spec.sources)
                if (source == interface) points |= of;
            return points;
        });
    }
    for (size_t n = 0; n < size; n++)
        if (next->parents[n] != no_interface) next->points[n] |= next->points[next->parents[n]];
    const bool none = next->each.empty();
    const Watches *old = watches.exchange(none ? nullptr : next.release(), std::memory_order_acq_rel);
    if (!old && none) return;
    epochs.retire([old] { delete old; });
    if (fast) fast->follow();
}

}  // namespace weft
