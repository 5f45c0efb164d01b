// The attributes `key` and `value`, which name the entry that another one is inserted before or after (RFC 7950, sections
// 7.7.9 and 7.8.6).
#pragma once

#include <libyang/libyang.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace libyang_js {

// Namespace of a prefix.
using Bound = std::function<std::optional<std::string_view>(std::string_view prefix)>;

// What is wrong with such an attribute of a node, in words; empty: it is good, as far as can be said without the data.
std::string wrong_anchor(std::string_view attribute, const std::string &value, const lysc_node *schema, const Bound &bound);

}  // namespace libyang_js
