// What a validation found wrong, bounded: of each rule, and of references of each missing value, the first in document
// order and the number of all; so a hundred thousand instances of one mistake cost no more than a look at each.
#pragma once

#include <map>
#include <vector>

#include "data_tree.h"
#include "error.h"
#include "rules.h"
#include "validate_order.h"

namespace libyang_js {

struct Finding {
    const Rule *rule;
    const lyd_node *node;  // instance of the rule's subject; null: the top level
    std::vector<const lyd_node *> entries = {};  // unique: all that are the same, in document order
};

class Findings {
  public:
    static constexpr size_t most_of_one = 20;
    static constexpr size_t most = 1000;

    explicit Findings(const DataTree &tree) : tree_(tree) {}

    void add(const Rule &rule, const lyd_node *node, std::vector<const lyd_node *> entries = {});
    // Others of the same rule and value that are not told one by one.
    void add_more(const Rule &rule, const char *value, size_t count);
    // An expression that cannot be evaluated, conditions that contradict each other.
    void add(Error error) { others_.push_back(std::move(error)); }

    bool empty() const { return groups_.empty() && others_.empty(); }
    DocumentOrder &order() { return order_; }
    // In document order. The tree has to be as it was when they were found.
    Errors errors();

  private:
    struct Group {
        std::vector<Finding> first;  // a heap, the last in document order on top
        size_t count = 0;
    };
    using Key = std::pair<const Rule *, const char *>;
    Group &group(const Rule &rule, const char *value);
    bool before(const Finding &one, const Finding &other);

    const DataTree &tree_;
    DocumentOrder order_;
    std::map<Key, Group> groups_;
    Errors others_;
};

}  // namespace libyang_js
