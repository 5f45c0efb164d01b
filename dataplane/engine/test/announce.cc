// Neighbours are told of our addresses when an interface comes up, and when they change (RFC 5227 §3, RFC 4861 §7.2.6).
#include "lab.h"

namespace weft::announce_test {
namespace {

constexpr uint64_t second = 1000000;

// What is announced by these frames: "ADDRESS is-at MAC", once for each.
std::vector<std::string> announced(const std::vector<Frame> &frames) {
    std::vector<std::string> all;
    for (const Frame &f : frames) {
        const Bytes p = inner(f);
        const uint16_t type = load16(&f.bytes[12]);
        const std::string sender = hex(Bytes(f.bytes.begin() + 6, f.bytes.begin() + 12));
        if (type == type_arp) {
            CHECK_EQUAL(hex(Bytes(f.bytes.begin(), f.bytes.begin() + 6)), std::string("ffffffffffff"));
            CHECK_EQUAL(load16(&p[6]), uint16_t{1});
            CHECK_EQUAL(load32(&p[14]), load32(&p[24]));
            CHECK_EQUAL(hex(Bytes(p.begin() + 8, p.begin() + 14)), sender);
            all.push_back(std::to_string(p[14]) + "." + std::to_string(p[15]) + "." + std::to_string(p[16]) + "." +
                          std::to_string(p[17]) + " " + sender);
        } else {
            CHECK_EQUAL(type, type_ip6);
            CHECK_EQUAL(hex(Bytes(f.bytes.begin(), f.bytes.begin() + 6)), std::string("333300000001"));
            CHECK_EQUAL(destination_of(p), std::string("ff02::1"));
            CHECK_EQUAL(int{p[40]}, 136);
            CHECK_EQUAL(load32(&p[44]), 0xa0000000u);  // router, not solicited, override
            CHECK_EQUAL(hex(Bytes(p.begin() + 48, p.begin() + 64)), hex(Bytes(p.begin() + 8, p.begin() + 24)));
            CHECK_EQUAL(hex(Bytes(p.begin() + 66, p.begin() + 72)), sender);
            all.push_back(source_of(p) + " " + sender);
        }
    }
    return all;
}

const std::vector<std::string> usual = {"10.0.1.1 020000000001", "fe80::ff:fe00:1 020000000001", "2001:db8:1::1 020000000001"};

// Three times, about a second apart, and then no more.
void check_told(Lab &lab, const std::vector<std::string> &what) {
    for (int n = 0; n < 3; n++) {
        lab.run();
        lab.run(n == 0 ? second / 8 : second);
        CHECK(announced(lab.out(1)) == what);
    }
    lab.run(second);
    lab.run(second);
    CHECK(lab.out(1).empty());
}

TEST("announce: an interface that comes up tells all its addresses three times") {
    Lab lab;
    lab.core->announces = true;
    lab.standard();
    check_told(lab, usual);
}

TEST("announce: a link that comes up again tells again, and one that is down tells nothing") {
    Lab lab;
    lab.core->announces = true;
    lab.standard();
    check_told(lab, usual);
    LinkState link = lab.wires[0]->link();
    link.up = false;
    lab.wires[0]->set_link(link);
    lab.core->watch_links();
    lab.run(2 * second);
    CHECK(lab.out(1).empty());
    link.up = true;
    lab.wires[0]->set_link(link);
    lab.core->watch_links();
    check_told(lab, usual);
    lab.core->watch_links();
    lab.run(2 * second);
    CHECK(lab.out(1).empty());
}

TEST("announce: another MAC of the device is told, and another address of the interface") {
    Lab lab;
    lab.core->announces = true;
    lab.standard();
    check_told(lab, usual);
    LinkState link = lab.wires[0]->link();
    link.mac = mac(0x77);
    lab.wires[0]->set_link(link);
    lab.core->follow_devices();
    check_told(lab, {"10.0.1.1 020000000077", "fe80::ff:fe00:77 020000000077", "2001:db8:1::1 020000000077"});
    CHECK_EQUAL(lab.commit(Records().interface("if1", "p1", {"10.0.1.5/24"})), std::string());
    check_told(lab, {"10.0.1.5 020000000077", "fe80::ff:fe00:77 020000000077"});
    // What neighbours need not know.
    link.mtu = 1400;
    lab.wires[0]->set_link(link);
    lab.core->follow_devices();
    lab.run(2 * second);
    CHECK(lab.out(1).empty());
}

TEST("announce: an interface that is disabled in the midst tells no more; enabled, it begins anew") {
    Lab lab;
    lab.core->announces = true;
    lab.standard();
    lab.run(second / 8);
    CHECK(announced(lab.out(1)) == usual);
    CHECK_EQUAL(lab.commit(Records().interface("if1", "p1", {"10.0.1.1/24", "2001:db8:1::1/64"}, 30)), std::string());
    lab.run(2 * second);
    CHECK(lab.out(1).empty());
    CHECK_EQUAL(lab.commit(Records().interface("if1", "p1", {"10.0.1.1/24", "2001:db8:1::1/64"})), std::string());
    check_told(lab, usual);
}

TEST("announce: many interfaces take their turns, and each is told in the end") {
    Lab lab(100);
    lab.core->announces = true;
    lab.standard();
    size_t first = 0;
    for (unsigned port = 1; port <= 100; port++) first += lab.out(port).size();
    CHECK(first > 0 && first <= 64);
    for (int n = 0; n < 80; n++) lab.run(second / 8);
    for (unsigned port = 2; port <= 100; port++) {
        const size_t frames = announced(lab.out(port)).size();
        CHECK(frames == 9 || frames == 6);
    }
    CHECK_EQUAL(lab.drops("worker", "no-buffer"), uint64_t{0});
}

}  // namespace
}  // namespace weft::announce_test
