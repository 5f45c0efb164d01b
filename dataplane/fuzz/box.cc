#include "box.h"

#include "access_lists.h"
#include "configuration.h"

namespace weft::fuzz {

Box::Box() { lab_.factory->device("e4", mac(4))->set_link({}); }

void Box::standard() {
    lab_.standard();
    Records r;
    r.vrf(1, "v1").vrf(2, "v2").lookup(95, 1).route("100.66.0.0/16", 95).route("2001:db8:66::/48", 95);
    r.adjacency(70, "if2", "10.0.2.9").adjacency(71, "if3", "10.0.3.9").adjacency(72, "if2", "2001:db8:2::9");
    r.adjacency(73, "if3", "2001:db8:3::9").group(80, {{70, 1}, {71, 2}}).group(81, {{72, 1}, {73, 1}});
    r.drop(90, DropKind::unreachable).drop(91, DropKind::prohibit).drop(92, DropKind::blackhole);
    r.route("0.0.0.0/0", 80).route("::/0", 81).route("172.16.0.0/12", 90).route("198.51.100.0/24", 91).route("203.0.113.0/24", 92);
    r.resolve(93, 1, 7).resolve(94, 2, 8).route("100.64.0.0/16", 93).route("100.65.0.0/16", 94);
    r.route("2001:db8:64::/48", 93).route("2001:db8:65::/48", 94);
    r.route("2001:db8:75::/48", 91).route("2001:db8:99::/48", 73).route("192.0.2.0/24", 70);
    CHECK_EQUAL(lab_.commit(r), std::string());
    standard_lists();
    lab_.know("if1", "10.0.1.9", mac(0x19));
    lab_.know("if2", "10.0.2.9", mac(0x29));
    lab_.know("if3", "2001:db8:3::9", mac(0x39));
}

// They let most pass, and have entries that ask for each thing that can be asked.
void Box::standard_lists() {
    Records r;
    for (unsigned n = 0; n < list_count; n++) {
        const bool v6 = n % 2;
        AclSpec list;
        list.name = "l" + std::to_string(n);
        list.v6 = v6;
        list.otherwise = AclAction::pass;
        const auto add = [&](AclAction action, int protocol, auto &&say) {
            AclEntry e;
            e.name = "e" + std::to_string(list.entries.size());
            e.action = action;
            e.has_protocol = protocol >= 0;
            e.protocol = static_cast<uint8_t>(e.has_protocol ? protocol : 0);
            say(e);
            list.entries.push_back(std::move(e));
        };
        add(AclAction::reject, 6, [](AclEntry &e) {
            e.destination_ports = {{179, 179}};
            e.tcp_flags = e.tcp_mask = 2;
        });
        add(AclAction::drop, -1, [&](AclEntry &e) {
            e.source = v6 ? Ip6{0x20010db800020000, 11} : Ip6{0, 0x0a00020c};
            e.source_length = v6 ? 128 : 32;
        });
        add(AclAction::drop, v6 ? 58 : 1, [](AclEntry &e) { e.source_ports = {{1, 7}, {13, 18}}; });
        add(AclAction::reject, 17, [](AclEntry &e) {
            e.has_fragment = true;
            e.fragment = AclFragment::later;
        });
        add(AclAction::drop, -1, [](AclEntry &e) {
            e.has_dscp = true;
            e.dscp = 46;
        });
        add(AclAction::reject, 17, [](AclEntry &e) { e.ttl_low = 255; });
        add(AclAction::drop, 17, [](AclEntry &e) { e.length.low = 3000; });
        add(AclAction::pass, 17, [](AclEntry &e) { e.source_ports = {{0, 127}}; });
        r.acl(list);
    }
    r.acl_bind("if2", AclDirection::in, 4, "l0").acl_bind("if2", AclDirection::in, 6, "l1");
    r.acl_bind("if3", AclDirection::out, 4, "l2").acl_bind("if3", AclDirection::out, 6, "l3");
    CHECK_EQUAL(lab_.commit(r), std::string());
}

void Box::turn(uint64_t microseconds) {
    lab_.run(microseconds);
    witness_.judge();
    CHECK_EQUAL(lab_.core->workers[0]->arena.used(), size_t{0});
}

Box::Sizes Box::sizes() const {
    const EngineStatistics s = lab_.core->statistics();
    return {s.routes4 + s.routes6, s.objects, lab_.core->interface_states({}).size(), lab_.core->port_states().size(), lab_.core->acls.size()};
}

void Box::receive(Reader &in) {
    const unsigned where = in.below(16), port = 1 + in.below(port_count);
    Offload o = offload(in);
    Bytes f = frame(in, port);
    if (where == 14) {
        witness_.tap("if" + std::to_string(port), std::move(f), o);
    } else if (where == 15) {
        o.csum_start = static_cast<uint16_t>(o.csum_start - 14);
        f.erase(f.begin(), f.begin() + static_cast<ptrdiff_t>(std::min<size_t>(14, f.size())));
        witness_.inject(in.below(8) ? 0 : in.below(3), std::move(f), o);
    } else {
        witness_.port(port, std::move(f), o, static_cast<uint16_t>(in.below(32) == 31 ? 0x8100 : 0));
    }
}

// The same frame many times.
void Box::burst(Reader &in) {
    const Reader again = in;
    for (unsigned n = in.below(200); n > 0; n--) {
        in = again;
        receive(in);
    }
}

void Box::transact(Reader &in) {
    const unsigned what = in.u8();
    const bool full = what % 16 == 15, applies = what % 8 != 7;
    const uint64_t number = ++lab_.transaction;
    const Sizes before = sizes();
    std::string error;
    for (unsigned blocks = 1 + in.below(2); blocks > 0 && error.empty(); blocks--) {
        const Bytes block = records(in, 1 + in.below(12));
        error = lab_.core->stage(number, block.data(), block.size());
    }
    if (error.empty()) error = lab_.core->prepare(number, full);
    if (error.empty() && applies) {
        lab_.core->apply(number, number);
        witness_.lists_changed();
    } else {
        lab_.core->abort(number);
        CHECK(sizes() == before);
    }
    turn();
    lab_.core->epochs.collect();
    CHECK_EQUAL(lab_.core->epochs.pending(), size_t{0});
}

void Box::link(Reader &in) {
    const auto &wire = lab_.wires[in.below(port_count)];
    LinkState state = wire->link();
    const unsigned what = in.u8();
    state.up = what & 1;
    state.present = what % 8 != 6;
    if (what & 16) state.mtu = what & 32 ? 1500 : 1280;
    wire->set_link(state);
    if (what & 64) housekeeping();
    if (what & 128) trace();
}

// Begins one or ends it. What becomes of packets is the same with it and without.
void Box::trace() {
    if (!lab_.core->trace_busy) {
        const std::string error = lab_.core->begin_trace({.count = 64, .seconds = 60}, lab_.now, [](const std::vector<TracedPacket> &all) {
            for (const TracedPacket &p : all) CHECK(!p.description.empty() && !p.steps.empty() && !p.result.empty());
        });
        CHECK_EQUAL(error, std::string());
        return;
    }
    lab_.core->end_trace();
    lab_.core->epochs.collect();
    CHECK(!lab_.core->trace_busy);
}

void Box::housekeeping() {
    lab_.core->watch_links();
    lab_.core->reopen_ports();
    lab_.core->tell_neighbours();
    lab_.core->epochs.collect();
    turn();
}

void Box::answer() {
    for (auto &[port, frame] : std::exchange(witness_.answers, {})) witness_.port(port, frame, {});
    turn();
}

void Box::step(Reader &in) {
    switch (in.below(16)) {
        case 0:
        case 1:
        case 2: transact(in); break;
        case 3: turn(in.u16() * 1000ull); break;
        case 4: turn(in.u16() * 100000ull); break;
        case 5: link(in); break;
        case 6: housekeeping(); break;
        case 7: answer(); break;
        case 8:
        case 9:
            burst(in);
            turn();
            break;
        default:
            for (unsigned n = 1 + in.below(4); n > 0; n--) receive(in);
            turn();
    }
}

void Box::finish() {
    // Links come back, so that nobody waits for one; what waits for neighbours gives up within seconds.
    for (unsigned second = 0; second < 10; second++) turn(1000000);
    CHECK_EQUAL(witness_.held(), uint64_t{0});
    if (lab_.core->trace_busy) trace();
    const uint64_t number = ++lab_.transaction;
    CHECK_EQUAL(lab_.core->prepare(number, true), std::string());
    lab_.core->apply(number, number);
    turn(1000000);
    lab_.core->epochs.collect();
    CHECK_EQUAL(lab_.core->epochs.pending(), size_t{0});
    CHECK(sizes() == Sizes{});
    lab_.core->tell_neighbours();
    CHECK_EQUAL(lab_.core->statistics().neighbours, size_t{0});
}

}  // namespace weft::fuzz
