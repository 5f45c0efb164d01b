#include "box.h"

#include "configuration.h"

namespace weft::fuzz {

Box::Box() { lab_.factory->device("e4", mac(4))->set_link({}); }

void Box::standard() {
    lab_.standard();
    Records r;
    r.adjacency(70, "if2", "10.0.2.9").adjacency(71, "if3", "10.0.3.9").adjacency(72, "if2", "2001:db8:2::9");
    r.adjacency(73, "if3", "2001:db8:3::9").group(80, {{70, 1}, {71, 2}}).group(81, {{72, 1}, {73, 1}});
    r.drop(90, DropKind::unreachable).drop(91, DropKind::prohibit).drop(92, DropKind::blackhole);
    r.route("0.0.0.0/0", 80).route("::/0", 81).route("172.16.0.0/12", 90).route("198.51.100.0/24", 91).route("203.0.113.0/24", 92);
    r.route("2001:db8:75::/48", 91).route("2001:db8:99::/48", 73).route("192.0.2.0/24", 70);
    CHECK_EQUAL(lab_.commit(r), std::string());
    lab_.know("if1", "10.0.1.9", mac(0x19));
    lab_.know("if2", "10.0.2.9", mac(0x29));
    lab_.know("if3", "2001:db8:3::9", mac(0x39));
}

void Box::turn(uint64_t microseconds) {
    lab_.run(microseconds);
    witness_.judge();
    CHECK_EQUAL(lab_.core->workers[0]->arena.used(), size_t{0});
}

Box::Sizes Box::sizes() const {
    const EngineStatistics s = lab_.core->statistics();
    return {s.routes4 + s.routes6, s.objects, lab_.core->interface_states({}).size(), lab_.core->port_states().size()};
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
        case 9: {
            const Reader again = in;
            for (unsigned n = in.below(200); n > 0; n--) {
                in = again;
                receive(in);
            }
            turn();
            break;
        }
        default:
            for (unsigned n = 1 + in.below(4); n > 0; n--) receive(in);
            turn();
    }
}

void Box::finish() {
    // Links come back, so that nobody waits for one; what waits for neighbours gives up within seconds.
    for (unsigned second = 0; second < 10; second++) turn(1000000);
    CHECK_EQUAL(witness_.held(), uint64_t{0});
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
