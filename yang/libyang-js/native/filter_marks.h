// The selection of both kinds of filter: the nodes picked whole, and the nodes above them with the children to visit.
// Filled in document order by one thread, then only read.
#pragma once

#include <unordered_map>
#include <vector>

#include "filter.h"
#include "xpath_order.h"

namespace libyang_js {

class Marks : public Selection {
  public:
    // Everything that the tree has.
    void add_everything() { everything_ = true; }
    // The node with all under it. Calls come in document order; a node inside one that was added is left out.
    void add(const lyd_node *node);
    // The node, empty or with the keys alone.
    void add_bare(const lyd_node *node);

    Pick pick(const lyd_node *node) override;
    bool empty() const override { return !everything_ && above_.empty(); }
    bool children(const lyd_node *parent, std::vector<const lyd_node *> &out) override;

  private:
    void link(const lyd_node *node);

    bool everything_ = false;
    const lyd_node *last_ = nullptr;
    xpath::AddressSet whole_;
    std::unordered_map<const lyd_node *, std::vector<const lyd_node *>> above_;
};

}  // namespace libyang_js
