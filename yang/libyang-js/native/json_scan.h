// Checks that a text is one JSON value (RFC 8259): libyang 2 takes some that are not. Escaped surrogate pairs, which it
// does not read, are replaced by the character they mean.
#pragma once

#include <string>

namespace libyang_js {

// Throws Failure with tag malformed-message.
void check_json(std::string &text);

}  // namespace libyang_js
