// An XPath expression as a subtree filter: location paths of child steps, joined by '|', whose predicates compare leaves
// of the node with texts. Everything else is for the evaluator.
#include "filter_subtree.h"
#include "xpath_eval.h"
#include "xpath_expression.h"

namespace libyang_js {

namespace {

class Converter {
  public:
    explicit Converter(const xpath::Expression &expression) : expression_(expression) {}

    std::unique_ptr<FilterNode> convert() {
        auto top = std::make_unique<FilterNode>();
        top->part = FilterNode::Part::containment;
        return put(expression_.top(), *top) ? std::move(top) : nullptr;
    }

  private:
    using Expr = xpath::Expr;
    using Test = xpath::NodeTest;

    bool put(const Expr &expr, FilterNode &top) {
        if (expr.kind == Expr::Kind::path) return path(expr, top);
        if (expr.kind != Expr::Kind::chain) return false;
        for (const auto one : expr.operators) {
            if (one != xpath::Operator::join) return false;
        }
        for (const auto &operand : expr.operands) {
            if (!put(*operand, top)) return false;
        }
        return true;
    }

    bool path(const Expr &expr, FilterNode &top) {
        if (expr.start || expr.steps.empty()) return false;
        FilterNode *above = &top;
        std::vector<const lysc_node *> schemas{nullptr};
        for (const auto &step : expr.steps) {
            const bool last = &step == &expr.steps.back();
            auto node = std::make_unique<FilterNode>();
            if (step.axis != xpath::Axis::child || step.deep || step.positional || !named(step.test, *node)) return false;
            schemas = below(schemas, *node);
            for (size_t i = 0; i < step.predicates.size(); i++) {
                auto match = matching(step, i, schemas);
                if (!match) return false;
                node->matches.push_back(std::move(match));
            }
            node->silent = true;
            // What is selected whole and has matches is a containment node of matches alone.
            const bool plain = last && node->matches.empty();
            node->part = plain ? FilterNode::Part::selection : FilterNode::Part::containment;
            auto *next = node.get();
            above->others.push_back(std::move(node));
            above = next;
        }
        return true;
    }

    bool named(const Test &test, FilterNode &node) {
        if (test.kind == Test::Kind::name) {
            node.name = test.name;
        } else if (test.kind != Test::Kind::wildcard) {
            return false;
        }
        node.module = test.module;
        node.rule = test.rule == Test::Module::any ? FilterNode::Module::any : FilterNode::Module::exact;
        return true;
    }

    // The match of a predicate `leaf = 'text'`; null when it is something else.
    std::unique_ptr<FilterNode> matching(const xpath::Step &step, size_t predicate, const std::vector<const lysc_node *> &of) {
        for (const auto &key : step.keys) {
            if (key.predicate != predicate || key.name.kind != Test::Kind::name || key.value->kind != Expr::Kind::literal ||
                key.value->text.empty()) {
                continue;
            }
            auto match = std::make_unique<FilterNode>();
            if (!named(key.name, *match)) return nullptr;
            for (const lysc_node *leaf : below(of, *match)) {
                if (!(leaf->nodetype & (LYS_LEAF | LYS_LEAFLIST))) return nullptr;
            }
            match->part = FilterNode::Part::match;
            match->text = key.value->text;
            match->names = expression_.names();
            match->names.prefixes.erase("");
            return match;
        }
        return nullptr;
    }

    std::vector<const lysc_node *> below(const std::vector<const lysc_node *> &parents, const FilterNode &node) {
        std::vector<const lysc_node *> out;
        for (const lysc_node *parent : parents) {
            if (parent && !(parent->nodetype & LYD_NODE_INNER)) continue;
            for (const lysc_node *child : parent ? xpath::data_children(parent) : xpath::top_level(expression_.context())) {
                if (node.fits(child)) out.push_back(child);
            }
        }
        return out;
    }

    const xpath::Expression &expression_;
};

}  // namespace

std::unique_ptr<FilterNode> as_subtree(const xpath::Expression &expression) { return Converter(expression).convert(); }

}  // namespace libyang_js
