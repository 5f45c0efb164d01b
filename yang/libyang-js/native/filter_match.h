// A subtree filter evaluated while the data are walked (RFC 6241, section 6.2.5), node by node from the top: it marks
// nothing, so a filter over any number of nodes takes no memory. Sibling sets that apply to the same node are worked on
// together, so that a node comes once. An entry whose keys are all given is looked up.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "access.h"
#include "filter_subtree.h"
#include "view.h"

namespace libyang_js {

class Matcher {
  public:
    using Sets = std::vector<const FilterNode *>;

    // What some sibling sets want of the children of a node: the instances of `schema`, each judged by `filters`.
    struct Run {
        const lysc_node *schema;
        Sets filters;
    };
    using Plan = std::vector<Run>;

    // Thrown when the budget is spent.
    struct Spent {};

    // `budget` and `access` may be null.
    Matcher(const ly_ctx *context, const FilterNode &top, PairView &view, Budget *budget, const Access *access);

    const Plan &top();
    // The instances that a run wants, when all are named by their keys; false: all instances have to be judged.
    bool lookup(Pair parent, const Run &run, std::vector<Pair> &out);
    // What a run wants of one instance, which may be read; with `descend`, what of its children. `grant`: of the instance,
    // null when all that is in it may be read.
    Pick judge(Pair node, const Run &run, const Plan *&plan, const Access::Grant *grant);
    // From now on no bounds apply.
    void lift() { budget_ = nullptr; }

  private:
    struct State {
        std::unordered_map<const lysc_node *, std::vector<const lysc_node *>> children;
        std::unordered_map<const lysc_node *, std::string> texts;
    };

    Pick enter(Pair node, const Sets &sets, const Plan *&plan, const Access::Grant *grant);
    const Plan &plan(const lysc_node *parent, const Sets &sets);
    bool holds(Pair node, const FilterNode &match, const Access::Grant *grant);
    bool equals(const lyd_node *leaf, const FilterNode &match);
    bool keys_of(const lysc_node *list, const FilterNode &filter, std::string &out);
    const std::vector<const lysc_node *> &children(const lysc_node *parent, const FilterNode &filter);
    const std::string &text(const lysc_node *leaf, const FilterNode &match);
    void spend() {
        if (budget_ && !budget_->spend()) throw Spent();
    }

    const ly_ctx *context_;
    const FilterNode &top_;
    PairView &view_;
    Budget *budget_;
    const Access *access_;
    std::unordered_map<const FilterNode *, State> states_;
    std::map<std::pair<const lysc_node *, Sets>, Plan> plans_;
    Sets inner_, active_;
};

}  // namespace libyang_js
