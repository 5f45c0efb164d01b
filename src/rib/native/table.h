// The routes of one VRF and family, in columns: for each prefix what its sources say, the most preferred first, and which of
// it is active. A transaction lies on top: the prefixes that it touches have a second version, which nobody sees until it is
// adopted. Adopting and abandoning only turn a switch; `settle` then makes the two versions one, in slices.
//
// Memory: some 60 bytes for an IPv4 prefix with one route, 72 for IPv6, and 16 for each touched one while the transaction lasts.
#pragma once

#include <vector>

#include "budget.h"
#include "next_hops.h"
#include "prefixes.h"
#include "sources.h"

namespace weft::rib {

// What a source says of a prefix. Routes of a prefix are a list, those with one next hop another.
struct Route {
    uint32_t prefix;
    uint32_t next_hop;
    uint32_t next;
    uint32_t previous_use;
    uint32_t next_use;
    uint16_t source;
    // Of the transaction's version of its prefix only.
    bool draft;
};

// The transaction's version of a prefix.
struct Draft {
    uint32_t prefix;
    uint32_t first;
    uint32_t active;
    // The routes are those of the table.
    bool shared : 1;
    // A source said something.
    bool said : 1;
    // Another route is active, or the active one leads elsewhere.
    bool renewed : 1;
    // What the FIB has to do.
    bool set : 1;
    bool deleted : 1;
};

enum class Version : uint8_t { table, draft };

class Table {
  public:
    Table(uint32_t vrf, Family family, const Sources &sources) : vrf(vrf), family(family), prefixes(family), next_hops(family), sources_(sources) {}
    Table(const Table &) = delete;

    const uint32_t vrf;
    const Family family;
    Prefixes prefixes;
    NextHops next_hops;
    List<Draft> touched;
    // Next hops that the transaction resolved.
    List<uint32_t> resolved;
    // Tracked next hops that were resolved again by transactions that were adopted and settled, some more than once; emptied by
    // who tells of them.
    List<uint32_t> moved;
    // Prefixes with routes, and by how many the transaction changes that.
    uint32_t size = 0;
    int64_t growth = 0;

    // A source's route to a prefix; takes the place of the one it said before. `next_hop` none: it says nothing any more.
    // Returns whether that is something new.
    bool say(const Prefix &prefix, uint16_t source, uint32_t next_hop);
    // From now on, or no more, `moved` tells of a next hop. Not undone when the transaction is abandoned.
    void track(const NextHopValue &next_hop, bool tracked);
    // The transaction's version of a prefix, with the table's routes when it had none.
    Draft &touch(uint32_t prefix);
    bool is_touched(uint32_t prefix) const { return states_[prefix].touch != none; }

    const Route &route(uint32_t number) const { return routes_[number]; }
    // The most preferred route of a prefix, and the active one; none when there is none.
    uint32_t first(uint32_t prefix, Version version) const {
        const State &state = states_[prefix];
        return version == Version::draft && state.touch != none ? touched[state.touch].first : state.first;
    }
    uint32_t active(uint32_t prefix, Version version) const {
        const State &state = states_[prefix];
        return version == Version::draft && state.touch != none ? touched[state.touch].active : state.active;
    }
    // When another route became active or the active one led elsewhere, in milliseconds since the epoch. The transaction's
    // version renews some of them at its own time, `now`.
    double updated(uint32_t prefix, Version version, double now) const;
    // Is the route part of the transaction's version of its prefix?
    bool in_draft(const Route &route) const {
        const State &state = states_[route.prefix];
        return state.touch == none || touched[state.touch].shared ? !route.draft : route.draft;
    }
    // Of the versions that there are, the longest prefix with routes that contains the address and is not longer than
    // `length`; none when there is none. `length` becomes its length.
    uint32_t covering(Address address, int &length) const;

    // The two versions become one: the transaction's if `adopt`, else the table's. True when it is done.
    bool settle(bool adopt, double now, Objects &objects, Budget &budget);

  private:
    struct __attribute__((packed, aligned(4))) State {
        uint32_t first;
        uint32_t active;
        // Where the transaction's version is in `touched`.
        uint32_t touch;
        double updated;
    };

    uint32_t add(uint32_t prefix, uint16_t source, uint32_t next_hop);
    void free(uint32_t route);
    void free_all(uint32_t first);
    void settle_one(const Draft &draft, bool adopt, double now);
    void end(uint32_t next_hop, Objects &objects);

    const Sources &sources_;
    Column<State> states_;
    Column<Route> routes_;
    Numbers route_numbers_;
    // How far `settle` is, and next hops without uses that it found.
    uint32_t settled_outcomes_ = 0;
    uint32_t settled_prefixes_ = 0;
    uint32_t settled_made_ = 0;
    List<uint32_t> unused_;
};

}  // namespace weft::rib
