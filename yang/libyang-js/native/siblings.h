// Looking up siblings in trees that several threads read. A lookup by libyang is no pure reading: when it goes by schema alone
// it exchanges, as long as it takes, the function that compares entries of the parent's hash table, and a lookup beside it
// would take the one for the other's. So there is one at a time for a parent; some tens of nanoseconds when nobody waits.
#pragma once

#include <libyang/libyang.h>

namespace libyang_js {

// As lyd_find_sibling_val and lyd_find_sibling_first.
LY_ERR find_sibling(const lyd_node *siblings, const lysc_node *schema, const char *value, size_t length, lyd_node **found);
LY_ERR find_sibling(const lyd_node *siblings, const lyd_node *instance, lyd_node **found);

// As lyd_find_path and lyd_find_target, which look up siblings on each level: nobody else does meanwhile.
LY_ERR find_path(const lyd_node *root, const char *path, lyd_node **found);
LY_ERR find_target(const ly_path *path, const lyd_node *root, lyd_node **found);

}  // namespace libyang_js
