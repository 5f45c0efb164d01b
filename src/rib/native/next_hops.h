// The next hops that the routes of one table say: equal ones are one, which knows its routes, what it leads to, and which
// other next hops were asked on the way. So a change of a route, an interface or a link finds what depends on it without
// searching (next-hop tracking).
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "column.h"
#include "index.h"
#include "objects.h"

namespace weft::rib {

// One way of a next hop: an address, an interface, or an address on an interface.
struct Hop {
    bool has_address = false;
    Address address;
    uint32_t interface = none;
    // How the configuration calls it, among several.
    std::string label;
};

// `connected`: the destination is a neighbour on the interface. `local`: it is this box; the interface has the address. `lookup`: it is
// looked up in another VRF. `leaked`: it is where one of another VRF's next hops leads (imports.h).
enum class NextHopKind : uint8_t { connected, local, drop, via, lookup, leaked };

struct NextHopValue {
    NextHopKind kind = NextHopKind::via;
    DropKind drop = DropKind::blackhole;
    uint32_t interface = none;
    std::vector<Hop> hops;
    uint32_t vrf = 0;        // of lookup and leaked: the other one
    uint32_t leaked = none;  // its next hop
    // Also resolved over a default route; of those that are only tracked.
    bool by_default = false;
};

// What a next hop leads to.
struct Outcome {
    bool resolved = false;
    // Some hop gives nothing; the first such does for now only, for want of a link or because its interface is off.
    bool failed = false;
    bool inactive = false;
    // It leads back to itself.
    bool looped = false;
    // What routes point at, and what it leads to: no next hop's own object.
    uint32_t object = none;
    uint32_t target = none;
    // The interface on which the destination itself is a neighbour.
    uint32_t on_link = none;
    // Of a single hop: the prefix that it was resolved over and who says its route, and whether it is an address of this box.
    uint32_t over = none;
    uint16_t source = 0;
    bool own = false;
};

struct NextHop {
    NextHopValue value;
    // Routes that say it, of the table and of a transaction on top of it: the first of a list, and how many.
    uint32_t first_use = none;
    uint32_t uses = 0;
    // Wants to be told of where it leads.
    bool tracked = false;
    Outcome outcome;
    // That of the transaction in which it was resolved again.
    Outcome draft;
    uint64_t resolved_in = 0;
    // The transaction that makes it be resolved again.
    uint64_t dirty_in = 0;
    // When it came to lead elsewhere, in milliseconds since the epoch.
    double moved = 0;
    // Next hops that it was resolved through.
    std::vector<uint32_t> asked;
    std::vector<uint32_t> draft_asked;
    std::string key;
};

class NextHops {
  public:
    explicit NextHops(Family family) : family_(family) {}

    // The number of this next hop, made when there is none.
    uint32_t intern(const NextHopValue &value);
    // Ends one that has no uses. What it leads to must have been released.
    void erase(uint32_t number);

    NextHop &operator[](uint32_t number) { return *next_hops_[number]; }
    const NextHop &operator[](uint32_t number) const { return *next_hops_[number]; }
    uint32_t end() const { return numbers_.end(); }
    // Those that must be resolved, so neither `local` nor `drop`, nor those into other VRFs.
    uint32_t tracked() const { return tracked_; }
    // Those that there are.
    uint32_t size() const { return numbers_.taken(); }

    // Next hops with an address in a prefix: each to `deed`.
    template <class Deed>
    void in_prefix(const Prefix &prefix, const Deed &deed) const {
        const Address last = last_of(prefix, family_);
        for (auto at = by_address_.lower_bound({prefix.address, 0}); at != by_address_.end() && at->first <= last; ++at) {
            deed(at->second);
        }
    }
    // The lowest number, not below `from`, of those that name an interface or asked another next hop; or none.
    uint32_t on_interface(uint32_t interface, uint32_t from) const { return from_on(by_interface_, interface, from); }
    uint32_t that_asked(uint32_t number, uint32_t from) const { return from_on(askers_, number, from); }
    // Those of the kind `connected`, until `deed` says no.
    template <class Deed>
    void each_connected(const Deed &deed) const {
        for (const auto &[interface, number] : by_interface_) {
            const NextHop &next_hop = *next_hops_[number];
            if (next_hop.value.kind == NextHopKind::connected && !deed(next_hop)) return;
        }
    }
    bool any_address() const { return !by_address_.empty(); }
    // Those that a default route may resolve.
    const std::set<uint32_t> &by_default() const { return by_default_; }
    bool has(uint32_t number) const { return next_hops_[number] != nullptr; }
    // Replaces what it has asked.
    void set_asked(uint32_t number, std::vector<uint32_t> asked);

    // Made since the transaction began; emptied by who ends it.
    List<uint32_t> made;

  private:
    using Pairs = std::set<std::pair<uint32_t, uint32_t>>;
    static uint32_t from_on(const Pairs &pairs, uint32_t of, uint32_t from) {
        const auto at = pairs.lower_bound({of, from});
        return at != pairs.end() && at->first == of ? at->second : none;
    }
    Family family_;
    Numbers numbers_;
    std::vector<std::unique_ptr<NextHop>> next_hops_;
    Index<std::string_view> by_key_;
    std::set<std::pair<Address, uint32_t>> by_address_;
    Pairs by_interface_;
    Pairs askers_;
    std::set<uint32_t> by_default_;
    uint32_t tracked_ = 0;
    // Of the next hop that is looked for.
    std::string key_;
};

}  // namespace weft::rib
