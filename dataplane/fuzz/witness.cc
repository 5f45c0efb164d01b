#include "witness.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "../engine/net/segment.h"

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

// One that may go that way.
bool take(std::unordered_map<uint64_t, std::vector<std::shared_ptr<unsigned>>> &permits, const Bytes &bytes, unsigned way) {
    const auto found = permits.find(hash(bytes));
    if (found == permits.end()) return false;
    auto &all = found->second;
    const auto one = std::find_if(all.begin(), all.end(), [&](const auto &ways) { return *ways & way; });
    if (one == all.end()) return false;
    all.erase(one);
    return true;
}

constexpr unsigned to_host_way = 1;
unsigned way_by(const Interface &interface) { return 1u << (interface.spec.name.back() - '0'); }

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

// A fragment of this packet, or its beginning: its offset, its end and each octet are right. Nothing is said of its time to live.
bool is_fragment(const Bytes &p, const Bytes &f) {
    const size_t header = (f[0] & 15u) * 4, at = (load16(&f[6]) & 0x1fffu) * 8, total = load16(&f[2]);
    if (!(load16(&f[6]) & 0x3fff) || f.size() < header || total < f.size()) return false;
    const size_t part = total - header;
    if (std::memcmp(&p[12], &f[12], 8) != 0 || p[9] != f[9] || load16(&p[4]) != load16(&f[4])) return false;
    if (p[1] != f[1] || (load16(&p[6]) & 0x4000)) return false;
    const size_t own_header = (p[0] & 15u) * 4, first = (load16(&p[6]) & 0x1fffu) * 8, size = p.size() - own_header;
    if (at < first || at + part > first + size) return false;
    const bool last = at + part == first + size;
    const bool more = load16(&f[6]) & 0x2000;
    if (more != (!last || (load16(&p[6]) & 0x2000))) return false;
    if (!last && part % 8) return false;
    return std::equal(f.begin() + static_cast<ptrdiff_t>(header), f.end(), p.begin() + static_cast<ptrdiff_t>(own_header + at - first));
}

// The packets that a super-packet stands for, with its link header; with `finish` complete, else as a device may be left to finish
// them, and as the datagrams that USO cuts again.
std::vector<Bytes> parts_of(const Bytes &frame, uint32_t l3, const Offload &offload, bool finish) {
    Packet p;
    Bytes copy = frame;
    p.data = copy.data();
    p.length = static_cast<uint32_t>(copy.size());
    p.offload = offload;
    SuperPacket super;
    if (offload.gso_type == gso_none || offload.gso_type == gso_udp || read_super(p, l3, super) != SuperFault::none) return {};
    std::vector<Bytes> out;
    Offload ignored;
    Segmenter segmenter(p, super, finish);
    for (uint32_t n = 0; n < super.count; n++) {
        out.emplace_back(super.headers + super.size);
        out.back().resize(segmenter.next(out.back().data(), ignored));
    }
    if (finish || !super.in_udp()) return out;
    DatagramPacker packer(p, super);
    while (packer.more()) {
        out.emplace_back(packer.most());
        out.back().resize(packer.next(out.back().data(), ignored));
    }
    return out;
}

Bytes without_link(const Bytes &frame, size_t before) { return Bytes(frame.begin() + static_cast<ptrdiff_t>(before), frame.end()); }

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
    for (const AclState &list : lab_.core->acl_states({}))
        for (const AclEntryState &e : list.entries) t.hits[{list.name, e.name}] = e.packets;
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

std::vector<const Interface *> Witness::interfaces_of(unsigned port) const {
    std::vector<const Interface *> all;
    for (const auto &i : lab_.core->table.load()->interfaces)
        if (i && i->port && i->port->spec.device == "e" + std::to_string(port)) all.push_back(i.get());
    return all;
}

Judgement::Kind Witness::ask(const AclList &list, const Given &g, Judged &judged) {
    const Judgement j = fuzz::judge(list.spec(), g.packet, g.offload);
    judged[static_cast<size_t>(j.kind)]++;
    if (j.counted) expected_[{list.spec().name, j.entry}]++;
    return j.kind;
}

// Past the list of an interface that it may come by.
bool Witness::enters(Given &g) {
    const Bytes &p = g.packet;
    const bool v6 = p[0] >> 4 == 6;
    // Neighbour discovery passes unasked.
    if (v6 && p[6] == 58 && p[7] == 255 && p.size() >= 44 && p[40] >= 133 && p[40] <= 137) return true;
    const auto all = g.routed() ? interfaces_of(g.port) : std::vector<const Interface *>();
    bool passes = all.empty();
    for (const Interface *in : all) {
        const auto &list = in->acls[acl_slot(AclDirection::in, v6)];
        const auto kind = list ? ask(*list, g, judged_in_) : Judgement::Kind::pass;
        g.rejected |= kind == Judgement::Kind::reject;
        passes |= kind == Judgement::Kind::pass;
    }
    return passes;
}

