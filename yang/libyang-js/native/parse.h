// Instance data from text, strictly: unknown nodes and wrong values are errors; references, `must`, `when` and
// mandatory nodes are not looked at. What a tree of ours may never hold is refused here, because libyang leaves it to
// validation: a leaf or container twice, a list entry twice, two cases of one choice. O(data).
#pragma once

#include <memory>

#include "addon.h"
#include "schema.h"

namespace libyang_js {

// Refuses what libyang leaves to validation (see above) among these siblings and below.
void check_structure(const lyd_node *siblings, Errors &errors);

// The tree's canonical values are primed. Throws Failure.
std::shared_ptr<TreeData> parse_data(const std::shared_ptr<Schema> &schema, const Bytes &bytes, LYD_FORMAT format);

}  // namespace libyang_js
