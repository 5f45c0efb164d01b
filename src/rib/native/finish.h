// The end of a transaction: next hops that are new or may lead elsewhere are resolved, the best route of each prefix concerned
// is selected, references of objects are counted, and what the FIB has to do is encoded. In slices; the tables that others see
// stay as they are.
//
// Cost: O(changes and what depends on them), times the logarithm of the number of next hops.
#pragma once

#include <memory>
#include <vector>

#include "encode.h"
#include "resolve.h"
#include "store.h"

namespace weft::rib {

// A route with hops that cannot lead anywhere, whatever links do.
struct Unresolved {
    uint32_t vrf;
    Family family;
    Prefix prefix;
    uint16_t source;
    NextHopValue next_hop;
    Reason reason;
    // Some connected prefixes and their interfaces.
    std::vector<std::pair<Prefix, uint32_t>> connected;
};

// Members of groups are set before the groups and deleted after them.
struct Result {
    Records objects_set;
    Records routes_set;
    Records routes_deleted;
    Records objects_deleted;
    // The first few of them.
    std::vector<std::pair<Prefix, Family>> some_set;
    std::vector<std::pair<Prefix, Family>> some_deleted;
    // Of the routes that the transaction set or whose next hops it changed; about `unresolved_limit` at most.
    std::vector<Unresolved> unresolved;
    // Routes of the same kind beyond these.
    size_t more = 0;
    // Next hops that were resolved, and prefixes whose routes were looked at: what it cost.
    size_t examined = 0;
};

constexpr size_t unresolved_limit = 20;
constexpr size_t shown_prefixes = 3;
constexpr size_t shown_subnets = 4;

class Finish {
  public:
    explicit Finish(Store &store);

    // True when it is done. Throws std::runtime_error when two objects have one key; the transaction is then to be abandoned.
    bool run(Budget &budget);
    Result &result() { return result_; }

  private:
    using Subnet = std::pair<Prefix, uint32_t>;
    struct Part;
    // A table that imports from another one; `import`: what, null when nothing any more. `anew`: not as before.
    struct Importer {
        Part &part;
        const Import *import;
        uint16_t source;
        bool anew;
    };
    // A table and the next hops of it that are to be resolved.
    struct Part {
        Part(Store &store, Table &table)
            : table(table),
              resolver(table, store.interfaces, store.objects, store.transaction(), false),
              configured(table, store.interfaces, store.objects, store.transaction(), true) {}
        Table &table;
        Resolver resolver;
        Resolver configured;
        List<uint32_t> dirty;
        bool connected_known = false;
        std::vector<Subnet> connected;
        std::vector<Importer> importers;
        bool import_anew = false;
    };

    // Route leaking (finish_import.cc).
    void make_importers();
    void find_imports();
    bool import_routes(Part &part, Budget &budget);
    void import(Part &from, const Importer &to, uint32_t prefix);
    // The route of a prefix that is imported from there; none: there is none.
    uint32_t own_route(Part &part, uint32_t prefix) const;

    bool find_made(Part &part, Budget &budget);
    bool find_on_interfaces(Part &part, Budget &budget);
    bool find_dirty(Part &part, Budget &budget);
    bool spread(Part &part, Budget &budget);
    bool resolve(Part &part, Budget &budget);
    bool touch_users(Part &part, Budget &budget);
    bool select(Part &part, Budget &budget);
    bool tell_hopeless(Part &part, Budget &budget);
    bool encode_set(Part &part, Budget &budget);
    bool encode_deleted(Part &part, Budget &budget);
    bool encode(Part &part, bool set, Budget &budget);
    bool count_references(Budget &budget);

    // A phase over the elements of something, gone on with where it stopped.
    template <class Deed>
    bool each(uint32_t size, Budget &budget, const Deed &deed) {
        for (; at_ < size; at_++) {
            if (budget.over()) return false;
            deed(at_);
        }
        return true;
    }
    void mark(Part &part, uint32_t next_hop);
    void select_one(Part &part, Draft &draft);
    void check(Part &part, uint32_t route);
    // Does the next hop of a route have a hop that cannot lead anywhere as configured?
    bool hopeless(Part &part, uint32_t next_hop);
    const std::vector<Subnet> &connected(Part &part);

    Store &store_;
    // Those that are different, or have another link.
    std::vector<uint32_t> interfaces_;
    std::vector<std::unique_ptr<Part>> parts_;
    size_t phase_ = 0;
    size_t part_ = 0;
    uint32_t at_ = 0;
    // The next hop to go on with, of those of one interface or that asked one other.
    uint32_t from_ = 0;
    uint32_t use_ = none;
    unsigned counting_ = 0;
    uint32_t led_ = 0;
    Result result_;
};

}  // namespace weft::rib
