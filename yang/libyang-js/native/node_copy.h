// Copies of nodes, with everything below and their flags: cheaper than libyang's own, because hashes are taken over and
// siblings linked where they stand; only a parent that has an index of its children gets one in the copy. Canonical
// values stay primed. O(nodes).
#pragma once

#include <libyang/libyang.h>

namespace libyang_js {

// Unlinked; the caller owns it. Throws bad_alloc.
lyd_node *copy_node(const lyd_node *node, bool metadata);

}  // namespace libyang_js
