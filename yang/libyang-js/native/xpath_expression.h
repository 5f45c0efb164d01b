// The tree of a parsed XPath expression. Made by xpath_parser.cc, read by the evaluator and by the schema walk.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "xpath.h"

namespace libyang_js::xpath {

enum class Axis : uint8_t {
    ancestor,
    ancestor_or_self,
    attribute,
    child,
    descendant,
    descendant_or_self,
    following,
    following_sibling,
    namespaces,
    parent,
    preceding,
    preceding_sibling,
    self,
};

struct NodeTest {
    enum class Kind : uint8_t { name, wildcard, node, text, nothing };
    // any: of whatever module; exact: of `module`, where null is a namespace without a module.
    enum class Module : uint8_t { any, exact };

    Kind kind = Kind::node;
    Module rule = Module::any;
    const lys_module *module = nullptr;
    std::string name;
};

struct Predicate {
    std::unique_ptr<Expr> condition;
    bool positional = false;
};

// A predicate `name = value` whose value does not depend on the node that is tested.
struct KeyTest {
    NodeTest name;             // of the child compared, or kind node for `. = value`
    const Expr *value = nullptr;
    size_t predicate = 0;      // its place among the predicates
};

struct Step {
    Axis axis = Axis::child;
    // The step stands after `//`: children of the context nodes and of all their descendants.
    bool deep = false;
    NodeTest test;
    std::vector<Predicate> predicates;
    std::vector<KeyTest> keys;
    bool positional = false;
    uint32_t id = 0;
};

enum class Operator : uint8_t { either, both, equal, unequal, less, less_equal, more, more_equal, add, subtract, multiply,
                                divide, modulo, join };

enum class Function : uint8_t {
    last, position, count, id, local_name, namespace_uri, name,
    string, concat, starts_with, contains, substring_before, substring_after, substring, string_length, normalize_space,
    translate,
    boolean, negation, yes, no, lang,
    number, sum, floor, ceiling, round,
    current, deref, re_match, derived_from, derived_from_or_self, enum_value, bit_is_set,
};

struct Expr {
    enum class Kind : uint8_t { number, literal, function, chain, negative, path };

    Kind kind = Kind::number;
    Type type = Type::number;
    Function function = Function::last;
    double number = 0;
    std::string text;
    // Of a function its arguments; of a chain (operators of one level, from the left) what stands between them, and
    // operators[i] stands before operands[i + 1]; of `negative` one.
    std::vector<std::unique_ptr<Expr>> operands;
    std::vector<Operator> operators;

    // A path: from the root, from the context node, or from the nodes of `start` narrowed by `start_predicates`.
    bool absolute = false;
    std::unique_ptr<Expr> start;
    std::vector<Predicate> start_predicates;
    std::vector<Step> steps;

    bool uses_position = false;  // position() or last() of the context
    bool uses_context = false;   // the context node
    bool uses_current = false;   // current()
    uint32_t id = 0;

    bool invariant() const { return !uses_position && !uses_context; }
};

}  // namespace libyang_js::xpath
