// Where the statements of a journal's text stand (journal_text.h): `/module:container/list{"key":"value"}/…`. Keys are JSON
// as of RFC 7951, so that no value, whatever quotes and line feeds it holds, can end its line or its step. Older journals
// have data paths with XPath literals in their place; both are read.
#pragma once

#include <libyang/libyang.h>

#include <string>
#include <string_view>

#include "journal.h"

namespace libyang_js {

std::string place_text(const Place *place);
std::string place_text(const lyd_node *node);
// One step of it below `above`; `entry`: of a list, has the keys.
std::string place_step(const lysc_node *schema, const lysc_node *above, const lyd_node *entry);

// Makes the nodes that a place names, with the keys of entries alone. Gives the lowest, and the uppermost as `top`, which
// the caller frees; null, with `top` null, when there is no such place in the schema (libyang may have said why).
lyd_node *make_place(const ly_ctx *context, std::string_view text, lyd_node **top);

}  // namespace libyang_js
