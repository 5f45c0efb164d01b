// What a validation finds, in the terms of RFC 7950, section 15: tag, app-tag, instance path, error-info, and a message
// that says what would be right.
#pragma once

#include "data_tree.h"
#include "validate_findings.h"

namespace libyang_js {

Error error_of(const DataTree &tree, const Finding &finding);
// `count` more of the rule of `finding`, whose error is `first`; `alike`: of the same value, if the rule is about values.
Error error_of_more(const Error &first, const Finding &finding, size_t count, bool alike);
// Number of instances below a parent (null: top level); no more than one above `most` is counted. O(counted).
size_t count_elements(const DataTree &tree, const lyd_node *parent, const lysc_node *list, size_t most);
// A leaf of an entry, or of the containers in it; or null.
lyd_node *leaf_below(const DataTree &tree, const lyd_node *entry, const lysc_node *leaf);

}  // namespace libyang_js
