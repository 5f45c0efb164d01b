// A box of the lab that does what a script says and is judged after each step: frames by its ports, taps and inject devices,
// bursts of them, answers of its neighbours, time, links that come and go, packet traces, transactions that are applied or aborted. At the
// end nothing may wait any more, and an empty full transaction must leave nothing behind.
#pragma once

#include "witness.h"

namespace weft::fuzz {

class Box {
  public:
    Box();
    // The lab's usual configuration, routes of every kind (groups, drops, next hops of both families, ones to be resolved), and
    // access lists in on if2 and out on if3.
    void standard();

    void step(Reader &in);  // one thing, as the input says
    void finish();

    void receive(Reader &in);
    void turn(uint64_t microseconds = 0);
    Lab &lab() { return lab_; }
    Witness &witness() { return witness_; }

  private:
    void standard_lists();
    void burst(Reader &in);
    void transact(Reader &in);
    void link(Reader &in);
    void trace();
    void housekeeping();
    void answer();
    struct Sizes {
        uint64_t routes, objects;
        size_t interfaces, ports, lists;
        bool operator==(const Sizes &) const = default;
    };
    Sizes sizes() const;

    Lab lab_{port_count};
    Witness witness_{lab_};
};

}  // namespace weft::fuzz