// By the lists as they are now.
void Witness::permit(Given &g) {
    const bool v6 = g.packet[0] >> 4 == 6;
    if (!enters(g)) return;
    *g.ways |= to_host_way;
    std::map<const AclList *, bool> passes;
    for (const auto &i : lab_.core->table.load()->interfaces) {
        if (!i) continue;
        const AclList *list = i->acls[acl_slot(AclDirection::out, v6)].get();
        const auto [at, fresh] = passes.emplace(list, true);
        if (fresh && list) {
            const auto kind = ask(*list, g, judged_out_);
            g.rejected |= kind == Judgement::Kind::reject;
            at->second = kind == Judgement::Kind::pass;
        }
        if (at->second) *g.ways |= way_by(*i);
    }
}

void Witness::lists_changed() {
    if (before_.held == 0) return;
    for (Given &g : given_) permit(g);
}

void Witness::remember(const uint8_t *packet, size_t room, const Offload &offload, size_t before, unsigned port) {
    const uint8_t *link = packet - before;
    const size_t length = whole(packet, room);
    if (length == 0) return;
    Given g{Bytes(packet, packet + length), {}, {}, offload, port};
    permit(g);
    same_[hash(g.packet)].push_back(g.ways);
    forwarded_[hash(hopped(g.packet, g.routed()))].push_back(g.ways);
    if (offload.flags & offload_needs_checksum) {
        Bytes whole_frame(link, packet + length);
        Packet p;
        p.data = whole_frame.data();
        p.length = static_cast<uint32_t>(whole_frame.size());
        p.l3_offset = static_cast<uint16_t>(before);
        p.ether_type = g.packet[0] >> 4 == 6 ? type_ip6 : type_ip4;
        p.offload = offload;
        complete_checksum(p);
        g.completed.assign(whole_frame.begin() + static_cast<ptrdiff_t>(before), whole_frame.end());
        same_[hash(g.completed)].push_back(g.ways);
        forwarded_[hash(hopped(g.completed, g.routed()))].push_back(g.ways);
    }
    const Bytes given_frame(link, packet + length);
    for (const bool finish : {true, false}) {
        for (const Bytes &part : parts_of(given_frame, static_cast<uint32_t>(before), offload, finish)) {
            const Bytes bare = without_link(part, before);
            same_[hash(bare)].push_back(g.ways);
            forwarded_[hash(hopped(bare, g.routed()))].push_back(g.ways);
            if (finish) g.segments.push_back(bare);
        }
    }
    given_.push_front(std::move(g));
    if (given_.size() > remembered) given_.pop_back();
}

void Witness::port(unsigned number, Bytes frame, Offload offload, uint16_t tag) {
    if (!has_use(PortRole::data, "e" + std::to_string(number), 0)) return;
    in_++;
    if (frame.size() > 14) remember(frame.data() + 14, frame.size() - 14, offload, 14, number);
    lab_.wires[number - 1]->give({std::move(frame), offload, 0, tag});
}

void Witness::tap(const std::string &interface, Bytes frame, Offload offload) {
    const auto wire = lab_.factory->tap(interface);
    if (!wire || !has_use(PortRole::tap, interface, 0)) return;
    in_++;
    by_tap_[interface][hash(frame)]++;
    for (const bool finish : {true, false})
        for (const Bytes &part : parts_of(frame, 14, offload, finish)) by_tap_[interface][hash(part)]++;
    wire->give({std::move(frame), offload, 0, 0});
}

void Witness::inject(uint32_t vrf, Bytes packet, Offload offload) {
    const auto wire = lab_.factory->injected(vrf);
    if (!wire || !has_use(PortRole::inject, {}, vrf)) return;
    in_++;
    injected_++;
    remember(packet.data(), packet.size(), offload, 0, 0);
    wire->give({std::move(packet), offload, 0, 0});
}

