#include <unordered_set>

#include "journal_apply.h"
#include "ly_error.h"
#include "validate.h"

namespace libyang_js {

namespace {

constexpr int rounds = 32;

class Derive {
  public:
    Derive(TreeEditor &tree, const Journal *client, Errors &errors) : tree_(tree), client_(client), errors_(errors) {}
    bool run();

  private:
    void visit(lyd_node *parent, const lysc_node *schema, const lysc_module *module);
    void instances(lyd_node *parent, const lysc_node *schema, bool below);
    bool holds(const lyd_node *node, const lysc_when **broken);
    bool meant(const lyd_node *node);
    void take_away(lyd_node *node, const lysc_when *broken);
    void whole_tree();

    TreeEditor &tree_;
    const Journal *client_;
    Errors &errors_;
    bool changed_ = false;
    bool known_ = false;
    std::unordered_set<const lyd_node *> client_nodes_;
};

// All conditions on the existence of a node: its own, of its augment or uses, of cases and choices around it.
bool Derive::holds(const lyd_node *node, const lysc_when **broken) {
    const lysc_node *schema = node->schema;
    do {
        lysc_when **conditions = lysc_node_when(schema);
        LY_ARRAY_COUNT_TYPE i;
        LY_ARRAY_FOR(conditions, i) {
            const lysc_when *when = conditions[i];
            const lyd_node *from = when->context == node->schema || node->parent == nullptr ? node : lyd_parent(node);
            ly_bool result = 0;
            if (lyd_eval_xpath3(from, schema->module, lyxp_get_expr(when->cond), LY_VALUE_SCHEMA_RESOLVED, when->prefixes,
                                nullptr, &result) != LY_SUCCESS) {
                for (auto &error : take_errors(tree_.context(), "a `when` cannot be evaluated")) {
                    errors_.push_back(std::move(error));
                }
                return true;
            }
            if (!result) {
                *broken = when;
                return false;
            }
        }
        schema = schema->parent;
    } while (schema != nullptr && (schema->nodetype & (LYS_CASE | LYS_CHOICE)) != 0);
    return true;
}

// Did the client create or change this node, or something that it came with?
bool Derive::meant(const lyd_node *node) {
    if (client_ == nullptr || (node->flags & LYD_DEFAULT) != 0) {
        return false;
    }
    if (!known_) {
        known_ = true;
        Applier finder(tree_.tree(), nullptr);
        for (const auto &change : client_->changes()) {
            if (!change.derived && (change.op == Op::create || change.op == Op::value)) {
                if (const lyd_node *there = finder.locate(change)) {
                    client_nodes_.insert(there);
                }
            }
        }
    }
    for (; node != nullptr; node = lyd_parent(node)) {
        if (client_nodes_.contains(node)) {
            return true;
        }
    }
    return false;
}

void Derive::take_away(lyd_node *node, const lysc_when *broken) {
    if (!meant(node)) {
        tree_.remove(node, true);
        changed_ = true;
        return;
    }
    char *path = lyd_path(node, LYD_PATH_STD, nullptr, 0);
    Error error;
    error.tag = "unknown-element";
    error.message = std::string("\"") + node->schema->name + "\" cannot exist: when condition \"" +
                    lyxp_get_expr(broken->cond) + "\" is not satisfied";
    error.path = path == nullptr ? "" : path;
    error.info.emplace_back("bad-element", node->schema->name);
    errors_.push_back(std::move(error));
    free(path);
}

void Derive::instances(lyd_node *parent, const lysc_node *schema, bool below) {
    const bool conditional = has_when(schema);
    lyd_node *node = tree_.find(parent, schema);
    if (node == nullptr && conditional && tree_.in_active_case(parent, schema)) {
        const lysc_when *broken = nullptr;
        if (tree_.imply(parent, schema, true, [&](lyd_node *made) { return holds(made, &broken); })) {
            changed_ = true;
            node = tree_.find(parent, schema);
        }
    }
    while (node != nullptr && node->schema == schema) {
        lyd_node *next = node->next;
        const lysc_when *broken = nullptr;
        if (conditional && !holds(node, &broken)) {
            take_away(node, broken);
        } else {
            node->flags |= conditional ? LYD_WHEN_TRUE : 0;
            if (below) {
                visit(node, schema, nullptr);
            }
        }
        node = next;
    }
}

void Derive::visit(lyd_node *parent, const lysc_node *schema, const lysc_module *module) {
    const lysc_node *child = nullptr;
    while ((child = lys_getnext(child, schema, module, 0)) != nullptr) {
        if ((child->flags & LYS_CONFIG_W) == 0) {
            continue;
        }
        const bool inner = (child->nodetype & (LYS_CONTAINER | LYS_LIST)) != 0;
        const bool below = inner && tree_.facts().of(child).when_below;
        if (below || has_when(child)) {
            instances(parent, child, below);
        }
    }
}

void Derive::whole_tree() {
    uint32_t index = 0;
    while (const lys_module *module = ly_ctx_get_module_iter(tree_.context(), &index)) {
        if (module->implemented && module->compiled != nullptr) {
            visit(nullptr, nullptr, module->compiled);
        }
    }
}

bool Derive::run() {
    const auto before = errors_.size();
    tree_.complete_top();
    tree_.settle();
    int round = 0;
    do {
        changed_ = false;
        whole_tree();
        tree_.settle();
    } while (changed_ && errors_.size() == before && ++round < rounds);
    if (round == rounds) {
        errors_.push_back({"application", "operation-failed", "`when` conditions contradict each other: no state satisfies them all", "", "", {}});
    }
    return errors_.size() == before;
}

}  // namespace

bool derive(TreeEditor &editor, const Journal *client, Errors &errors) {
    return Derive(editor, client, errors).run();
}

}  // namespace libyang_js
