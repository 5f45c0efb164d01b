// What one user may ask for in an edit of nodes that may not be read, whatever is there (RFC 8341, section 3.2.5).
#pragma once

#include "access.h"
#include "edit.h"

namespace libyang_js {

// See types.ts, Access.refused. `xml`: as for `edit`; what is no configuration is refused by the edit, not here.
Errors refused(const Access &access, const std::string &xml, DefaultOperation operation, size_t limit);

}  // namespace libyang_js
