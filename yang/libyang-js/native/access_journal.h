// What one user may do of a journal's changes, and see of them (RFC 8341, sections 3.2.3 and 3.4.5).
#pragma once

#include "access.h"
#include "journal.h"

namespace libyang_js {

// Of whom the changes are: any client; the user; the user, and only what may not be read counts.
enum class Asked : uint8_t { any, own, hidden };

// The explicit changes of a net journal that the user may not make, node by node; see types.ts, Access.denied. Containers
// without a meaning of their own and defaults are not asked for.
Errors denied(const Access &access, const Journal &journal, size_t limit, Asked asked);

// The changes to what the user may read, the entry before an entry that is ordered by the user left out when it may not be.
std::unique_ptr<Journal> visible(const Access &access, const Journal &journal);

// Takes what may not be read out of a tree.
void prune(const Access &access, DataTree &tree);

}  // namespace libyang_js
