// Reverse path checks: if1 and if2 as ever, a route to 192.0.2.0/24 by if2, several ways to 198.51.100.0/24.
#include "lab.h"

namespace weft::unicast_rpf_test {
namespace {

struct Box : Lab {
    Box() {
        standard();
        know_hosts();
        CHECK_EQUAL(commit(Records()
                               .adjacency(50, "if1", "10.0.1.9")
                               .adjacency(51, "if2", "10.0.2.9")
                               .adjacency(60, "if1", "2001:db8:1::9")
                               .adjacency(61, "if2", "2001:db8:2::9")
                               .group(52, {{50, 1}, {51, 1}})
                               .drop(53, DropKind::blackhole)
                               .route("192.0.2.0/24", 51)
                               .route("198.51.100.0/24", 52)
                               .route("203.0.113.0/24", 53)
                               .route("2001:db8:61::/48", 61)
                               .route("2001:db8:60::/48", 60)),
                    std::string());
    }
    void check(const std::string &interface, ReversePath mode, bool allow_default = false) {
        const FamilySettings s{.reverse_path = mode, .allow_default = allow_default};
        CHECK_EQUAL(commit(Records().features(interface, {s, s})), std::string());
    }
    // By if1, to h2.
    bool passes(const std::string &source) {
        const bool v6 = source.find(':') != std::string::npos;
        give(1, frame(mac(1), h1, packet({.source = source, .destination = v6 ? "2001:db8:2::9" : "10.0.2.9"})));
        run();
        CHECK(out(1).empty());
        return out(2).size() == 1;
    }
};

TEST("unicast-rpf: without it any source passes") {
    Box box;
    for (const char *source : {"10.0.1.9", "192.0.2.1", "100.64.0.1", "2001:db8:61::1", "2001:db8:99::1"}) CHECK(box.passes(source));
}

TEST("unicast-rpf: strict wants the source's route to lead back by the same interface") {
    Box box;
    box.check("if1", ReversePath::strict);
    for (const char *source : {"10.0.1.9", "10.0.1.77", "198.51.100.1", "2001:db8:1::77", "2001:db8:60::1"}) CHECK(box.passes(source));
    for (const char *source : {"192.0.2.1", "10.0.2.9", "203.0.113.1", "100.64.0.1"}) CHECK(!box.passes(source));
    for (const char *source : {"2001:db8:61::1", "2001:db8:99::1"}) CHECK(!box.passes(source));
    CHECK_EQUAL(box.drops("unicast-rpf", "ipv4-no-reverse-path"), uint64_t{4});
    CHECK_EQUAL(box.drops("unicast-rpf", "ipv6-no-reverse-path"), uint64_t{2});
    CHECK_EQUAL(box.state("if1").unicast_rpf4, uint64_t{4});
    CHECK_EQUAL(box.state("if1").unicast_rpf6, uint64_t{2});
    CHECK_EQUAL(box.state("if1").in_discards, uint64_t{6});
    CHECK_EQUAL(box.state("if2").unicast_rpf4, uint64_t{0});
}

TEST("unicast-rpf: loose wants the source to have a route that leads somewhere") {
    Box box;
    box.check("if1", ReversePath::loose);
    for (const char *source : {"10.0.1.9", "192.0.2.1", "10.0.2.9", "198.51.100.1", "2001:db8:61::1"}) CHECK(box.passes(source));
    for (const char *source : {"100.64.0.1", "203.0.113.1", "2001:db8:99::1"}) CHECK(!box.passes(source));
}

TEST("unicast-rpf: the box's own addresses and a subnet's broadcast address are nobody's source") {
    Box box;
    for (const ReversePath mode : {ReversePath::strict, ReversePath::loose}) {
        box.check("if1", mode);
        for (const char *source : {"10.0.1.1", "10.0.2.1", "10.0.1.255", "10.0.1.0", "10.0.2.255", "10.0.2.0", "2001:db8:1::1", "2001:db8:2::1"}) CHECK(!box.passes(source));
    }
}

TEST("unicast-rpf: a default route counts where it is allowed to, and a longer route to the same next hop always") {
    Box box;
    CHECK_EQUAL(box.commit(Records().route("0.0.0.0/0", 50).route("::/0", 60).route("100.64.0.0/10", 50)), std::string());
    for (const ReversePath mode : {ReversePath::strict, ReversePath::loose}) {
        box.check("if1", mode);
        CHECK(!box.passes("8.8.8.8"));
        CHECK(!box.passes("2600::1"));
        CHECK(box.passes("100.64.0.1"));
        CHECK(box.passes("2001:db8:60::1"));
        box.check("if1", mode, true);
        CHECK(box.passes("8.8.8.8"));
        CHECK(box.passes("2600::1"));
    }
    CHECK_EQUAL(box.commit(Records().route("0.0.0.0/0", 51)), std::string());
    box.check("if1", ReversePath::strict, true);
    CHECK(!box.passes("8.8.8.8"));
}

TEST("unicast-rpf: a host that asks for an address, and one that tests its own, are heard") {
    Box box;
    box.check("if1", ReversePath::strict);
    box.give(1, frame({255, 255, 255, 255, 255, 255}, h1, packet({.source = "0.0.0.0", .destination = "255.255.255.255", .destination_port = 67})));
    box.give(1, solicitation(h1, "::", "2001:db8:1::1"));
    box.run();
    CHECK_EQUAL(box.factory->tap("if1")->take().size(), size_t{1});
    CHECK_EQUAL(box.out(1).size(), size_t{1});
    box.give(1, frame(mac(1), h1, echo_request("fe80::9", "fe80::ff:fe00:1")));
    box.know("if1", "fe80::9", h1);
    box.run();
    CHECK_EQUAL(box.out(1).size(), size_t{1});
}

TEST("unicast-rpf: it is of one interface and one family, follows routes, and goes when it is taken back") {
    Box box;
    CHECK_EQUAL(box.commit(Records().features("if1", {{.reverse_path = ReversePath::strict}, {}})), std::string());
    CHECK(!box.passes("192.0.2.1"));
    CHECK(box.passes("2001:db8:99::1"));
    CHECK_EQUAL(box.commit(Records().route("192.0.2.0/24", 50)), std::string());
    CHECK(box.passes("192.0.2.1"));
    CHECK(!box.passes("100.64.0.1"));
    CHECK_EQUAL(box.commit(Records().interface("if1", "p1", {"10.0.1.1/24", "2001:db8:1::1/64"}, 31, 1400)), std::string());
    CHECK(!box.passes("100.64.0.1"));
    CHECK_EQUAL(box.commit(Records().features_delete("if1")), std::string());
    CHECK(box.passes("100.64.0.1"));
}

}  // namespace
}  // namespace weft::unicast_rpf_test
