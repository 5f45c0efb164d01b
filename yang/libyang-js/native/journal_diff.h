// The changes between two copies of one instance, the least that make the second of the first. O(both copies), but for
// lists that the user orders, where finding the fewest moves takes n log n.
#pragma once

#include "journal.h"
#include "schema.h"

namespace libyang_js {

// `place`: of the parent of both. Appends to `changes`; their nodes are parts of `from` and `to`, which they keep.
void difference(const PlaceRef &place, const NodeCopy &from, const NodeCopy &to, bool derived, std::vector<Journal::Change> &changes);

// Between two trees of one context, which the journal keeps and which must not change while it lives.
std::unique_ptr<Journal> difference(const std::shared_ptr<TreeData> &from, const std::shared_ptr<TreeData> &to);

// Same value and content, defaults flagged alike.
bool equal_nodes(const lyd_node *a, const lyd_node *b);
// The place of a node of a journal, for changes below it.
PlaceRef place_below(const PlaceRef &parent, const lyd_node *node);

}  // namespace libyang_js
