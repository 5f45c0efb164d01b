// The part of a validation that changes the tree: `when` conditions, and the defaults that depend on them
// (RFC 7950, sections 7.21.5 and 8.3.2), run until nothing changes any more.
#pragma once

#include "edit_tree.h"

namespace libyang_js {

// Nodes under a false condition are removed, as derived changes; those that `client` created, and that can only be
// meant, are errors. `client` may be null: then nothing is an error.
bool derive(TreeEditor &editor, const Journal *client, Errors &errors);

// Takes all changes of a journal back.
void undo(DataTree &tree, const Journal &journal);

}  // namespace libyang_js
