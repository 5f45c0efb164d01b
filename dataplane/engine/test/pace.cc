// When a worker looks again, by a clock of the test's own.
#include "../pace.h"

#include "check.h"

namespace weft::pace_test {
namespace {

using Next = Pace::Next;

constexpr Pace::Taken nothing{}, small{1, 60}, full{64, 3840, true};

// A worker that is woken for one packet every `gap` microseconds: what it does at last, after so many packets.
Next woken_every(Pace &pace, uint64_t gap, unsigned packets, uint64_t &now) {
    Next next = Next::look;
    for (unsigned n = 0; n < packets; n++) {
        now += gap;
        CHECK(pace.after(true, small, now) != Next::sleep);
        next = pace.after(false, nothing, now);
    }
    return next;
}

// One that naps, by so much in each nap, for some milliseconds.
void nap(Pace &pace, const Pace::Taken &each, uint64_t &now) {
    for (unsigned n = 0; n < 100; n++) CHECK(pace.after(true, each, now += pace.nap()) == Next::nap);
}

TEST("pace: 10,000 packets a second are each a wake-up") {
    Pace pace;
    uint64_t now = 1000000;
    CHECK(woken_every(pace, 100, 1000, now) == Next::sleep);
    CHECK(!pace.napping());
}

TEST("pace: who would be woken often naps instead") {
    Pace pace;
    uint64_t now = 1000000;
    CHECK(woken_every(pace, 10, 100, now) == Next::nap);
    CHECK(pace.napping());
    CHECK(pace.after(true, small, now += pace.nap()) == Next::nap);
    CHECK(pace.after(true, full, now += pace.nap()) == Next::look);
}

TEST("pace: packets that never end are not waited for") {
    Pace pace;
    uint64_t now = 1000000;
    for (unsigned n = 0; n < 300; n++) CHECK(pace.after(true, full, now += 10) == Next::look);
    CHECK(pace.napping());
}

TEST("pace: naps are long for few small packets, short for super-packets, and within their limits") {
    Pace pace;
    uint64_t now = 1000000;
    woken_every(pace, 10, 100, now);
    nap(pace, {5, 300}, now);
    CHECK_EQUAL(pace.nap(), Pace::longest);
    nap(pace, {2, 131072}, now);
    CHECK_EQUAL(pace.nap(), Pace::shortest);
    nap(pace, {32, 1920}, now);
    CHECK_EQUAL(pace.nap(), Pace::shortest);
    nap(pace, {5, 300}, now);
    CHECK_EQUAL(pace.nap(), Pace::longest);
}

TEST("pace: when little comes it sleeps again, and one packet does not change that") {
    Pace pace;
    uint64_t now = 1000000;
    woken_every(pace, 10, 100, now);
    const uint64_t quiet = now;
    Next next = Next::nap;
    while (next == Next::nap) next = pace.after(false, nothing, now += pace.nap());
    CHECK(next == Next::sleep);
    CHECK(now - quiet <= 2 * Pace::window + Pace::longest);
    CHECK(!pace.napping());
    CHECK(pace.after(true, small, now += 500) == Next::look);
    CHECK(pace.after(false, nothing, now += 5) == Next::sleep);
}

TEST("pace: who waits for each answer is not made to wait for naps for long") {
    Pace pace;
    uint64_t now = 1000000;
    woken_every(pace, 10, 100, now);
    const uint64_t begin = now;
    constexpr unsigned exchanges = 1000;
    for (unsigned n = 0; n < exchanges; n++) {
        now += pace.napping() ? pace.nap() : 10;
        pace.after(true, small, now);
        pace.after(false, nothing, now);
    }
    CHECK((now - begin) / exchanges < Pace::longest * 3 / 4);
}

TEST("pace: at rest a packet now and then does not make it nap") {
    Pace pace;
    uint64_t now = 1000000;
    CHECK(woken_every(pace, 1500, 100, now) == Next::sleep);
}

}  // namespace
}  // namespace weft::pace_test
