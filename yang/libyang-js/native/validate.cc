// Whole validation of configuration. The tree is first brought to a fixpoint by `derive`, journaled; then libyang
// judges it, with every `when` known to be true, so that the order of modules makes no difference. Should libyang
// change the tree all the same, that is journaled too, and the judgement repeated.
#include "validate.h"

#include <cstring>

#include "ly_error.h"
#include "validate_error.h"

namespace libyang_js {

namespace {

constexpr int rounds = 8;

const char *diff_operation(const lyd_node *node) {
    for (const lyd_meta *meta = node->meta; meta != nullptr; meta = meta->next) {
        if (std::strcmp(meta->name, "operation") == 0 && std::strcmp(meta->annotation->module->name, "yang") == 0) {
            return lyd_get_meta_value(meta);
        }
    }
    return nullptr;
}

// Journals what libyang's validation did to the tree by itself. `target`: the counterpart of the parent of `diff`.
void absorb(TreeEditor &tree, const lyd_node *diff, lyd_node *target, const char *inherited) {
    for (; diff != nullptr; diff = diff->next) {
        const char *own = diff_operation(diff);
        const char *operation = own != nullptr ? own : inherited;
        lyd_node *node = tree.find(target, diff);
        if (std::strcmp(operation, "create") == 0) {
            if (node != nullptr) {
                const size_t count = prime(node);
                tree.journal().data().add({Op::create, true, tree.place(target), copy_of(node), {}, {}, {}}, count);
            }
        } else if (std::strcmp(operation, "delete") == 0) {
            auto gone = copy_of(diff);
            const size_t count = prime(gone.get());
            tree.journal().data().add({Op::remove, true, tree.place(target), std::move(gone), {}, {}, {}}, count);
        } else if (node != nullptr) {
            absorb(tree, lyd_child_no_keys(diff), node, operation);
        }
    }
}

// libyang stops at the first error: asked module by module, it tells at least one of each.
void more_errors(DataTree &tree, Errors &errors) {
    const ly_ctx *context = tree.context;
    uint32_t index = 0;
    std::string last;
    while (const lys_module *module = ly_ctx_get_module_iter(context, &index)) {
        if (!module->implemented) {
            continue;
        }
        clear_errors(context);
        if (lyd_validate_module(&tree.root, module, LYD_VALIDATE_NO_STATE, nullptr) == LY_SUCCESS) {
            continue;
        }
        for (auto &error : validation_errors(context, tree.root)) {
            bool known = false;
            for (const auto &other : errors) {
                known = known || (other.path == error.path && other.message == error.message);
            }
            if (!known) {
                errors.push_back(std::move(error));
            }
        }
    }
    clear_errors(context);
}

bool judge(const ly_ctx *context, TreeEditor &tree, Errors &errors) {
    for (int round = 0; round < rounds; round++) {
        clear_errors(context);
        lyd_node *diff = nullptr;
        const auto result = lyd_validate_all(&tree.tree().root, context, LYD_VALIDATE_NO_STATE, &diff);
        const bool changed = diff != nullptr;
        if (result != LY_SUCCESS) {
            errors = validation_errors(context, tree.tree().root);
        }
        absorb(tree, diff, nullptr, "none");
        lyd_free_all(diff);
        if (result != LY_SUCCESS) {
            if (!changed) {
                more_errors(tree.tree(), errors);
            }
            return false;
        }
        if (!changed) {
            return true;
        }
        if (!derive(tree, nullptr, errors)) {
            return false;
        }
    }
    errors.push_back({"application", "operation-failed", "the configuration does not settle: each validation changes it again", "", "", {}});
    return false;
}

}  // namespace

bool validate(DataTree &data, Journal &journal, Errors &errors) {
    Journal done(data.context);
    TreeEditor tree(data, done);
    Errors found;
    const bool valid = derive(tree, &journal, found) && judge(data.context, tree, found);
    if (valid) {
        journal.append(done);
        return true;
    }
    undo(data, done);
    errors.insert(errors.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    return false;
}

}  // namespace libyang_js
