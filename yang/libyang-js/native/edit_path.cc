#include "edit_path.h"

#include <cstdlib>

#include "xpath_literal.h"

namespace libyang_js {

namespace {

const lys_module *module_of(const lyd_node *node) {
    if (node->schema != nullptr) {
        return node->schema->module;
    }
    const auto *ns = opaque(node)->name.module_ns;
    return ns == nullptr ? nullptr : ly_ctx_get_module_implemented_ns(opaque(node)->ctx, ns);
}

const char *value_of(const lyd_node *node) {
    const char *value = node->schema == nullptr ? opaque(node)->value : lyd_get_value(node);
    return value == nullptr ? "" : value;
}

}  // namespace

std::string step(const lys_module *module, std::string_view ns, std::string_view name, const lys_module *above) {
    std::string text = "/";
    if (module == nullptr) {
        text.append("{").append(ns).append("}");
    } else if (module != above) {
        text.append(module->name).append(":");
    }
    return text.append(name);
}

std::string predicate(std::string_view name, std::string_view value) {
    return std::string("[").append(name).append("=").append(xpath_literal(value)).append("]");
}

const lysc_node *schema_of(const lyd_node *node, const lysc_node *parent) {
    if (node->schema != nullptr) {
        return node->schema;
    }
    const auto *module = module_of(node);
    return module == nullptr ? nullptr : lys_find_child(parent, module, opaque(node)->name.name, 0, 0, 0);
}

std::string config_path(const lyd_node *node) {
    const lyd_node *parent = lyd_parent(node);
    return config_path(node, parent == nullptr ? "" : config_path(parent));
}

std::string config_path(const lyd_node *node, const std::string &of_parent) {
    const lyd_node *parent = lyd_parent(node);
    const bool opaq = node->schema == nullptr;
    const char *ns = opaq ? opaque(node)->name.module_ns : nullptr;
    std::string path = of_parent + step(module_of(node), ns == nullptr ? "" : ns, LYD_NAME(node), parent == nullptr ? nullptr : module_of(parent));
    const lysc_node *above = parent == nullptr ? nullptr : parent->schema;
    const lysc_node *schema = opaq && parent != nullptr && above == nullptr ? nullptr : schema_of(node, above);
    if (schema == nullptr) {
        return path;
    }
    if (schema->nodetype == LYS_LEAFLIST) {
        return path + predicate(".", value_of(node));
    }
    if (schema->nodetype != LYS_LIST) {
        return path;
    }
    if ((schema->flags & LYS_KEYLESS) != 0 && !opaq) {
        char *whole = lyd_path(node, LYD_PATH_STD, nullptr, 0);
        path = whole == nullptr ? path : whole;
        free(whole);
        return path;
    }
    for (const lysc_node *key = lysc_node_child(schema); key != nullptr && (key->flags & LYS_KEY) != 0; key = key->next) {
        for (const lyd_node *child = opaq ? opaque(node)->child : lyd_child(node); child != nullptr; child = child->next) {
            if (schema_of(child, schema) == key) {
                path += predicate(key->name, value_of(child));
                break;
            }
        }
    }
    return path;
}

}  // namespace libyang_js
