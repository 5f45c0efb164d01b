// Super-packets and unfinished checksums through tunnels of all kinds.
#include "../nodes/nodes.h"
#include "lab_segments.h"
#include "tunnel_ends.h"

namespace weft::tunnels_super_test {
using namespace tunnel_ends;
namespace {

// Segments of TCP in order, as what leaves b says.
void whole_again(const std::vector<Frame> &out, const Super &super, const SuperOptions &options) {
    std::vector<Seen> seen;
    for (const Frame &f : out) {
        Offload o = f.offload;
        if (o.flags) o.csum_start = static_cast<uint16_t>(o.csum_start - ethernet);
        seen.push_back(judge(inner(f), o));
    }
    judge_segments(seen, super, options);
}

TEST("tunnels: super-packets go through each kind, whatever the ports take, and come out as their segments") {
    for (const TunnelKind kind : kinds)
        for (const bool outer6 : {false, true})
            for (const unsigned offloads : {0x00u, 0x01u, 0xefu, 0xffu})
                for (const bool tcp : {true, false}) {
                    TunnelSpec s = spec(kind, outer6);
                    if (kind == TunnelKind::gre) s.flags |= tunnel_checksum;
                    Ends ends(s, static_cast<uint8_t>(offloads));
                    ends.b.wires[1]->set_offloads(0);
                    CHECK_EQUAL(ends.b.commit(Records().port_delete("p2").interface("if2", "", {"10.0.2.1/24"})), std::string());
                    CHECK_EQUAL(ends.b.commit(Records().port("p2", "e2").interface("if2", "p2", {"10.0.2.1/24"})), std::string());
                    ends.b.know("if2", "10.0.2.9", h2);
                    const SuperOptions options{.tcp = tcp};
                    const Super super = super_packet({Wrap::ip4}, options);
                    Offload o = super.offload;
                    o.header_length = static_cast<uint16_t>(o.header_length + ethernet);
                    o.csum_start = static_cast<uint16_t>(o.csum_start + ethernet);
                    const auto frames = ends.in(super.packet, o);
                    whole_again(ends.across(frames), super, options);
                }
}

TEST("tunnels: a super-packet of TCP that went as datagrams of UDP is one again at the other end") {
    for (const TunnelKind kind : {TunnelKind::vxlan, TunnelKind::vxlan_gpe_ip})
        for (const Wrap family : {Wrap::ip4, Wrap::ip6}) {
            Ends ends(spec(kind));
            const SuperOptions options{.payload = 20000, .size = 1300, .flags = 0x18};
            const Super super = super_packet({family}, options);
            Offload o = super.offload;
            o.header_length = static_cast<uint16_t>(o.header_length + ethernet);
            o.csum_start = static_cast<uint16_t>(o.csum_start + ethernet);
            const auto frames = ends.in(super.packet, o);
            CHECK_EQUAL(frames.size(), size_t{1});
            CHECK_EQUAL(int{frames[0].offload.gso_type}, int{gso_udp_l4});
            const auto out = ends.across(frames);
            CHECK_EQUAL(out.size(), size_t{1});
            CHECK_EQUAL(int{out[0].offload.gso_type}, int{family == Wrap::ip4 ? gso_tcp4 : gso_tcp6});
            CHECK_EQUAL(int{out[0].offload.gso_size}, 1300);
            CHECK_EQUAL(out[0].bytes.size(), super.packet.size() + ethernet);
            CHECK(std::equal(super.payload.begin(), super.payload.end(), out[0].bytes.end() - static_cast<ptrdiff_t>(super.payload.size())));
            // Out of order they stay what they are.
            Frame wrong = frames[0];
            wrong.bytes[ethernet + 28 + 8 + (kind == TunnelKind::vxlan ? 14 : 0) + (family == Wrap::ip4 ? 20 : 40) + 7] ^= 1;
            ends.b.give(3, wrong.bytes, wrong.offload);
            ends.b.run();
            CHECK_EQUAL(ends.b.wires[1]->take().size(), size_t{16});
        }
}

TEST("tunnels: an unfinished checksum inside stays so, or is finished where one outside covers it") {
    for (const bool covered : {false, true}) {
        TunnelSpec s = spec(TunnelKind::gre);
        if (covered) s.flags = tunnel_checksum;
        Ends ends(s);
        Bytes sent = to_b();
        // The pseudo header's sum is in the field.
        store16(&sent[26], checksum_fold(checksum_add(0, &sent[12], 8) + (sent.size() - 20) + 17));
        Offload o;
        o.flags = offload_needs_checksum;
        o.csum_start = ethernet + 20;
        o.csum_offset = 6;
        const auto frames = ends.in(sent, o);
        CHECK_EQUAL(frames.size(), size_t{1});
        CHECK_EQUAL(int{frames[0].offload.flags}, covered ? 0 : int{offload_needs_checksum});
        const auto out = ends.across(frames);
        CHECK_EQUAL(out.size(), size_t{1});
        Bytes got = inner(out[0]);
        if (!covered) CHECK_EQUAL(int{out[0].offload.csum_start}, int{ethernet} + 20);
        Offload rest = out[0].offload;
        if (rest.flags) rest.csum_start = static_cast<uint16_t>(rest.csum_start - ethernet);
        judge(got, rest);
    }
}

TEST("tunnels: what is longer than an outer packet can be is cut into segments first") {
    Ends ends(spec(TunnelKind::vxlan));
    const SuperOptions options{.payload = 65450, .size = 1300};
    const Super super = super_packet({Wrap::ip4}, options);
    Offload o = super.offload;
    o.header_length = static_cast<uint16_t>(o.header_length + ethernet);
    o.csum_start = static_cast<uint16_t>(o.csum_start + ethernet);
    const auto frames = ends.in(super.packet, o);
    CHECK_EQUAL(frames.size(), size_t{51});
    whole_again(ends.across(frames), super, options);
}

}  // namespace
}  // namespace weft::tunnels_super_test
