// Forwarding objects: shared by routes and replaced by one write, counted, told page by page; groups by weight and without members
// that are down. And what the nodes of the graph count.
#include <cmath>
#include <map>
#include <set>

#include "lab.h"

namespace weft::objects_test {
namespace {

const MacAddress near = mac(0x2a), far = mac(0x2b);

// On if2: objects 100 by 10.0.2.10 and 101 by 10.0.2.11.
Lab two_hops(unsigned ports = 2) {
    Lab lab(ports);
    lab.standard();
    lab.know("if2", "10.0.2.10", near);
    lab.know("if2", "10.0.2.11", far);
    CHECK_EQUAL(lab.commit(Records().adjacency(100, "if2", "10.0.2.10").adjacency(101, "if2", "10.0.2.11")), std::string());
    return lab;
}

Bytes to(const std::string &destination, uint16_t source_port = 1000) {
    return frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = destination, .source_port = source_port}));
}

int last_octet(const Frame &f) { return f.bytes[5]; }

ObjectState object(Lab &lab, uint64_t key) {
    const auto found = lab.core->object_state(key);
    CHECK_EQUAL(found.size(), size_t{1});
    return found[0];
}

TEST("objects: 500,000 routes change their next hop by one object, and no route is touched") {
    constexpr uint32_t count = 500000, first = 0x14000000;
    Lab lab = two_hops();
    Records routes;
    for (uint32_t n = 0; n < count; n++) {
        const uint32_t prefix = first + (n << 8);
        routes.u8(7).u32(0).u8(4).u8(prefix >> 24).u8(prefix >> 16).u8(prefix >> 8).u8(0).u8(24).u64(100);
    }
    CHECK_EQUAL(lab.commit(routes), std::string());
    CHECK_EQUAL(object(lab, 100).routes, count);
    const auto all_go = [&](const std::string &next_hop) {
        const Fib4 &fib = lab.core->vrfs.find(0)->fib4;
        uint32_t right = 0;
        for (uint32_t n = 0; n < count; n++) {
            const Object *o = lab.core->objects.at(static_cast<uint32_t>(fib.lookup(first + (n << 8) + 7)));
            right += o && o->next_hop == to_ip6(address(next_hop));
        }
        CHECK_EQUAL(right, count);
    };
    all_go("10.0.2.10");
    const int64_t slot = lab.core->objects.find(100);
    Records one;
    one.adjacency(100, "if2", "10.0.2.11");
    CHECK(one.bytes.size() < 32);
    CHECK_EQUAL(lab.commit(one), std::string());
    CHECK_EQUAL(lab.core->objects.find(100), slot);
    all_go("10.0.2.11");
    lab.give(1, to("20.0.0.1"));
    lab.give(1, to("27.160.1.1"));
    lab.run();
    for (const Frame &f : lab.out(2)) CHECK_EQUAL(last_octet(f), int{far[5]});
    CHECK_EQUAL(object(lab, 100).packets, uint64_t{2});
}

TEST("objects: packets and octets are counted, through a new body too, and from zero for a new key") {
    Lab lab = two_hops();
    CHECK_EQUAL(lab.commit(Records().route("172.16.0.0/16", 100).drop(102, DropKind::blackhole).route("172.17.0.0/16", 102)), std::string());
    const Bytes b = to("172.16.0.1");
    lab.give(1, b);
    lab.give(1, to("172.17.0.1"));
    lab.run();
    CHECK_EQUAL(object(lab, 100).packets, uint64_t{1});
    CHECK_EQUAL(object(lab, 100).octets, uint64_t{b.size() - 14});
    CHECK_EQUAL(std::string(object(lab, 102).kind), std::string("blackhole"));
    CHECK_EQUAL(object(lab, 102).packets, uint64_t{1});
    CHECK_EQUAL(lab.commit(Records().adjacency(100, "if2", "10.0.2.11")), std::string());
    lab.give(1, b);
    lab.run();
    CHECK_EQUAL(object(lab, 100).packets, uint64_t{2});
    CHECK_EQUAL(lab.commit(Records().route_delete("172.16.0.0/16").object_delete(100)), std::string());
    lab.core->epochs.collect();
    CHECK(lab.core->object_state(100).empty());
    const auto slots = lab.core->objects.size();
    CHECK_EQUAL(lab.commit(Records().adjacency(103, "if2", "10.0.2.10")), std::string());
    CHECK_EQUAL(lab.core->objects.size(), slots + 1);
    CHECK_EQUAL(object(lab, 103).packets, uint64_t{0});
}

TEST("objects: a group counts what it was given, and each member its share") {
    Lab lab = two_hops();
    CHECK_EQUAL(lab.commit(Records().group(500, {{100, 1}, {101, 1}}).route("172.16.0.0/16", 500)), std::string());
    for (uint16_t n = 0; n < 100; n++) lab.give(1, to("172.16.0.1", n));
    lab.run();
    CHECK_EQUAL(object(lab, 500).packets, uint64_t{100});
    CHECK_EQUAL(object(lab, 100).packets + object(lab, 101).packets, uint64_t{100});
    CHECK(object(lab, 100).packets > 20 && object(lab, 101).packets > 20);
    CHECK_EQUAL(object(lab, 500).members.size(), size_t{2});
}

