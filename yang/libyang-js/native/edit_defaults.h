// The defaults that a schema gives a leaf or leaf-list.
#pragma once

#include <libyang/libyang.h>

#include <string>
#include <vector>

namespace libyang_js {

// Empty when there are none.
std::vector<const lyd_value *> default_values(const lysc_node *schema);
// Canonical, for people: `1500`, `a, b`.
std::string default_text(const lysc_node *schema);
bool same_value(const lyd_node *term, const lyd_value *value);
// Of a leaf-list: one of the values.
bool holds_default(const lyd_node *term);

}  // namespace libyang_js
