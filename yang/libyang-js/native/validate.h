// Validation of configuration (RFC 7950, section 8.3): one set of rules (rules.h), two drivers. Both derive what follows
// (validate_derive.h), then judge references, `must`, mandatory, min- and max-elements and unique; they find the same.
#pragma once

#include "validate_derive.h"

namespace libyang_js {

// Judges everything: O(nodes that rules are about). `derived` may hold what a client did, which decides whether a node
// that cannot exist is an error or goes silently; what is derived is appended to it. When there are errors, the tree and
// the journal are as they were.
bool validate(const Rules &rules, DataTree &tree, Journal &derived, Errors &errors);
// Judges what these changes, which led to the tree as it is, can have affected; the tree was valid before. O(affected).
bool validate(const Rules &rules, DataTree &tree, const std::vector<Changed> &changed, Journal &derived, Errors &errors);

// Only the first part of that: what the changes make exist or not exist. False, with nothing done, when conditions
// contradict each other. O(affected).
bool derive(const Rules &rules, DataTree &tree, const std::vector<Changed> &changed, Journal &derived);

// Judges everything in a tree that is at a fixpoint, and changes nothing; once the tree has its indexes, beside other
// readers.
Errors check(const Rules &rules, DataTree &tree);

// Only the first part, after what the editor's journal holds was done to a tree that was at a fixpoint before; nothing is
// an error but conditions that contradict each other.
bool derive(TreeEditor &editor, Errors &errors);

// libyang's verdict on a copy of the tree: its whole validation, repeated until it changes nothing, each `when` known to
// have been true before. The oracle of tests, and the floor of benches.
Errors validate_by_libyang(const DataTree &tree);

// Takes all changes of a journal back.
void undo(DataTree &tree, const Journal &journal);

}  // namespace libyang_js
