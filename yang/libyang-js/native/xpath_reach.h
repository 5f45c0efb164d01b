// What of the schema an expression can look at or select: the expression is evaluated over the schema tree in place
// of data, predicates taken as true, their paths included. Errs on the side of too much.
#pragma once

#include <string>
#include <unordered_set>

#include "xpath_expression.h"

namespace libyang_js::xpath {

class Reach {
  public:
    explicit Reach(const Expression &expression);
    // See Filter::divides and Filter::reach.
    bool divides(const lysc_node *schema) const { return everything_ || above_.count(schema) != 0; }
    Pick of(const lysc_node *schema) const;
    // `schema_path`: /module:name/name…
    bool may_match(const std::string &schema_path) const;

  private:
    // Schema nodes; null stands for the root.
    using Set = std::unordered_set<const lysc_node *>;

    Set of(const Expr &expr, const Set &context);
    Set step(const Step &step, const Set &from);
    void predicates(const std::vector<Predicate> &predicates, const Set &context);
    void children(const Step &step, const lysc_node *of, bool deep, Set &out);
    void touch(const Set &nodes);

    const Expression &expression_;
    bool everything_ = false;
    Set touched_;
    Set above_;  // the nodes above those
};

Type result_type(const Expression &expression);
const char *name_of(Type type);
Error budget_passed(const Budget &budget);

}  // namespace libyang_js::xpath
