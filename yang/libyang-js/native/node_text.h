// Text that NodeBuilder's nodes are made of: the JSON that journals and snapshots hold, and the XML of a <config> without
// operations. Both throw Unusual when libyang should have a look instead. O(text).
#pragma once

#include <string>
#include <string_view>

#include "node_builder.h"

namespace libyang_js {

// One object (RFC 7951) without white space, as journal_text.h writes it: its members where the builder stands.
void build_json(NodeBuilder &builder, std::string_view json);
// The content of the one element of this text: its elements where the builder stands.
void build_xml(NodeBuilder &builder, const std::string &xml);

}  // namespace libyang_js
