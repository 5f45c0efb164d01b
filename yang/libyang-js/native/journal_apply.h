// Does single changes to a tree, each at a few point operations; places are looked up once.
#pragma once

#include <unordered_map>
#include <unordered_set>

#include "edit_tree.h"

namespace libyang_js {

class Applier {
  public:
    // With an editor, for partial journals: what is implied is derived by it.
    Applier(DataTree &tree, TreeEditor *editor) : tree_(tree), editor_(editor) {}
    // False when the tree is not as the journal's own was.
    bool apply(const Journal::Change &change);
    // The node that a change is about, or null.
    const lyd_node *locate(const Journal::Change &change);
    // A place that is known already.
    void know(const Place *place, lyd_node *node) { resolved_[place] = node; }

  private:
    bool resolve(const Place *place, lyd_node *&node);
    void drop(lyd_node *node, bool derived);
    bool put(lyd_node *parent, const Journal::Change &change);

    DataTree &tree_;
    TreeEditor *editor_;
    std::unordered_map<const Place *, lyd_node *> resolved_;
    std::unordered_set<const lyd_node *> in_use_;
};

}  // namespace libyang_js
