#include "xpath_reach.h"

#include "xpath_eval.h"

namespace libyang_js::xpath {

Reach::Reach(const Expression &expression) : expression_(expression) { touch(of(expression.top(), {nullptr})); }

void Reach::touch(const Set &nodes) {
    for (const lysc_node *node : nodes) {
        if (!node) {
            everything_ = true;
            return;
        }
        touched_.insert(node);
        for (const lysc_node *up = data_parent(node); up && above_.insert(up).second;) up = data_parent(up);
    }
}

bool Reach::may_match(const std::string &schema_path) const {
    if (everything_ || schema_path.empty() || schema_path == "/") return true;
    Quiet quiet;
    const lysc_node *node = lys_find_path(expression_.context(), nullptr, schema_path.c_str(), 0);
    return !node || of(node) != Pick::none;
}

Pick Reach::of(const lysc_node *schema) const {
    if (everything_) return Pick::all;
    for (const lysc_node *up = schema; up; up = data_parent(up)) {
        if (touched_.count(up)) return Pick::all;
    }
    return above_.count(schema) ? Pick::descend : Pick::none;
}

Reach::Set Reach::of(const Expr &expr, const Set &context) {
    Set result;
    switch (expr.kind) {
    case Expr::Kind::number:
    case Expr::Kind::literal:
        return result;
    case Expr::Kind::path: {
        if (expr.start) {
            result = of(*expr.start, context);
            predicates(expr.start_predicates, result);
        } else if (expr.absolute) {
            result.insert(nullptr);
        } else {
            result = context;
        }
        for (const Step &current : expr.steps) result = step(current, result);
        return result;
    }
    case Expr::Kind::function:
        if (expr.function == Function::deref) everything_ = true;
        if (expr.function == Function::current) result.insert(nullptr);
        if (expr.uses_context && expr.operands.empty()) touch(context);
        break;
    case Expr::Kind::negative:
    case Expr::Kind::chain:
        break;
    }
    for (const auto &operand : expr.operands) {
        Set nodes = of(*operand, context);
        if (expr.type == Type::nodes) {
            result.merge(nodes);
        } else {
            touch(nodes);
        }
    }
    return result;
}

void Reach::predicates(const std::vector<Predicate> &predicates, const Set &context) {
    for (const Predicate &predicate : predicates) touch(of(*predicate.condition, context));
}

void Reach::children(const Step &step, const lysc_node *of, bool deep, Set &out) {
    if (of && !(of->nodetype & LYD_NODE_INNER)) {
        // The text of a leaf stands for the leaf.
        if (step.test.kind == NodeTest::Kind::node || step.test.kind == NodeTest::Kind::text) out.insert(of);
        return;
    }
    for (const lysc_node *child : of ? data_children(of) : top_level(expression_.context())) {
        if (matches(step.test, child)) out.insert(child);
        if (deep || step.test.kind == NodeTest::Kind::text) children(step, child, deep, out);
    }
}

Reach::Set Reach::step(const Step &step, const Set &from) {
    Set out;
    const bool named = step.test.kind == NodeTest::Kind::name;
    for (const lysc_node *node : from) {
        switch (step.axis) {
        case Axis::child:
            children(step, node, step.deep, out);
            break;
        case Axis::descendant_or_self:
            if (step.test.kind == NodeTest::Kind::node || (node && matches(step.test, node))) out.insert(node);
            [[fallthrough]];
        case Axis::descendant:
            children(step, node, true, out);
            break;
        case Axis::self:
            if (!node ? !named : matches(step.test, node)) out.insert(node);
            break;
        case Axis::parent:
            if (node) out.insert(data_parent(node));
            break;
        case Axis::ancestor_or_self:
            out.insert(node);
            [[fallthrough]];
        case Axis::ancestor:
            for (const lysc_node *up = node; up;) {
                up = data_parent(up);
                if (up ? !named || step.test.name == up->name : !named) out.insert(up);
            }
            break;
        case Axis::following_sibling:
        case Axis::preceding_sibling:
            if (node) children(step, data_parent(node), false, out);
            break;
        case Axis::following:
        case Axis::preceding:
            children(step, nullptr, true, out);
            break;
        case Axis::attribute:
            out.insert(node);
            break;
        case Axis::namespaces:
            break;
        }
    }
    predicates(step.predicates, out);
    return out;
}

Type result_type(const Expression &expression) { return expression.top().type; }

const char *name_of(Type type) {
    switch (type) {
    case Type::nodes: return "node-set";
    case Type::number: return "number";
    case Type::string: return "string";
    default: return "boolean";
    }
}

Error budget_passed(const Budget &budget) {
    Error error;
    error.tag = "resource-denied";
    error.message = "The XPath expression passed " + budget.passed() +
                    "; give full paths in place of '//', and predicates on the keys of lists";
    return error;
}

}  // namespace libyang_js::xpath
