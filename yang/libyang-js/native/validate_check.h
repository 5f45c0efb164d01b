// Judges single rules on single instances. Reads the tree only; expressions that fail are findings, too.
#pragma once

#include <set>
#include <unordered_map>

#include "filter.h"
#include "validate_findings.h"

namespace libyang_js {

class Check {
  public:
    Check(DataTree &tree, Findings &findings);

    // Any rule but `when`. `node`: instance of its subject, null for the top level.
    void judge(const Rule &rule, lyd_node *node);
    // References whose target lost a value, which may be there somewhere else.
    void judge_lost(const Rule &rule, const char *value);
    // Of the whole tree; for rules where by_index() is true, at less than a look at each instance.
    void judge_all(const Rule &rule);
    static bool by_index(const Rule &rule);

    // Is a condition true for a node, or would it be for a node of the schema below `parent`?
    bool holds(const Condition &condition, const lyd_node *node);
    bool would_hold(const Condition &condition, const lysc_node *schema, lyd_node *parent);
    bool holds(const xpath::Expression &expression, const lyd_node *node);
    // The tree has changed since the last call of any of these.
    void changed() { changes_++; }

  private:
    void unique(const Rule &rule, const lyd_node *entry);
    void elements(const Rule &rule, lyd_node *parent);
    bool wanted(const Rule &rule, lyd_node *parent);
    bool there(const lysc_node *schema, const lyd_node *parent) const;
    // validate_reference.cc
    bool refers(const Rule &rule, lyd_node *leaf);
    bool fits_union(const Rule &rule, lyd_node *leaf);
    bool target_exists(const Reference &reference, const lyd_node *leaf, const char *value);
    bool instance_exists(const lyd_value &value) const;
    void missing(const Rule &rule, const char *value);

    // What an expression has learned of the tree, up to which change.
    struct Learned {
        xpath::Evaluation evaluation;
        size_t changes;
    };

    DataTree &tree_;
    Findings &findings_;
    Budget budget_;
    std::unordered_map<const xpath::Expression *, Learned> learned_;
    size_t changes_ = 0;
    std::set<std::pair<const Rule *, const void *>> told_;  // missing values, referrers, first entries of those that are the same
};

}  // namespace libyang_js