// Part of a packet that was given, or of a segment of it; or the beginning of one.
bool Witness::is_part(const Bytes &f, unsigned ways) const {
    if (f[0] >> 4 != 4) return false;
    const int lifetime = f[8];
    for (const Given &g : given_) {
        const Bytes &p = g.completed.empty() ? g.packet : g.completed;
        if (!(*g.ways & ways) || p[0] >> 4 != 4 || p[8] - g.routed() != lifetime) continue;
        if (is_fragment(p, f)) return true;
        for (const Bytes &segment : g.segments) {
            if (segment.size() < f.size()) continue;
            const Bytes start(segment.begin(), segment.begin() + static_cast<ptrdiff_t>(f.size()));
            if (is_fragment(segment, f) || hopped(start, g.routed()) == hopped(f, 0)) return true;
        }
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
    if (v4 && is_part(quoted, ~0u)) return true;
    const Bytes plain = hopped(quoted, 0), before = hopped(quoted, ~0u);
    // What no list lets go anywhere has its sender told only that it is prohibited, or that its options are wrong.
    const uint8_t type = packet[header], code = packet[header + 1];
    const bool prohibited = packet[0] >> 4 == 4 ? type == 3 && code == 13 : type == 1 && code == 1;
    const bool options = type == (packet[0] >> 4 == 4 ? 12 : 4);
    for (const Given &g : given_) {
        if (!*g.ways && !options && !(prohibited && g.rejected)) continue;
        for (const Bytes *p : {&g.packet, &g.completed, g.segments.empty() ? &g.packet : &g.segments[0]}) {
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
    const auto all = interfaces_of(port);
    CHECK(!all.empty());
    for (size_t n = 0; n < all.size(); n++) {
        try {
            return leaves_by(*all[n], port, frame);
        } catch (const CheckFailed &) {
            if (n + 1 == all.size()) throw;
        }
    }
}

void Witness::leaves_by(const Interface &interface, unsigned port, const Frame &frame) {
    const Bytes &f = frame.bytes;
    CHECK(interface.up());
    if (take(by_tap_[interface.spec.name], f)) {
        delivered_++;
        return;
    }
    CHECK(f.size() > 14 + 20);
    CHECK(std::memcmp(&f[6], interface.mac.data(), 6) == 0);
    const uint16_t type = load16(&f[12]);
    if (type == 0x0806) {
        CHECK_EQUAL(f.size(), size_t{42});
        CHECK(std::memcmp(&f[22], interface.mac.data(), 6) == 0);
        CHECK(interface.owns(load32(&f[28])));
        note_request(port, f);
        return;
    }
    const Bytes p = inner(frame);
    CHECK_EQUAL(whole(p.data(), p.size()), p.size());
    CHECK_EQUAL(int{type}, p[0] >> 4 == 4 ? 0x0800 : 0x86dd);
    if (p[0] >> 4 == 4) CHECK(checksum_good(p.data(), (p[0] & 15u) * 4));
    if (frame.offload.gso_type == gso_none) CHECK(p.size() <= mtu_[interface.spec.name]);
    if (take(forwarded_, hopped(p, 0), way_by(interface)) || is_part(p, way_by(interface))) {
        CHECK(!(f[0] & 1));
        delivered_++;
        return;
    }
    own(&interface, p, frame);
    note_request(port, f);
}

void Witness::to_host(const Bytes &packet, const Frame &frame) {
    if (take(same_, packet, to_host_way)) {
        delivered_++;
        return;
    }
    CHECK(packet.size() >= 20);
    own(nullptr, packet, frame);
}

void Witness::judge_lists(const Turn &now) const {
    // What waits may be judged again, and so may what the box says about the host's packets, or answers to them.
    const uint64_t again = before_.held + 2 * injected_;
    for (size_t n = 0; n < now.counters.size(); n++) {
        const DropCounter &d = now.counters[n];
        const bool in = std::string_view(d.node) == "acl-in";
        if (!in && std::string_view(d.node) != "acl-out") continue;
        static constexpr std::array<std::string_view, kinds> reasons = {"", "denied", "rejected", "tiny-fragment", "header-chain"};
        const auto kind = static_cast<size_t>(std::find(reasons.begin(), reasons.end(), d.reason) - reasons.begin());
        CHECK(kind < kinds);
        const uint64_t more = d.packets - (before_.counters.empty() ? 0 : before_.counters[n].packets);
        const uint64_t most = in ? judged_in_[kind] : judged_out_[kind] + again;
        if (more > most)
            throw CheckFailed{std::string(d.node) + " " + d.reason + ": " + std::to_string(more) + " packets, of " + std::to_string(most)};
    }
    for (const auto &[entry, hits] : now.hits) {
        const auto before = before_.hits.find(entry), expected = expected_.find(entry);
        // A list that was deleted and is there again begins anew.
        const uint64_t since = before == before_.hits.end() || before->second > hits ? 0 : before->second;
        const uint64_t most = (expected == expected_.end() ? 0 : expected->second) + again;
        if (hits - since > most)
            throw CheckFailed{"entry '" + entry.second + "' of access list " + entry.first + " counted " + std::to_string(hits - since) +
                              " packets, of " + std::to_string(most)};
    }
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
    judge_lists(now);
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
    in_ = injected_ = 0;
    judged_in_ = judged_out_ = {};
    expected_.clear();
}

}  // namespace weft::fuzz
