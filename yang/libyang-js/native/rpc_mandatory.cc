// Mandatory parameters of an operation. libyang's own check stops at the first and gives schema paths.
#include "rpc_input.h"

namespace libyang_js {

namespace {

// The parent in data, without the choices, cases and inputs between.
const lysc_node *data_parent(const lysc_node *schema) {
    const auto *parent = schema->parent;
    while (parent != nullptr && (parent->nodetype & (LYS_CHOICE | LYS_CASE | LYS_INPUT | LYS_OUTPUT)) != 0) {
        parent = parent->parent;
    }
    return parent;
}

}  // namespace

std::string data_step(const lysc_node *schema) {
    const auto *parent = data_parent(schema);
    const bool qualified = parent == nullptr || parent->module != schema->module;
    return "/" + (qualified ? std::string(schema->module->name) + ":" : std::string()) + schema->name;
}

namespace {

bool present(const lyd_node *parent, const lysc_node *schema) {
    if ((schema->nodetype & (LYS_CHOICE | LYS_CASE)) != 0) {
        for (const auto *child = lysc_node_child(schema); child != nullptr; child = child->next) {
            if (present(parent, child)) {
                return true;
            }
        }
        return false;
    }
    for (const auto *node = lyd_child(parent); node != nullptr; node = node->next) {
        if (node->schema == schema) {
            return true;
        }
    }
    return false;
}

size_t count(const lyd_node *parent, const lysc_node *schema) {
    size_t found = 0;
    for (const auto *node = lyd_child(parent); node != nullptr; node = node->next) {
        found += node->schema == schema ? 1 : 0;
    }
    return found;
}

void missing(const lysc_node *schema, const std::string &path, const std::string &names, const char *first, Errors &errors) {
    Error error;
    error.type = "protocol";
    error.tag = "missing-element";
    error.message = names + " is missing";
    error.path = path + (schema->nodetype == LYS_CHOICE ? "" : data_step(schema));
    error.info.emplace_back("bad-element", first);
    errors.push_back(std::move(error));
}

void check_under(const lyd_node *parent, const lysc_node *child, const std::string &path, Errors &errors) {
    for (; child != nullptr; child = child->next) {
        if (child->nodetype == LYS_CHOICE) {
            const auto *cases = lysc_node_child(child);
            const lysc_node *active = nullptr;
            std::string names;
            const char *first = "";
            for (const auto *one = cases; one != nullptr; one = one->next) {
                active = active == nullptr && present(parent, one) ? one : active;
                for (const auto *option = lysc_node_child(one); option != nullptr; option = option->next) {
                    first = *first == '\0' ? option->name : first;
                    names += (names.empty() ? "<" : " or <") + std::string(option->name) + ">";
                }
            }
            if (active != nullptr) {
                check_under(parent, lysc_node_child(active), path, errors);
            } else if ((child->flags & LYS_MAND_TRUE) != 0) {
                missing(child, path, names, first, errors);
            }
            continue;
        }
        const auto name = "<" + std::string(child->name) + ">";
        // A node under a `when` may have to be absent: libyang's own validation decides.
        const bool conditional = lysc_has_when(child) != nullptr;
        if ((child->nodetype & (LYS_LEAF | LYS_ANYDATA)) != 0) {
            if ((child->flags & LYS_MAND_TRUE) != 0 && !conditional && !present(parent, child)) {
                missing(child, path, name, child->name, errors);
            }
        } else if ((child->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0) {
            const auto least = child->nodetype == LYS_LIST ? reinterpret_cast<const lysc_node_list *>(child)->min
                                                           : reinterpret_cast<const lysc_node_leaflist *>(child)->min;
            if (least > 0 && !conditional && count(parent, child) < least) {
                missing(child, path, name, child->name, errors);
                errors.back().app_tag = "too-few-elements";
            }
        } else if (child->nodetype == LYS_CONTAINER && (child->flags & LYS_PRESENCE) == 0 && !conditional && !present(parent, child)) {
            Errors below;
            check_under(nullptr, lysc_node_child(child), path + data_step(child), below);
            if (!below.empty()) {
                missing(child, path, name, child->name, errors);
            }
        }
    }
}

}  // namespace

namespace {

const lysc_node *input_of(const lysc_node *schema) {
    return (schema->nodetype & (LYS_RPC | LYS_ACTION)) == 0 ? lysc_node_child(schema)
                                                            : reinterpret_cast<const lysc_node_action *>(schema)->input.child;
}

}  // namespace

void check_mandatory(const lyd_node *node, Errors &errors) {
    if ((node->schema->nodetype & LYD_NODE_INNER) == 0) {
        return;
    }
    char *path = lyd_path(node, LYD_PATH_STD, nullptr, 0);
    const std::string at = path == nullptr ? "" : path;
    free(path);
    check_under(node, input_of(node->schema), at, errors);
    for (const auto *child = lyd_child(node); child != nullptr; child = child->next) {
        check_mandatory(child, errors);
    }
}

}  // namespace libyang_js
