// The net of what was done to the order of one list that the user orders. The journal tells the neighbours of each
// touched entry at the time, so what it was behind at first and is behind in the end can be followed; of entries that
// moved, those that are behind the same one again stay. Linear in the steps.
#pragma once

#include "journal_net.h"
#include "journal_order.h"

namespace libyang_js {

class NetList {
  public:
    explicit NetList(const std::vector<Net::Step> &steps) : steps_(steps) {}
    // Removals, creations and moves; not what changed inside of the entries that stay.
    void emit(std::vector<Net::Placed> &out);

    // A value of a leaf-list that was there by default and is now given, or the other way round.
    static bool comes_anew(const Net::Slot &slot);

  private:
    using Slot = Net::Slot;
    bool comes(const Slot *entry) const { return last_.knows(entry) && (!first_.knows(entry) || comes_anew(*entry)); }
    bool goes(const Slot *entry) const { return first_.knows(entry) && (!last_.knows(entry) || comes_anew(*entry)); }
    const Slot *kept_before(const Slot *entry) const;
    void find_staying();
    void place(const Slot *entry, size_t number, std::vector<Net::Placed> &out);

    const std::vector<Net::Step> &steps_;
    ListOrder first_, last_;  // what is known of the order before all steps, and after them
    ListOrder now_;           // while the net changes are made
    std::vector<const Slot *> entries_;
    // By entry.
    static constexpr uint64_t seen = 1, meant = 2, judged = 4, staying = 8, placed = 16;
    uint64_t &marks(const Slot *entry) { return marks_.at(reinterpret_cast<uint64_t>(entry)); }
    FlatMap marks_;
};

}  // namespace libyang_js
