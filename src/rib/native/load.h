// Static routes out of the columns of list entries (libyang-js `EntryBatch`): each row is parsed, checked for what no route can
// be, and said to the table. No row becomes an object of any kind. Cost: a row is looked up once by
// its prefix and once by its next hop.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "store.h"

namespace weft::rib {

// Text of row r: `bytes[offsets[r], offsets[r + 1])` where `present[r]`.
struct TextColumn {
    const uint32_t *offsets = nullptr;
    const uint8_t *bytes = nullptr;
    const uint8_t *present = nullptr;

    bool has(size_t row) const { return present && present[row] == 1; }
    std::string_view text(size_t row) const {
        return {reinterpret_cast<const char *>(bytes) + offsets[row], offsets[row + 1] - offsets[row]};
    }
};

struct Rows {
    uint32_t vrf = 0;
    // The VRFs of instances of the protocol; rows of others are left out. Null: all are in `vrf`.
    const std::unordered_map<std::string, uint32_t> *vrfs = nullptr;
    // Whatever the rows say, their routes go.
    bool withdrawn = false;
    Family family = 4;
    std::string protocol;
    uint32_t preference = 0;
    size_t count = 0;
    // What happened to each row: 2 is deleted.
    const uint8_t *ops = nullptr;
    TextColumn prefix, name, address, interface, special, instance;
    // Next hops of a list: those of row r are rows starts[r] to starts[r + 1] of the columns below.
    const uint32_t *starts = nullptr;
    TextColumn label, hop_address, hop_interface;
};

// Why a row is no route; the numbers are those of src/rib/native.ts.
enum class Rejection : int32_t {
    prefix = 0,
    destination = 1,
    too_many_hops = 2,
    no_next_hop = 3,
    empty_hop = 4,
    address = 5,
    zone = 6,
    link_local = 7,
    not_a_neighbour = 8,
};

struct Rejected {
    int32_t row;
    Rejection why;
    // Row of the next hop's columns; -1: the route's own.
    int32_t hop;
};

// Flows are spread evenly enough over this many.
constexpr uint32_t most_hops = 64;

// The number of the VRF of that name: the same for one name at all times, so that nothing has to be kept; 0 is the default one's.
uint32_t vrf_number(std::string_view name);

// Says the rows from `row` on that can be routes, until the budget is over, and adds those that can't to `rejected`, `limit` in
// all at most. `row` becomes the one to go on with. Returns how many can't.
size_t load(Store &store, const Rows &rows, size_t &row, std::vector<Rejected> &rejected, size_t limit, Budget &budget);

}  // namespace weft::rib
