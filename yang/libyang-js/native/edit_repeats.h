// What stands very often in one large edit and may stand once. libyang looks a node up among all that are alike, so that the
// time of parsing such a text grows with the square of how often: it is refused before. O(text).
#pragma once

#include <libyang/libyang.h>

#include <string>

#include "error.h"

namespace libyang_js {

// `xml`: the content of a <config>, with an element around it. The first node that is given more than a hundred times, as an
// error; false when there is none, or the text is too short for it to matter or cannot be read.
bool find_repeats(const ly_ctx *context, const std::string &xml, Errors &errors);

}  // namespace libyang_js
