// The content of a <config> as a tree with its `operation` and `insert` attributes still on it.
#pragma once

#include <libyang/libyang.h>

#include <memory>
#include <string>

#include "error.h"

namespace libyang_js {

struct SiblingsDeleter {
    void operator()(lyd_node *node) const { lyd_free_siblings(node); }
};
using OwnedSiblings = std::unique_ptr<lyd_node, SiblingsDeleter>;

// By NodeBuilder; when that finds anything unusual, strictly by libyang; when that fails, tolerantly, to find every error. The result then has schemaless (opaque) nodes only for
// leaves without a value that are to be deleted or removed. False when there are errors.
bool parse_config(const ly_ctx *context, const std::string &xml, bool state, OwnedSiblings &config, Errors &errors);

// Value of `operation` (RFC 6241, section 7.2), or null.
const char *operation_of(const lyd_node *node);
// Has it the attribute `default` (RFC 6243, section 4.5.2)?
bool asks_for_default(const lyd_node *node);

}  // namespace libyang_js
