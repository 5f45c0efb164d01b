// Transactions: whole or not at all, errors that name their cause, mark and sweep.
#include <ctime>
#include <functional>

#include "lab.h"

namespace weft::program_test {
namespace {

TEST("program: bad records are refused with their cause and change nothing") {
    Lab lab;
    lab.standard();
    const size_t objects = lab.core->objects.size();
    const std::pair<Records, const char *> cases[] = {
        {Records().adjacency(7, "x", "10.0.1.9"), "object 0x0000000000000007 names interface 'x', which does not exist"},
        {Records().route("10.0.0.0/8", 99), "route 10.0.0.0/8 points at an unknown object 0x0000000000000063"},
        {Records().route("10.0.0.1/8", 1), "route 10.0.0.1/8 has bits set beyond its prefix length"},
        {Records().route("2001:db8::1/64", 1), "route 2001:db8::1/64 has bits set beyond its prefix length"},
        {Records().u8(7).u32(0).addr(address("10.0.0.0")).u8(33).u64(1), "route 10.0.0.0/33 has a prefix length above 32"},
        {Records().route("10.0.0.0/8", 1, 7), "route 10.0.0.0/8 is in VRF 7, which does not exist"},
        {Records().interface("a", "", {}, 31, 0, 7), "interface 'a' is in VRF 7, which does not exist"},
        {Records().lookup(7, 7), "object 0x0000000000000007 names VRF 7, which does not exist"},
        {Records().vrf(7, "red").vrf_delete(7).local(7, 7), "object 0x0000000000000007 names VRF 7, which does not exist"},
        {Records().vrf(0, "red"), "VRF 0 is always there; it is neither set nor deleted"},
        {Records().vrf(7, ""), "VRF without a name"},
        {Records().group(7, {}), "object 0x0000000000000007 is a group without members"},
        {Records().group(7, {{1, 0}}), "object 0x0000000000000007 gives member 0x0000000000000001 the weight 0"},
        {Records().group(7, {{8, 1}}), "object 0x0000000000000007 has member 0x0000000000000008, which does not exist"},
        {Records().group(7, {{1, 1}}).group(8, {{7, 1}}),
         "object 0x0000000000000008 has member 0x0000000000000007, which is a group itself"},
        {Records().interface("a", "nowhere", {}), "interface 'a' names port 'nowhere', which does not exist"},
        {Records().interface("a", "p1", {}), "interface 'if1' names port 'p1', which interface 'a' has"},
        {Records().port_delete("p1"), "interface 'if1' names port 'p1', which does not exist"},
        {Records().port("p9", "missing"), "port 'p9': its device missing is not there"},
        {Records().interface("a", "", {"224.0.0.1/4"}), "interface 'a' has 224.0.0.1, which is no host's address"},
        {Records().interface("a", "", {}, 31, 1000), "interface 'a' has MTU 1000, below 1280"},
        {Records().object_delete(1).route("10.9.0.0/16", 1), "route 10.9.0.0/16 points at an unknown object 0x0000000000000001"},
        {Records().u8(99), "record kind 99 is unknown"},
        {Records().port("good", "e1").u8(7).u32(0).u8(5), "record 2 of the block (kind 7): address family is neither 4 nor 6"},
        {Records().u8(5).u64(1).u8(77), "object 0x0000000000000001 has unknown type 77"},
        {Records().drop(1, static_cast<DropKind>(9)), "object 0x0000000000000001 has unknown drop kind 9"},
        {Records().port("good", "e1").u8(7).u32(0).u8(4).u8(1),
         "record 2 of the block (kind 7): the block ends in the middle of it"},
    };
    for (const auto &[records, error] : cases) {
        // In front of the bad record, good ones that must not take effect.
        Records r = Records().drop(4242, DropKind::blackhole).route("10.77.0.0/16", 4242);
        r.bytes.insert(r.bytes.end(), records.bytes.begin(), records.bytes.end());
        std::string said = lab.commit(r);
        if (const size_t at = said.find("record 4 of the block"); at == 0) said.replace(7, 1, "2");
        CHECK_EQUAL(said, std::string(error));
        CHECK_EQUAL(lab.core->objects.size(), objects);
        CHECK_EQUAL(lab.core->statistics().routes4, uint64_t{4});
        CHECK_EQUAL(lab.core->registry.interfaces.size(), size_t{2});
    }
}

TEST("program: taps made for a transaction that fails are taken back") {
    Lab lab(3);
    CHECK(!lab.commit(Records().port("p3", "e3").interface("if3", "p3", {"10.0.3.1/24"}).adjacency(9, "x", "10.0.3.2")).empty());
    CHECK(lab.factory->tap("if3") == nullptr);
    const Records good = Records().port("p3", "e3").interface("if3", "p3", {"10.0.3.1/24"});
    CHECK_EQUAL(lab.core->stage(99, good.bytes.data(), good.bytes.size()), std::string());
    CHECK_EQUAL(lab.core->prepare(99, false), std::string());
    CHECK(lab.factory->tap("if3") != nullptr);
    CHECK(lab.factory->addresses("if3").empty());
    CHECK(lab.core->registry.interfaces.empty());
    CHECK_EQUAL(lab.core->prepare(100, false), std::string("transaction 99 is prepared and neither applied nor aborted"));
    lab.core->abort(100);
    lab.core->abort(99);
    CHECK(lab.factory->tap("if3") == nullptr);
    lab.factory->refuse_taps(true);
    CHECK_EQUAL(lab.commit(good), std::string("interface 'if3': no tap can be made"));
}

TEST("program: random bytes never change anything and always get an answer") {
    Lab lab;
    lab.standard();
    Records good;
    good.adjacency(7, "if1", "10.0.1.9").group(8, {{7, 1}}).route("10.9.0.0/16", 8).neighbour("if1", "10.0.1.9", h1);
    good.interface("if9", "", {"10.9.0.1/24", "2001:db8:9::1/64"}).port("p8", "e1").route("2001:db8:9::/48", 7);
    uint64_t seed = 88172645463325252ull;
    for (int round = 0; round < 20000; round++) {
        Bytes b = good.bytes;
        for (int n = 0; n < 1 + round % 4; n++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            b[seed % b.size()] = static_cast<uint8_t>(seed >> 32);
        }
        if (round % 3 == 0) b.resize(seed % b.size());
        const uint64_t number = 1000 + static_cast<uint64_t>(round);
        if (lab.core->stage(number, b.data(), b.size()).empty()) (void)lab.core->prepare(number, round % 2);
        lab.core->abort(number);
    }
    CHECK_EQUAL(lab.core->registry.interfaces.size(), size_t{2});
    CHECK_EQUAL(lab.core->statistics().routes4, uint64_t{4});
    lab.core->epochs.collect();
}

TEST("program: the last record on a prefix holds, whatever the order of effect") {
    Lab lab;
    lab.standard();
    CHECK_EQUAL(lab.commit(Records().route("10.9.0.0/16", 1).route_delete("10.9.0.0/16").route("10.9.0.0/16", 2)), std::string());
    CHECK_EQUAL(lab.core->vrfs.find(0)->fib4.lookup(0x0a090001), lab.core->objects.find(2));
    CHECK_EQUAL(lab.commit(Records().route("10.9.0.0/16", 1).route_delete("10.9.0.0/16")), std::string());
    CHECK_EQUAL(lab.core->vrfs.find(0)->fib4.lookup(0x0a090001), int64_t{-1});
    CHECK_EQUAL(lab.commit(Records().route_delete("10.9.0.0/16").object_delete(1234)), std::string());
}

TEST("program: an object that is deleted under its routes drops, and serves again when it is set again") {
    Lab lab;
    lab.standard();
    lab.know("if2", "10.0.2.9", h2);
    CHECK_EQUAL(lab.commit(Records().adjacency(70, "if2", "10.0.2.9").route("172.16.0.0/12", 70)), std::string());
    const Bytes b = frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "172.16.0.1"}));
    lab.give(1, b);
    lab.run();
    lab.only(2);
    CHECK_EQUAL(lab.commit(Records().object_delete(70)), std::string());
    lab.give(1, b);
    lab.run();
    CHECK(lab.out(2).empty());
    CHECK_EQUAL(lab.drops("ip4-lookup", "object-deleted"), uint64_t{1});
    CHECK_EQUAL(lab.commit(Records().adjacency(70, "if2", "10.0.2.9")), std::string());
    lab.give(1, b);
    lab.run();
    lab.only(2);
}

