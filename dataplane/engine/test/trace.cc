// The packet trace: which packets it takes, and what it says that each node decided.
#include "lab.h"

namespace weft::trace_test {
namespace {

const MacAddress all = {255, 255, 255, 255, 255, 255};

struct Tracing : Lab {
    Tracing() {
        standard();
        know_hosts();
    }
    std::string begin(TraceRequest request = {}) {
        return core->begin_trace(request, now, [this](std::vector<TracedPacket> p) {
            traced = std::move(p);
            ends++;
        });
    }
    void end() {
        core->end_trace();
        core->epochs.collect();
    }
    // The one packet that a frame on port 1 is.
    TracedPacket one(Bytes frame) {
        CHECK_EQUAL(begin(), std::string());
        give(1, std::move(frame));
        run();
        end();
        CHECK_EQUAL(traced.size(), size_t{1});
        return traced[0];
    }
    Bytes udp(const std::string &destination, uint8_t ttl = 64, size_t payload = 32, bool dont_fragment = false) {
        const bool v6 = destination.find(':') != std::string::npos;
        return frame(mac(1), h1,
                     packet({.source = v6 ? "2001:db8:1::9" : "10.0.1.9", .destination = destination, .ttl = ttl,
                             .payload = payload, .dont_fragment = dont_fragment}));
    }
    std::vector<TracedPacket> traced;
    int ends = 0;
};

// "node: decision" a line; of other packets with a "+".
std::string told(const TracedPacket &p) {
    std::string out;
    for (const TraceStep &s : p.steps)
        out += (s.other ? "+" : "") + s.node + (s.decision.empty() ? "" : ": " + s.decision) + "\n";
    return out;
}

TEST("trace: a packet that is forwarded is told with its route, object, next hop, egress and MAC") {
    Tracing lab;
    CHECK_EQUAL(lab.commit(Records().adjacency(60, "if2", "10.0.2.9").route("20.0.0.0/8", 60)), std::string());
    const TracedPacket p = lab.one(lab.udp("20.1.2.3"));
    CHECK_EQUAL(p.interface, std::string("if1"));
    CHECK_EQUAL(p.length, 74u);
    CHECK_EQUAL(p.description, std::string("IPv4 10.0.1.9 > 20.1.2.3, UDP 1000 > 2000, TTL 64"));
    CHECK_EQUAL(p.result, std::string("sent"));
    CHECK_EQUAL(told(p), std::string("ethernet-input\n"
                                     "ip4-input\n"
                                     "ip4-lookup: route 20.0.0.0/8, adjacency 0x000000000000003c\n"
                                     "adjacency: next hop 10.0.2.9 on if2; leaves by if2 for 02:00:00:00:00:22\n"));
    const Bytes out = inner(lab.only(2));
    CHECK_EQUAL(int{out[8]}, 63);
    CHECK_EQUAL(lab.state("if1").forwarded4, uint64_t{1});
}

TEST("trace: a group's member is named") {
    Tracing lab;
    Records r;
    r.adjacency(60, "if2", "10.0.2.9").group(61, {{60, 1}}).route("20.0.0.0/8", 61);
    CHECK_EQUAL(lab.commit(r), std::string());
    const TracedPacket p = lab.one(lab.udp("20.1.2.3"));
    CHECK_EQUAL(p.steps[2].decision, std::string("route 20.0.0.0/8, group 0x000000000000003d; "
                                                 "member adjacency 0x000000000000003c by flow hash"));
}

TEST("trace: IPv6 to a neighbour of the link") {
    Tracing lab;
    const TracedPacket p = lab.one(lab.udp("2001:db8:2::9"));
    CHECK_EQUAL(p.description, std::string("IPv6 2001:db8:1::9 > 2001:db8:2::9, UDP 1000 > 2000, hop limit 64"));
    CHECK_EQUAL(p.result, std::string("sent"));
    CHECK_EQUAL(p.steps.back().decision, std::string("neighbour 2001:db8:2::9 on if2; leaves by if2 for 02:00:00:00:00:22"));
}

TEST("trace: a packet without a route is dropped for that reason, and the error that is sent is told beside it") {
    Tracing lab;
    const TracedPacket p = lab.one(lab.udp("30.0.0.1"));
    CHECK_EQUAL(p.result, std::string("dropped"));
    CHECK_EQUAL(told(p), std::string("ethernet-input\n"
                                     "ip4-input\n"
                                     "ip4-lookup: no route to 30.0.0.1 in VRF 0; sends ICMP error type 3 code 0 to 10.0.1.9; "
                                     "drops it: ip4-lookup no-route\n"
                                     "+ip4-lookup: route 10.0.1.0/24, glean 0x0000000000000001\n"
                                     "+glean: neighbour 10.0.1.9 on if1; leaves by if1 for 02:00:00:00:00:11\n"));
    lab.only(1);
}

TEST("trace: time to live, size and damage") {
    Tracing lab;
    TracedPacket p = lab.one(lab.udp("10.0.2.9", 1));
    CHECK_EQUAL(p.result, std::string("dropped"));
    CHECK(p.steps[3].decision.find("type 11 code 0") != std::string::npos);
    CHECK(p.steps[3].decision.find("drops it: ip4-forward ttl-expired") != std::string::npos);
    p = lab.one(lab.udp("10.0.2.9", 64, 1800));
    CHECK_EQUAL(p.result, std::string("sent"));
    CHECK(p.steps[3].decision.find("is sent in fragments of at most 1500 octets") != std::string::npos);
    size_t fragments = 0;
    for (const TraceStep &s : p.steps) fragments += s.other && s.decision.find("leaves by if2") != std::string::npos;
    CHECK(fragments >= 1);
    Bytes broken = lab.udp("10.0.2.9");
    broken[24] ^= 1;
    p = lab.one(broken);
    CHECK_EQUAL(told(p), std::string("ethernet-input\nip4-input: drops it: ip4-input bad-checksum\n"));
}

TEST("trace: what waits is held, what asks is answered, what is for the host is delivered") {
    Tracing lab;
    TracedPacket p = lab.one(lab.udp("10.0.2.77"));
    CHECK_EQUAL(p.result, std::string("held"));
    CHECK_EQUAL(p.steps[3].decision, std::string("neighbour 10.0.2.77 on if2; waits for its neighbour's address"));
    // Otherwise another worker asks than the one that has the packet.
    if (lab.workers == 1) CHECK_EQUAL(told(p).substr(told(p).rfind('+')), std::string("+glean: leaves by if2 for ff:ff:ff:ff:ff:ff\n"));
    p = lab.one(arp(1, h1, "10.0.1.9", {}, "10.0.1.1", all));
    CHECK_EQUAL(p.description, std::string("ARP request for 10.0.1.1 from 10.0.1.9"));
    CHECK_EQUAL(p.result, std::string("consumed"));
    CHECK_EQUAL(told(p), std::string("ethernet-input\narp-input\n+arp-input: leaves by if1 for 02:00:00:00:00:11\n"
                                     "arp-input: takes it in\n"));
    p = lab.one(frame(mac(1), h1, echo_request("10.0.1.9", "10.0.1.1")));
    CHECK_EQUAL(p.description, std::string("IPv4 10.0.1.9 > 10.0.1.1, ICMP type 8 code 0, TTL 64"));
    CHECK_EQUAL(p.result, std::string("sent"));
    CHECK(told(p).find("local: answers the echo request\n") != std::string::npos);
    p = lab.one(lab.udp("10.0.1.1"));
    CHECK_EQUAL(p.result, std::string("delivered"));
    CHECK_EQUAL(p.steps.back().decision, std::string("is of class other; to the host by if1"));
    p = lab.one(frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .options = {0x94, 4, 0, 0}})));
    CHECK_EQUAL(p.result, std::string("delivered"));
    CHECK_EQUAL(p.steps.back().decision, std::string("neighbour 10.0.2.9 on if2; is of class options; to the host by if1"));
}

