// Distinctness and document order of node-sets. libyang keeps no order index, so order is made only where it is needed.
#pragma once

#include <cstdint>
#include <vector>

#include "xpath.h"

namespace libyang_js::xpath {

// A set of addresses, open addressed.
class AddressSet {
  public:
    explicit AddressSet(size_t expected = 8);
    bool insert(uintptr_t address);  // false: it was there
    bool contains(uintptr_t address) const;
    size_t size() const { return used_; }

  private:
    size_t slot(uintptr_t address) const;
    void grow();
    std::vector<uintptr_t> slots_;
    size_t used_ = 0;
    bool has_zero_ = false;
};

// False when the budget is spent.
bool remove_duplicates(NodeSet &set, Budget &budget);

// Puts the nodes in document order: O(children of the parents of the nodes). False when the budget is spent.
bool sort(NodeSet &set, const lyd_node *root, Budget &budget);

}  // namespace libyang_js::xpath
