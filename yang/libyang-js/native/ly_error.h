// What libyang says is wrong, as errors of ours. libyang keeps its errors per thread: take them on the thread that
// made the call.
#pragma once

#include <libyang/libyang.h>

#include <string_view>

#include "error.h"

namespace libyang_js {

// Empties this thread's list of a context. Never empty itself: without any item it tells `otherwise`.
// `node`: the schema of the leaf or leaf-list that a value was tried on; null: as libyang tells.
Errors take_errors(const ly_ctx *context, const std::string &otherwise, const lysc_node *node = nullptr);
void clear_errors(const ly_ctx *context);
// A data path without its predicates: the form of a schema path of ours.
std::string without_keys(std::string_view path);

}  // namespace libyang_js
