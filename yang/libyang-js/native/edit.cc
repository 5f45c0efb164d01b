// NETCONF's edit-config over point operations: RFC 6241, section 7.2; `insert`: RFC 7950, sections 7.7.9 and 7.8.6.
// New nodes move from the parsed configuration into the tree as whole subtrees where nothing in them says otherwise.
#include "edit.h"

#include <cstring>
#include <unordered_map>
#include <unordered_set>

#include "edit_conflicts.h"
#include "edit_defaults.h"
#include "edit_parse.h"
#include "edit_path.h"
#include "edit_tree.h"
#include "error.h"
#include "ly_error.h"
#include "validate.h"

namespace libyang_js {

namespace {

enum class Operation : uint8_t { none, merge, replace, create, erase, remove };

Operation operation_named(const char *name, Operation inherited) {
    if (name == nullptr) {
        return inherited;
    }
    switch (name[0]) {
    case 'm':
        return Operation::merge;
    case 'c':
        return Operation::create;
    case 'd':
        return Operation::erase;
    default:
        return name[1] == 'e' && name[2] == 'p' ? Operation::replace : Operation::remove;
    }
}

// Name and keys, as the last step of a path.
std::string name_of(const lyd_node *node) {
    const lyd_node *parent = lyd_parent(node);
    return config_path(node).substr(parent == nullptr ? 1 : config_path(parent).size() + 1);
}

std::string absent(const lyd_node *node) {
    return name_of(node) + " does not exist, and the operation \"none\" does not create it";
}

class Edit {
  public:
    Edit(TreeEditor &tree, const EditOptions &options, bool state, Errors &errors)
        : tree_(tree), options_(options), state_(state), errors_(errors) {}

    // The children of one node of the configuration, done to the children of `target` (null: top level). They are
    // moved out of the configuration as far as they are used; some node that was not, or null, is returned.
    lyd_node *siblings(lyd_node *first, lyd_node *target, Operation inherited);

  private:
    void node(lyd_node *node, lyd_node *target, Operation inherited);
    void term(lyd_node *node, lyd_node *there, lyd_node *target, Operation operation);
    void to_default(lyd_node *node, const lysc_node *schema, lyd_node *there, Operation operation);
    void create(lyd_node *node, lyd_node *target, Operation operation);
    void create_in_parts(lyd_node *node, lyd_node *target, Operation operation, Position at);
    void prune(const lyd_node *first, lyd_node *target);
    void reorder(lyd_node *target, const std::vector<NodeCopy> &wanted);
    bool plain(lyd_node *node);
    bool position(const lyd_node *node, lyd_node *target, bool &given, Position &at);
    void fail(const lyd_node *node, const char *tag, std::string message, const char *app_tag = "",
              std::vector<std::pair<std::string, std::string>> info = {});

