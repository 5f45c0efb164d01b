// Document order of single nodes, for the few that errors are about: by schema order, in a list ordered by the user by
// place, in any other by key (its order in the tree means nothing). O(depth), but for the first look into a list that
// the user orders: O(entries).
#pragma once

#include <libyang/libyang.h>

#include <unordered_map>
#include <unordered_set>

namespace libyang_js {

class DocumentOrder {
  public:
    // Null, the root, comes first; a node before what is below it. Valid while the tree does not change.
    bool before(const lyd_node *one, const lyd_node *other);

  private:
    bool sibling_before(const lyd_node *one, const lyd_node *other);
    size_t place(const lyd_node *entry);

    std::unordered_map<const lyd_node *, size_t> places_;
};

}  // namespace libyang_js
