// A journal as text, in chunks that can each be read alone. UTF-8, one statement a line:
//
//   libyang-js journal 1      first line of each chunk
//   @PLACE                    parent of the changes that follow (journal_place.h); nothing after @: the top level
//   +{"m:list":[{…},{…}]}     created, with everything below; neighbours in one list share a line
//   -{"m:leaf":5}             removed, with everything below
//   ~{"m:leaf":5}             a value changed from this …
//   ={"m:leaf":6}             … to this
//   >{"m:list":[{"k":1}]}     moved, in a list ordered by the user
//   <{"m:list":[{"k":1}]}     before + or >: now comes behind this entry; nothing after <: is now the first.
//                             Further entries of the same line each come behind the one before.
//   ({"m:list":[{"k":1}]}     before - or >: came behind this entry; nothing after (: was the first
//
// `!` behind + - ~ > = marks a derived change, `?` behind ~ and = a value that is, or was, there by default. Nodes are
// JSON as of RFC 7951. What a schema implies (defaults, removal of defaults) is not in it: it is derived anew when the
// journal is applied. A removed or changed node is told in full, so that the journal can be reversed. A subtree too big
// for a chunk is told as a node and then its children.
#pragma once

#include <libyang/libyang.h>

#include <string>

namespace libyang_js {

constexpr const char *journal_header = "libyang-js journal 1\n";

// Appends the JSON value of a node without its name, default nodes left out; an entry of a list alone. False when it
// becomes longer than `limit` bytes; what was appended is then useless. `shell`: only the keys of what it has below.
bool write_value(const lyd_node *node, bool shell, size_t limit, std::string &out);
// `"module:name":`
std::string member_name(const lysc_node *schema, const lysc_node *parent);

}  // namespace libyang_js