TEST("trace: the entry of an access list that decides is named") {
    Tracing lab;
    AclSpec list;
    list.name = "edge";
    for (const auto &[name, action, port] : {std::tuple{"dns", AclAction::pass, 53}, {"web", AclAction::drop, 80}, {"ssh", AclAction::reject, 22}}) {
        AclEntry e;
        e.name = name;
        e.action = action;
        e.has_protocol = true;
        e.protocol = 17;
        e.destination_ports = {{static_cast<uint16_t>(port), static_cast<uint16_t>(port)}};
        list.entries.push_back(e);
    }
    CHECK_EQUAL(lab.commit(Records().acl(list).acl_bind("if1", AclDirection::in, 4, "edge").acl_bind("if2", AclDirection::out, 4, "edge")),
                std::string());
    const auto decision = [&](uint16_t port, const char *node) {
        const TracedPacket p = lab.one(frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .destination_port = port})));
        for (const TraceStep &s : p.steps)
            if (s.node == node) return s.decision;
        return "not by " + std::string(node);
    };
    CHECK_EQUAL(decision(53, "acl-in"), std::string("passes by entry 'dns' of access list 'edge'"));
    CHECK_EQUAL(decision(53, "acl-out"), std::string("passes by entry 'dns' of access list 'edge'"));
    CHECK_EQUAL(decision(80, "acl-in"), std::string("denied by entry 'web' of access list 'edge'; drops it: acl-in denied"));
    CHECK_EQUAL(decision(22, "acl-in").substr(0, 44), std::string("rejected by entry 'ssh' of access list 'edge'").substr(0, 44));
    CHECK_EQUAL(decision(9, "acl-in"), std::string("denied by the default action of access list 'edge'; drops it: acl-in denied"));
    CHECK_EQUAL(lab.begin(), std::string());
    lab.give(1, lab.udp("10.0.2.9"));
    lab.run();
    list.entries.pop_back();
    CHECK_EQUAL(lab.commit(Records().acl(list)), std::string());
    lab.end();
    CHECK(told(lab.traced.at(0)).find("denied by the default action of access list 'edge'") != std::string::npos);
    // The same when it is deleted, and another has its name before the trace ends.
    CHECK_EQUAL(lab.begin(), std::string());
    lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .destination_port = 80})));
    lab.run();
    CHECK_EQUAL(lab.commit(Records().acl_bind("if1", AclDirection::in, 4, "").acl_bind("if2", AclDirection::out, 4, "").acl_delete("edge")),
                std::string());
    lab.core->epochs.collect();
    list.entries.erase(list.entries.begin());
    CHECK_EQUAL(lab.commit(Records().acl(list).acl_bind("if1", AclDirection::in, 4, "edge")), std::string());
    lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .destination_port = 80})));
    lab.run();
    lab.end();
    CHECK_EQUAL(lab.traced.size(), size_t{2});
    for (const TracedPacket &p : lab.traced) CHECK(told(p).find("denied by entry 'web' of access list 'edge'") != std::string::npos);
    CHECK(lab.core->trace_programs.empty());
}

