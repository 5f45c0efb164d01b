// From changes to what they can have affected: the rules to judge again and where, by NodeRules::dependants, and the
// subtrees that came into being, in which everything is to be judged. O(changes): created and removed subtrees are
// walked once, nothing else of the tree is.
//
// Nodes that were removed since they were noted here must stay allocated (journals own them).
#pragma once

#include <deque>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "data_tree.h"
#include "journal.h"
#include "rules.h"

namespace libyang_js {

// All instances of the rule's subject at or below `top` (null: the root); of a `when` also the instances of the subject's
// parent, in which a node may come to be.
struct Concern {
    const Rule *rule;
    lyd_node *top;
    bool operator==(const Concern &) const = default;
};

struct ConcernHash {
    size_t operator()(const Concern &concern) const {
        return std::hash<const void *>()(concern.rule) * 31 + std::hash<const void *>()(concern.top);
    }
};
using Concerns = std::unordered_set<Concern, ConcernHash>;

// A leafref that was satisfied by a value that some instance of its target had and has no more.
struct LostValue {
    const Rule *rule;
    const char *value;  // canonical, of libyang's dictionary; `held` keeps it there
    bool operator==(const LostValue &) const = default;
};

struct LostValueHash {
    size_t operator()(const LostValue &lost) const {
        return std::hash<const void *>()(lost.rule) * 31 + std::hash<const void *>()(lost.value);
    }
};

// False once a node was taken out of the tree, with what it is in or alone.
bool in_tree(const DataTree &tree, const lyd_node *node);

class Affected {
  public:
    explicit Affected(DataTree &tree) : tree_(tree) {}

    // Takes the changes from number `from` on; the tree is as it is after them, or after later ones that are taken, too.
    void take(const Journal &journal, size_t from);
    void add(const Rule &rule, lyd_node *top);
    // Nodes of the top level that exist by themselves under some condition.
    void add_top_conditions();

    // This node is about to go because its condition is false: no reason to ask whether it comes back by itself.
    void ignore_absence(const lyd_node *node) { ignored_.insert(node); }

    // The next `when` to judge: those first that others depend on. False when there is none.
    bool next_condition(Concern &out);

    // Everything else, once no condition is left.
    const Concerns &checks() const { return checks_; }
    const std::unordered_set<LostValue, LostValueHash> &lost_values() const { return lost_values_; }
    const std::unordered_set<lyd_node *> &created() const { return created_; }
    bool in_created(const lyd_node *node) const;
    // Did some node of the top level come or go since the last call?
    bool top_level() { return std::exchange(top_level_, false); }

  private:
    struct Origin;
    class Places;

    void take(const Journal::Change &change, Places &places);
    void changed(const Journal::Change &change, lyd_node *node, Origin &origin);
    void created(lyd_node *node);
    void conditions_below(lyd_node *node);
    const std::vector<const Rule *> &conditions_at_or_below(const lysc_node *schema);
    void conditions_of(const lysc_node *schema, lyd_node *parent);
    void cases(const lysc_node *schema, lyd_node *parent);
    void spread(lyd_node *node, Origin &origin);
    void tell(const Dependant &dependant, const Origin &origin);
    void refer(lyd_node *node, const Dependant &dependant, const Origin &origin);
    void values(const Dependant &dependant, lyd_node *from, bool gone);
    void value(const Dependant &dependant, const char *value, bool gone);
    bool anchored(const lysc_node *anchor, const Origin &origin, lyd_node *&top);
    void lose_instance(lyd_node *node, const std::string &path);
    void moved(const lysc_node *schema, const Origin &origin);

    DataTree &tree_;
    Concerns checks_;
    Concerns waiting_;
    std::map<uint32_t, std::deque<Concern>> conditions_;
    std::unordered_set<LostValue, LostValueHash> lost_values_;
    std::unordered_set<lyd_node *> created_;
    std::unordered_set<const lyd_node *> ignored_;
    std::unordered_map<const lysc_node *, std::vector<const Rule *>> conditions_below_;
    bool top_level_ = false;
};

}  // namespace libyang_js
