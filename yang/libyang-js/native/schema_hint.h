// What may have been meant by a name that the schema does not have at a place. O(nodes of the module), for messages only.
#pragma once

#include <libyang/libyang.h>

#include <string>

namespace libyang_js {

// The features that a node of this name needs below `parent` (null: top level) and that are off, as its if-feature has
// them; empty when there is no such node.
std::string missing_feature(const lysc_node *parent, const lys_module *module, const std::string &name);

// The end of a message: "; …", or empty. Output parameters are not looked at.
std::string hint_of_unknown(const ly_ctx *context, const lysc_node *parent, const lys_module *module, const std::string &name);

}  // namespace libyang_js
