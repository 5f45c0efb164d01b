// A copy of the part of a tree that can matter to a filter, by schema: what it may select or look at, the nodes above and
// the keys of entries. O(what is copied).
#pragma once

#include "data_tree.h"
#include "filter.h"

namespace libyang_js {

// Copies into `part`, which is empty. Throws Failure: resource-denied past the budget, one for each node copied.
void extract(const DataTree &tree, const Filter &filter, Budget &budget, DataTree &part);

}  // namespace libyang_js
