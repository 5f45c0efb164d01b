// Rebasing: the changes of a journal, made on a state A, as changes of what another journal, `over`, made of A.
//
// Where both touched a node with different outcomes there is a conflict, and the change is left out: two values, a
// removal and a change below it, two cases of a choice, two places in a list that the user orders. A derived change
// gives way to an explicit one, and to what the other journal derived: validation derives it again. An entry that was to
// come behind one that has gone comes behind the entry before that one. Near-linear in both journals.
#pragma once

#include <map>
#include <unordered_map>
#include <unordered_set>

#include "journal.h"
#include "journal_instances.h"
#include "journal_order.h"

namespace libyang_js {

class Rebase {
  public:
    // Both netted: the changes to rebase, and what was made of the state that they were made on.
    Rebase(const ly_ctx *context, const std::vector<Journal::Change> &made, const std::vector<Journal::Change> &over);
    std::vector<Journal::Change> changes;
    Errors conflicts;

  private:
    using Change = Journal::Change;
    // What `over` did to an instance.
    struct Touch {
        const Change *change = nullptr;  // it came, went or changed in value
        const Change *move = nullptr;
        std::vector<const Change *> below;
    };
    using At = std::pair<const Instance *, const lysc_node *>;  // a list or choice below a node; null: top level

    void add(const Change &change);
    const Instance *name(const Instance *parent, const NodeCopy &node);  // null for null
    void find_first(const std::vector<Change> &changes, std::map<At, ListOrder> &orders);
    const Touch *touch(const Instance *instance) const;
    void conflict(const Change &change, const Change &other, const char *what);
    // False when the change is left out.
    bool create(const Instance *instance, const Change &change, const Change *other);
    void merge(const PlaceRef &place, const NodeCopy &there, const NodeCopy &wanted, bool derived, const Change &other);
    void value(const Instance *instance, const Change &change, const Change *other);
    bool remove(const Instance *instance, const Change &change, const Touch *other);
    bool move(const Instance *instance, const Change &change, const Touch *other);
    bool choose(const Instance *parent, const Change &change);
    void put(Change change);
    NodeCopy surviving(const Instance *parent, const NodeCopy &anchor, bool at_the_time);
    ListOrder &order_of(const Instance *instance);
    void find_place(const Instance *instance, const Change &change);
    void reorder(const Instance *instance, Change &change);
    void leave(const Instance *instance, const Change &change);

    const ly_ctx *context_;
    Instances instances_;
    std::unordered_map<const Instance *, Touch> touched_;
    std::map<At, std::vector<const Change *>> cases_;  // creations of `over`, by choice
    // Orders, of instances: as things are now, and what the entries touched by each journal followed at first.
    std::map<At, ListOrder> orders_, made_first_, over_first_;
    std::unordered_set<const Instance *> gone_;  // entries that this journal has removed or moved
    // Entries that do not stand where this journal put them, as that was left out or what they follow stands elsewhere:
    // what now stands there.
    std::unordered_map<const Instance *, const Instance *> left_;
};

}  // namespace libyang_js
