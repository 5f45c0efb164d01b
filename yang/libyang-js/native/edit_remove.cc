// Removal of what a path selects, without a configuration that says so.
#include <unordered_set>

#include "edit.h"
#include "edit_tree.h"
#include "ly_error.h"

namespace libyang_js {

size_t remove(DataTree &data, const std::string &path, bool derived, Journal &journal, Errors &errors) {
    const ly_ctx *context = data.context;
    if (data.root == nullptr) {
        return 0;
    }
    clear_errors(context);
    ly_set *found = nullptr;
    if (lyd_find_xpath3(nullptr, data.root, path.c_str(), nullptr, &found) != LY_SUCCESS) {
        for (auto &error : take_errors(context, "cannot remove " + path)) {
            error.type = "application";
            errors.push_back(std::move(error));
        }
        return 0;
    }
    Journal done(context);
    TreeEditor tree(data, done);
    std::unordered_set<const lyd_node *> chosen;
    for (uint32_t i = 0; i < found->count; i++) {
        chosen.insert(found->dnodes[i]);
    }
    std::vector<lyd_node *> nodes;
    for (uint32_t i = 0; i < found->count; i++) {
        lyd_node *node = found->dnodes[i];
        bool inside = (node->flags & LYD_DEFAULT) != 0;
        for (const lyd_node *parent = lyd_parent(node); parent != nullptr && !inside; parent = lyd_parent(parent)) {
            inside = chosen.contains(parent);
        }
        if (lysc_is_key(node->schema)) {
            errors.push_back({"application", "operation-failed", "a key cannot be removed from its entry", path, "", {}});
            break;
        }
        if (!inside) {
            nodes.push_back(node);
        }
    }
    ly_set_free(found, nullptr);
    if (!errors.empty()) {
        return 0;
    }
    for (lyd_node *node : nodes) {
        tree.remove(node, derived);
    }
    tree.settle();
    journal.append(done);
    return nodes.size();
}

}  // namespace libyang_js
