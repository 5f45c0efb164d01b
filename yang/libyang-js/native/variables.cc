#include "variables.h"

#include <libyang/plugins_types.h>

#include <string>
#include <string_view>

namespace libyang_js {

namespace {

// The type's own way to store a value.
lyplg_type_store_clb stored;

// The first variable of an expression; empty: there is none. What is in quotes is none.
std::string_view variable_in(std::string_view expression) {
    char quote = '\0';
    for (size_t at = 0; at < expression.size(); at++) {
        const char c = expression[at];
        if (quote != '\0') {
            if (c == quote) quote = '\0';
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (c == '$') {
            const auto end = expression.find_first_of(" \t\r\n()[]/|=!<>+*,'\"$@", at + 1);
            return expression.substr(at, end == expression.npos ? end : end - at);
        }
    }
    return {};
}

LY_ERR store(const ly_ctx *context, const lysc_type *type, const void *value, size_t length, uint32_t options, LY_VALUE_FORMAT format,
             void *prefixes, uint32_t hints, const lysc_node *node, lyd_value *storage, lys_glob_unres *unresolved, ly_err_item **error) {
    // Of values of its own it gives the memory back.
    const std::string variable(format == LY_VALUE_LYB ? std::string_view() : variable_in({static_cast<const char *>(value), length}));
    const LY_ERR result = stored(context, type, value, length, options, format, prefixes, hints, node, storage, unresolved, error);
    if (result != LY_SUCCESS || variable.empty()) {
        return result;
    }
    type->plugin->free(context, storage);
    return ly_err_new(error, LY_EVALID, LYVE_DATA, nullptr, nullptr, "XPath: no value is bound to %s", variable.c_str());
}

lyplg_type *ours(const lyplg_type &original) {
    static lyplg_type made = [&] {
        stored = original.store;
        auto copy = original;
        copy.store = store;
        return copy;
    }();
    return &made;
}

void replace(lysc_type *type) {
    if (type->basetype == LY_TYPE_UNION) {
        auto *several = reinterpret_cast<lysc_type_union *>(type);
        LY_ARRAY_COUNT_TYPE i;
        LY_ARRAY_FOR(several->types, i) {
            replace(several->types[i]);
        }
    } else if (std::string_view(type->plugin->id).starts_with("libyang 2 - xpath1.0") && type->plugin->store != store) {
        type->plugin = ours(*type->plugin);
    }
}

LY_ERR visit(lysc_node *node, void *, ly_bool *) {
    if (node->nodetype == LYS_LEAF) {
        replace(reinterpret_cast<lysc_node_leaf *>(node)->type);
    } else if (node->nodetype == LYS_LEAFLIST) {
        replace(reinterpret_cast<lysc_node_leaflist *>(node)->type);
    }
    return LY_SUCCESS;
}

}  // namespace

void refuse_variables(const ly_ctx *context) {
    uint32_t index = 0;
    while (const lys_module *module = ly_ctx_get_module_iter(context, &index)) {
        if (module->compiled != nullptr) {
            lysc_module_dfs_full(module, visit, nullptr);
        }
    }
}

}  // namespace libyang_js
