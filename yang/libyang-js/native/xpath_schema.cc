// Name tests against the schema, and what a step can reach from a schema node; it keeps a walk out of subtrees that
// cannot hold what is looked for.
#include <cstring>

#include "xpath_eval.h"

namespace libyang_js::xpath {

const lysc_node *data_parent(const lysc_node *schema) {
    schema = schema->parent;
    while (schema && (schema->nodetype & (LYS_CHOICE | LYS_CASE | LYS_INPUT | LYS_OUTPUT))) schema = schema->parent;
    return schema;
}

std::vector<const lysc_node *> data_children(const lysc_node *schema) {
    std::vector<const lysc_node *> out;
    const bool operation = schema->nodetype & (LYS_RPC | LYS_ACTION);
    for (const lysc_node *child = nullptr; (child = lys_getnext(child, schema, nullptr, 0));) out.push_back(child);
    if (operation) {
        for (const lysc_node *child = nullptr; (child = lys_getnext(child, schema, nullptr, LYS_GETNEXT_OUTPUT));) {
            out.push_back(child);
        }
    }
    return out;
}

std::vector<const lysc_node *> top_level(const ly_ctx *context) {
    std::vector<const lysc_node *> out;
    uint32_t index = 0;
    while (const lys_module *module = ly_ctx_get_module_iter(context, &index)) {
        if (!module->implemented || !module->compiled) continue;
        for (const lysc_node *node = nullptr; (node = lys_getnext(node, nullptr, module->compiled, 0));) {
            if (node->nodetype & (LYS_CONTAINER | LYS_LIST | LYS_LEAF | LYS_LEAFLIST | LYD_NODE_ANY)) out.push_back(node);
        }
    }
    return out;
}

bool matches(const NodeTest &test, const lysc_node *schema) {
    if (test.kind == NodeTest::Kind::node) return true;
    if (test.kind != NodeTest::Kind::name && test.kind != NodeTest::Kind::wildcard) return false;
    if (test.rule == NodeTest::Module::exact && schema->module != test.module) return false;
    return test.kind == NodeTest::Kind::wildcard || test.name == schema->name;
}

const std::vector<const lysc_node *> &Evaluator::child_schemas(const Step &step, const lysc_node *parent) {
    StepState &state = states_[step.id];
    if (state.last_parent == parent && state.last_children) return *state.last_children;
    auto [found, fresh] = state.children.try_emplace(parent);
    if (fresh) {
        for (const lysc_node *child : data_children(parent)) {
            if (matches(step.test, child)) found->second.push_back(child);
        }
    }
    state.last_parent = parent;
    state.last_children = &found->second;
    return found->second;
}

// Can an instance of the schema node have a child, at any depth, that passes the test?
bool Evaluator::holds(const Step &step, const lysc_node *schema) {
    if (!(schema->nodetype & LYD_NODE_INNER)) return false;
    const auto [found, fresh] = states_[step.id].holds.try_emplace(schema, false);
    if (!fresh) return found->second;
    bool result = !child_schemas(step, schema).empty();
    for (const lysc_node *child : data_children(schema)) {
        if (result) break;
        result = holds(step, child);
    }
    states_[step.id].holds[schema] = result;
    return result;
}

const std::vector<const lysc_node *> &Evaluator::descents(const Step &step, const lysc_node *parent) {
    auto [found, fresh] = states_[step.id].descents.try_emplace(parent);
    if (fresh) {
        std::vector<const lysc_node *> out;
        for (const lysc_node *child : data_children(parent)) {
            if (holds(step, child)) out.push_back(child);
        }
        found->second = std::move(out);
    }
    return found->second;
}

}  // namespace libyang_js::xpath
