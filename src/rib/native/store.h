// All that a RIB knows: tables, interfaces, objects; and one transaction at a time on top. What a transaction does is not seen
// until it is adopted; adopting and abandoning cost nothing, and `settle` then brings the columns to it, in slices.
#pragma once

#include <map>
#include <memory>

#include "imports.h"
#include "interfaces.h"
#include "objects.h"
#include "sources.h"
#include "table.h"

namespace weft::rib {

// `open`: a transaction changes things. `adopted`, `abandoned`: it is over, and not settled yet.
enum class Phase : uint8_t { idle, open, adopted, abandoned };

struct Sizes {
    uint64_t prefixes = 0;
    uint64_t next_hops = 0;
    uint64_t objects = 0;
};

class Store {
  public:
    Store(const LinksDown &down, unsigned key_bits) : interfaces(down), objects(key_bits) {}

    // The table of a VRF and family, or null.
    Table *find(uint32_t vrf, Family family);
    const Table *find(uint32_t vrf, Family family) const { return const_cast<Store *>(this)->find(vrf, family); }
    Table &table(uint32_t vrf, Family family);
    const std::map<std::pair<uint32_t, Family>, std::unique_ptr<Table>> &tables() const { return tables_; }

    // A transaction begins; the one before must be settled.
    void open();
    Phase phase() const { return phase_; }
    uint64_t transaction() const { return transaction_; }
    // Interfaces whose link is not what it was.
    std::vector<uint32_t> links_changed;
    // Nothing was said.
    bool untouched() const;
    // Objects that the transaction gives other references or leads elsewhere.
    void refer(uint32_t object, int64_t by);
    List<uint32_t> referred;

    // Returns the interfaces that are gone.
    std::vector<uint32_t> adopt(double now);
    void abandon();
    // True when the transaction that is over has been settled.
    bool settle(Budget &budget);

    // Which version of the tables is the RIB's.
    Version version() const { return phase_ == Phase::adopted ? Version::draft : Version::table; }
    // Time of the transaction that was adopted last.
    double now() const { return now_; }
    Sizes sizes() const;

    Interfaces interfaces;
    Imports imports;
    Objects objects;
    Sources sources;

  private:
    std::map<std::pair<uint32_t, Family>, std::unique_ptr<Table>> tables_;
    Phase phase_ = Phase::idle;
    uint64_t transaction_ = 0;
    double now_ = 0;
    uint32_t settled_references_ = 0;
};

}  // namespace weft::rib
