#include "witness.h"

#include <cstring>
#include <string_view>

namespace weft::fuzz {
namespace {

constexpr size_t remembered = 1024;

uint64_t hash(const Bytes &bytes) {
    return std::hash<std::string_view>()({reinterpret_cast<const char *>(bytes.data()), bytes.size()});
}

// Without the checksum of an IPv4 header, and with so many hops less.
Bytes hopped(Bytes packet, unsigned hops) {
    if (packet[0] >> 4 == 4) {
        packet[8] = static_cast<uint8_t>(packet[8] - hops);
        packet[10] = packet[11] = 0;
    } else {
        packet[7] = static_cast<uint8_t>(packet[7] - hops);
    }
    return packet;
}

bool take(std::unordered_map<uint64_t, unsigned> &counts, const Bytes &bytes) {
    const auto found = counts.find(hash(bytes));
    if (found == counts.end() || found->second == 0) return false;
    found->second--;
    return true;
}

// Length of a packet that is whole, without its padding; 0: it is none.
size_t whole(const uint8_t *p, size_t room) {
    if (room >= 20 && p[0] >> 4 == 4) {
        const size_t header = (p[0] & 15u) * 4, total = load16(p + 2);
        return header >= 20 && total >= header && total <= room ? total : 0;
    }
    if (room >= 40 && p[0] >> 4 == 6) return load16(p + 4) + 40u <= room ? load16(p + 4) + 40u : 0;
    return 0;
}

// Of what is counted, only these are not the end of a packet.
bool ends_packet(const DropCounter &d) {
    const std::string_view node = d.node, reason = d.reason;
    return node != "icmp-error" && reason != "no-buffer";
}

// What is wrong with a frame, said with the frame.
template <class Judge>
void judged(const std::string &where, const Frame &frame, Judge judge) {
    try {
        judge();
    } catch (const CheckFailed &failed) {
        const Bytes start(frame.bytes.begin(), frame.bytes.begin() + static_cast<ptrdiff_t>(std::min<size_t>(frame.bytes.size(), 160)));
        throw CheckFailed{failed.text + "\n" + std::to_string(frame.bytes.size()) + " octets on " + where + ": " + hex(start)};
    }
}

}  // namespace

Witness::Turn Witness::turn() const {
    Turn t;
    t.counters = lab_.core->drop_counters();
    for (const DropCounter &d : t.counters)
        if (ends_packet(d)) t.drops += d.packets;
    t.held = held();
    return t;
}

uint64_t Witness::held() const {
    uint64_t packets = 0;
    for (const HoldCounters &kind : lab_.core->workers[0]->holding.counters) packets += kind.packets.value();
    return packets;
}

bool Witness::has_use(PortRole role, const std::string &name, uint32_t vrf) const {
    for (const PortUse &use : lab_.core->table.load()->ports) {
        if (use.role != role) continue;
        if (role == PortRole::data ? use.handle->spec.device == name
            : role == PortRole::tap ? use.handle->spec.name == name
                                    : use.vrf && use.vrf->id == vrf)
            return true;
    }
    return false;
}

void Witness::remember(const uint8_t *packet, size_t room, const Offload &offload, size_t before, bool routed) {
    const size_t length = whole(packet, room);
    if (length == 0) return;
    Given g{Bytes(packet, packet + length), {}, routed};
    same_[hash(g.packet)]++;
    forwarded_[hash(hopped(g.packet, routed))]++;
    if (offload.flags & offload_needs_checksum) {
        Bytes whole_frame(before);
        whole_frame.insert(whole_frame.end(), g.packet.begin(), g.packet.end());
        Packet p;
        p.data = whole_frame.data();
        p.length = static_cast<uint32_t>(whole_frame.size());
        p.offload = offload;
        complete_checksum(p);
        g.completed.assign(whole_frame.begin() + static_cast<ptrdiff_t>(before), whole_frame.end());
        same_[hash(g.completed)]++;
        forwarded_[hash(hopped(g.completed, routed))]++;
    }
    given_.push_front(std::move(g));
    if (given_.size() > remembered) given_.pop_back();
}

void Witness::port(unsigned number, Bytes frame, Offload offload, uint16_t tag) {
    if (!has_use(PortRole::data, "e" + std::to_string(number), 0)) return;
    in_++;
    if (frame.size() > 14) remember(frame.data() + 14, frame.size() - 14, offload, 14, true);
    lab_.wires[number - 1]->give({std::move(frame), offload, 0, tag});
}

void Witness::tap(const std::string &interface, Bytes frame, Offload offload) {
    const auto wire = lab_.factory->tap(interface);
    if (!wire || !has_use(PortRole::tap, interface, 0)) return;
    in_++;
    by_tap_[interface][hash(frame)]++;
    wire->give({std::move(frame), offload, 0, 0});
}

void Witness::inject(uint32_t vrf, Bytes packet, Offload offload) {
    const auto wire = lab_.factory->injected(vrf);
    if (!wire || !has_use(PortRole::inject, {}, vrf)) return;
    in_++;
    remember(packet.data(), packet.size(), offload, 0, false);
    wire->give({std::move(packet), offload, 0, 0});
}

// Part of a packet that was given: its offset, its end and each octet are right.
bool Witness::is_fragment(const Bytes &f) const {
    if (f[0] >> 4 != 4 || !(load16(&f[6]) & 0x3fff)) return false;
    const size_t header = (f[0] & 15u) * 4, at = (load16(&f[6]) & 0x1fffu) * 8, part = f.size() - header;
    for (const Given &g : given_) {
        const Bytes &p = g.completed.empty() ? g.packet : g.completed;
        if (p[0] >> 4 != 4 || std::memcmp(&p[12], &f[12], 8) != 0 || p[9] != f[9] || load16(&p[4]) != load16(&f[4])) continue;
        if (p[8] - g.routed != f[8] || p[1] != f[1] || (load16(&p[6]) & 0x4000)) continue;
        const size_t own_header = (p[0] & 15u) * 4, first = (load16(&p[6]) & 0x1fffu) * 8, size = p.size() - own_header;
        if (at < first || at + part > first + size) continue;
        const bool last = at + part == first + size;
        const bool more = load16(&f[6]) & 0x2000;
        if (more != (!last || (load16(&p[6]) & 0x2000))) continue;
        if (!last && part % 8) continue;
        if (std::memcmp(&f[header], &p[own_header + at - first], part) == 0) return true;
    }
    return false;
}

bool Witness::quotes(const Bytes &packet, size_t header) const {
    if (packet.size() < header + 8 + 20) return false;
    const Bytes quoted(packet.begin() + static_cast<ptrdiff_t>(header + 8), packet.end());
    const bool v4 = quoted[0] >> 4 == 4;
    const size_t inside = v4 ? (quoted[0] & 15u) * 4 : 40;
    // Of the box's own, which are nobody's given: answers to echo, and fragments that it made.
    if (quoted.size() > inside && quoted[v4 ? 9 : 6] == (v4 ? 1 : 58) && quoted[inside] == (v4 ? 0 : 129)) return true;
    if (v4 && (load16(&quoted[6]) & 0x3fff) && quoted.size() == load16(&quoted[2]) && is_fragment(quoted)) return true;
    const Bytes plain = hopped(quoted, 0), before = hopped(quoted, ~0u);
    for (const Given &g : given_) {
        for (const Bytes *p : {&g.packet, &g.completed}) {
            if (p->size() < quoted.size() || (*p)[0] >> 4 != quoted[0] >> 4) continue;
            const Bytes start = hopped(Bytes(p->begin(), p->begin() + static_cast<ptrdiff_t>(quoted.size())), 0);
            if (start == plain || start == before) return true;
        }
    }
    return false;
}

void Witness::own(const Interface *interface, const Bytes &packet, const Frame &frame) {
    Frame judged = frame;
    if (judged.bytes.size() == packet.size()) {  // of a layer-3 device
        judged.bytes.insert(judged.bytes.begin(), {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0});
        if (packet[0] >> 4 == 6) store16(&judged.bytes[12], 0x86dd);
    }
    check_frame(judged);
    const bool v4 = packet[0] >> 4 == 4;
    const size_t header = v4 ? (packet[0] & 15u) * 4 : 40;
    const uint8_t protocol = v4 ? packet[9] : packet[6];
    // An echo is answered in place, extension headers and all.
    if (!v4 && protocol != 58) {
        delivered_++;
        return;
    }
    CHECK_EQUAL(int{protocol}, v4 ? 1 : 58);
    const uint8_t type = packet[header];
    if (type == (v4 ? 0 : 129)) {
        delivered_++;
        return;
    }
    bool mine = false;
    for (const auto &i : lab_.core->table.load()->interfaces)
        if (i) mine |= v4 ? i->owns(load32(&packet[12])) : i->owns(load_ip6(&packet[8]));
    CHECK(mine);
    if (v4 ? type == 3 || type == 5 || type == 11 || type == 12 : type >= 1 && type <= 4) {
        CHECK(quotes(packet, header));
        CHECK(packet.size() <= (v4 ? 576 : 1280));
        errors_++;
        return;
    }
    CHECK(!v4 && (type == 135 || type == 136 || type == 137));
    CHECK(interface != nullptr);
}

void Witness::note_request(unsigned port, const Bytes &f) {
    const uint16_t type = load16(&f[12]);
    const MacAddress neighbour = mac(static_cast<uint8_t>(0x40 + port));
    MacAddress box;
    std::memcpy(box.data(), &f[6], 6);
    if (type == 0x0806 && load16(&f[20]) == 1)
        answers.emplace_back(port, arp(2, neighbour, to_text(mapped(load32(&f[38]))), box, to_text(mapped(load32(&f[28]))), box));
    if (type == 0x86dd && f.size() >= 14 + 40 + 24 && f[20] == 58 && f[54] == 135)
        answers.emplace_back(port, advertisement(neighbour, to_text(load_ip6(&f[62])), box, to_text(load_ip6(&f[22]))));
}

void Witness::leaves(unsigned port, const Frame &frame) {
    const Bytes &f = frame.bytes;
    const Interface *interface = nullptr;
    for (const auto &i : lab_.core->table.load()->interfaces)
        if (i && i->port && i->port->spec.device == "e" + std::to_string(port)) interface = i.get();
    CHECK(interface != nullptr);
    CHECK(interface->up());
    if (take(by_tap_[interface->spec.name], f)) {
        delivered_++;
        return;
    }
    CHECK(f.size() > 14 + 20);
    CHECK(std::memcmp(&f[6], interface->mac.data(), 6) == 0);
    const uint16_t type = load16(&f[12]);
    note_request(port, f);
    if (type == 0x0806) {
        CHECK_EQUAL(f.size(), size_t{42});
        CHECK(std::memcmp(&f[22], interface->mac.data(), 6) == 0);
        CHECK(interface->owns(load32(&f[28])));
        return;
    }
    const Bytes p = inner(frame);
    CHECK_EQUAL(whole(p.data(), p.size()), p.size());
    CHECK_EQUAL(int{type}, p[0] >> 4 == 4 ? 0x0800 : 0x86dd);
    if (p[0] >> 4 == 4) CHECK(checksum_good(p.data(), (p[0] & 15u) * 4));
    if (frame.offload.gso_type == gso_none) CHECK(p.size() <= mtu_[interface->spec.name]);
    if (take(forwarded_, hopped(p, 0)) || is_fragment(p)) {
        CHECK(!(f[0] & 1));
        delivered_++;
        return;
    }
    own(interface, p, frame);
}

void Witness::to_host(const Bytes &packet, const Frame &frame) {
    if (take(same_, packet)) {
        delivered_++;
        return;
    }
    CHECK(packet.size() >= 20);
    own(nullptr, packet, frame);
}

void Witness::judge() {
    const bool idle = before_.held == 0;
    for (const auto &i : lab_.core->table.load()->interfaces) {
        if (!i) continue;
        uint32_t &most = mtu_[i->spec.name];
        most = idle ? i->mtu : std::max(most, i->mtu);
    }
    delivered_ = errors_ = 0;
    answers.clear();
    for (unsigned n = 1; n <= lab_.wires.size(); n++)
        for (const Frame &f : lab_.wires[n - 1]->take())
            judged("port " + std::to_string(n), f, [&] { leaves(n, f); });
    for (const auto &i : lab_.core->table.load()->interfaces) {
        if (!i || !i->tap) continue;
        const auto wire = lab_.factory->tap(i->spec.name);
        CHECK(wire != nullptr);
        for (const Frame &f : wire->take()) {
            judged("the tap of " + i->spec.name, f, [&] {
                CHECK(f.bytes.size() > 14);
                to_host(inner(f), f);
            });
        }
    }
    for (uint32_t vrf = 0; vrf < 4; vrf++) {
        if (const auto wire = lab_.factory->injected(vrf))
            for (const Frame &f : wire->take())
                judged("the inject device of VRF " + std::to_string(vrf), f, [&] { to_host(f.bytes, f); });
    }
    const Turn now = turn();
    // Errors are no delivery of what was given; but some of those that were held may be errors.
    if (in_ + before_.held > now.drops - before_.drops + now.held + delivered_ + std::min(errors_, before_.held)) {
        std::ostringstream o;
        o << "of " << in_ << " packets and " << before_.held << " held ones, " << now.drops - before_.drops << " were dropped, "
          << now.held << " are held and " << delivered_ << " were sent: some have vanished;";
        for (size_t n = 0; n < now.counters.size(); n++)
            if (const uint64_t more = now.counters[n].packets - (before_.counters.empty() ? 0 : before_.counters[n].packets))
                o << " " << now.counters[n].node << "/" << now.counters[n].reason << "=" << more;
        throw CheckFailed{o.str()};
    }
    before_ = now;
    in_ = 0;
}

}  // namespace weft::fuzz
