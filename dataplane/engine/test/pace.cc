// When a worker looks again, by a clock of the test's own.
#include "../pace.h"

#include "check.h"

namespace weft {
namespace {

using Next = Pace::Next;

// A worker that is woken for one packet every `gap` microseconds: what it does at last, after so many packets.
Next woken_every(Pace &pace, uint64_t gap, unsigned packets, uint64_t &now) {
    Next next = Next::look;
    for (unsigned n = 0; n < packets; n++) {
        now += gap;
        CHECK(pace.after(true, false, now) != Next::sleep);
        next = pace.after(false, false, now);
    }
    return next;
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
    // What came together meanwhile is taken, and then there is another nap, or none when a queue gave all that it may.
    CHECK(pace.after(true, false, now += Pace::nap) == Next::nap);
    CHECK(pace.after(true, true, now += Pace::nap) == Next::look);
}

TEST("pace: packets that never end are not waited for") {
    Pace pace;
    uint64_t now = 1000000;
    for (unsigned n = 0; n < 300; n++) CHECK(pace.after(true, true, now += 10) == Next::look);
    CHECK(pace.napping());
}

TEST("pace: after some naps in vain it sleeps, and one packet does not change that") {
    Pace pace;
    uint64_t now = 1000000;
    woken_every(pace, 10, 100, now);
    unsigned naps = 1;
    while (pace.after(false, false, now += Pace::nap) == Next::nap) naps++;
    CHECK(naps <= Pace::naps_in_vain + 1);
    CHECK(!pace.napping());
    CHECK(pace.after(true, false, now += 500) == Next::look);
    CHECK(pace.after(false, false, now += 5) == Next::sleep);
}

TEST("pace: at rest a packet now and then does not make it nap") {
    Pace pace;
    uint64_t now = 1000000;
    CHECK(woken_every(pace, 1500, 100, now) == Next::sleep);
}

}  // namespace
}  // namespace weft
