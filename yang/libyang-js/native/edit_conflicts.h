// What siblings of one configuration contradict each other in: a leaf that is given twice, an entry of a list or a value of
// a leaf-list that is, data of two cases of a choice (RFC 7950, sections 7.6, 7.7, 7.8 and 7.9).
#pragma once

#include <libyang/libyang.h>

#include <functional>
#include <string>

namespace libyang_js {

// True when something was reported. O(n log n) in the siblings. `state`: nodes that are not configuration are taken, and
// values of leaf-lists may repeat.
using Report = std::function<void(const lyd_node *node, std::string message)>;
bool find_conflicts(const lyd_node *first, bool state, const Report &report);

}  // namespace libyang_js
