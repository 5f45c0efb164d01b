// XPath 1.0 over a data tree of libyang, with the functions of YANG 1.1 (RFC 7950, section 10), under a Budget.
//
// The evaluator only reads: it stores nothing in the tree, so several may run on one tree at once. Every node that
// it visits and every long loop spends the budget, so no expression can hold a thread past its deadline.
//
// Names: a prefix is one that the caller declares, else the name of a module. A name without a prefix is of any module,
// as an element without a namespace is in a subtree filter, unless Names::unprefixed says of which.
// Strings that are compared with a leaf are first brought into the canonical form of the leaf's type.
#pragma once

#include <libyang/libyang.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "error.h"
#include "filter.h"

namespace libyang_js::xpath {

constexpr size_t max_expression_bytes = 16 * 1024;
constexpr unsigned max_expression_depth = 64;

// One node of the XPath data model: the root, an element (data node), the text of a leaf, or an attribute (metadata).
class Item {
  public:
    enum class Kind : uint8_t { element = 0, text = 1, attribute = 2, root = 3 };
    static Item root() { return Item(nullptr, Kind::root); }
    static Item element(const lyd_node *node) { return Item(node, Kind::element); }
    static Item text(const lyd_node *leaf) { return Item(leaf, Kind::text); }
    static Item attribute(const lyd_meta *meta) { return Item(meta, Kind::attribute); }

    Kind kind() const { return static_cast<Kind>(bits_ & 3); }
    bool is_element() const { return (bits_ & 3) == 0; }
    // The data node: of a text its leaf, of an attribute the node that bears it, of the root null.
    const lyd_node *node() const;
    const lyd_meta *meta() const { return reinterpret_cast<const lyd_meta *>(bits_ & ~uintptr_t(3)); }
    uintptr_t bits() const { return bits_; }
    bool operator==(const Item &other) const { return bits_ == other.bits_; }

  private:
    Item(const void *pointer, Kind kind) : bits_(reinterpret_cast<uintptr_t>(pointer) | static_cast<uintptr_t>(kind)) {}
    uintptr_t bits_;
};

// Distinct nodes. `ordered`: known to be in document order. `disjoint`: none is known to be inside another.
struct NodeSet {
    std::vector<Item> items;
    bool ordered = true;
    bool disjoint = true;
};

enum class Type : uint8_t { nodes, number, string, boolean };

struct Value {
    Type type = Type::nodes;
    NodeSet nodes;
    double number = 0;
    std::string string;
    bool boolean = false;
};

// What the names of an expression mean.
struct Names {
    Prefixes prefixes;                          // prefix -> namespace URI
    const lysc_prefix *compiled = nullptr;      // sized array of libyang (of a must, when or path), before `prefixes`
    const lys_module *unprefixed = nullptr;     // module of names without a prefix; null: any
};

struct Expr;

// A compiled expression. It may be evaluated by several threads at once.
class Expression {
  public:
    // Null, with an error that says where in the expression, when it is malformed or uses an unknown prefix.
    static std::unique_ptr<Expression> compile(const ly_ctx *context, std::string_view text, const Names &names,
                                               Errors &errors);
    ~Expression();

    // `root`: first top-level sibling, null for an empty tree. `node`: the context node and current(); null: the root.
    // False, with an error, when the budget is spent or a function is given what it cannot take.
    bool evaluate(const lyd_node *root, const lyd_node *node, Budget &budget, Value &out, Errors &errors) const;

    // The path of a leafref of a leaf, narrowed to the instances that have the leaf's value, so that it is looked up where
    // it ends at the key of a list or at a leaf-list. Compiled at the first call. Null, with an error, when malformed.
    const Expression *leafref(const lysc_type_leafref *type, const lysc_node *leaf, Errors &errors) const;

    const std::string &text() const { return text_; }
    const Expr &top() const { return *top_; }
    const Names &names() const { return names_; }
    const ly_ctx *context() const { return context_; }
    uint32_t ids() const { return ids_; }

  private:
    Expression() = default;
    const ly_ctx *context_ = nullptr;
    std::string text_;
    Names names_;
    std::unique_ptr<Expr> top_;
    uint32_t ids_ = 0;  // expressions and steps are numbered below this
    mutable std::mutex leafrefs_lock_;
    mutable std::map<std::pair<const lysc_type_leafref *, const lysc_node *>, std::unique_ptr<Expression>> leafrefs_;
};

class Evaluator;

// Evaluates one expression on many context nodes, in one thread, and keeps in between what it has learned of the schema
// and the values of parts that look neither at the context node nor at current(): of `count(/a/b) < 3` all of it.
class Evaluation {
  public:
    explicit Evaluation(const Expression &expression);
    ~Evaluation();
    Evaluation(Evaluation &&) noexcept;

    // As Expression::evaluate, its result as a boolean.
    bool holds(const lyd_node *root, const lyd_node *node, Budget &budget, bool &out, Errors &errors);
    // To be called whenever the tree has changed since the last evaluation.
    void forget();

  private:
    std::unique_ptr<Evaluator> evaluator_;
};

// The conversions of XPath 1.0, section 4.
bool to_boolean(const Value &value);
double to_number(std::string_view text);
std::string to_string(double number);

// The data nodes that an expression selects, in document order, each once; a text counts as its leaf, an attribute as
// the node that bears it, the root as all top-level nodes. Empty, with an error, when it fails.
std::vector<const lyd_node *> find(const ly_ctx *context, const lyd_node *root, std::string_view expression,
                                   const Prefixes &prefixes, Budget &budget, Errors &errors);
// The same in a tree that is not empty (nothing is found in an empty one, and nothing said of a malformed expression).
std::vector<const lyd_node *> find(const lyd_node *root, std::string_view expression, const Prefixes &prefixes,
                                   Budget &budget, Errors &errors);

}  // namespace libyang_js::xpath
