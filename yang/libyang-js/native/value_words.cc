#include "value_words.h"

#include <libyang/plugins_types.h>

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <set>
#include <vector>

namespace libyang_js {

namespace {

constexpr size_t most_names = 20;
constexpr size_t most_pattern = 100;
constexpr size_t most_value = 100;

// Types of ietf-inet-types and ietf-yang-types whose patterns say nothing to a reader.
constexpr struct {
    std::string_view plugin, words;
} formats[] = {
    {"ipv4-address", "an IPv4 address such as 192.0.2.1"},
    {"ipv6-address", "an IPv6 address such as 2001:db8::1"},
    {"ipv4-prefix", "an IPv4 prefix such as 192.0.2.0/24, with a length of 0..32 behind the \"/\""},
    {"ipv6-prefix", "an IPv6 prefix such as 2001:db8::/32, with a length of 0..128 behind the \"/\""},
    {"date-and-time", "a date and time with its zone such as 2026-01-31T12:00:00Z"},
};

std::string cut(std::string_view text, size_t most) {
    if (text.size() <= most) {
        return "\"" + std::string(text) + "\"";
    }
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) {
        most--;
    }
    return "\"" + std::string(text.substr(0, most)) + "…\"";
}

template <class Number>
std::string bounds() {
    return std::to_string(std::numeric_limits<Number>::min()) + ".." + std::to_string(std::numeric_limits<Number>::max());
}

std::string decimal(int64_t value, uint8_t digits) {
    std::string text = std::to_string(value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value));
    if (text.size() <= digits) {
        text.insert(0, digits + 1 - text.size(), '0');
    }
    text.insert(text.size() - digits, ".");
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') {
        text.pop_back();
    }
    return (value < 0 ? "-" : "") + text;
}

