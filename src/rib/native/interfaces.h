// Interfaces by number: their names, what resolution needs to know of them, and the changes of a transaction on top.
// A name keeps its number for good, whether an interface of that name is configured or not.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "address.h"
#include "column.h"

namespace weft::rib {

// What an interface can do for a family: it has none, it is turned off, or it may be used.
enum class FamilyState : uint8_t { none, off, on };

struct InterfaceState {
    uint32_t vrf = 0;
    // Whether neighbours can be on it: false for a loopback.
    bool neighbours = false;
    FamilyState ipv4 = FamilyState::none;
    FamilyState ipv6 = FamilyState::none;
    bool operator==(const InterfaceState &) const = default;
};

// Names of the interfaces without a link; outlives tables that are built anew.
using LinksDown = std::set<std::string, std::less<>>;

class Interfaces {
  public:
    explicit Interfaces(const LinksDown &down) : down_(down) {}

    uint32_t number(std::string_view name);
    const std::string &name(uint32_t number) const { return names_[number]; }
    bool link_up(uint32_t number) const { return !down_.contains(names_[number]); }

    // Nothing: there is no interface of the name.
    void set(uint32_t number, std::optional<InterfaceState> state) { draft_[number] = state; }
    bool changed() const { return !draft_.empty(); }
    // With the changes.
    const InterfaceState *find(uint32_t number) const;
    // Those that the changes make different.
    std::vector<uint32_t> different() const;
    // The changes become what is so; returns those that are gone.
    std::vector<uint32_t> adopt();
    void abandon() { draft_.clear(); }

    // Without the changes.
    const std::map<uint32_t, InterfaceState> &all() const { return states_; }

  private:
    const LinksDown &down_;
    std::deque<std::string> names_;
    std::unordered_map<std::string_view, uint32_t> numbers_;
    std::map<uint32_t, InterfaceState> states_;
    std::map<uint32_t, std::optional<InterfaceState>> draft_;
};

}  // namespace weft::rib
