// The part of a validation that changes the tree (RFC 7950, sections 7.21.5 and 8.3.2): nodes under a `when` that turned
// false go, those that exist by themselves come, until nothing changes any more. Every change is a derived one of the
// editor's journal, and is itself taken into account. Conditions are judged in the order in which they depend on each
// other, so that a node goes only for what is so in the end.
#pragma once

#include <unordered_map>
#include <unordered_set>

#include "edit_tree.h"
#include "validate_affected.h"
#include "validate_check.h"

namespace libyang_js {

// Changes of a journal from number `from` on.
struct Changed {
    const Journal *journal;
    size_t from = 0;
};

class Derivation {
  public:
    // `asked`: what a client did. Nodes that it created and that cannot exist are errors; all others go silently.
    Derivation(TreeEditor &tree, Affected &affected, Check &check, Findings &findings, const std::vector<Changed> &asked)
        : tree_(tree), affected_(affected), check_(check), findings_(findings), asked_(asked) {}
    // False, with a finding, when conditions contradict each other.
    bool run();

  private:
    void judge(const Concern &concern);
    void refuse();
    void instance(const Rule &rule, lyd_node *node);
    void absent(const Rule &rule, lyd_node *parent);
    bool asked_for(const lyd_node *node);
    bool holds(const Condition &condition, const lyd_node *node);

    TreeEditor &tree_;
    Affected &affected_;
    Check &check_;
    Findings &findings_;
    const std::vector<Changed> &asked_;
    bool known_ = false;
    std::unordered_set<const lyd_node *> asked_nodes_;
    std::unordered_set<lyd_node *> refused_;
    std::unordered_map<Concern, int, ConcernHash> judged_;
    // The last condition on a parent: of a list all entries share it.
    const Condition *last_ = nullptr;
    const lyd_node *last_parent_ = nullptr;
    bool last_result_ = false;
};

}  // namespace libyang_js
