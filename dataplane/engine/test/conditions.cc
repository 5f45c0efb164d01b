// What is wrong for a while: losses that go on and that cease, and the events that say so.
#include "../conditions.h"
#include "lab.h"

namespace weft::conditions_test {
namespace {

TEST("conditions: a loss that goes on for three seconds is one, until there was none for ten") {
    Rising rising;
    uint64_t count = 1000;
    const auto look = [&](uint64_t more) {
        rising.look(count += more);
        return rising.holds();
    };
    // What was lost before it was looked at is no loss that goes on.
    CHECK(!look(0));
    CHECK(!look(5));
    CHECK(!look(5));
    CHECK(!look(0));
    CHECK(!look(1));
    CHECK(!look(1));
    CHECK(look(1));
    for (unsigned second = 1; second < Rising::ends; second++) CHECK(look(0));
    CHECK(look(7));
    for (unsigned second = 1; second < Rising::ends; second++) CHECK(look(0));
    CHECK(!look(0));
}

TEST("conditions: a counter that begins anew has not risen") {
    Rising rising;
    for (const uint64_t count : {500, 501, 502}) rising.look(count);
    rising.look(3);
    CHECK(!rising.holds());
    for (const uint64_t count : {4, 5}) rising.look(count);
    CHECK(!rising.holds());
    rising.look(6);
    CHECK(rising.holds());
}

struct Watched : Lab {
    unsigned told = 0;
    Watched() {
        standard();
        core->handler = [this](const Event &e) { told += e.kind == Event::Kind::condition; };
        second();
    }
    // What housekeeping does.
    unsigned second() {
        const unsigned before = told;
        core->watch_losses();
        core->tell_conditions();
        return told - before;
    }
    PortState port(size_t at) { return core->port_states().at(at); }
};

TEST("conditions: a port that does not drain and one whose rings overrun are told once, and once that they are well again") {
    Watched lab;
    CHECK_EQUAL(lab.second(), 0u);
    unsigned events = 0;
    for (unsigned n = 0; n < 8; n++) {
        lab.wires[0]->lose(0, 3);
        lab.wires[1]->lose(2, 0);
        events += lab.second();
    }
    CHECK_EQUAL(events, 1u);
    CHECK(lab.port(0).not_draining && !lab.port(0).overrun);
    CHECK(lab.port(1).overrun && !lab.port(1).not_draining);
    CHECK_EQUAL(lab.port(0).counters.tx_dropped, uint64_t{24});
    events = 0;
    for (unsigned n = 0; n < Rising::ends; n++) events += lab.second();
    CHECK_EQUAL(events, 1u);
    CHECK(!lab.port(0).not_draining && !lab.port(1).overrun);
}

TEST("conditions: a device that is taken away and comes back is told each time") {
    Watched lab;
    LinkState link = lab.wires[1]->link();
    link.present = link.up = false;
    lab.wires[1]->set_link(link);
    CHECK_EQUAL(lab.second(), 1u);
    CHECK_EQUAL(lab.second(), 0u);
    link.present = link.up = true;
    lab.wires[1]->set_link(link);
    CHECK_EQUAL(lab.second(), 1u);
    CHECK_EQUAL(lab.commit(Records().interface_delete("if2").port_delete("p2")), std::string());
    CHECK_EQUAL(lab.second(), 1u);
}

TEST("conditions: packets that are lost because too many wait are a condition of what they wait for") {
    Watched lab;
    CHECK_EQUAL(lab.commit(Records().interface("if2", "p2", {"10.128.0.1/9"}).route("10.128.0.0/9", 2)), std::string());
    lab.second();
    unsigned events = 0;
    for (unsigned second = 0; second < Rising::begins; second++) {
        CHECK(!lab.core->hold_states()[0].holding_overflows);
        for (unsigned n = 0; n < 4000; n++)
            lab.give(1, frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.129." + std::to_string(n / 2500) + "." + std::to_string(n / 10 % 250 + 1)})));
        lab.run();
        events += lab.second();
    }
    CHECK_EQUAL(events, 1u);
    CHECK(lab.core->hold_states()[0].holding_overflows);
    CHECK(!lab.core->hold_states()[1].holding_overflows);
}

}  // namespace
}  // namespace weft::conditions_test
