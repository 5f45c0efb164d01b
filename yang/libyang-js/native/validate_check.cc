#include "validate_check.h"

#include <algorithm>
#include <limits>

#include "index.h"
#include "validate_error.h"

namespace libyang_js {

namespace {

// Expressions are the modules', not a client's.
constexpr auto deadline = std::chrono::hours(1);

// A node that is in no tree but has a parent: the context of a condition on a node that is not there (RFC 7950, section
// 7.21.5: a dummy without a value and children).
class Dummy {
  public:
    Dummy(const lysc_node *schema, lyd_node *parent) {
        auto &inner = node_.inner;
        inner.schema = schema;
        inner.parent = reinterpret_cast<lyd_node_inner *>(parent);
        inner.prev = &inner.node;
        if ((schema->nodetype & LYD_NODE_TERM) != 0) {
            node_.term.value._canonical = "";
            node_.term.value.realtype = &text;
        }
    }
    const lyd_node *node() const { return &node_.inner.node; }

  private:
    union {
        lyd_node_inner inner = {};
        lyd_node_term term;
        lyd_node_any any;
    } node_;
    static const lysc_type text;
};

const lysc_type Dummy::text = [] {
    lysc_type type = {};
    type.basetype = LY_TYPE_STRING;
    return type;
}();

}  // namespace

Check::Check(DataTree &tree, Findings &findings)
    : tree_(tree), findings_(findings), budget_(deadline, std::numeric_limits<uint64_t>::max()) {}

bool Check::holds(const xpath::Expression &expression, const lyd_node *node) {
    auto known = learned_.find(&expression);
    if (known == learned_.end()) {
        known = learned_.emplace(&expression, Learned{xpath::Evaluation(expression), changes_}).first;
    }
    auto &[evaluation, changes] = known->second;
    if (changes != changes_) {
        evaluation.forget();
        changes = changes_;
    }
    bool result = false;
    Errors errors;
    if (evaluation.holds(tree_.root, node, budget_, result, errors)) {
        return result;
    }
    for (auto &error : errors) {
        error.type = "application";
        error.tag = "operation-failed";
        error.message = "\"" + expression.text() + "\" cannot be evaluated: " + error.message;
        findings_.add(std::move(error));
    }
    return true;
}

bool Check::holds(const Condition &condition, const lyd_node *node) {
    return holds(*condition.expression, condition.on_parent ? lyd_parent(node) : node);
}

bool Check::would_hold(const Condition &condition, const lysc_node *schema, lyd_node *parent) {
    if (condition.on_parent) {
        return holds(*condition.expression, parent);
    }
    const Dummy dummy(schema, parent);
    return holds(*condition.expression, dummy.node());
}

bool Check::by_index(const Rule &rule) {
    if (rule.kind == Rule::Kind::unique) {
        return true;
    }
    if (rule.kind != Rule::Kind::type || rule.is_union || rule.instance_identifier || rule.references->size() != 1) {
        return false;
    }
    const auto &reference = rule.references->front();
    return reference.simple && reference.target != nullptr && reference.apart == nullptr;
}

void Check::judge_all(const Rule &rule) {
    if (rule.kind == Rule::Kind::unique) {
        std::vector<const lyd_node *> entries;
        tree_.indexes().each_duplicate(rule, [&](auto same) { entries.push_back(same.front()); });
        for (const lyd_node *entry : entries) {
            unique(rule, entry);
        }
        return;
    }
    const lysc_node *target = rule.references->front().target;
    std::vector<const char *> values;
    tree_.indexes().each_value(rule.subject, [&](const char *value, auto) {
        if (!tree_.indexes().exists(target, value)) {
            values.push_back(value);
        }
    });
    for (const char *value : values) {
        missing(rule, value);
    }
}

void Check::judge(const Rule &rule, lyd_node *node) {
    switch (rule.kind) {
    case Rule::Kind::when:
        return;
    case Rule::Kind::must:
        if (!holds(*rule.expression, node)) {
            findings_.add(rule, node);
        }
        return;
    case Rule::Kind::type:
        if (!refers(rule, node)) {
            if (by_index(rule)) {
                missing(rule, lyd_get_value(node));
            } else if (told_.insert({&rule, node}).second) {
                findings_.add(rule, node);
            }
        }
        return;
    case Rule::Kind::mandatory:
        if (!there(rule.schema, node) && wanted(rule, node)) {
            findings_.add(rule, node);
        }
        return;
    case Rule::Kind::elements:
        elements(rule, node);
        return;
    case Rule::Kind::unique:
        unique(rule, node);
        return;
    }
}

void Check::elements(const Rule &rule, lyd_node *parent) {
    const size_t count = tree_.indexes().count(parent, rule.schema);
    if (count > rule.most || (count < rule.least && wanted(rule, parent))) {
        findings_.add(rule, parent);
    }
}

// Of a choice: some node of it.
bool Check::there(const lysc_node *schema, const lyd_node *parent) const {
    if ((schema->nodetype & (LYS_CHOICE | LYS_CASE)) == 0) {
        return tree_.find(parent, schema) != nullptr;
    }
    const lysc_node *child = nullptr;
    while ((child = lys_getnext(child, schema, nullptr, 0)) != nullptr) {
        if (tree_.find(parent, child) != nullptr) {
            return true;
        }
    }
    return false;
}

bool Check::wanted(const Rule &rule, lyd_node *parent) {
    if (rule.in_case != nullptr && !there(rule.in_case, parent)) {
        return false;
    }
    return std::all_of(rule.conditions.begin(), rule.conditions.end(),
                       [&](const Condition *condition) { return would_hold(*condition, rule.schema, parent); });
}

void Check::unique(const Rule &rule, const lyd_node *entry) {
    const auto found = tree_.indexes().same(rule, entry, Findings::most_of_one);
    if (found.size() < 2) {
        return;
    }
    std::vector<const lyd_node *> entries(found.begin(), found.end());
    std::sort(entries.begin(), entries.end(),
              [&](const lyd_node *one, const lyd_node *other) { return findings_.order().before(one, other); });
    const lyd_node *first = entries.front();
    if (told_.insert({&rule, first}).second) {
        findings_.add(rule, first, std::move(entries));
    }
}

}  // namespace libyang_js
