// Instance paths of what a client sends, also of what the schema does not have: `/module:list[key='value']/leaf`, with
// `/{namespace}name` for an element of a namespace that no module implements.
#pragma once

#include <libyang/libyang.h>

#include <string>
#include <string_view>

namespace libyang_js {

// One step; `module`: of its namespace, or null; `above`: the module of the node above, or null.
std::string step(const lys_module *module, std::string_view ns, std::string_view name, const lys_module *above);
std::string predicate(std::string_view name, std::string_view value);

// Path of a node of a parsed configuration, opaque ones too. Of a key that is given twice the first counts.
std::string config_path(const lyd_node *node);
// The same, when the path of its parent (empty at the top level) is known.
std::string config_path(const lyd_node *node, const std::string &of_parent);

// The schema that an opaque node is meant for, under the schema of its parent; null when there is none.
const lysc_node *schema_of(const lyd_node *opaque, const lysc_node *parent);

// A node without a schema.
inline const lyd_node_opaq *opaque(const lyd_node *node) {
    return reinterpret_cast<const lyd_node_opaq *>(node);
}

}  // namespace libyang_js