TEST("program: a full transaction sweeps what it does not name and does not touch what is right") {
    Lab lab(3);
    lab.standard();
    lab.give(2, arp(1, h2, "10.0.2.9", {}, "10.0.2.1", {255, 255, 255, 255, 255, 255}));
    lab.run();
    lab.out(2);
    lab.know("if2", "10.0.2.8", h2);
    CHECK_EQUAL(lab.commit(Records().drop(50, DropKind::blackhole).route("172.16.0.0/12", 50).route("2001:db8:50::/48", 50)),
                std::string());
    const auto before = lab.core->registry.interfaces.at("if2");
    const Object *object = lab.core->objects.at(static_cast<uint32_t>(lab.core->objects.find(2)));
    const uint64_t counted = lab.state("if2").in_broadcast;
    CHECK_EQUAL(counted, uint64_t{1});

    Records r;
    for (const char *n : {"1", "2"}) {
        const std::string v4 = std::string("10.0.") + n + ".", v6 = std::string("2001:db8:") + n + "::";
        r.port(std::string("p") + n, std::string("e") + n).interface(std::string("if") + n, std::string("p") + n, {v4 + "1/24", v6 + "1/64"});
        r.glean(*n - '0', std::string("if") + n).route(v4 + "0/24", *n - '0').route(v6 + "/64", *n - '0');
    }
    r.local(1000).route("10.0.2.1/32", 1000);
    CHECK_EQUAL(lab.commit(r, true), std::string());
    CHECK(lab.core->registry.interfaces.at("if2") == before);
    CHECK(lab.core->objects.at(static_cast<uint32_t>(lab.core->objects.find(2))) == object);
    CHECK_EQUAL(lab.state("if2").in_broadcast, counted);
    CHECK(lab.has_neighbour("10.0.2.9"));
    CHECK(!lab.has_neighbour("10.0.2.8"));
    CHECK(lab.core->registry.interfaces.count("if3") == 0);
    CHECK(lab.core->registry.ports.count("p3") == 0);
    CHECK(lab.factory->tap("if3") == nullptr);
    CHECK(lab.factory->tap("if2") != nullptr);
    const EngineStatistics s = lab.core->statistics();
    CHECK_EQUAL(s.routes4, uint64_t{3});
    CHECK_EQUAL(s.routes6, uint64_t{2});
    CHECK_EQUAL(s.objects, uint64_t{3});
    CHECK_EQUAL(lab.core->vrfs.find(0)->fib4.lookup(0xac100001), int64_t{-1});
    CHECK_EQUAL(lab.commit(Records(), true), std::string());
    CHECK_EQUAL(lab.core->statistics().objects, uint64_t{0});
    CHECK(lab.core->registry.interfaces.empty());
}

