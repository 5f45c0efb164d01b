// Groups: spread by weight, a flow stays with its member, and a member that goes takes no other flow with it.
#include <map>

#include "lab.h"

namespace weft::ecmp_test {
namespace {

Lab grouped(const std::vector<std::pair<uint64_t, unsigned>> &members) {
    Lab lab(2);
    lab.standard();
    Records r;
    for (unsigned n = 1; n <= 4; n++) {
        const std::string text = "10.0.2." + std::to_string(10 + n), text6 = "2001:db8:2::" + std::to_string(10 + n);
        r.adjacency(100 + n, "if2", text).neighbour("if2", text, mac(static_cast<uint8_t>(0x40 + n)));
        r.adjacency(200 + n, "if2", text6).neighbour("if2", text6, mac(static_cast<uint8_t>(0x40 + n)));
    }
    r.group(500, members).route("172.16.0.0/12", 500);
    std::vector<std::pair<uint64_t, unsigned>> members6;
    for (const auto &[key, weight] : members) members6.emplace_back(key + 100, weight);
    r.group(600, members6).route("2001:db8:500::/48", 600);
    CHECK_EQUAL(lab.commit(r), std::string());
    return lab;
}

// Last octet of the next hop's MAC, by source port.
std::map<int, int> choices(Lab &lab, bool v6, int flows) {
    std::map<int, int> out;
    for (int n = 0; n < flows; n++)
        lab.give(1, frame(mac(1), h1,
                          packet({.source = v6 ? "2001:db8:1::9" : "10.0.1.9",
                                  .destination = v6 ? "2001:db8:500::1" : "172.16.0.1",
                                  .source_port = static_cast<uint16_t>(n)})));
    lab.run();
    const auto frames = lab.out(2);
    CHECK_EQUAL(frames.size(), static_cast<size_t>(flows));
    for (const Frame &f : frames) {
        const Bytes p = inner(f);
        out[load16(&p[v6 ? 40 : 20])] = f.bytes[5] - 0x40;
    }
    return out;
}

TEST("groups: flows spread by weight and stay where they are") {
    for (const bool v6 : {false, true}) {
        Lab lab = grouped({{101, 1}, {102, 1}, {103, 2}});
        const auto first = choices(lab, v6, 4000);
        std::map<int, int> count;
        for (const auto &[flow, member] : first) count[member]++;
        CHECK_EQUAL(count.size(), size_t{3});
        CHECK(count[1] > 750 && count[1] < 1250);
        CHECK(count[2] > 750 && count[2] < 1250);
        CHECK(count[3] > 1700 && count[3] < 2300);
        CHECK(choices(lab, v6, 4000) == first);
    }
}

TEST("groups: a member that leaves moves only its own flows") {
    Lab lab = grouped({{101, 1}, {102, 1}, {103, 1}, {104, 1}});
    const auto before = choices(lab, false, 2000);
    CHECK_EQUAL(lab.commit(Records().group(500, {{101, 1}, {103, 1}, {104, 1}})), std::string());
    const auto after = choices(lab, false, 2000);
    for (const auto &[flow, member] : before) {
        if (member == 2)
            CHECK(after.at(flow) != 2);
        else
            CHECK_EQUAL(after.at(flow), member);
    }
}

TEST("groups: all fragments of a packet take one way") {
    Lab lab = grouped({{101, 1}, {102, 1}, {103, 1}, {104, 1}});
    for (int n = 0; n < 50; n++) {
        const std::string source = "10.0.1." + std::to_string(10 + n);
        lab.give(1, frame(mac(1), h1, packet({.source = source, .destination = "172.16.0.1", .source_port = 7, .fragment = 0x2000})));
        lab.give(1, frame(mac(1), h1, packet({.source = source, .destination = "172.16.0.1", .source_port = 9, .fragment = 5})));
        lab.run();
        const auto frames = lab.out(2);
        CHECK_EQUAL(frames.size(), size_t{2});
        CHECK_EQUAL(int{frames[0].bytes[5]}, int{frames[1].bytes[5]});
    }
}

}  // namespace
}  // namespace weft::ecmp_test