TEST("trace: unicast RPF says that the source has a way back, or why not") {
    Tracing lab;
    const FamilySettings strict{.reverse_path = ReversePath::strict};
    CHECK_EQUAL(lab.commit(Records().adjacency(60, "if2", "10.0.2.9").route("20.0.0.0/8", 60).drop(61, DropKind::blackhole)
                               .route("30.0.0.0/8", 61).route("0.0.0.0/0", 60).features("if1", {strict, strict})), std::string());
    for (const auto &[source, why] : {std::pair{"10.0.1.9", "the source has a way back"},
                                      {"40.0.0.1", "the source has but the default route"},
                                      {"10.0.1.255", "the source is an address of the box or the broadcast address of a subnet"},
                                      {"30.0.0.1", "the route of the source is one to drop or to the box"},
                                      {"20.0.0.1", "the route of the source does not lead by if1"},
                                      {"2001:db8:99::1", "the source has no route"}}) {
        const bool v6 = std::string(source).find(':') != std::string::npos;
        const TracedPacket p = lab.one(frame(mac(1), h1, packet({.source = source, .destination = v6 ? "2001:db8:2::9" : "10.0.2.9"})));
        CHECK_EQUAL(p.steps.at(2).node, std::string("unicast-rpf"));
        CHECK_EQUAL(p.steps[2].decision.substr(0, p.steps[2].decision.find(';')), std::string(why));
    }
}

TEST("trace: a miss names what the controller is asked to resolve") {
    Tracing lab;
    CHECK_EQUAL(lab.commit(Records().resolve(50, 1, 77).route("20.0.0.0/8", 50)), std::string());
    const TracedPacket p = lab.one(lab.udp("20.0.0.1"));
    CHECK_EQUAL(p.result, std::string("held"));
    CHECK_EQUAL(p.steps.back().node, std::string("resolve"));
    CHECK_EQUAL(p.steps.back().decision, std::string("asks the controller to resolve 77; waits for a LISP mapping"));
}

TEST("trace: packets of the host come in by its devices") {
    Tracing lab;
    CHECK_EQUAL(lab.begin({.from = TraceRequest::From::host}), std::string());
    lab.give(1, lab.udp("10.0.2.9"));
    lab.factory->injected(0)->give({packet({.source = "10.0.1.1", .destination = "10.0.2.9"}), {}, 0, 0});
    lab.factory->tap("if2")->give({frame(h2, mac(2), packet({.source = "10.0.2.1", .destination = "10.0.2.9"})), {}, 0, 0});
    lab.run();
    lab.end();
    CHECK_EQUAL(lab.traced.size(), size_t{2});
    std::map<std::string, std::string> by_node;
    for (const TracedPacket &p : lab.traced) {
        CHECK_EQUAL(p.result, std::string("sent"));
        by_node[p.steps[0].node] = p.description;
    }
    CHECK_EQUAL(by_node["inject"], std::string("IPv4 10.0.1.1 > 10.0.2.9, UDP 1000 > 2000, TTL 64"));
    CHECK_EQUAL(by_node["host-output"], std::string("IPv4 10.0.2.1 > 10.0.2.9, UDP 1000 > 2000, TTL 64"));
}

