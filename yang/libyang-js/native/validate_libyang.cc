// libyang's own whole validation as an oracle. It visits modules in load order, gives up at the first error and changes
// what it judges, so it works on a copy and is repeated until nothing changes.
#include "edit_facts.h"
#include "journal.h"
#include "ly_error.h"
#include "validate.h"

namespace libyang_js {

namespace {

constexpr int rounds = 32;

struct FreedAll {
    lyd_node *first = nullptr;
    ~FreedAll() { lyd_free_all(first); }
};

// Conditions count as true before: what they took away would else be an error in one order of modules and not in another.
void preset(lyd_node *first) {
    for (lyd_node *node = first; node != nullptr; node = node->next) {
        node->flags |= has_when(node->schema) ? LYD_WHEN_TRUE : 0;
        preset(lyd_child(node));
    }
}

// A union that libyang found invalid is left without a value: validated again, it ends the process.
bool damaged(const lyd_node *first) {
    for (const lyd_node *node = first; node != nullptr; node = node->next) {
        if ((node->schema->nodetype & LYD_NODE_TERM) != 0) {
            const lyd_value &value = reinterpret_cast<const lyd_node_term *>(node)->value;
            if (value.realtype->basetype == LY_TYPE_UNION && value.subvalue->value.realtype == nullptr) {
                return true;
            }
        } else if (damaged(lyd_child(node))) {
            return true;
        }
    }
    return false;
}

}  // namespace

Errors validate_by_libyang(const DataTree &tree) {
    const ly_ctx *context = tree.context;
    clear_errors(context);
    FreedAll copy;
    if (tree.root != nullptr &&
        lyd_dup_siblings(tree.root, nullptr, LYD_DUP_RECURSIVE | LYD_DUP_WITH_FLAGS, &copy.first) != LY_SUCCESS) {
        return take_errors(context, "the tree cannot be copied");
    }
    for (int round = 0; round < rounds; round++) {
        preset(copy.first);
        FreedAll changes;
        const auto result = lyd_validate_all(&copy.first, context, LYD_VALIDATE_NO_STATE, &changes.first);
        const bool changed = changes.first != nullptr;
        if (result == LY_SUCCESS && !changed) {
            return {};
        }
        // An error with changes may be of a module that was visited before them.
        if (result != LY_SUCCESS && (!changed || round == rounds - 1 || damaged(copy.first))) {
            return take_errors(context, "the configuration is not valid");
        }
        clear_errors(context);
    }
    Error error;
    error.message = "libyang's validation does not settle: each changes the configuration again";
    return {error};
}

}  // namespace libyang_js