    TreeEditor &tree_;
    const EditOptions &options_;
    bool state_;
    Errors &errors_;
    bool stopped_ = false;
    const lyd_node *moved_ = nullptr;  // last of the nodes that went into the tree
};

void Edit::fail(const lyd_node *node, const char *tag, std::string message, const char *app_tag,
                std::vector<std::pair<std::string, std::string>> info) {
    errors_.push_back({"application", tag, std::move(message), config_path(node), app_tag, std::move(info)});
    stopped_ = stopped_ || options_.error_option != ErrorOption::resume;
}

lyd_node *Edit::siblings(lyd_node *first, lyd_node *target, Operation inherited) {
    lyd_node *left = nullptr;
    std::vector<NodeCopy> wanted;
    if (inherited == Operation::replace) {
        prune(first, target);
    }
    for (lyd_node *next = first; next != nullptr;) {
        lyd_node *child = next;
        next = next->next;
        if (stopped_ || (child->schema != nullptr && (child->schema->flags & LYS_KEY) != 0)) {
            left = child;
            continue;
        }
        const bool ordered = inherited == Operation::replace && child->schema != nullptr && ordered_by_user(child->schema);
        if (ordered) {
            wanted.push_back(instance_of(child));
        }
        node(child, target, inherited);
        left = moved_ == child ? left : child;
    }
    if (!stopped_) {
        reorder(target, wanted);
    }
    return left;
}

// A replaced node keeps of its children only those that the configuration names.
void Edit::prune(const lyd_node *first, lyd_node *target) {
    std::unordered_set<const lysc_node *> named;
    const lysc_node *parent = target == nullptr ? nullptr : target->schema;
    for (const lyd_node *node = first; node != nullptr; node = node->next) {
        named.insert(schema_of(node, parent));
    }
    for (lyd_node *next = tree_.children(target); next != nullptr;) {
        lyd_node *child = next;
        next = next->next;
        if (child->schema == nullptr || (child->schema->flags & (LYS_KEY | LYS_CONFIG_R)) != 0 ||
            (child->flags & LYD_DEFAULT) != 0) {
            continue;
        }
        bool kept = named.contains(child->schema);
        if (kept && (child->schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0) {
            lyd_node *same = nullptr;
            kept = lyd_find_sibling_first(first, child, &same) == LY_SUCCESS;
        }
        if (!kept) {
            tree_.remove(child, options_.derived);
        }
    }
}

// Brings entries into the order of the configuration, those that are there in the end.
void Edit::reorder(lyd_node *target, const std::vector<NodeCopy> &wanted) {
    std::unordered_map<const lysc_node *, lyd_node *> last;
    for (const auto &instance : wanted) {
        lyd_node *entry = tree_.find(target, instance.get());
        if (entry == nullptr) {
            continue;
        }
        auto &before = last[entry->schema];
        if (entry_before(entry) != before) {
            entry = tree_.move(entry, {false, before}, options_.derived);
        }
        before = entry;
    }
}

// Nothing below says more than that the node is to be there.
bool Edit::plain(lyd_node *node) {
    if (node->schema == nullptr || node->meta != nullptr || (!state_ && (node->schema->flags & LYS_CONFIG_R) != 0)) {
        return false;
    }
    if ((node->schema->nodetype & LYD_NODE_INNER) == 0) {
        if ((node->schema->nodetype & LYD_NODE_TERM) != 0) {
            node->flags &= ~static_cast<uint32_t>(LYD_DEFAULT);
        }
        return true;
    }
    for (lyd_node *child = lyd_child(node); child != nullptr; child = child->next) {
        if (!plain(child)) {
            return false;
        }
    }
    return true;
}

// Where `insert` wants an entry, if it says so. False when there is no such place.
bool Edit::position(const lyd_node *node, lyd_node *target, bool &given, Position &at) {
    const char *insert = nullptr;
    const char *anchor = nullptr;
    for (const lyd_meta *meta = node->meta; meta != nullptr; meta = meta->next) {
        if (std::strcmp(meta->annotation->module->name, "yang") != 0) {
            continue;
        }
        if (std::strcmp(meta->name, "insert") == 0) {
            insert = lyd_get_meta_value(meta);
        } else if (std::strcmp(meta->name, node->schema->nodetype == LYS_LIST ? "key" : "value") == 0) {
            anchor = lyd_get_meta_value(meta);
        }
    }
    given = insert != nullptr;
    if (!given) {
        return true;
    }
    if (insert[0] == 'l' || insert[0] == 'f') {
        at = {insert[0] == 'l', nullptr};
        return true;
    }
    const char *attribute = node->schema->nodetype == LYS_LIST ? "key" : "value";
    lyd_node *found = nullptr;
    if (tree_.children(target) != nullptr) {
        lyd_find_sibling_val(tree_.children(target), node->schema, anchor, 0, &found);
        clear_errors(tree_.context());
    }
    // A default value goes with the first that is set.
    if (found == nullptr || (found->flags & LYD_DEFAULT) != 0) {
        const std::string name = node->schema->name;
        fail(node, "bad-attribute", std::string("there is no entry ") + anchor + " of " + quoted(name) + " to insert " + insert,
             "missing-instance", {{"bad-attribute", attribute}, {"bad-element", name}});
        return false;
    }
    const lyd_node *self = tree_.find(target, node);
    lyd_node *before = insert[0] == 'a' ? found : entry_before(found);
    if (self != nullptr && before == self) {
        before = entry_before(self);
    }
    at = {false, before};
    return true;
}

void Edit::create(lyd_node *node, lyd_node *target, Operation operation) {
    bool given = false;
    Position at;
    if (!position(node, target, given, at)) {
        return;
    }
    lyd_free_meta_siblings(node->meta);
    node->meta = nullptr;
    if (!plain(node)) {
        create_in_parts(node, target, operation, at);
        return;
    }
    moved_ = node;
    lyd_unlink_tree(node);
    tree_.create(target, node, options_.derived, at);
}

void Edit::create_in_parts(lyd_node *node, lyd_node *target, Operation operation, Position at) {
    lyd_node *shell = nullptr;
    if (lyd_dup_single(node, nullptr, LYD_DUP_NO_META, &shell) != LY_SUCCESS) {
        fail(node, "resource-denied", "out of memory");
        return;
    }
    shell->flags = non_presence(shell->schema) ? LYD_DEFAULT : 0;
    tree_.create(target, shell, options_.derived, at);
    siblings(lyd_child(node), shell, operation == Operation::replace ? Operation::merge : operation);
}

void Edit::term(lyd_node *node, lyd_node *there, lyd_node *target, Operation operation) {
    if (operation == Operation::none) {
        if (there == nullptr) {
            fail(node, "data-missing", absent(node));
        }
    } else if (there == nullptr || (node->schema->nodetype == LYS_LEAFLIST && (there->flags & LYD_DEFAULT) != 0)) {
        create(node, target, operation);
    } else if (node->schema->nodetype == LYS_LEAFLIST) {
        bool given = false;
        Position at;
        if (position(node, target, given, at) && given) {
            tree_.move(there, at, options_.derived);
        }
    } else if ((there->flags & LYD_DEFAULT) != 0 || lyd_compare_single(node, there, 0) != LY_SUCCESS) {
        lyd_free_meta_siblings(node->meta);
        node->meta = nullptr;
        node->flags = 0;
        moved_ = node;
        lyd_unlink_tree(node);
        tree_.replace(there, node, options_.derived);
    }
}

// RFC 6243, section 4.5.2: what was set goes, so that the default counts. `there`: what was set, or null.
void Edit::to_default(lyd_node *node, const lysc_node *schema, lyd_node *there, Operation operation) {
    const std::string name = schema->name;
    if (operation != Operation::merge && operation != Operation::replace && operation != Operation::create) {
        fail(node, "invalid-value", "the attribute \"default\" of " + quoted(name) + " goes with create, merge and replace only", "",
             {{"bad-attribute", "default"}, {"bad-element", name}});
    } else if (default_values(schema).empty()) {
        fail(node, "invalid-value", quoted(name) + " has no default that it could be set back to", "",
             {{"bad-attribute", "default"}, {"bad-element", name}});
    } else if (node->schema == nullptr || !holds_default(node)) {
        fail(node, "invalid-value", quoted(name) + " is to be set back to its default, which is " + default_text(schema), "",
             {{"bad-element", name}});
    } else if (operation == Operation::create && there != nullptr) {
        fail(node, "data-exists", quoted(name) + " exists already");
    } else if (there != nullptr) {
        tree_.remove(there, options_.derived);
    }
}

void Edit::node(lyd_node *node, lyd_node *target, Operation inherited) {
    const auto operation = operation_named(operation_of(node), inherited);
    const bool erases = operation == Operation::erase || operation == Operation::remove;
    const lysc_node *schema = schema_of(node, target == nullptr ? nullptr : target->schema);
    if (schema == nullptr || (!state_ && (schema->flags & LYS_CONFIG_R) != 0)) {
        fail(node, "invalid-value", quoted(schema == nullptr ? LYD_NAME(node) : schema->name) + " cannot be configured");
        return;
    }
    if (schema->nodetype == LYS_LIST && (schema->flags & LYS_KEYLESS) != 0 && !state_) {
        fail(node, "operation-not-supported", "the list " + quoted(schema->name) + " has no keys, its entries cannot be told apart");
        return;
    }
    if (schema->nodetype == LYS_LIST && (schema->flags & LYS_KEYLESS) != 0 && target != nullptr) {
        moved_ = node;
        lyd_unlink_tree(node);
        tree_.append(target, node);
        return;
    }
    lyd_node *there = node->schema == nullptr ? tree_.find(target, schema) : tree_.find(target, node);
    const bool exists = there != nullptr && (there->flags & LYD_DEFAULT) == 0;
    if (asks_for_default(node)) {
        to_default(node, schema, exists ? there : nullptr, operation);
        return;
    }
    if (erases) {
        if (exists) {
            tree_.remove(there, options_.derived);
        } else if (operation == Operation::erase) {
            fail(node, "data-missing", name_of(node) + " does not exist, so it cannot be deleted; \"remove\" does not mind");
        }
        return;
    }
    if (node->schema == nullptr) {
        fail(node, "invalid-value", quoted(schema->name) + " needs a value");
        return;
    }
    if (operation == Operation::create && exists) {
        fail(node, "data-exists", name_of(node) + " exists already, so it cannot be created; \"merge\" and \"replace\" take it as it is");
        return;
    }
    if ((schema->nodetype & LYD_NODE_INNER) == 0) {
        term(node, there, target, operation);
        return;
    }
    if (there == nullptr && operation == Operation::none) {
        if (!non_presence(schema)) {
            fail(node, "data-missing", absent(node));
            return;
        }
        lyd_node *shell = nullptr;
        lyd_dup_single(node, nullptr, LYD_DUP_NO_META, &shell);
        shell->flags = LYD_DEFAULT;
        tree_.create(target, shell, true);
        siblings(lyd_child(node), shell, operation);
        if ((shell->flags & LYD_DEFAULT) != 0) {
            tree_.remove(shell, true);
        }
        return;
    }
    if (there == nullptr) {
        create(node, target, operation);
        return;
    }
    if (schema->nodetype == LYS_LIST && node->meta != nullptr) {
        bool given = false;
        Position at;
        if (!position(node, target, given, at)) {
            return;
        }
        if (given) {
            there = tree_.move(there, at, options_.derived);
        }
    }
    siblings(lyd_child(node), there, operation);
}

// Takes the changes over, or back.
void finish(TreeEditor &tree, Journal &done, Journal &journal, bool take_back) {
    tree.settle();
    take_back ? undo(tree.tree(), done) : journal.append(done);
}

}  // namespace

bool edit(DataTree &data, const std::string &xml, const EditOptions &options, Journal &journal, Errors &errors) {
    OwnedSiblings config;
    if (!parse_config(data.context, xml, options.state, config, errors)) {
        return false;
    }
    const auto before = errors.size();
    find_conflicts(config.get(), options.state, errors);
    bound(errors, before);
    if (errors.size() != before) {
        return false;
    }
    Journal done(data.context);
    TreeEditor tree(data, done);
    const auto operation = options.default_operation == DefaultOperation::merge     ? Operation::merge
                           : options.default_operation == DefaultOperation::replace ? Operation::replace
                                                                                    : Operation::none;
    config.reset(Edit(tree, options, options.state, errors).siblings(config.release(), nullptr, operation));
    const bool failed = errors.size() != before;
    finish(tree, done, journal, failed && options.error_option == ErrorOption::rollback);
    return !failed;
}

bool set(DataTree &data, const std::string &path, const char *value, bool derived, Journal &journal, Errors &errors) {
    const ly_ctx *context = data.context;
    clear_errors(context);
    lyd_node *made = nullptr;
    if (lyd_new_path(nullptr, context, path.c_str(), value, 0, &made) != LY_SUCCESS) {
        auto found = take_errors(context, "cannot set " + path);
        for (auto &error : found) {
            error.path = path;
            error.type = "application";
            errors.push_back(std::move(error));
        }
        return false;
    }
    EditOptions options;
    options.derived = derived;
    const auto before = errors.size();
    Journal done(context);
    TreeEditor tree(data, done);
    lyd_free_siblings(Edit(tree, options, true, errors).siblings(made, nullptr, Operation::merge));
    const bool failed = errors.size() != before;
    finish(tree, done, journal, failed);
    return !failed;
}

}  // namespace libyang_js
