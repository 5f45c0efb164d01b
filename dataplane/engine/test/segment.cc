// The segmenter alone: pure functions over octets.
#include "../net/segment.h"

#include <cstring>
#include <memory>
#include <random>

#include "lab_segments.h"

namespace weft::segment_test {
namespace {

// Memory of exactly the packet's size, so that a read beyond it is one beyond an allocation.
struct Held {
    std::unique_ptr<uint8_t[]> memory;
    Packet packet;
    Held(const Bytes &bytes, const Offload &offload) : memory(new uint8_t[bytes.size()]) {
        std::memcpy(memory.get(), bytes.data(), bytes.size());
        packet.data = memory.get();
        packet.length = static_cast<uint32_t>(bytes.size());
        packet.offload = offload;
    }
};

const std::vector<Stack> stacks = {
    {Wrap::ip4},
    {Wrap::ip4_options},
    {Wrap::ip4_fragmentable},
    {Wrap::ip6},
    {Wrap::ip6_extensions},
    {Wrap::ip6_routing},
    {Wrap::ip4, Wrap::vxlan, Wrap::ip4},
    {Wrap::ip4, Wrap::vxlan_no_sum, Wrap::ip6_extensions},
    {Wrap::ip6, Wrap::vxlan, Wrap::ip4},
    {Wrap::ip6_extensions, Wrap::vxlan_no_sum, Wrap::ip6},
    {Wrap::ip4_options, Wrap::geneve, Wrap::ip4_options},
    {Wrap::ip6, Wrap::geneve, Wrap::ip6_routing},
    {Wrap::ip4, Wrap::opaque_udp, Wrap::ip4},
    {Wrap::ip6, Wrap::opaque_udp, Wrap::ip6},
    {Wrap::ip4, Wrap::gre, Wrap::ip4},
    {Wrap::ip4, Wrap::gre_sum_key, Wrap::ip6},
    {Wrap::ip6, Wrap::gre_sum_key, Wrap::ip4},
    {Wrap::ip6, Wrap::gre_bridged, Wrap::ip6},
    {Wrap::ip4, Wrap::ip4},
    {Wrap::ip4, Wrap::ip6},
    {Wrap::ip6, Wrap::ip4},
    {Wrap::ip6, Wrap::ip6},
    {Wrap::ip4, Wrap::vxlan, Wrap::ip6, Wrap::gre_sum_key, Wrap::ip4},
    {Wrap::ip6, Wrap::ip4, Wrap::vxlan, Wrap::ip4},
};

std::vector<Seen> segments(const Packet &p, const SuperPacket &super, bool finish) {
    std::vector<Seen> seen;
    Segmenter segmenter(p, super, finish);
    for (uint32_t n = 0; n < super.count; n++) {
        const std::unique_ptr<uint8_t[]> to(new uint8_t[super.headers + super.size]);
        Offload left;
        const uint32_t length = segmenter.next(to.get(), left);
        CHECK(length <= uint32_t{super.headers} + super.size);
        CHECK_EQUAL(int{left.flags}, finish ? 0 : int{offload_needs_checksum});
        seen.push_back(judge(Bytes(to.get(), to.get() + length), left));
    }
    return seen;
}

std::vector<Seen> datagrams(const Packet &p, const SuperPacket &super, size_t &sent) {
    std::vector<Seen> seen;
    DatagramPacker packer(p, super);
    sent = 0;
    while (packer.more()) {
        const uint32_t most = packer.most();
        const std::unique_ptr<uint8_t[]> to(new uint8_t[most]);
        Offload left;
        const uint32_t length = packer.next(to.get(), left);
        CHECK(length <= most);
        const Bytes whole(to.get(), to.get() + length);
        sent++;
        if (left.gso_type == gso_none)
            seen.push_back(judge(whole, left));
        else
            for (const Bytes &d : cut_datagrams(whole, left)) seen.push_back(judge(d, {}));
    }
    return seen;
}

void judge_all(const Stack &stack, const SuperOptions &options) {
    const Super s = super_packet(stack, options);
    const Held held(s.packet, s.offload);
    SuperPacket super;
    CHECK_EQUAL(int(read_super(held.packet, 0, super)), int(SuperFault::none));
    CHECK_EQUAL(super.transport, s.transport);
    CHECK_EQUAL(super.headers, s.headers);
    CHECK_EQUAL(super.longest(), static_cast<uint32_t>(s.headers + std::min<size_t>(options.payload, options.size)));
    for (const bool finish : {true, false}) judge_segments(segments(held.packet, super, finish), s, options);
    if (!super.in_udp()) return;
    size_t sent;
    judge_segments(datagrams(held.packet, super, sent), s, options);
    // As few as can be: each but the last so long that no other segment would fit.
    const size_t most = (65535 - s.headers) / (s.headers + options.size);
    if (most > 0) CHECK(sent <= (super.count + most - 1) / most);
}

TEST("segment: TCP and UDP in every stack of headers are cut into what they stand for, and nothing else") {
    for (const Stack &stack : stacks) {
        for (const bool tcp : {true, false}) {
            for (const auto &[payload, size] : std::vector<std::pair<size_t, uint16_t>>{{10000, 1000}, {9999, 1448}, {5, 1}, {700, 1448}, {60001, 536}})
                judge_all(stack, {.tcp = tcp, .payload = payload, .size = size});
        }
    }
}

TEST("segment: a checksum that a device finished before is made anew for each segment") {
    for (const Stack &stack : {Stack{Wrap::ip4}, Stack{Wrap::ip6}, Stack{Wrap::ip6_extensions}})
        for (const bool tcp : {true, false}) judge_all(stack, {.tcp = tcp, .unfinished = false});
}

TEST("segment: any super-packet, cut and put together again, is the one that was") {
    std::mt19937 random(11);
    const auto below = [&](size_t n) { return random() % n; };
    const Wrap ips[] = {Wrap::ip4, Wrap::ip4_options, Wrap::ip4_fragmentable, Wrap::ip6, Wrap::ip6_extensions};
    const Wrap tunnels[] = {Wrap::vxlan, Wrap::vxlan_no_sum, Wrap::geneve, Wrap::opaque_udp, Wrap::gre, Wrap::gre_sum_key, Wrap::gre_bridged};
    for (unsigned n = 0; n < 400; n++) {
        Stack stack{ips[below(5)]};
        for (size_t depth = below(3); depth > 0; depth--) {
            // What cannot be told from within is found by the innermost header alone.
            if (below(4)) stack.push_back(tunnels[depth == 1 ? below(7) : 4 + below(3)]);
            stack.push_back(ips[below(5)]);
        }
        if (stack.size() > 1 && stack.back() == Wrap::ip6_extensions && stack[stack.size() - 2] == Wrap::opaque_udp) stack.back() = Wrap::ip6;
        if (stack.size() > 1 && stack.back() == Wrap::ip4_options && stack[stack.size() - 2] == Wrap::opaque_udp) stack.back() = Wrap::ip4;
        const size_t payload = 1 + below(below(2) ? 60000 : 3000);
        const auto size = static_cast<uint16_t>(std::max<size_t>(1 + below(below(2) ? 9000 : 1460), payload / 1000 + 1));
        judge_all(stack, {.tcp = below(3) > 0, .payload = payload, .size = size, .flags = static_cast<uint8_t>(random()), .tcp_options = 4 * below(11)});
    }
}

TEST("segment: what is no super-packet is said to be none, and why") {
    const SuperOptions usual{.payload = 3000};
    const auto fault = [&](const Stack &stack, const std::function<void(Super &)> &spoil, const SuperOptions &options) {
        Super s = super_packet(stack, options);
        spoil(s);
        const Held held(s.packet, s.offload);
        SuperPacket super;
        return read_super(held.packet, 0, super);
    };
    struct Case {
        Stack stack;
        SuperFault fault;
        std::function<void(Super &)> spoil;
    };
    const Stack v4{Wrap::ip4}, v6{Wrap::ip6}, tunnel{Wrap::ip4, Wrap::vxlan, Wrap::ip4}, gre{Wrap::ip4, Wrap::gre, Wrap::ip4};
    const std::vector<Case> cases = {
        {v4, SuperFault::size, [](Super &s) { s.offload.gso_size = 0; }},
        {v4, SuperFault::count, [](Super &s) { s.offload.gso_size = 1; }},
        {v4, SuperFault::type, [](Super &s) { s.offload.gso_type = gso_tcp6; }},
        {v6, SuperFault::type, [](Super &s) { s.offload.gso_type = gso_tcp4; }},
        {v4, SuperFault::type, [](Super &s) { s.offload.gso_type = gso_udp_l4; }},
        {v4, SuperFault::type, [](Super &s) { s.offload.gso_type = 9; }},
        {v4, SuperFault::checksum, [](Super &s) { s.offload.csum_start = 60000; }},
        {v4, SuperFault::checksum, [](Super &s) { s.offload.csum_start = 10; }},
        {v4, SuperFault::checksum, [](Super &s) { s.offload.csum_start = 24; }},
        {v4, SuperFault::checksum, [](Super &s) { s.offload.csum_offset = 6; }},
        {v4, SuperFault::checksum, [](Super &s) { s.offload.csum_offset = 65535; }},
        {v4, SuperFault::headers, [](Super &s) { s.packet[32] = 0x40; }},
        {v4, SuperFault::headers, [](Super &s) { s.packet[0] = 0x44; }},
        {v4, SuperFault::headers, [](Super &s) { s.packet[0] = 0x75; }},
        {v4, SuperFault::headers, [](Super &s) { s.packet[9] = 50; }},
        {v4, SuperFault::headers, [](Super &s) { s.packet[6] |= 0x20; }},
        {v4, SuperFault::headers, [](Super &s) { s.packet[7] = 1; }},
        {v4, SuperFault::lengths, [](Super &s) { s.packet[3]++; }},
        {v6, SuperFault::lengths, [](Super &s) { s.packet[5]--; }},
        {v6, SuperFault::headers, [](Super &s) { s.packet[6] = 44; }},
        {v6, SuperFault::headers, [](Super &s) { s.packet[6] = 51; }},
        {{Wrap::ip6_extensions}, SuperFault::headers, [](Super &s) { s.packet[41] = 255; }},
        {tunnel, SuperFault::lengths, [](Super &s) { s.packet[25]++; }},
        {tunnel, SuperFault::headers, [](Super &s) { s.packet[53]++; }},  // inner total length: no inner header is found
        {gre, SuperFault::headers, [](Super &s) { s.packet[20] |= 0x10; }},
        {gre, SuperFault::lengths, [](Super &s) { s.packet[27]++; }},
        {gre, SuperFault::headers, [](Super &s) { s.packet[22] = 0x88; }},
    };
    for (size_t n = 0; n < cases.size(); n++) {
        const SuperFault found = fault(cases[n].stack, cases[n].spoil, usual);
        if (found != cases[n].fault) throw CheckFailed{"case " + std::to_string(n) + " is fault " + std::to_string(int(found))};
    }
    CHECK(fault({Wrap::ip4}, [](Super &s) { s.packet[25]++; }, {.tcp = false, .payload = 3000}) == SuperFault::lengths);
    CHECK(fault({Wrap::ip4}, [](Super &) {}, {.payload = 0}) == SuperFault::size);
}

TEST("segment: octets and offloads of any kind are read within the packet, and segments stay within their room") {
    std::mt19937 random(12);
    unsigned cut = 0;
    for (unsigned n = 0; n < 30000; n++) {
        const SuperOptions options{.tcp = random() % 3 > 0, .payload = random() % 3000, .size = static_cast<uint16_t>(1 + random() % 1500)};
        Super s = super_packet(stacks[random() % stacks.size()], options);
        for (unsigned m = random() % 4; m > 0; m--) s.packet[random() % std::min<size_t>(s.packet.size(), 160)] = static_cast<uint8_t>(random());
        if (random() % 4 == 0) s.packet.resize(1 + random() % s.packet.size());
        if (random() % 4 == 0) s.offload.csum_start = static_cast<uint16_t>(random() % 200);
        if (random() % 8 == 0) s.offload.gso_type = static_cast<uint8_t>(random() % 8);
        const Held held(s.packet, s.offload);
        SuperPacket super;
        if (read_super(held.packet, random() % 16 == 0 ? static_cast<uint32_t>(random() % s.packet.size()) : 0, super) != SuperFault::none) continue;
        cut++;
        uint64_t payload = 0;
        Segmenter segmenter(held.packet, super, random() % 2);
        for (uint32_t i = 0; i < super.count; i++) {
            const std::unique_ptr<uint8_t[]> to(new uint8_t[super.headers + super.size]);
            Offload left;
            payload += segmenter.next(to.get(), left) - super.headers;
        }
        CHECK_EQUAL(payload, uint64_t{super.payload});
        DatagramPacker packer(held.packet, super);
        while (super.in_udp() && packer.more()) {
            const uint32_t most = packer.most();
            const std::unique_ptr<uint8_t[]> to(new uint8_t[most]);
            Offload left;
            CHECK(packer.next(to.get(), left) <= most);
        }
    }
    CHECK(cut > 1000);
}

TEST("segment: a copy is the copy, and its sum that of its octets") {
    std::mt19937 random(13);
    for (size_t length = 0; length < 400; length++) {
        Bytes from(length + 1), to(length + 1), same(length + 1);
        for (uint8_t &b : from) b = static_cast<uint8_t>(random() % 4 ? random() : 255);
        const uint64_t sum = copy_and_sum(to.data(), from.data(), length);
        CHECK(std::equal(from.begin(), from.end() - 1, to.begin()));
        CHECK_EQUAL(checksum_fold(sum) % 0xffff, checksum_fold(checksum_add(0, from.data(), length)) % 0xffff);
    }
}

}  // namespace
}  // namespace weft::segment_test
