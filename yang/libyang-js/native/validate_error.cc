#include "validate_error.h"

#include <algorithm>
#include <string_view>

#include "ly_error.h"

namespace libyang_js {

namespace {

std::string between(std::string_view text, std::string_view start, std::string_view end) {
    const auto from = text.find(start);
    const auto to = from == std::string_view::npos ? from : text.find(end, from + start.size());
    return to == std::string_view::npos ? std::string() : std::string(text.substr(from + start.size(), to - from - start.size()));
}

std::string path_to(const lyd_node *node) {
    char *path = node == nullptr ? nullptr : lyd_path(node, LYD_PATH_STD, nullptr, 0);
    std::string text = path == nullptr ? "" : path;
    free(path);
    return text;
}

// The schema node of a path with choices and cases in it, as libyang logs it.
const lysc_node *logged_node(const ly_ctx *context, std::string_view path) {
    const lysc_node *node = nullptr;
    const lys_module *module = nullptr;
    while (!path.empty() && path.front() == '/') {
        path.remove_prefix(1);
        const auto end = std::min(path.find('/'), path.size());
        auto name = path.substr(0, end);
        path.remove_prefix(end);
        if (const auto colon = name.find(':'); colon != std::string_view::npos) {
            module = ly_ctx_get_module_implemented(context, std::string(name.substr(0, colon)).c_str());
            name.remove_prefix(colon + 1);
        }
        if (module == nullptr || module->compiled == nullptr) {
            return nullptr;
        }
        const lysc_node *child = node == nullptr ? module->compiled->data : lysc_node_child(node);
        while (child != nullptr && (child->module != module || name != child->name)) {
            child = child->next;
        }
        if (child == nullptr) {
            return nullptr;
        }
        node = child;
    }
    return node;
}

// Does this parent (null: the top level, with its first child) lack what the schema node demands?
bool lacks(const lyd_node *first, const lysc_node *wanted) {
    if (wanted->nodetype == LYS_CHOICE) {
        const lysc_node *child = nullptr;
        while ((child = lys_getnext(child, wanted, nullptr, 0)) != nullptr) {
            if (lyd_find_sibling_val(first, child, nullptr, 0, nullptr) == LY_SUCCESS) {
                return false;
            }
        }
        return true;
    }
    uint32_t least = 1;
    if (wanted->nodetype == LYS_LIST) {
        least = reinterpret_cast<const lysc_node_list *>(wanted)->min;
    } else if (wanted->nodetype == LYS_LEAFLIST) {
        least = reinterpret_cast<const lysc_node_leaflist *>(wanted)->min;
    }
    lyd_node *node = nullptr;
    lyd_find_sibling_val(first, wanted, nullptr, 0, &node);
    uint32_t count = 0;
    for (; node != nullptr && node->schema == wanted && count < least; node = node->next) {
        count++;
    }
    return count < least;
}

// The first instance of the parent of a schema node that lacks it, looked for from a chain of ancestors downwards.
const lyd_node *find_lacking(const lyd_node *first, const std::vector<const lysc_node *> &chain, size_t at, const lysc_node *wanted) {
    lyd_node *node = nullptr;
    lyd_find_sibling_val(first, chain[at], nullptr, 0, &node);
    for (; node != nullptr && node->schema == chain[at]; node = node->next) {
        if (at + 1 == chain.size()) {
            if (lacks(lyd_child(node), wanted)) {
                return node;
            }
        } else if (const auto *found = find_lacking(lyd_child(node), chain, at + 1, wanted)) {
            return found;
        }
    }
    return nullptr;
}

std::string path_of_lacking(const lyd_node *root, const lysc_node *wanted) {
    std::vector<const lysc_node *> chain;
    for (const lysc_node *parent = lysc_data_parent(wanted); parent != nullptr; parent = lysc_data_parent(parent)) {
        chain.insert(chain.begin(), parent);
    }
    const lyd_node *parent = chain.empty() ? nullptr : find_lacking(root, chain, 0, wanted);
    std::string path = path_to(parent);
    if (wanted->nodetype != LYS_CHOICE && (parent != nullptr || chain.empty())) {
        const bool same = parent != nullptr && parent->schema->module == wanted->module;
        path += "/" + (same ? std::string() : std::string(wanted->module->name) + ":") + wanted->name;
    }
    return path;
}

void complete(Error &error, const ly_ctx *context, const lyd_node *root, const std::string &logged) {
    const std::string_view text(error.message);
    auto starts = [&](std::string_view with) { return text.starts_with(with); };
    const auto name = between(text, "\"", "\"");
    auto set = [&](const char *tag, const char *app_tag) {
        error.tag = tag;
        error.app_tag = app_tag;
        error.info.clear();
    };
    bool lacking = false;
    error.type = "application";
    if (starts("Mandatory node")) {
        set("data-missing", "");
        error.info.emplace_back("bad-element", name);
        lacking = true;
    } else if (starts("Mandatory choice")) {
        set("data-missing", "missing-choice");
        error.info.emplace_back("missing-choice", name);
        lacking = true;
    } else if (starts("Too few")) {
        set("operation-failed", "too-few-elements");
        lacking = true;
    } else if (starts("Too many")) {
        set("operation-failed", "too-many-elements");
    } else if (starts("Unique data leaf")) {
        set("operation-failed", "data-not-unique");
        const auto both = text.substr(text.find("not satisfied in"));
        const auto one = between(both, "in \"", "\" and \"");
        const auto other = between(both, "\" and \"", "\".");
        for (const auto &entry : {one, other}) {
            error.info.emplace_back("non-unique", entry + "/" + name);
        }
        error.path = one;
    } else if (starts("Invalid leafref value") || starts("Invalid instance-identifier")) {
        set("data-missing", "instance-required");
    } else if (error.app_tag == "must-violation" || starts("Must condition")) {
        error.tag = "operation-failed";
        error.info.clear();
    } else if (starts("When condition")) {
        set("unknown-element", "");
    } else if (!error.app_tag.empty()) {
        error.tag = "operation-failed";
    }
    if (lacking) {
        auto place = between(logged, "chema location \"", "\"");
        if (place.empty() && logged.starts_with('/')) {
            place = logged;
        }
        if (const auto *wanted = logged_node(context, place)) {
            error.path = path_of_lacking(root, wanted);
        }
    }
}

}  // namespace

Errors validation_errors(const ly_ctx *context, const lyd_node *root) {
    std::vector<std::string> logged;
    for (const ly_err_item *item = ly_err_first(context); item != nullptr; item = item->next) {
        if (item->level == LY_LLERR) {
            logged.emplace_back(item->path == nullptr ? "" : item->path);
        }
    }
    auto errors = take_errors(context, "the configuration is not valid");
    if (!logged.empty() && errors.size() > logged.size()) {
        errors.resize(logged.size());  // what looking up a path logged
    }
    for (size_t i = 0; i < errors.size(); i++) {
        complete(errors[i], context, root, i < logged.size() ? logged[i] : "");
    }
    return errors;
}

}  // namespace libyang_js
