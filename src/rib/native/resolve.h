// Resolution of next hops to forwarding objects. An address leads over the longest connected prefix or route that contains it
// and can be used, again and again until interfaces are reached; a default route resolves nothing, since with one every
// mistyped address would seem to be reachable; nor does a route into another VRF or one that was leaked from there, where the address
// is another one's. A next hop that leads back to itself resolves to nothing.
//
// Works on the transaction's version of a table. What is found for a next hop is kept with it, so that it is found once; a
// chain of next hops of any length takes no stack, and can be followed in slices.
//
// A next hop has an object of its own (objects.h) unless it is one hop that names its interface and so never leads elsewhere.
#pragma once

#include <unordered_map>
#include <vector>

#include "budget.h"
#include "interfaces.h"
#include "objects.h"
#include "table.h"

namespace weft::rib {

enum class Failure : uint8_t {
    loop,
    own_address,
    own_address_on_interface,
    no_interface,
    no_family,
    no_port,
    disabled,
    down,
    unreachable,
    broadcast,
    network,
};

// Why a hop gives no object.
struct Reason {
    Failure failure = Failure::unreachable;
    // Index of the hop.
    uint32_t hop = 0;
    uint32_t interface = none;
    // The subnet of a broadcast or network address.
    Prefix prefix;
};

class Resolver {
  public:
    // `configured`: as if every interface that is configured were enabled and had a link; makes no objects and keeps what it
    // finds to itself. Otherwise outcomes are kept with the next hops, as of `transaction`.
    Resolver(Table &table, const Interfaces &interfaces, Objects &objects, uint64_t transaction, bool configured)
        : table_(table), interfaces_(interfaces), objects_(objects), transaction_(transaction), configured_(configured) {}
    ~Resolver();
    Resolver(const Resolver &) = delete;

    // True when it is resolved; false when the budget is over, to be called again with the same next hop.
    // Throws std::runtime_error when two objects have one key.
    bool resolve(uint32_t next_hop, Budget &budget);
    // A leaked next hop leads to that object now; returns whether it is another one than before.
    bool lead(uint32_t leaked, uint32_t object);
    // What is known of a next hop, or null.
    const Outcome *known(uint32_t next_hop) const;
    // Why hops of a next hop that is resolved give no object.
    std::vector<Reason> reasons(uint32_t next_hop) const;

  private:
    // What one hop gives.
    struct Way {
        uint32_t object = none;
        uint32_t on_link = none;
        bool inactive = false;
        Reason reason;
        // The route that it was found by.
        uint32_t over = none;
        uint16_t source = 0;
    };
    // A next hop on its way, and how far it is.
    struct Frame {
        uint32_t next_hop;
        uint32_t hop = 0;
        // Where the hop's address has led to so far: the length of the prefix and the route of it; -1 and none before.
        bool searching = false;
        int length = 0;
        uint32_t route = none;
        bool inactive = false;
        // Of those before.
        bool failed = false;
        bool first_inactive = false;
        bool looped = false;
        // Of the hop before.
        uint32_t over = none;
        uint16_t source = 0;
        bool own = false;
        std::vector<Way> ways;
        std::vector<uint32_t> asked;
    };
    enum class Step : uint8_t { way, ask, looped };

    // Goes on with the frame's hop: it gives `way`, or `ask` must be resolved first.
    Step advance(Frame &frame, Way &way, uint32_t &ask) const;
    Way on_interface(uint32_t interface, const Hop &hop, const Prefix *subnet) const;
    bool is_local(Address address) const;
    // Is the address the broadcast or network address of the subnet?
    bool reserved(Address address, const Prefix &subnet, Failure &failure) const;
    bool reserved_on(uint32_t interface, Address address, Prefix &subnet, Failure &failure) const;
    Outcome conclude(const Frame &frame);
    // The frame holds the objects of its ways.
    void let_go(const Frame &frame);
    void keep(uint32_t next_hop, const Outcome &outcome, std::vector<uint32_t> asked);
    Outcome simple(const NextHopValue &value);
    // What routes point at that say this next hop, which leads to `target`.
    uint32_t object_of(const NextHopValue &value, uint32_t target);

    Table &table_;
    const Interfaces &interfaces_;
    Objects &objects_;
    uint64_t transaction_;
    bool configured_;
    std::vector<Frame> stack_;
    // Where a next hop is on the stack.
    std::unordered_map<uint32_t, size_t> on_stack_;
    std::unordered_map<uint32_t, Outcome> own_;
};

}  // namespace weft::rib
