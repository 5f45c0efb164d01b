// Finds attributes, text and elements that an edit cannot have, all of them: libyang stops at the first, does not say where
// it is, takes well-formed text between elements for malformed XML, and does not survive neighbours of one name in no namespace.
#pragma once

#include <libyang/libyang.h>

#include <string>
#include <string_view>

#include "error.h"

namespace libyang_js {

// Could an element of a wrapper's content be in no namespace? Cheap, and true when unsure.
bool may_lack_namespaces(const std::string &xml);

// Of XML whose tags are well-formed and whose elements are data nodes. Returns the text without what is at fault, and without
// comments and processing instructions in values, which libyang does not read.
std::string check_markup(const ly_ctx *context, const std::string &xml, Errors &errors);

// Is there an annotation (RFC 7952) of this name?
bool annotated(const ly_ctx *context, std::string_view ns, std::string_view name);

}  // namespace libyang_js