const lysc_range *restriction_of(const lysc_type *type) {
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

std::string parts(const lysc_type *type, const lysc_range *range) {
    const auto bound = [&](const auto &part, bool low) {
        if (type->basetype == LY_TYPE_DEC64) {
            return decimal(low ? part.min_64 : part.max_64, reinterpret_cast<const lysc_type_dec *>(type)->fraction_digits);
        }
        if (type->basetype > LY_TYPE_DEC64) {
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

// Names of enums, bits or identities.
std::string listed(const std::vector<std::string> &names) {
    std::string text;
    for (size_t i = 0; i < names.size(); i++) {
        if (i == most_names) {
            return text + " or one of " + std::to_string(names.size() - most_names) + " others";
        }
        text += (text.empty() ? "" : ", ") + names[i];
    }
    return text;
}

template <class Type>
std::string items(const Type *items) {
    std::vector<std::string> names;
    LY_ARRAY_COUNT_TYPE i;
    LY_ARRAY_FOR(items, i) {
        names.emplace_back(items[i].name);
    }
    return listed(names);
}

void derived_from(const lysc_ident *base, std::set<std::string> &names) {
    LY_ARRAY_COUNT_TYPE i;
    LY_ARRAY_FOR(base->derived, i) {
        const auto *identity = base->derived[i];
        if (identity->module->implemented && names.insert(std::string(identity->module->name) + ":" + identity->name).second) {
            derived_from(identity, names);
        }
    }
}

// Those that are derived from every base.
std::string identities(const lysc_type_identityref *type) {
    std::set<std::string> common;
    std::string bases;
    LY_ARRAY_COUNT_TYPE i;
    LY_ARRAY_FOR(type->bases, i) {
        std::set<std::string> derived;
        derived_from(type->bases[i], derived);
        if (i == 0) {
            common = derived;
        } else {
            std::erase_if(common, [&](const auto &name) { return !derived.contains(name); });
        }
        bases += (i == 0 ? "" : " and ") + std::string(type->bases[i]->module->name) + ":" + type->bases[i]->name;
    }
    if (common.empty()) {
        return "an identity derived from " + bases + ", of which there is none";
    }
    return listed({common.begin(), common.end()}) + " (an identity derived from " + bases + ")";
}

std::string texts(const lysc_type_str *type) {
    std::string text;
    if (type->length != nullptr) {
        text = parts(reinterpret_cast<const lysc_type *>(type), type->length) + " characters";
    }
    LY_ARRAY_COUNT_TYPE i;
    LY_ARRAY_FOR(type->patterns, i) {
        const auto *pattern = type->patterns[i];
        text += (text.empty() ? "text " : ", ") + std::string(pattern->inverted ? "not matching " : "matching ") +
                quoted_pattern(pattern->expr);
    }
    return text.empty() ? "text" : text;
}

std::string one_of(const lysc_type_union *type) {
    std::string text;
    std::set<std::string> said;
    LY_ARRAY_COUNT_TYPE i;
    LY_ARRAY_FOR(type->types, i) {
        const auto words = takes(type->types[i]);
        if (said.insert(words).second) {
            text += (text.empty() ? "" : "; or ") + words;
        }
    }
    return text;
}

}  // namespace

const lysc_type *type_behind(const lysc_type *type) {
    while (type->basetype == LY_TYPE_LEAFREF) {
        type = reinterpret_cast<const lysc_type_leafref *>(type)->realtype;
    }
    return type;
}

std::string quoted_value(std::string_view value) {
    return cut(value, most_value);
}

std::string quoted_pattern(std::string_view pattern) {
    return cut(pattern, most_pattern);
}

std::string format_of(const lysc_type *type) {
    const std::string_view plugin(type->plugin->id == nullptr ? "" : type->plugin->id);
    for (const auto &format : formats) {
        if (plugin.find(format.plugin) != plugin.npos) {
            return std::string(format.words);
        }
    }
    return {};
}

std::string range_of(const lysc_type *type) {
    if (const auto *range = restriction_of(type)) {
        return parts(type, range);
    }
    switch (type->basetype) {
    case LY_TYPE_INT8:
        return bounds<int8_t>();
    case LY_TYPE_INT16:
        return bounds<int16_t>();
    case LY_TYPE_INT32:
        return bounds<int32_t>();
    case LY_TYPE_INT64:
        return bounds<int64_t>();
    case LY_TYPE_UINT8:
        return bounds<uint8_t>();
    case LY_TYPE_UINT16:
        return bounds<uint16_t>();
    case LY_TYPE_UINT32:
        return bounds<uint32_t>();
    case LY_TYPE_UINT64:
        return bounds<uint64_t>();
    case LY_TYPE_DEC64: {
        const auto digits = reinterpret_cast<const lysc_type_dec *>(type)->fraction_digits;
        return decimal(std::numeric_limits<int64_t>::min(), digits) + ".." + decimal(std::numeric_limits<int64_t>::max(), digits);
    }
    default:
        return {};
    }
}

std::string takes(const lysc_type *type) {
    type = type_behind(type);
    if (const auto format = format_of(type); !format.empty()) {
        return format;
    }
    switch (type->basetype) {
    case LY_TYPE_BINARY: {
        const auto *length = reinterpret_cast<const lysc_type_bin *>(type)->length;
        return "base64 text (RFC 4648, section 4)" + (length == nullptr ? "" : " of " + parts(type, length) + " bytes");
    }
    case LY_TYPE_STRING:
        return texts(reinterpret_cast<const lysc_type_str *>(type));
    case LY_TYPE_BITS:
        return items(reinterpret_cast<const lysc_type_bits *>(type)->bits) + ", each once at most, with spaces between";
    case LY_TYPE_BOOL:
        return "true or false";
    case LY_TYPE_DEC64: {
        const auto digits = reinterpret_cast<const lysc_type_dec *>(type)->fraction_digits;
        return range_of(type) + " with at most " + std::to_string(digits) + " digit" + (digits == 1 ? "" : "s") + " behind the point";
    }
    case LY_TYPE_EMPTY:
        return "no value";
    case LY_TYPE_ENUM:
        return items(reinterpret_cast<const lysc_type_enum *>(type)->enums);
    case LY_TYPE_IDENT:
        return identities(reinterpret_cast<const lysc_type_identityref *>(type));
    case LY_TYPE_INST:
        return "an absolute path to a node, such as /module:list[module:key='value']/module:leaf";
    case LY_TYPE_UNION:
        return one_of(reinterpret_cast<const lysc_type_union *>(type));
    default:
        return range_of(type);
    }
}

}  // namespace libyang_js