TEST("trace: only what matches is taken, by every criterion") {
    Tracing lab;
    const auto taken = [&](TraceRequest request) {
        CHECK_EQUAL(lab.begin(request), std::string());
        lab.give(1, lab.udp("10.0.2.9"));
        lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .protocol = 6, .destination_port = 80})));
        lab.give(1, lab.udp("2001:db8:2::9"));
        lab.give(1, frame(mac(1), h1, echo_request("10.0.1.9", "10.0.1.1")));
        lab.give(1, arp(1, h1, "10.0.1.9", {}, "10.0.1.1", all));
        lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .fragment = 0x2000})));
        lab.give(1, Bytes(5));
        lab.give(2, frame(mac(2), h2, packet({.source = "10.0.2.9", .destination = "10.0.1.9"})));
        lab.run();
        lab.end();
        std::string out;
        for (const TracedPacket &p : lab.traced) out += p.description.substr(0, p.description.find(", TTL")) + "\n";
        lab.out(1);
        lab.out(2);
        return out;
    };
    taken({});
    CHECK_EQUAL(lab.traced.size(), size_t{8});
    taken({.interface = "if1"});
    CHECK_EQUAL(lab.traced.size(), size_t{7});
    taken({.from = TraceRequest::From::host});
    CHECK_EQUAL(lab.traced.size(), size_t{0});
    CHECK_EQUAL(taken({.family = 6}), std::string("IPv6 2001:db8:1::9 > 2001:db8:2::9, UDP 1000 > 2000, hop limit 64\n"));
    taken({.family = 4});
    CHECK_EQUAL(lab.traced.size(), size_t{5});
    CHECK_EQUAL(taken({.source = address("10.0.2.0", 24)}), std::string("IPv4 10.0.2.9 > 10.0.1.9, UDP 1000 > 2000\n"));
    CHECK_EQUAL(taken({.destination = address("10.0.1.1", 32)}), std::string("IPv4 10.0.1.9 > 10.0.1.1, ICMP type 8 code 0\n"));
    CHECK_EQUAL(taken({.destination = address("2001:db8:2::", 64)}),
                std::string("IPv6 2001:db8:1::9 > 2001:db8:2::9, UDP 1000 > 2000, hop limit 64\n"));
    CHECK_EQUAL(taken({.protocol = 6}), std::string("IPv4 10.0.1.9 > 10.0.2.9, TCP 1000 > 80\n"));
    CHECK_EQUAL(taken({.destination_port = 80}), std::string("IPv4 10.0.1.9 > 10.0.2.9, TCP 1000 > 80\n"));
    taken({.source_port = 1000});
    CHECK_EQUAL(lab.traced.size(), size_t{4});  // the fragment tells no ports
}

TEST("trace: it ends by its count or its time, the rest of a burst keeps its order, and there is one at a time") {
    Tracing lab;
    CHECK_EQUAL(lab.begin({.count = 3, .destination_port = 2000}), std::string());
    CHECK_EQUAL(lab.begin(), std::string("a trace is running already"));
    for (uint16_t n = 0; n < 20; n++)
        lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .source_port = n,
                                              .destination_port = static_cast<uint16_t>(n % 2 ? 2000 : 9)})));
    lab.run();
    const auto frames = lab.out(2);
    CHECK_EQUAL(frames.size(), size_t{20});
    for (size_t n = 0; n < frames.size(); n++) CHECK_EQUAL(size_t{load16(&frames[n].bytes[34])}, n);
    CHECK_EQUAL(lab.ends, 0);
    lab.core->follow_trace(lab.now);
    lab.core->epochs.collect();
    CHECK_EQUAL(lab.ends, 1);
    CHECK_EQUAL(lab.traced.size(), size_t{3});
    CHECK_EQUAL(lab.begin({.seconds = 2, .destination_port = 2000}), std::string());
    lab.run(1900000);
    lab.core->follow_trace(lab.now);
    lab.core->epochs.collect();
    CHECK_EQUAL(lab.ends, 1);
    lab.run(200000);
    lab.core->follow_trace(lab.now);
    lab.core->epochs.collect();
    CHECK_EQUAL(lab.ends, 2);
    CHECK(lab.traced.empty());
    CHECK_EQUAL(lab.begin({.interface = "if9"}), std::string("there is no interface 'if9'"));
    CHECK_EQUAL(lab.begin({.family = 6, .source = address("10.0.0.0", 8)}), std::string("addresses of two families match no packet"));
    CHECK_EQUAL(lab.begin(), std::string());  // ends with the engine
}

}  // namespace
}  // namespace weft::trace_test
