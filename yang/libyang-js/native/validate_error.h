// What libyang's validation found, in the terms of RFC 7950, section 15.
#pragma once

#include <libyang/libyang.h>

#include "error.h"

namespace libyang_js {

// Empties this thread's errors of the context. Where libyang names just a schema node, the instance at fault (its
// parent, where the node itself is missing) is looked for in the tree.
Errors validation_errors(const ly_ctx *context, const lyd_node *root);

}  // namespace libyang_js