TEST("program: after a restart a missing device fails no full transaction, says why, and is taken when it comes") {
    Lab lab(1);
    const Records r = Records().port("p1", "e1").interface("if1", "p1", {"10.0.1.1/24"}).port("p7", "e7").interface("if7", "p7", {"10.0.7.1/24"});
    CHECK_EQUAL(lab.commit(r), std::string("port 'p7': its device e7 is not there"));
    CHECK_EQUAL(lab.commit(r, true), std::string());
    InterfaceState s = lab.state("if7");
    CHECK(!s.present && !s.oper_up);
    CHECK_EQUAL(s.driver_reason, std::string("its device e7 is not there"));
    lab.core->reopen_ports();
    CHECK(!lab.state("if7").present);
    auto wire = lab.factory->device("e7", mac(7));
    lab.core->reopen_ports();
    s = lab.state("if7");
    CHECK(s.present && s.oper_up);
    CHECK_EQUAL(s.driver_reason, std::string());
    wire->give({arp(1, h1, "10.0.7.9", {}, "10.0.7.1", {255, 255, 255, 255, 255, 255}), {}, 0, 0});
    lab.run();
    CHECK_EQUAL(wire->take().size(), size_t{1});
    CHECK(lab.factory->tap("if7") != nullptr);
}

TEST("program: a port says why other drivers do not serve it, and says so anew when it is opened anew") {
    Lab lab;
    lab.factory->set_others({{"af_xdp", "not asked for"}});
    lab.standard();
    CHECK_EQUAL(lab.core->port_states()[0].others.size(), size_t{1});
    CHECK_EQUAL(lab.core->port_states()[1].others[0].name, std::string("af_xdp"));
    CHECK_EQUAL(lab.core->port_states()[1].others[0].reason, std::string("not asked for"));
    lab.factory->set_others({});
    lab.factory->device("e9", mac(9));
    CHECK_EQUAL(lab.commit(Records().port("p1", "e9")), std::string());
    CHECK(lab.core->port_states()[0].others.empty());
    CHECK_EQUAL(lab.core->port_states()[1].others.size(), size_t{1});
}

