#include "ly_value_error.h"

#include <cstdlib>
#include <string_view>

namespace libyang_js {

namespace {

constexpr size_t most_names = 20;

bool is_signed(const lysc_type *type) {
    return type->basetype >= LY_TYPE_DEC64;
}

std::string decimal(int64_t value, uint8_t digits) {
    std::string text = std::to_string(std::llabs(value));
    if (text.size() <= digits) {
        text.insert(0, digits + 1 - text.size(), '0');
    }
    text.insert(text.size() - digits, ".");
    while (text.back() == '0' && text[text.size() - 2] != '.') {
        text.pop_back();
    }
    return (value < 0 ? "-" : "") + text;
}

const lysc_range *range_of(const lysc_type *type) {
    switch (type->basetype) {
    case LY_TYPE_STRING:
        return reinterpret_cast<const lysc_type_str *>(type)->length;
    case LY_TYPE_BINARY:
        return reinterpret_cast<const lysc_type_bin *>(type)->length;
    case LY_TYPE_DEC64:
        return reinterpret_cast<const lysc_type_dec *>(type)->range;
    case LY_TYPE_INT8:
    case LY_TYPE_INT16:
    case LY_TYPE_INT32:
    case LY_TYPE_INT64:
    case LY_TYPE_UINT8:
    case LY_TYPE_UINT16:
    case LY_TYPE_UINT32:
    case LY_TYPE_UINT64:
        return reinterpret_cast<const lysc_type_num *>(type)->range;
    default:
        return nullptr;
    }
}

std::string ranges(const lysc_type *type, const lysc_range *range) {
    const auto bound = [&](const auto &part, bool low) {
        if (type->basetype == LY_TYPE_DEC64) {
            return decimal(low ? part.min_64 : part.max_64, reinterpret_cast<const lysc_type_dec *>(type)->fraction_digits);
        }
        if (is_signed(type)) {
            return std::to_string(low ? part.min_64 : part.max_64);
        }
        return std::to_string(low ? part.min_u64 : part.max_u64);
    };
    std::string text;
    LY_ARRAY_COUNT_TYPE i;
    LY_ARRAY_FOR(range->parts, i) {
        const auto low = bound(range->parts[i], true);
        const auto high = bound(range->parts[i], false);
        text += (text.empty() ? "" : " or ") + (low == high ? low : low + ".." + high);
    }
    return text;
}

std::string names(const lysc_type_enum *type) {
    std::string text;
    LY_ARRAY_COUNT_TYPE i;
    LY_ARRAY_FOR(type->enums, i) {
        if (i == most_names) {
            return text + " or one of " + std::to_string(LY_ARRAY_COUNT(type->enums) - most_names) + " others";
        }
        text += (text.empty() ? "" : ", ") + std::string(type->enums[i].name);
    }
    return text;
}

// From the first to the last double quote: values are quoted as they are.
std::string value_in(std::string_view text, std::string_view end) {
    const auto from = text.find('"');
    const auto to = text.rfind(end);
    return from == text.npos || to == text.npos || to <= from ? "" : std::string(text.substr(from, to + 1 - from));
}

}  // namespace

void explain_value(const lysc_node *node, Error &error) {
    if (node == nullptr || (node->nodetype & LYD_NODE_TERM) == 0) {
        return;
    }
    const auto *type = node->nodetype == LYS_LEAF ? reinterpret_cast<const lysc_node_leaf *>(node)->type
                                                  : reinterpret_cast<const lysc_node_leaflist *>(node)->type;
    while (type->basetype == LY_TYPE_LEAFREF) {
        type = reinterpret_cast<const lysc_type_leafref *>(type)->realtype;
    }
    const std::string_view text(error.message);
    const auto starts = [&](std::string_view with) { return text.starts_with(with); };
    const auto name = "\"" + std::string(node->name) + "\"";
    const auto *range = range_of(type);
    if (starts("Unsatisfied range - ") && range != nullptr) {
        error.message = value_in(text, "\" is") + " is out of range: " + name + " takes " + ranges(type, range);
    } else if (starts("Unsatisfied length - ") && range != nullptr) {
        const char *unit = type->basetype == LY_TYPE_BINARY ? " bytes" : " characters";
        error.message = value_in(text, "\" length") + " is too short or too long: " + name + " takes " + ranges(type, range) + unit;
    } else if (starts("Unsatisfied pattern - ")) {
        const auto at = text.rfind("\" does not conform to ");
        if (at != text.npos) {
            const auto rest = text.substr(at + 22);
            const bool inverted = rest.starts_with("inverted ");
            error.message = value_in(text.substr(0, at + 1), "\"") + " does not fit: " + name + " must " + (inverted ? "not " : "") +
                            "match the pattern " + value_in(rest, "\"");
        }
    } else if (starts("Invalid enumeration value ") && type->basetype == LY_TYPE_ENUM) {
        error.message = value_in(text, "\"") + " is unknown: " + name + " takes " + names(reinterpret_cast<const lysc_type_enum *>(type));
    }
}

}  // namespace libyang_js
