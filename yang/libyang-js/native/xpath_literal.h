// Text as an expression of XPath 1.0, which has no escapes in literals: in apostrophes, in quotes where it holds an
// apostrophe, and where it holds both as concat() of pieces.
#pragma once

#include <string>
#include <string_view>

namespace libyang_js {

std::string xpath_literal(std::string_view text);

// Reads a literal, or such a concat(), from the front of `text` and takes it away; false, and nothing is taken, when
// there is none.
bool take_xpath_literal(std::string_view &text, std::string &value);

}  // namespace libyang_js