TEST("program: interface indexes and counters outlive a change; a new interface of an old name counts anew") {
    Lab lab;
    lab.standard();
    lab.give(1, frame(mac(1), h1, echo_request("10.0.1.9", "10.0.1.1")));
    lab.run();
    const uint32_t index = lab.state("if1").index;
    CHECK_EQUAL(lab.commit(Records().interface("if1", "p1", {"10.0.9.1/24"}, 31, 1400)), std::string());
    CHECK_EQUAL(lab.state("if1").in_unicast, uint64_t{1});
    CHECK_EQUAL(lab.state("if1").mtu, uint32_t{1400});
    CHECK_EQUAL(lab.commit(Records().interface_delete("if1")), std::string());
    CHECK_EQUAL(lab.commit(Records().interface("if1", "p1", {"10.0.9.1/24"})), std::string());
    CHECK_EQUAL(lab.state("if1").index, index);
    CHECK_EQUAL(lab.state("if1").in_unicast, uint64_t{0});
}

// Its hosts' devices take their time, in which the worker goes on.
struct SlowDevices : MemoryFactory {
    std::function<void()> meanwhile = [] {};
    std::string set_host_addresses(const HostTapRequest &request, const HostAddress *addresses, size_t count) override {
        meanwhile();
        return MemoryFactory::set_host_addresses(request, addresses, count);
    }
};

TEST("program: what comes in while an engine is programmed for the first time waits, and finds its route") {
    auto made = std::make_unique<SlowDevices>();
    SlowDevices &slow = *made;
    Lab lab(2, std::move(made));
    lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9"})));
    unsigned turns = 0;
    slow.meanwhile = [&] {
        lab.run();
        turns++;
    };
    lab.standard();
    CHECK_EQUAL(turns, 2u);
    CHECK_EQUAL(lab.drops("ip4-lookup", "no-route"), uint64_t{0});
    CHECK(lab.out(1).empty());
    lab.give(2, arp(2, h2, "10.0.2.9", mac(2), "10.0.2.1", mac(2)));
    lab.run();
    CHECK_EQUAL(destination_of(inner(lab.out(2).back())), std::string("10.0.2.9"));
    // An interface that is there goes on being heard while another one comes.
    lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9"})));
    size_t sent = 0;
    slow.meanwhile = [&] {
        lab.run();
        sent += lab.out(2).size();
    };
    CHECK_EQUAL(lab.commit(Records().interface("if2", "p2", {"10.0.2.1/24", "10.0.9.1/24"})), std::string());
    CHECK_EQUAL(sent, size_t{1});
}

TEST("program: 100,000 routes are staged, prepared and applied in 150 ms") {
    Lab lab;
    lab.standard();
    Records r;
    for (uint32_t n = 0; n < 100000; n++) {
        HostAddress a;
        store32(a.bytes.data(), 0x14000000u + (n << 8));
        r.u8(7).u32(0).addr(a).u8(24).u64(1 + n % 2);
    }
    // Of this thread's processor, whatever else the machine does.
    const auto milliseconds = [] {
        timespec t;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return t.tv_sec * 1000 + t.tv_nsec / 1000000;
    };
    const long begin = milliseconds();
    CHECK_EQUAL(lab.commit(r), std::string());
    const long spent = milliseconds() - begin;
    CHECK_EQUAL(lab.core->statistics().routes4, uint64_t{100004});
#if !defined(__SANITIZE_ADDRESS__)
    CHECK(spent <= 150);
#endif
    (void)spent;
}

}  // namespace
}  // namespace weft::program_test
