// Walks over the instances of one schema node at or below a given node.
#pragma once

#include <vector>

#include "data_tree.h"

namespace libyang_js {

class Instances {
  public:
    // `subject` is the schema of `top` or below it (top null: anything).
    Instances(const DataTree &tree, const lysc_node *subject, lyd_node *top) : tree_(tree), top_(top) {
        for (const lysc_node *at = subject; at != nullptr && (top == nullptr || at != top->schema); at = lysc_data_parent(at)) {
            chain_.push_back(at);
        }
    }

    // visit(node) may take the node out of the tree. enter(node) is false for a node that is passed over with all below.
    template <class Enter, class Visit>
    void each(Enter enter, Visit visit) const {
        if (!chain_.empty()) {
            below(top_, chain_.size() - 1, enter, visit);
        } else if (enter(top_)) {
            visit(top_);
        }
    }

  private:
    template <class Enter, class Visit>
    void below(lyd_node *parent, size_t at, Enter &enter, Visit &visit) const {
        const lysc_node *schema = chain_[at];
        for (lyd_node *node = tree_.find(parent, schema); node != nullptr && node->schema == schema;) {
            lyd_node *next = node->next;
            if (enter(node)) {
                if (at == 0) {
                    visit(node);
                } else {
                    below(node, at - 1, enter, visit);
                }
            }
            node = next;
        }
    }

    const DataTree &tree_;
    lyd_node *top_;
    std::vector<const lysc_node *> chain_;  // from the subject up to below `top_`
};

}  // namespace libyang_js
