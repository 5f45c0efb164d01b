// What a configuration contradicts itself in: a leaf that is given twice, an entry of a list or a value of a leaf-list that
// is, data of two cases of a choice (RFC 7950, sections 7.6 to 7.9), operations that cannot be inside others. An entry that
// is to be deleted and made again in one edit is given twice as well: RFC 6241 has no order among siblings.
#pragma once

#include <libyang/libyang.h>

#include "error.h"

namespace libyang_js {

// Everything below these siblings. O(n log n). `state`: nodes that are not configuration are taken, and values of leaf-lists
// may repeat.
void find_conflicts(const lyd_node *first, bool state, Errors &errors);

}  // namespace libyang_js
