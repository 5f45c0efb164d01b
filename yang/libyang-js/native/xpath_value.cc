#include "xpath_value.h"
#include "xml_text.h"

#include <libyang/plugins_types.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "xpath_names.h"

namespace libyang_js::xpath {

namespace {

const lysc_type *type_of(const lysc_node *leaf) {
    return leaf->nodetype == LYS_LEAF ? reinterpret_cast<const lysc_node_leaf *>(leaf)->type
                                      : reinterpret_cast<const lysc_node_leaflist *>(leaf)->type;
}

bool store(const lysc_node *leaf, std::string_view text, std::string &out) {
    const lysc_type *type = type_of(leaf);
    const ly_ctx *context = leaf->module->ctx;
    lyd_value value{};
    ly_err_item *error = nullptr;
    const LY_ERR result = type->plugin->store(context, type, text.data(), text.size(), 0, LY_VALUE_JSON, nullptr,
                                              LYD_HINT_DATA, leaf, &value, nullptr, &error);
    if (error) ly_err_free(error);
    if (result != LY_SUCCESS && result != LY_EINCOMPLETE) return false;
    const char *canonical = lyd_value_get_canonical(context, &value);
    if (canonical) out = canonical;
    value.realtype->plugin->free(context, &value);
    return canonical != nullptr;
}

bool has_prefixes(const lysc_type *type) {
    while (type->basetype == LY_TYPE_LEAFREF) type = reinterpret_cast<const lysc_type_leafref *>(type)->realtype;
    return type->basetype == LY_TYPE_IDENT || type->basetype == LY_TYPE_INST || type->basetype == LY_TYPE_UNION;
}

}  // namespace

thread_local unsigned Quiet::depth_ = 0;
thread_local uint32_t Quiet::options_ = 0;

const lyd_node *Item::node() const {
    switch (kind()) {
    case Kind::attribute:
        return meta()->parent;
    case Kind::root:
        return nullptr;
    default:
        return reinterpret_cast<const lyd_node *>(bits_ & ~uintptr_t(3));
    }
}

std::string_view canonical_value(const lyd_node *leaf, std::string &scratch) {
    const lyd_value &value = reinterpret_cast<const lyd_node_term *>(leaf)->value;
    if (value._canonical) return value._canonical;
    const ly_ctx *context = LYD_CTX(leaf);
    lyd_value copy{};
    if (value.realtype->plugin->duplicate(context, &value, &copy) != LY_SUCCESS) return {};
    const char *canonical = lyd_value_get_canonical(context, &copy);
    scratch = canonical ? canonical : "";
    copy.realtype->plugin->free(context, &copy);
    return scratch;
}

std::string canonical_text(const lysc_node *leaf, const Names &names, std::string_view text, bool *fits) {
    if (fits) *fits = true;
    std::string out;
    if (has_prefixes(type_of(leaf))) {
        if (store(leaf, with_module_names(leaf->module->ctx, names, text), out)) return out;
    }
    if (store(leaf, text, out)) return out;
    if (fits) *fits = false;
    return std::string(text);
}

std::string_view CanonicalTexts::find(const lysc_node *leaf, std::string_view text) {
    if (type_of(leaf)->plugin->store == lyplg_type_store_string) return text;
    if (leaf == last_leaf_ && text == last_text_) return *last_;
    std::string key(text);
    auto &of_leaf = known_[leaf];
    auto found = of_leaf.find(key);
    if (found == of_leaf.end()) {
        if (of_leaf.size() > 4096) of_leaf.clear();
        Quiet quiet;
        found = of_leaf.emplace(key, canonical_text(leaf, names_, text)).first;
    }
    last_leaf_ = leaf;
    last_text_ = std::move(key);
    last_ = &found->second;
    return *last_;
}

bool to_boolean(const Value &value) {
    switch (value.type) {
    case Type::nodes: return !value.nodes.items.empty();
    case Type::number: return value.number != 0 && !std::isnan(value.number);
    case Type::string: return !value.string.empty();
    default: return value.boolean;
    }
}

double to_number(std::string_view text) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    while (!text.empty() && is_xml_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_xml_space(text.back())) text.remove_suffix(1);
    const bool negative = !text.empty() && text.front() == '-';
    if (negative) text.remove_prefix(1);
    bool digits = false;
    bool point = false;
    for (const char c : text) {
        if (c >= '0' && c <= '9') {
            digits = true;
        } else if (c == '.' && !point) {
            point = true;
        } else {
            return nan;
        }
    }
    if (!digits) return nan;
    double number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (result.ec == std::errc::result_out_of_range) {
        const bool tiny = text.find_first_not_of("0.") == std::string_view::npos || text.front() == '.' ||
                          text.substr(0, text.find('.')).find_first_not_of('0') == std::string_view::npos;
        number = tiny ? 0 : std::numeric_limits<double>::infinity();
    } else if (result.ec != std::errc()) {
        return nan;
    }
    return negative ? -number : number;
}

std::string to_string(double number) {
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
    if (number == 0) return "0";
    char buffer[400];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::fixed).ptr;
    return std::string(buffer, end);
}

}  // namespace libyang_js::xpath
