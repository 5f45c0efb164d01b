// One evaluation of an expression over one tree. Used by one thread; what it learns of the schema lives with it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "xpath_expression.h"
#include "xpath_value.h"

namespace libyang_js::xpath {

struct Context {
    Item node;
    size_t position = 1;
    size_t size = 1;
};

// Thrown when the evaluation ends early; the error has then been reported, or the budget is spent.
struct Abort {};

// Does a schema node pass a name test?
bool matches(const NodeTest &test, const lysc_node *schema);
const lysc_node *data_parent(const lysc_node *schema);
// The data nodes among the children of a schema node, in schema order.
std::vector<const lysc_node *> data_children(const lysc_node *schema);
// The data nodes of the top level of all modules.
std::vector<const lysc_node *> top_level(const ly_ctx *context);

constexpr size_t max_string_bytes = 16 << 20;
constexpr size_t max_kept_items = 4 << 20;

// Counts the loops over nodes that an evaluation is in.
class LoopGuard {
  public:
    explicit LoopGuard(unsigned &loops) : loops_(loops) { loops_++; }
    ~LoopGuard() { loops_--; }
    LoopGuard(const LoopGuard &) = delete;
    LoopGuard &operator=(const LoopGuard &) = delete;

  private:
    unsigned &loops_;
};

class Evaluator {
  public:
    explicit Evaluator(const Expression &expression, unsigned depth = 0);
    // The tree, null when empty; current(), null for the root; and what bounds the evaluation and takes its errors.
    void start(const lyd_node *root, const lyd_node *current, Budget &budget, Errors &errors);
    // Keeps, from one start to the next, values that current() has no part in. The tree must not change.
    void keep_between(bool keep) { keep_between_ = keep; }
    // Drops all values kept.
    void forget();

    const Expression &expression() const { return expression_; }
    Value evaluate(const Expr &expr, const Context &context);
    bool truth(const Expr &expr, const Context &context);

    void spend(uint64_t nodes = 1) {
        if (!budget_->spend(nodes)) throw Abort();
    }
    void spend_bytes(size_t bytes) { spend(1 + bytes / 256); }

    void check_size(size_t bytes);

    // string-value; a view of the tree, or of `scratch`.
    std::string_view text(const Item &item, std::string &scratch);
    std::string string(const Value &value);
    double number(const Value &value);

  private:
    struct StepState {
        std::unordered_map<const lysc_node *, std::vector<const lysc_node *>> children;  // those that pass the test
        std::unordered_map<const lysc_node *, std::vector<const lysc_node *>> descents;  // those with such below
        std::unordered_map<const lysc_node *, bool> holds;
        const lysc_node *last_parent = nullptr;
        const std::vector<const lysc_node *> *last_children = nullptr;
    };
    using Nodes = std::vector<Item>;

    void drop(const Expr &expr);

    // The value of an expression, kept when it does not depend on the context.
    const Value &value(const Expr &expr, const Context &context, Value &scratch);

    // xpath_eval.cc
    Value chain(const Expr &expr, const Context &context);
    Value path(const Expr &expr, const Context &context);
    void keep(Nodes &nodes, size_t from, const std::vector<Predicate> &predicates, size_t skip);
    [[noreturn]] void fail(const std::string &message);

    // xpath_axes.cc
    void step(const Step &step, NodeSet &in, NodeSet &out);
    void distinct(NodeSet &set);
    void walk(const Step &step, const Item &item, Nodes &out);
    void descendants(const Step &step, const Item &item, bool self, Nodes &out);
    void take(const Step &step, const Item &item, Nodes &out);
    void take_text(const Step &step, const lyd_node *node, Nodes &out);

    // xpath_children.cc
    void children(const Step &step, const Item &item, Nodes &out);
    bool children_by_key(const Step &step, const lyd_node *parent, const std::vector<const lysc_node *> &schemas, Nodes &out,
                         size_t &skip);
    int key_value(const KeyTest &key, const lysc_node *leaf, std::string &out);
    void deep_children(const Step &step, const Item &item, Nodes &out, bool &nested);

    // xpath_schema.cc
    const std::vector<const lysc_node *> &child_schemas(const Step &step, const lysc_node *parent);
    const std::vector<const lysc_node *> &descents(const Step &step, const lysc_node *parent);
    bool holds(const Step &step, const lysc_node *schema);

    // xpath_compare.cc
    bool compare(Operator operation, const Value &left, const Value &right);
    bool compare_nodes(Operator operation, const Value &left, const Value &right);
    bool has_text(const Value &nodes, std::string_view text);
    bool compare_text(bool equal, const Nodes &nodes, std::string_view text);
    bool compare_number(Operator operation, const Nodes &nodes, double number);

    // xpath_functions.cc
    Value function(const Expr &expr, const Context &context);
    Value string_function(const Expr &expr, const Context &context);
    Value yang_function(const Expr &expr, const Context &context);
    void deref(const lyd_node *leaf, NodeSet &out);
    bool derived(const lyd_node *leaf, const std::string &name, bool self);

    const lyd_node *first(Value &value);

    const Expression &expression_;
    const lyd_node *root_ = nullptr;
    const lyd_node *current_ = nullptr;
    Budget *budget_ = nullptr;
    Errors *errors_ = nullptr;
    unsigned depth_;
    bool keep_between_ = false;
    CanonicalTexts canonical_;
    std::vector<StepState> states_;
    unsigned loops_ = 0;
    size_t kept_size_ = 0;
    size_t kept_count_ = 0;
    std::vector<std::unique_ptr<Value>> kept_;
    std::vector<const Expr *> kept_of_current_;  // of kept_, those to drop with the next current()
    std::map<const Expression *, std::unique_ptr<Evaluator>> inner_;  // of the paths of leafrefs, for deref()
    std::unordered_map<const Value *, std::unordered_set<std::string>> texts_;  // of large node-sets in kept_
};

}  // namespace libyang_js::xpath