TEST("objects: are told in pages, each of them once") {
    Lab lab = two_hops();
    Records r;
    for (uint64_t key = 10000; key < 15000; key++) r.drop(key, DropKind::prohibit);
    CHECK_EQUAL(lab.commit(r), std::string());
    std::set<uint64_t> keys;
    size_t pages = 0;
    for (uint32_t from = 0; from != Objects::none; pages++) {
        const ObjectPage page = lab.core->object_page(from, 1000);
        CHECK(page.objects.size() <= 1000);
        for (const ObjectState &o : page.objects) CHECK(keys.insert(o.key).second);
        from = page.next;
    }
    CHECK_EQUAL(keys.size(), lab.core->objects.size());
    CHECK(pages >= 6);
    const ObjectState o = object(lab, 101);
    CHECK_EQUAL(std::string(o.type), std::string("adjacency"));
    CHECK_EQUAL(o.interface, std::string("if2"));
    CHECK_EQUAL(to_text(o.next_hop), std::string("10.0.2.11"));
}

TEST("groups: buckets follow the weights within a few per cent") {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        Group g;
        const uint16_t weights[] = {1, 1, 2, 4};
        for (uint32_t n = 0; n < 4; n++) {
            g.members.push_back({seed * 1000003 + n, weights[n]});
            g.slots.push_back(n);
        }
        Objects::spread(g);
        std::map<uint32_t, unsigned> count;
        for (const uint32_t slot : g.buckets) count[slot]++;
        for (uint32_t n = 0; n < 4; n++) {
            const double share = static_cast<double>(count[n]) / group_buckets, due = weights[n] / 8.0;
            CHECK(std::abs(share - due) < 0.03);
        }
    }
}

TEST("groups: a member whose interface is down is passed over at once, and the flows of others stay") {
    Lab lab = two_hops(3);
    lab.know("if3", "10.0.3.10", mac(0x3a));
    Records r;
    r.adjacency(102, "if3", "10.0.3.10").group(500, {{100, 1}, {101, 1}, {102, 2}}).route("172.16.0.0/16", 500);
    CHECK_EQUAL(lab.commit(r), std::string());
    constexpr uint16_t flows = 1000;
    const auto choices = [&] {
        std::map<int, int> by_flow;
        for (uint16_t n = 0; n < flows; n++) lab.give(1, to("172.16.0.1", n));
        lab.run();
        for (const unsigned port : {2u, 3u})
            for (const Frame &f : lab.out(port)) by_flow[load16(&inner(f)[20])] = last_octet(f);
        return by_flow;
    };
    const auto link = [&](bool up) {
        LinkState state = lab.wires[2]->link();
        state.up = up;
        lab.wires[2]->set_link(state);
        lab.core->watch_links();
    };
    const auto before = choices();
    CHECK_EQUAL(before.size(), size_t{flows});
    link(false);
    const auto without = choices();
    CHECK_EQUAL(without.size(), size_t{flows});
    std::map<int, int> moved;
    for (const auto &[flow, hop] : before) {
        if (hop != 0x3a)
            CHECK_EQUAL(without.at(flow), hop);
        else
            moved[without.at(flow)]++;
    }
    CHECK_EQUAL(moved.size(), size_t{2});
    CHECK(moved[near[5]] > 150 && moved[far[5]] > 150);
    link(true);
    CHECK(choices() == before);
}

TEST("nodes: packets, bursts and cycles are counted") {
    Lab lab = two_hops();
    CHECK_EQUAL(lab.commit(Records().route("172.16.0.0/16", 100)), std::string());
    const auto counts = [&](const std::string &name) {
        NodeState sum{0, nullptr, 0, 0, 0};
        for (const NodeState &n : lab.core->node_states()) {
            if (n.node != name) continue;
            sum.node = n.node;
            sum.packets += n.packets;
            sum.bursts += n.bursts;
            sum.cycles += n.cycles;
        }
        if (!sum.node) throw CheckFailed{"no node " + name};
        return sum;
    };
    for (unsigned n = 0; n < 128; n++) lab.give(1, to("172.16.0.1"));
    lab.run();
    for (const char *name : {"ethernet-input", "ip4-input", "ip4-lookup", "adjacency"}) {
        const NodeState n = counts(name);
        CHECK_EQUAL(n.packets, uint64_t{128});
        CHECK_EQUAL(n.bursts, uint64_t{2});
        CHECK(n.cycles > 0);
    }
    CHECK_EQUAL(counts("ip6-lookup").packets, uint64_t{0});
    // Single packets: one of sixteen is timed and stands for all.
    const uint64_t before = counts("ip4-lookup").cycles;
    for (unsigned n = 0; n < 64; n++) {
        lab.give(1, to("172.16.0.1"));
        lab.run();
    }
    CHECK_EQUAL(counts("ip4-lookup").bursts, uint64_t{66});
    CHECK(counts("ip4-lookup").cycles > before);
}

}  // namespace
}  // namespace weft::objects_test
