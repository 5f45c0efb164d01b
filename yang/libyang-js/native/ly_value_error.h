// Messages on values that do not fit their type, which say what would.
#pragma once

#include <libyang/libyang.h>

#include "error.h"

namespace libyang_js {

// `node`: the leaf or leaf-list that libyang spoke of. What the module itself says (error-message) is left alone.
void explain_value(const lysc_node *node, Error &error);

}  // namespace libyang_js
