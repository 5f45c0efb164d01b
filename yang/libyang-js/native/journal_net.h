// Netting: what was done to one node, several times, as one change; what cancels out is gone. Changes below a node that
// is new, or gone in the end, become part of that node's copy; one that was removed and made again becomes what is
// different in it. Explicit and derived changes of one node make an explicit one. Near-linear in the journal.
#pragma once

#include <deque>
#include <unordered_map>

#include "journal.h"
#include "journal_instances.h"

namespace libyang_js {

class Net {
  public:
    explicit Net(const ly_ctx *context) : context_(context) {}
    // The changes of a journal, in their order.
    void add(const Journal::Change &change);
    std::vector<Journal::Change> changes() const;

  private:
    struct Slot;
    // One change to the order of a list that the user orders; null: before the first entry.
    struct Step {
        Op op;
        bool derived;
        Slot *entry, *after, *old_after;
    };
    // What became of one instance.
    struct Slot {
        const Instance *instance = nullptr;
        Slot *parent = nullptr;
        PlaceRef place;  // of the parent
        NodeCopy named;  // of a list or leaf-list: tells the instance among its siblings
        std::vector<Slot *> below;
        std::vector<std::pair<const lysc_node *, std::vector<Step>>> lists;  // below, ordered by the user
        bool whole = false;     // it came or went, or changed in value; else only something below it
        bool own_copy = false;  // `after` is nobody else's
        bool derived = true;
        NodeCopy before, after;         // null: not there
        size_t removed = 0, last = 0;  // numbers of its first removal and its last change
    };
    // A change, and its place among the others.
    struct Placed {
        size_t number;
        Journal::Change change;
    };
    friend class NetList;

    Slot *slot(Slot *parent, const PlaceRef &place, const lysc_node *schema, const NodeCopy &node);
    Slot *slot(const PlaceRef &place);
    void order(Slot *parent, Slot *entry, const Journal::Change &change);
    void note(Slot &slot, const Journal::Change &change);
    void fold(Slot &created, const Journal::Change &change);
    NodeCopy restored(Slot &slot, const NodeCopy &gone);
    static void forget(Slot &slot);
    static void emit(const Slot &slot, std::vector<Placed> &out);
    static void emit_below(const Slot &slot, std::vector<Placed> &out);
    static std::vector<Journal::Change> in_order(std::vector<Placed> out);

    const ly_ctx *context_;
    Instances instances_;
    std::deque<Slot> slots_;  // by the index of their instance
    std::unordered_map<PlaceRef, Slot *> places_;
    Slot top_;
    size_t number_ = 0;
};

}  // namespace libyang_js
