// Characters that XML and JSON do not take as they are.
#pragma once

#include <string>
#include <string_view>

namespace libyang_js {

void escape_text(std::string &out, std::string_view text);       // XML character data
void escape_attribute(std::string &out, std::string_view text);  // between double quotes
void escape_json(std::string &out, std::string_view text);       // with its quotes

}  // namespace libyang_js
