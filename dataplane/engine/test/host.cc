// The host path: taps, the inject device, policers.
#include "lab.h"

namespace weft::host_test {
namespace {

Lab known() {
    Lab lab;
    lab.standard();
    lab.know_hosts();
    return lab;
}

TEST("host: what is for the box and is no echo goes to the tap of its interface") {
    Lab lab = known();
    auto tap = lab.factory->tap("if1");
    CHECK(tap != nullptr);
    const Bytes tcp = packet({.source = "10.0.1.9", .destination = "10.0.2.1", .protocol = 6});
    const Bytes hello = packet({.source = "10.0.1.9", .destination = "224.0.0.5", .protocol = 17, .ttl = 1});
    const Bytes udp6 = packet({.source = "2001:db8:1::9", .destination = "2001:db8:1::1"});
    lab.give(1, frame(mac(1), h1, tcp));
    lab.run();
    lab.give(1, frame({1, 0, 0x5e, 0, 0, 5}, h1, hello));
    lab.give(1, frame(mac(1), h1, udp6));
    lab.run();
    const auto frames = tap->take();
    CHECK_EQUAL(frames.size(), size_t{3});
    CHECK_EQUAL(hex(frames[0].bytes), hex(frame(mac(1), h1, tcp)));
    CHECK_EQUAL(hex(frames[1].bytes), hex(frame({1, 0, 0x5e, 0, 0, 5}, h1, hello)));
    CHECK_EQUAL(hex(frames[2].bytes), hex(frame(mac(1), h1, udp6)));
    CHECK(lab.out(1).empty() && lab.out(2).empty());
}

TEST("host: the tap has the interface's addresses, the link-local one too") {
    Lab lab = known();
    const auto addresses = lab.factory->addresses("if1");
    CHECK_EQUAL(addresses.size(), size_t{3});
    CHECK_EQUAL(to_text(addresses[0]), std::string("10.0.1.1"));
    CHECK_EQUAL(to_text(addresses[1]), std::string("fe80::ff:fe00:1"));
    CHECK_EQUAL(to_text(addresses[2]), std::string("2001:db8:1::1"));
    CHECK_EQUAL(int{addresses[2].prefix_length}, 64);
}

TEST("host: what a tap sends leaves by its port as it is") {
    Lab lab = known();
    const Bytes b = frame(h1, mac(1), packet({.source = "10.0.1.1", .destination = "10.0.1.9", .ttl = 1}));
    lab.factory->tap("if1")->give({b, {}, 0, 0});
    lab.factory->tap("if1")->give({arp(1, mac(1), "10.0.1.1", {}, "10.0.1.7", {255, 255, 255, 255, 255, 255}), {}, 0, 0});
    lab.run();
    const auto frames = lab.out(1);
    CHECK_EQUAL(frames.size(), size_t{2});
    CHECK_EQUAL(hex(frames[0].bytes), hex(b));
    // The answer to the host's question is learned, and mirrored to it.
    lab.give(1, arp(2, mac(0x77), "10.0.1.7", mac(1), "10.0.1.1", mac(1)));
    lab.run();
    CHECK(lab.neighbour("10.0.1.7").mac == mac(0x77));
}

TEST("host: what the inject device sends is routed as the box's own, TTL untouched, checksum offsets moved") {
    Lab lab = known();
    auto inject = lab.factory->injected(0);
    CHECK(inject != nullptr);
    inject->give({packet({.source = "10.0.2.1", .destination = "10.0.2.9", .ttl = 1}), {offload_needs_checksum, 0, 0, 0, 20, 6}, 0, 0});
    inject->give({packet({.source = "2001:db8:2::1", .destination = "2001:db8:1::9", .ttl = 1}), {}, 0, 0});
    lab.run();
    const Frame f = lab.only(2);
    CHECK_EQUAL(int{inner(f)[8]}, 1);
    CHECK_EQUAL(int{f.offload.csum_start}, 34);
    CHECK_EQUAL(int{inner(lab.only(1))[7]}, 1);
}

TEST("host: errors about the box's own packets come back by the inject device") {
    Lab lab = known();
    auto inject = lab.factory->injected(0);
    inject->give({packet({.source = "10.0.2.1", .destination = "192.0.2.1"}), {}, 0, 0});
    lab.run();
    const auto frames = inject->take();
    CHECK_EQUAL(frames.size(), size_t{1});
    const Bytes &p = frames[0].bytes;
    CHECK_EQUAL(destination_of(p), std::string("10.0.2.1"));
    CHECK_EQUAL(int{p[20]}, 3);
}

TEST("host: punts are policed by class") {
    Lab lab = known();
    for (int n = 0; n < 3000; n++) lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.1.1"})));
    Bytes reply = echo_request("10.0.1.9", "10.0.1.1");
    reply[20] = 0;
    lab.give(1, frame(mac(1), h1, reply));
    lab.run();
    CHECK_EQUAL(lab.factory->tap("if1")->take().size(), size_t{2001});
    CHECK_EQUAL(lab.drops("punt", "policed-other"), uint64_t{1000});
    CHECK_EQUAL(lab.drops("punt", "policed-icmp"), uint64_t{0});
}

TEST("host: VRFs know only their own routes") {
    Lab lab(4);
    Records r;
    r.vrf(1, "red");
    for (unsigned n = 1; n <= 4; n++) {
        const std::string i = std::to_string(n), same = std::to_string(n % 2 + 1);
        r.port("p" + i, "e" + i).interface("if" + i, "p" + i, {"10.0." + same + ".1/24"}, 31, 0, n / 3);
        r.glean(n, "if" + i).route("10.0." + same + ".0/24", n, n / 3);
        r.neighbour("if" + i, "10.0." + same + ".9", mac(static_cast<uint8_t>(0x40 + n)));
    }
    CHECK_EQUAL(lab.commit(r), std::string());
    lab.give(1, frame(mac(1), h1, packet({.source = "10.0.2.9", .destination = "10.0.1.9"})));
    lab.give(3, frame(mac(3), h1, packet({.source = "10.0.2.9", .destination = "10.0.1.9"})));
    lab.run();
    CHECK_EQUAL(int{lab.only(2).bytes[5]}, 0x42);
    CHECK_EQUAL(int{lab.only(4).bytes[5]}, 0x44);
    CHECK(lab.factory->injected(1) != nullptr);
}

}  // namespace
}  // namespace weft::host_test
