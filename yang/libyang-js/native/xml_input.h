// What a processor of XML 1.0 does with a document before anything else reads it: every octet is part of a character that
// XML has (section 2.2), in UTF-8, and every line ends with a line feed (section 2.11). It stands at the door of messages,
// files and pieces of configuration, so that no reader behind it, ours or libyang's, has to.
//
// One pass of some GB/s over ASCII; a copy only where a carriage return stands. Throws Failure with tag malformed-message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bytes.h"
#include "error.h"

namespace libyang_js {

// Offset of the first character that a document cannot have; npos when there is none. `returns`: whether a carriage
// return stands before it.
size_t forbidden_character(std::string_view text, bool &returns);

// The document as it is to be read.
Bytes xml_input(const Bytes &document);

// The document with spaces at these offsets, where attribute values have other white space (section 3.3.3).
Bytes with_spaces(const Bytes &document, const std::vector<size_t> &offsets);

// `(line 2, column 7)`, both from 1; a column is a character.
std::string position_in(std::string_view text, size_t offset);

[[noreturn]] void fail_malformed(std::string_view text, size_t offset, const std::string &what);

}  // namespace libyang_js
