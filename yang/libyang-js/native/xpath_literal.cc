#include "xpath_literal.h"

#include <algorithm>

namespace libyang_js {

namespace {

constexpr std::string_view call = "concat(";

std::string in(char quote, std::string_view text) {
    return quote + std::string(text) + quote;
}

bool take_quoted(std::string_view &text, std::string &value) {
    if (text.empty() || (text[0] != '\'' && text[0] != '"')) {
        return false;
    }
    const auto end = text.find(text[0], 1);
    if (end == std::string_view::npos) {
        return false;
    }
    value += text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    return true;
}

}  // namespace

std::string xpath_literal(std::string_view text) {
    if (text.find('\'') == std::string_view::npos) {
        return in('\'', text);
    }
    if (text.find('"') == std::string_view::npos) {
        return in('"', text);
    }
    std::string out(call);
    while (!text.empty()) {
        const bool apostrophes = text[0] == '\'';
        const auto end = std::min(apostrophes ? text.find_first_not_of('\'') : text.find('\''), text.size());
        out += (out.size() == call.size() ? "" : ",") + in(apostrophes ? '"' : '\'', text.substr(0, end));
        text.remove_prefix(end);
    }
    return out + ")";
}

bool take_xpath_literal(std::string_view &text, std::string &value) {
    std::string read;
    auto rest = text;
    if (rest.starts_with(call)) {
        rest.remove_prefix(call.size());
        do {
            if (!take_quoted(rest, read) || rest.empty() || (rest[0] != ',' && rest[0] != ')')) {
                return false;
            }
            rest.remove_prefix(1);
        } while (text[text.size() - rest.size() - 1] == ',');
    } else if (!take_quoted(rest, read)) {
        return false;
    }
    text = rest;
    value = std::move(read);
    return true;
}

}  // namespace libyang_js
