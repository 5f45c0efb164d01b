#include "rules_build.h"

#include <algorithm>

#include "addon.h"
#include "xpath_eval.h"

namespace libyang_js {

namespace {

const lysc_type *type_of(const lysc_node *node) {
    return node->nodetype == LYS_LEAF       ? reinterpret_cast<const lysc_node_leaf *>(node)->type
           : node->nodetype == LYS_LEAFLIST ? reinterpret_cast<const lysc_node_leaflist *>(node)->type
                                            : nullptr;
}

bool is_choice_or_case(const lysc_node *node) { return node && (node->nodetype & (LYS_CHOICE | LYS_CASE)); }

// The innermost list at or above a node.
const lysc_node *list_around(const lysc_node *node) {
    while (node && node->nodetype != LYS_LIST) node = xpath::data_parent(node);
    return node;
}

}  // namespace

RulesBuilder::RulesBuilder(Rules &rules) : rules_(rules), schema_(rules.context_, rules.leafrefs_) {}

void RulesBuilder::run() {
    find_references(nullptr);
    resolve_references();
    visit(nullptr);
    for (const auto &rule : rules_.rules_) find_dependants(*rule);
    for (const lysc_node *top : schema_.children(nullptr)) summarize(top);
    rank_conditions();
}

NodeRules &RulesBuilder::node(const lysc_node *schema) {
    if (!schema->priv) {
        rules_.nodes_.push_back(std::make_unique<NodeRules>());
        const_cast<lysc_node *>(schema)->priv = rules_.nodes_.back().get();
    }
    return *static_cast<NodeRules *>(schema->priv);
}

std::unique_ptr<xpath::Expression> RulesBuilder::compile(const char *what, const lyxp_expr *expression,
                                                         const lysc_prefix *prefixes, const lys_module *module,
                                                         const lysc_node *at) {
    xpath::Names names;
    names.compiled = prefixes;
    names.unprefixed = module;
    Errors errors;
    auto compiled = xpath::Expression::compile(rules_.context_, lyxp_get_expr(expression), names, errors);
    if (compiled) return compiled;
    char *path = lysc_path(at, LYSC_PATH_DATA, nullptr, 0);
    for (Error &error : errors) {
        error.message = "the " + std::string(what) + " of " + (path ? path : at->name) + " cannot be used: " + error.message;
    }
    free(path);
    throw Failure{errors};
}

// Leafrefs first: what an expression with deref() or a key looks at depends on them.
void RulesBuilder::find_references(const lysc_node *parent) {
    for (const lysc_node *child : schema_.children(parent)) {
        if (const lysc_type *type = type_of(child)) add_references(child, type);
        if (child->nodetype & LYD_NODE_INNER) find_references(child);
    }
}

void RulesBuilder::add_references(const lysc_node *leaf, const lysc_type *type) {
    if (type->basetype == LY_TYPE_UNION) {
        auto *members = reinterpret_cast<const lysc_type_union *>(type)->types;
        LY_ARRAY_COUNT_TYPE i;
        LY_ARRAY_FOR(members, i) add_references(leaf, members[i]);
    }
    if (type->basetype != LY_TYPE_LEAFREF) return;
    Reference reference;
    reference.type = reinterpret_cast<const lysc_type_leafref *>(type);
    reference.path = compile("path", reference.type->path, reference.type->prefixes, leaf->module, leaf);
    rules_.leafrefs_[leaf].push_back(std::move(reference));
}

void RulesBuilder::resolve_references() {
    for (auto &[leaf, references] : rules_.leafrefs_) {
        for (Reference &reference : references) {
            bool predicates = false;
            auto look = [&](const Operand &, Use) { predicates = true; };
            OperandAnalysis analysis(schema_, {leaf, leaf}, look);
            const OperandSet targets = analysis.run(reference.path->top());
            if (targets.begin() == targets.end() || targets.begin() + 1 != targets.end()) continue;
            reference.target = targets.begin()->schema;
            reference.simple = !predicates;
            reference.apart = list_around(targets.begin()->anchor);
        }
    }
}

Rule &RulesBuilder::add(Rule::Kind kind, const lysc_node *subject, const lysc_node *schema) {
    rules_.rules_.push_back(std::make_unique<Rule>());
    Rule &rule = *rules_.rules_.back();
    rule.kind = kind;
    rule.id = static_cast<uint32_t>(rules_.rules_.size() - 1);
    rule.subject = subject;
    rule.schema = schema;
    auto &of_subject = subject ? node(subject).rules : rules_.top_;
    const auto later = [](const Rule *one, const Rule *other) { return one->kind < other->kind; };
    of_subject.insert(std::upper_bound(of_subject.begin(), of_subject.end(), &rule, later), &rule);
    return rule;
}

// All that decide on a node: its own, and those of the cases and choices around it, from the outermost.
std::vector<const Condition *> RulesBuilder::conditions(const lysc_node *schema) {
    std::vector<const Condition *> out;
    if (is_choice_or_case(schema->parent)) out = conditions(schema->parent);
    lysc_when **whens = lysc_node_when(schema);
    LY_ARRAY_COUNT_TYPE i;
    LY_ARRAY_FOR(whens, i) {
        const Condition *&known = conditions_[whens[i]];
        if (!known) {
            auto condition = std::make_unique<Condition>();
            condition->when = whens[i];
            condition->holder = schema;
            condition->on_parent = whens[i]->context != schema;
            condition->expression = compile("when", whens[i]->cond, whens[i]->prefixes, schema->module, schema);
            known = condition.get();
            rules_.conditions_.push_back(std::move(condition));
        }
        out.push_back(known);
    }
    return out;
}

void RulesBuilder::visit(const lysc_node *parent) {
    for (const lysc_node *child : schema_.children(parent)) {
        add_conditions(child);
        add_musts(child);
        add_type(child);
        add_needs(child);
        add_uniques(child);
        if (child->nodetype & LYD_NODE_INNER) visit(child);
    }
    if (parent) {
        add_choices(parent, lysc_node_child(parent));
    } else {
        uint32_t index = 0;
        while (const lys_module *module = ly_ctx_get_module_iter(rules_.context_, &index)) {
            if (module->implemented && module->compiled) add_choices(nullptr, module->compiled->data);
        }
    }
}

void RulesBuilder::add_conditions(const lysc_node *node) {
    for (const Condition *condition : conditions(node)) {
        add(Rule::Kind::when, node, node).conditions.push_back(condition);
    }
}

void RulesBuilder::add_musts(const lysc_node *node) {
    const lysc_must *musts = lysc_node_musts(node);
    LY_ARRAY_COUNT_TYPE i;
    LY_ARRAY_FOR(musts, i) {
        Rule &rule = add(Rule::Kind::must, node, node);
        rule.must = &musts[i];
        rule.expression = compile("must", musts[i].cond, musts[i].prefixes, node->module, node);
    }
}

void RulesBuilder::add_type(const lysc_node *leaf) {
    const lysc_type *type = type_of(leaf);
    if (!type) return;
    const auto *references = schema_.references(leaf);
    const bool instance_identifier = SchemaView::instance_identifier(leaf, true);
    bool required = instance_identifier;
    if (references) {
        for (const Reference &reference : *references) required |= reference.required();
    }
    if (!required) return;
    Rule &rule = add(Rule::Kind::type, leaf, leaf);
    rule.is_union = type->basetype == LY_TYPE_UNION;
    rule.instance_identifier = instance_identifier;
    rule.references = references;
    rules_.instance_identifiers_ |= instance_identifier;
    node(leaf).reference = &rule;
    if (!references) return;
    for (const Reference &reference : *references) {
        if (reference.target) node(reference.target).referrers.push_back(&rule);
    }
}

// What the parent of a node must have of it: a leaf or anydata its presence, a list or leaf-list a number.
void RulesBuilder::add_needs(const lysc_node *schema) {
    const lysc_node *parent = xpath::data_parent(schema);
    const bool list = schema->nodetype == LYS_LIST;
    Rule *rule = nullptr;
    if (list || schema->nodetype == LYS_LEAFLIST) {
        const uint32_t least = list ? reinterpret_cast<const lysc_node_list *>(schema)->min
                                    : reinterpret_cast<const lysc_node_leaflist *>(schema)->min;
        const uint32_t most = list ? reinterpret_cast<const lysc_node_list *>(schema)->max
                                   : reinterpret_cast<const lysc_node_leaflist *>(schema)->max;
        if (least == 0 && (most == 0 || most == UINT32_MAX)) return;
        rule = &add(Rule::Kind::elements, parent, schema);
        rule->least = least;
        rule->most = most == 0 ? UINT32_MAX : most;
        node(schema).counted = true;
    } else if ((schema->nodetype & (LYS_LEAF | LYD_NODE_ANY)) && (schema->flags & LYS_MAND_TRUE) && !(schema->flags & LYS_KEY)) {
        rule = &add(Rule::Kind::mandatory, parent, schema);
    } else {
        return;
    }
    rule->conditions = conditions(schema);
    if (schema->parent && schema->parent->nodetype == LYS_CASE) rule->in_case = schema->parent;
}

// Mandatory choices among the siblings from `from` on, and in their cases.
void RulesBuilder::add_choices(const lysc_node *parent, const lysc_node *from) {
    for (const lysc_node *child = from; child; child = child->next) {
        if (!is_choice_or_case(child) || !(child->flags & LYS_CONFIG_W)) continue;
        if (child->nodetype == LYS_CHOICE && (child->flags & LYS_MAND_TRUE)) {
            Rule &rule = add(Rule::Kind::mandatory, parent, child);
            rule.conditions = conditions(child);
            if (child->parent && child->parent->nodetype == LYS_CASE) rule.in_case = child->parent;
        }
        add_choices(parent, lysc_node_child(child));
    }
}

void RulesBuilder::add_uniques(const lysc_node *list) {
    if (list->nodetype != LYS_LIST) return;
    auto *uniques = reinterpret_cast<const lysc_node_list *>(list)->uniques;
    LY_ARRAY_COUNT_TYPE i;
    LY_ARRAY_FOR(uniques, i) {
        Rule &rule = add(Rule::Kind::unique, list, list);
        rule.unique = static_cast<uint32_t>(i);
        LY_ARRAY_COUNT_TYPE j;
        LY_ARRAY_FOR(uniques[i], j) {
            rule.leaves.push_back(&uniques[i][j]->node);
            node(rule.leaves.back()).uniques.push_back(&rule);
        }
    }
}

}  // namespace libyang_js
