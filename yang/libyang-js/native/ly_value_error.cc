#include "ly_value_error.h"

#include <arpa/inet.h>

#include <libyang/plugins_types.h>

#include <bit>
#include <charconv>
#include <optional>
#include <string_view>

#include "value_words.h"

namespace libyang_js {

namespace {

using std::string_view;

// What libyang quotes: values are quoted as they are, so from the first double quote to the last before `end`.
string_view value_in(string_view text, string_view end = "\"") {
    const auto from = text.find('"');
    const auto to = text.rfind(end);
    return from == text.npos || to == text.npos || to <= from ? string_view() : text.substr(from + 1, to - from - 1);
}

// The prefix length that a netmask stands for.
std::optional<int> length_of_mask(string_view value) {
    in_addr address;
    if (inet_pton(AF_INET, std::string(value).c_str(), &address) != 1) {
        return std::nullopt;
    }
    const uint32_t mask = ntohl(address.s_addr);
    const int length = std::countl_one(mask);
    return std::popcount(mask) == length ? std::optional(length) : std::nullopt;
}

std::string hint_of_mask(string_view mask) {
    const auto length = length_of_mask(mask);
    return length ? "; a netmask is written as its length, " + std::to_string(*length) : "";
}

// What is wrong with a prefix or address, if it is something that happens often.
std::string hint_of_address(const lysc_type *type, string_view value) {
    const string_view plugin(type->plugin->id);
    if (plugin.find("-prefix") == plugin.npos) {
        return value.find('/') == value.npos ? "" : "; it has no prefix length";
    }
    const bool four = plugin.find("ipv4") != plugin.npos;
    const auto slash = value.find('/');
    if (slash == value.npos) {
        return std::string("; of one address the length is ") + (four ? "32" : "128");
    }
    const auto behind = value.substr(slash + 1);
    unsigned length = 0;
    const auto [end, result] = std::from_chars(behind.data(), behind.data() + behind.size(), length);
    if (result == std::errc() && end == behind.data() + behind.size() && length > (four ? 32u : 128u)) {
        return "; " + std::to_string(length) + " is too long";
    }
    return hint_of_mask(behind);
}

bool is_integer(const lysc_type *type) {
    return !range_of(type).empty() && type->basetype != LY_TYPE_DEC64;
}

// What is wrong, as libyang's words for it have it; empty when these are about something else.
std::string complaint(const lysc_type *type, string_view text) {
    const auto starts = [&](string_view with) { return text.starts_with(with); };
    const auto has = [&](string_view what) { return text.find(what) != text.npos; };
    if (starts("Unsatisfied range - ")) {
        return quoted_value(value_in(text, "\" is")) + " is out of range";
    }
    if (starts("Unsatisfied length - ")) {
        return quoted_value(value_in(text, "\" length")) + " is too short or too long";
    }
    if (has("min/max bounds")) {
        return quoted_value(value_in(text, "\" is")) + " is out of range";
    }
    if (starts("Invalid type ") && is_integer(type)) {
        return has(" empty value") ? "the value is missing" : quoted_value(value_in(text)) + " is no whole number";
    }
    if (has("exceeds defined number")) {
        return quoted_value(value_in(text, "\" of")) + " has too many digits behind the point";
    }
    if (has("of decimal64 value ")) {
        return quoted_value(value_in(text)) + " is no decimal number";
    }
    if (starts("Invalid empty ") && !starts("Invalid empty value length")) {
        return "the value is missing";
    }
    if (starts("Invalid enumeration value ")) {
        return value_in(text).empty() ? "the value is missing" : quoted_value(value_in(text)) + " is unknown";
    }
    if (starts("Invalid bit ")) {
        return quoted_value(value_in(text)) + " is unknown";
    }
    if (starts("Duplicate bit ")) {
        return quoted_value(value_in(text)) + " stands twice";
    }
    if (starts("Invalid boolean value ")) {
        return value_in(text).empty() ? "the value is missing" : quoted_value(value_in(text)) + " is no boolean";
    }
    if (starts("Invalid empty value length")) {
        return "there is a value";
    }
    if (starts("Invalid union value ")) {
        return quoted_value(value_in(text, "\" - ")) + " fits none of its types";
    }
    if (starts("Invalid identityref ")) {
        const auto value = quoted_value(value_in(text, "\" value - "));
        return value + (has("prefix") ? " has a prefix that is not declared" : has("not derived") ? " is an identity of another base" : " is unknown");
    }
    if (type->basetype == LY_TYPE_BINARY && has("Base64")) {
        return "the value is no base64";
    }
    if (!format_of(type).empty() && (starts("Failed to convert") || starts("Invalid "))) {
        return quoted_value(value_in(text)) + " does not fit";
    }
    return {};
}

}  // namespace

void explain_value(const lysc_node *node, Error &error) {
    if (node == nullptr || (node->nodetype & LYD_NODE_TERM) == 0) {
        return;
    }
    const auto *type = type_behind(node->nodetype == LYS_LEAF ? reinterpret_cast<const lysc_node_leaf *>(node)->type
                                                              : reinterpret_cast<const lysc_node_leaflist *>(node)->type);
    const string_view text(error.message);
    const auto name = "\"" + std::string(node->name) + "\"";
    if (text.starts_with("Unsatisfied pattern - ")) {
        const auto at = text.rfind("\" does not conform to ");
        if (at == text.npos) {
            return;
        }
        const auto value = value_in(text.substr(0, at + 1));
        const auto behind = text.substr(at + 22);
        const bool inverted = behind.starts_with("inverted ");
        const auto format = format_of(type);
        const auto wanted = !format.empty() ? name + " takes " + format + hint_of_address(type, value)
                                            : name + " must " + (inverted ? "not " : "") + "match the pattern " +
                                                  quoted_pattern(value_in(behind));
        error.message = quoted_value(value) + " does not fit: " + wanted;
        return;
    }
    const auto wrong = complaint(type, text);
    if (wrong.empty()) {
        if (type->basetype == LY_TYPE_INST) {
            error.message = name + " takes " + takes(type) + ": " + error.message;
        }
        return;
    }
    const auto hint = is_integer(type) ? hint_of_mask(value_in(text)) : "";
    error.message = wrong + ": " + name + " takes " + takes(type) + hint;
}

}  // namespace libyang_js
