// Makes the Rules of a context: walks its compiled data nodes once for the rules, then each rule's expressions for
// their operands.
#pragma once

#include <set>
#include <unordered_map>

#include "rules_operands.h"

namespace libyang_js {

class RulesBuilder {
  public:
    explicit RulesBuilder(Rules &rules);
    void run();

  private:
    // rules_build.cc
    void find_references(const lysc_node *parent);
    void add_references(const lysc_node *leaf, const lysc_type *type);
    void resolve_references();
    void visit(const lysc_node *parent);
    void add_conditions(const lysc_node *node);
    void add_musts(const lysc_node *node);
    void add_type(const lysc_node *node);
    void add_needs(const lysc_node *node);
    void add_choices(const lysc_node *parent, const lysc_node *from);
    void add_uniques(const lysc_node *list);
    Rule &add(Rule::Kind kind, const lysc_node *subject, const lysc_node *schema);
    std::vector<const Condition *> conditions(const lysc_node *schema);
    std::unique_ptr<xpath::Expression> compile(const char *what, const lyxp_expr *expression, const lysc_prefix *prefixes,
                                               const lys_module *module, const lysc_node *at);

    // rules_dependants.cc
    void find_dependants(Rule &rule);
    void report(const Rule &rule, const Operand &operand, Use use);
    void look(const Rule &rule, const xpath::Expression &expression, const lysc_node *context);
    void depend_on_conditions(const Rule &rule);
    void depend_on_references(const Rule &rule);
    void depend_on_case(const Rule &rule, const lysc_node *schema);
    void summarize(const lysc_node *schema);

    // rules_rank.cc
    void rank_conditions();
    void find_orders(const lysc_node *parent);
    void order(const lysc_node *operand, Rule &later);

    NodeRules &node(const lysc_node *schema);

    Rules &rules_;
    SchemaView schema_;
    std::unordered_map<const lysc_when *, const Condition *> conditions_;
    std::set<std::pair<const Rule *, Rule *>> orders_;  // the first decides on something that the second looks at
};

}  // namespace libyang_js
