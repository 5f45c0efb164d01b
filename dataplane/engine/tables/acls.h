// Access lists by name. Interfaces refer to a list, which stays the same while it exists; what it says is one immutable
// AclProgram behind a pointer, so that a packet is judged by the whole of the old or of the new. The program is made in prepare,
// published by apply, and freed when no burst uses the one before it (tables/epochs.h).
//
// Counters are a program's own, of each worker and entry. When a program is freed, what it counted goes to the list under the
// entries' names: an entry that keeps its name keeps its counts. Programmer's under the programming lock, but for `current`.
#pragma once

#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "../engine.h"
#include "acl_tree.h"
#include "counters.h"

namespace weft {

struct AclHits {
    Counter packets, octets;
};

struct AclTotals {
    uint64_t packets = 0, octets = 0;
};

class AclProgram {
  public:
    // Throws std::bad_alloc.
    explicit AclProgram(AclSpec spec);

    template <unsigned Words>
    const AclTrees<Words> &trees() const {
        if constexpr (Words == 1)
            return *trees4_;
        else
            return *trees6_;
    }
    // Number that stands for no entry; its action and counters are those of the rest.
    uint32_t rest() const { return static_cast<uint32_t>(spec.entries.size()); }
    AclAction action(uint32_t entry) const { return actions_[entry]; }
    AclHits *hits(unsigned worker) const { return &hits_.get()[worker * stride_]; }
    AclTotals total(uint32_t entry) const;

    const AclSpec spec;
    bool layer4 = false;  // some entry looks at ports, ICMP or TCP flags

  private:
    std::unique_ptr<AclTrees<1>> trees4_;
    std::unique_ptr<AclTrees<4>> trees6_;
    std::vector<AclAction> actions_;
    size_t stride_;
    // For each worker there may be; pages that nobody counts in are never touched.
    std::unique_ptr<AclHits, decltype(&std::free)> hits_;
};

class AclList : public std::enable_shared_from_this<AclList> {
  public:
    explicit AclList(std::shared_ptr<const AclProgram> first) : v6(first->spec.v6), current(first.get()), program_(std::move(first)) {}

    const AclSpec &spec() const { return current.load(std::memory_order_relaxed)->spec; }
    // As it is now; whoever holds it can go on reading what it says when the list has another.
    const std::shared_ptr<const AclProgram> &program() const { return program_; }
    void replace(std::shared_ptr<const AclProgram> next, Epochs &epochs);
    std::vector<AclEntryState> state() const;

    const bool v6;
    std::atomic<const AclProgram *> current;

  private:
    void fold(const AclProgram &gone);

    std::shared_ptr<const AclProgram> program_;
    std::unordered_map<std::string, AclTotals> before_;  // of programs that are freed
    std::vector<const AclProgram *> leaving_;            // replaced, not yet freed
};

using AclLists = std::map<std::string, std::shared_ptr<AclList>>;

// Where a list may be bound: by interface, direction and family.
enum class AclDirection : uint8_t { in = 0, out = 1 };
inline constexpr unsigned acl_slots = 4;
inline constexpr unsigned acl_slot(AclDirection direction, bool v6) { return static_cast<unsigned>(direction) * 2 + v6; }

}  // namespace weft
