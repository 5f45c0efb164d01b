// Tokens of an XPath expression (XPath 1.0, section 3.7), with the rule that tells `*` and `and` the operator from the name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "error.h"

namespace libyang_js::xpath {

enum class Token : uint8_t {
    end, open, close, bracket_open, bracket_close, dot, dots, at, comma, axis_mark, slash, slashes, bar, plus, minus,
    equal, unequal, less, less_equal, more, more_equal, multiply, star, and_name, or_name, div_name, mod_name,
    name, number, literal, variable,
};

struct Lexeme {
    Token token = Token::end;
    std::string_view prefix;  // of a name
    std::string_view text;    // a literal without its quotes
    size_t offset = 0;
};

// Always ends with Token::end. False, with an error, on a character that has no place.
bool tokenize(std::string_view expression, std::vector<Lexeme> &out, Errors &errors);

// An error in an expression at a byte offset.
Error malformed(std::string_view expression, size_t offset, const std::string &what);

}  // namespace libyang_js::xpath
