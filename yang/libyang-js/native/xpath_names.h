// What the prefixes of an expression, and of the values in it, mean.
#pragma once

#include <string>
#include <string_view>

#include "xpath.h"

namespace libyang_js::xpath {

// False when the prefix is neither declared nor the name of a module. `module` is null for a namespace without a module.
bool resolve_prefix(const ly_ctx *context, const Names &names, std::string_view prefix, const lys_module *&module);

// The value with declared prefixes turned into names of modules, outside of quotes; `identityref` and
// `instance-identifier` are the types whose values have them. In an instance identifier a step has one only where it is of
// another module than the step before (RFC 7951, section 6.11).
std::string with_module_names(const ly_ctx *context, const Names &names, std::string_view value);

}  // namespace libyang_js::xpath
