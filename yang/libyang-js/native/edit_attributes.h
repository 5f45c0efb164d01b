// Finds attributes that an edit cannot have, all of them: libyang stops at the first and does not say where it is.
#pragma once

#include <libyang/libyang.h>

#include <string>
#include <string_view>

#include "error.h"

namespace libyang_js {

// Of well-formed XML whose elements are data nodes. Returns the text without the attributes at fault.
std::string check_attributes(const ly_ctx *context, const std::string &xml, Errors &errors);

// Is there an annotation (RFC 7952) of this name?
bool annotated(const ly_ctx *context, std::string_view ns, std::string_view name);

}  // namespace libyang_js
