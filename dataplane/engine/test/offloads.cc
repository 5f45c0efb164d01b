// Super-packets and unfinished checksums through a box, to ports that take some, all or none of them.
#include "lab_segments.h"

namespace weft::offloads_test {
namespace {

constexpr uint8_t all = 0xff, none = 0;

struct Box : Lab {
    // The second port takes these.
    explicit Box(uint8_t offloads, unsigned mtu = 1500, bool known = true) : Lab(2) {
        wires[1]->set_offloads(offloads);
        standard();
        CHECK_EQUAL(commit(Records().interface("if2", "p2", {"10.0.2.1/24", "2001:db8:2::1/64"}, 31, mtu)), std::string());
        know("if1", "10.0.1.9", h1);
        know("if1", "2001:db8:1::9", h1);
        if (!known) return;
        know("if2", "10.0.2.9", h2);
        know("if2", "2001:db8:2::9", h2);
    }
    void give_super(const Super &s, unsigned port = 1) {
        Offload o = s.offload;
        o.header_length = static_cast<uint16_t>(o.header_length + 14);
        if (o.flags) o.csum_start = static_cast<uint16_t>(o.csum_start + 14);
        Lab::give(port, frame(mac(static_cast<uint8_t>(port)), h1, s.packet), o);
        run();
    }
    std::vector<Frame> sent() { return wires[1]->take(); }
    uint64_t all_drops() {
        uint64_t packets = 0;
        for (const DropCounter &d : core->drop_counters()) packets += d.packets;
        return packets;
    }
};

Offload from_l3(Offload o) {
    if (o.flags & offload_needs_checksum) o.csum_start = static_cast<uint16_t>(o.csum_start - 14);
    return o;
}

// Packets whole again that were fragmented, in order; those that were not as they are.
std::vector<Bytes> reassembled(const std::vector<Frame> &frames, uint32_t mtu) {
    std::vector<Bytes> out;
    size_t at = 0;  // of the payload, in the last one
    bool open = false;
    for (const Frame &f : frames) {
        const Bytes p = inner(f);
        CHECK(p.size() <= mtu);
        CHECK_EQUAL(int{f.offload.gso_type}, int{gso_none});
        const size_t header = (p[0] & 15u) * 4, offset = (load16(&p[6]) & 0x1fffu) * 8;
        if (!open) {
            CHECK_EQUAL(offset, size_t{0});
            out.push_back(p);
            at = p.size() - header;
        } else {
            CHECK_EQUAL(offset, at);
            CHECK_EQUAL(load16(&p[4]), load16(&out.back()[4]));
            out.back().insert(out.back().end(), p.begin() + static_cast<ptrdiff_t>(header), p.end());
            at += p.size() - header;
        }
        open = load16(&p[6]) & 0x2000;
        if (open) CHECK_EQUAL(at % 8, size_t{0});
    }
    CHECK(!open);
    for (Bytes &p : out) {
        store16(&p[2], static_cast<uint16_t>(p.size()));
        store16(&p[6], 0);
        store16(&p[10], 0);
        store16(&p[10], checksum(p.data(), (p[0] & 15u) * 4));
    }
    return out;
}

struct Case {
    Stack stack;
    bool tcp;
    uint8_t offloads;
    bool fits;
};

std::string name_of(const Case &c) {
    std::string name = c.tcp ? "tcp, stack" : "udp, stack";
    for (const Wrap w : c.stack) name += " " + std::to_string(int(w));
    return name + ", offloads " + std::to_string(c.offloads) + (c.fits ? ", fits" : ", does not fit");
}

void judge_case(const Case &c) {
    const SuperOptions options{.tcp = c.tcp, .payload = 20000, .size = 1300};
    const Super s = super_packet(c.stack, options);
    const uint32_t mtu = c.fits ? 1500 : 1280;
    Box box(c.offloads, mtu);
    box.give_super(s);
    const bool v4 = s.packet[0] >> 4 == 4;
    const auto frames = box.sent();
    if (!c.fits && (!v4 || (s.packet[6] & 0x40))) {
        CHECK(frames.empty());
        const Error e = error_of(box.only(1));
        CHECK_EQUAL(e.type, v4 ? 3 : 2);
        CHECK_EQUAL(e.code, v4 ? 4 : 0);
        CHECK_EQUAL(e.rest, mtu);
        const uint32_t segment = s.headers + options.size;
        CHECK_EQUAL(uint32_t{load16(&e.quoted[v4 ? 2 : 4])}, v4 ? segment : segment - 40);
        const size_t outer = v4 ? (s.packet[0] & 15u) * 4 : 40;
        if (c.stack.size() == 1 && c.tcp && c.stack[0] != Wrap::ip6_extensions) CHECK_EQUAL(load32(&e.quoted[outer + 4]), super_sequence);
        CHECK(std::equal(e.quoted.begin() + s.headers, e.quoted.end(), s.payload.begin()));
        return;
    }
    CHECK(box.wires[0]->take().empty());
    CHECK_EQUAL(box.all_drops(), uint64_t{0});
    std::vector<Seen> seen;
    if (!c.fits) {
        for (const Bytes &p : reassembled(frames, mtu)) seen.push_back(judge(p, {}));
        judge_segments(seen, s, options);
        return;
    }
    const bool tunnel = c.stack.size() > 1;
    const uint8_t needed = !c.tcp ? takes_udp_l4 : s.offload.gso_type & 4 ? takes_tcp6 | takes_ecn : takes_tcp4 | takes_ecn;
    if (!tunnel && (c.offloads & needed) == needed && (c.offloads & takes_checksum)) {
        CHECK_EQUAL(frames.size(), size_t{1});
        CHECK_EQUAL(int{frames[0].offload.gso_size}, 1300);
        CHECK_EQUAL(int{frames[0].offload.gso_type}, int{s.offload.gso_type});
        CHECK_EQUAL(int{frames[0].offload.csum_start}, s.transport + 14);
        CHECK_EQUAL(int{frames[0].offload.header_length}, s.headers + 14);
        const Bytes p = inner(frames[0]);
        CHECK_EQUAL(p.size(), s.packet.size());
        CHECK(std::equal(p.begin() + 12, p.end(), s.packet.begin() + 12));
        return;
    }
    const bool in_udp = tunnel && (c.stack[1] == Wrap::vxlan || c.stack[1] == Wrap::vxlan_no_sum);
    constexpr uint8_t uso = takes_udp_l4 | takes_checksum;
    if (in_udp && (c.offloads & uso) == uso) CHECK_EQUAL(frames.size(), size_t{1});
    for (const Frame &f : frames) {
        const Bytes p = inner(f);
        CHECK_EQUAL(int{p[v4 ? 8 : 7]}, 59);
        if (f.offload.gso_type != gso_none) {
            for (const Bytes &d : cut_datagrams(p, from_l3(f.offload))) seen.push_back(judge(d, {}));
            continue;
        }
        CHECK_EQUAL(int{f.offload.flags}, c.offloads & takes_checksum ? int{offload_needs_checksum} : 0);
        CHECK(p.size() <= mtu);
        seen.push_back(judge(p, from_l3(f.offload)));
    }
    judge_segments(seen, s, options);
}

TEST("offloads: every super-packet arrives as what it stands for, whatever the port takes and the link carries") {
    const std::vector<Stack> stacks = {
        {Wrap::ip4},
        {Wrap::ip4_fragmentable},
        {Wrap::ip4_options},
        {Wrap::ip6},
        {Wrap::ip6_extensions},
        {Wrap::ip4, Wrap::vxlan, Wrap::ip4},
        {Wrap::ip4_fragmentable, Wrap::vxlan_no_sum, Wrap::ip6},
        {Wrap::ip6, Wrap::vxlan, Wrap::ip4},
        {Wrap::ip4_fragmentable, Wrap::gre_sum_key, Wrap::ip4},
        {Wrap::ip6, Wrap::gre, Wrap::ip6},
        {Wrap::ip4, Wrap::ip6},
    };
    const uint8_t no_ecn = takes_checksum | takes_tcp4 | takes_tcp6, no_udp = no_ecn | takes_ecn;
    for (const Stack &stack : stacks)
        for (const bool tcp : {true, false})
            for (const uint8_t offloads : {all, none, uint8_t{takes_checksum}, no_ecn, no_udp, uint8_t{takes_udp_l4 | takes_checksum}})
                for (const bool fits : {true, false}) {
                    const Case c{stack, tcp, offloads, fits};
                    try {
                        judge_case(c);
                    } catch (const CheckFailed &failed) {
                        throw CheckFailed{name_of(c) + ": " + failed.text};
                    }
                }
}

TEST("offloads: many large super-packets of one burst are cut, though they are more than the memory of a burst") {
    Box box(none);
    const SuperOptions options{.payload = 60000, .size = 536};
    const Super s = super_packet({Wrap::ip4}, options);
    for (unsigned n = 0; n < 64; n++) {
        Offload o = s.offload;
        o.csum_start = static_cast<uint16_t>(o.csum_start + 14);
        box.wires[0]->give({frame(mac(1), h1, s.packet), o, 0, 0});
    }
    box.run();
    std::vector<Seen> seen;
    for (const Frame &f : box.sent()) {
        seen.push_back(judge(inner(f), from_l3(f.offload)));
        if (seen.size() < 112) continue;
        judge_segments(seen, s, options);
        seen.clear();
    }
    CHECK(seen.empty());
    CHECK_EQUAL(box.state("if2").out_unicast, uint64_t{64 * 112});
    CHECK_EQUAL(box.all_drops(), uint64_t{0});
}

TEST("offloads: a super-packet whose neighbour is not known waits whole, and is cut when it goes") {
    Box box(none, 1500, false);
    const SuperOptions options{.payload = 40000, .size = 1300};
    const Super s = super_packet({Wrap::ip4}, options);
    box.give_super(s);
    CHECK_EQUAL(box.sent().size(), size_t{1});  // the question
    box.know("if2", "10.0.2.9", h2);
    box.run(1000);
    std::vector<Seen> seen;
    for (const Frame &f : box.sent()) seen.push_back(judge(inner(f), from_l3(f.offload)));
    judge_segments(seen, s, options);
}

TEST("offloads: an unfinished checksum passes to a port that finishes it, and is finished for one that does not") {
    for (const bool v6 : {false, true}) {
        const SuperOptions options{.tcp = false, .payload = 999};
        Super s = super_packet({v6 ? Wrap::ip6 : Wrap::ip4}, options);
        s.offload.gso_type = gso_none;
        s.offload.gso_size = 0;
        for (const uint8_t offloads : {all, none}) {
            Box box(offloads);
            box.give_super(s);
            const auto frames = box.sent();
            CHECK_EQUAL(frames.size(), size_t{1});
            CHECK_EQUAL(int{frames[0].offload.flags}, offloads == all ? int{offload_needs_checksum} : 0);
            CHECK(judge(inner(frames[0]), from_l3(frames[0].offload)).payload == s.payload);
        }
    }
}

TEST("offloads: what the host sends on a tap is cut for a port that does not, tags and all") {
    Box box(none);
    const SuperOptions options{.payload = 5000};
    for (const bool tagged : {false, true}) {
        const Super s = super_packet({Wrap::ip6}, options);
        Bytes f = frame(h2, mac(2), s.packet);
        if (tagged) f.insert(f.begin() + 12, {0x81, 0, 0, 9});
        const size_t link = tagged ? 18 : 14;
        Offload o = s.offload;
        o.csum_start = static_cast<uint16_t>(o.csum_start + link);
        box.factory->tap("if2")->give({f, o, 0, 0});
        box.run();
        std::vector<Seen> seen;
        for (const Frame &out : box.sent()) {
            CHECK(std::equal(f.begin(), f.begin() + static_cast<ptrdiff_t>(link), out.bytes.begin()));
            seen.push_back(judge(Bytes(out.bytes.begin() + static_cast<ptrdiff_t>(link), out.bytes.end()), {}));
        }
        judge_segments(seen, s, options);
    }
}

TEST("offloads: a datagram left to be fragmented passes whole, or in fragments of the link's size, by IPv6 too") {
    for (const bool v6 : {false, true}) {
        const SuperOptions options{.tcp = false, .payload = 9000};
        Super s = super_packet({v6 ? Wrap::ip6 : Wrap::ip4_fragmentable}, options);
        s.offload.gso_type = gso_udp;
        s.offload.gso_size = 1448;
        Box whole(all);
        whole.give_super(s);
        const auto one = whole.sent();
        CHECK_EQUAL(one.size(), size_t{1});
        CHECK_EQUAL(int{one[0].offload.gso_type}, int{gso_udp});
        Box box(none);
        box.give_super(s);
        const auto frames = box.sent();
        CHECK_EQUAL(frames.size(), size_t{7});
        if (!v6) {
            const auto datagrams = reassembled(frames, 1500);
            CHECK_EQUAL(datagrams.size(), size_t{1});
            CHECK(judge(datagrams[0], {}).payload == s.payload);
            continue;
        }
        Bytes p(s.packet.begin(), s.packet.begin() + 40);
        const uint32_t id = load32(&frames[0].bytes[14 + 44]);
        for (size_t n = 0; n < frames.size(); n++) {
            const Bytes f = inner(frames[n]);
            CHECK(f.size() <= 1500);
            CHECK_EQUAL(int{f[6]}, 44);
            CHECK_EQUAL(int{f[40]}, 17);
            CHECK_EQUAL(size_t{load16(&f[4])} + 40, f.size());
            CHECK_EQUAL(size_t{load16(&f[42])}, (p.size() - 40) | (n + 1 < frames.size() ? 1u : 0u));
            CHECK_EQUAL(load32(&f[44]), id);
            p.insert(p.end(), f.begin() + 48, f.end());
        }
        CHECK(judge(p, {}).payload == s.payload);
    }
}

TEST("offloads: what is not the super-packet that it says is dropped under the reason") {
    struct Spoilt {
        const char *reason;
        void (*spoil)(Super &);
    };
    const Spoilt cases[] = {
        {"no-payload", [](Super &s) { s.offload.gso_size = 0; }},
        {"too-many-segments", [](Super &s) { s.offload.gso_size = 1; }},
        {"type-of-other-protocol", [](Super &s) { s.offload.gso_type = gso_udp_l4; }},
        {"headers-not-understood", [](Super &s) { s.packet[32] = 0x10; }},
        {"checksum-start-not-of-transport", [](Super &s) { s.offload.csum_start = 30000; }},
    };
    Box box(all);
    for (const Spoilt &c : cases) {
        Super s = super_packet({Wrap::ip4}, {.payload = 10000});
        c.spoil(s);
        box.give_super(s);
        CHECK(box.sent().empty());
        CHECK_EQUAL(box.drops("segment", c.reason), uint64_t{1});
    }
    const SuperOptions udp{.tcp = false, .payload = 10000};
    Super s = super_packet({Wrap::ip6}, udp);
    s.packet[44] ^= 1;
    box.give_super(s);
    CHECK_EQUAL(box.drops("segment", "lengths-disagree"), uint64_t{1});
    CHECK_EQUAL(box.state("if1").in_discards, uint64_t{6});
}

}  // namespace
}  // namespace weft::offloads_test
