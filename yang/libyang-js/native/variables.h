// XPath expressions as values (type xpath1.0 of ietf-yang-types): libyang stores them token by token, and of `$name` it keeps no `$`,
// which makes another expression of it. No variables are bound where values are evaluated, so those that have one are refused; in a
// union with a string they are that string, as they are.
#pragma once

#include <libyang/libyang.h>

namespace libyang_js {

// For all types of a context that is compiled.
void refuse_variables(const ly_ctx *context);

}  // namespace libyang_js
