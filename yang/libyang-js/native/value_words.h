// What a type takes, in words for an operator: ranges, lengths, names, patterns (RFC 7950, section 9).
#pragma once

#include <libyang/libyang.h>

#include <string>
#include <string_view>

namespace libyang_js {

// The type behind leafrefs.
const lysc_type *type_behind(const lysc_type *type);

// "0..100", "1..8 characters", "red, green, blue", …; a long list is cut, and the rest counted.
std::string takes(const lysc_type *type);
// The ranges of a number, those of its built-in type if it has none of its own.
std::string range_of(const lysc_type *type);

// A value or a pattern as it is quoted in a message, cut when it is long.
std::string quoted_value(std::string_view value);
std::string quoted_pattern(std::string_view pattern);
// An address or prefix by the type's plugin, with an example; empty when it is none of these.
std::string format_of(const lysc_type *type);

}  // namespace libyang_js
