#include "rules_operands.h"

#include "xpath_eval.h"

namespace libyang_js {

using xpath::Axis;
using xpath::Expr;
using xpath::Function;
using xpath::KeyTest;
using xpath::NodeTest;
using xpath::Operator;
using xpath::Predicate;
using xpath::Step;
using xpath::Type;

namespace {

constexpr Use there{};
constexpr Use moved{false, true};
constexpr Use value{true, false};
constexpr Use first_value{true, true};  // of the first of a node-set, in document order

bool is_term(const lysc_node *schema) { return schema && (schema->nodetype & LYD_NODE_TERM); }

}  // namespace

size_t OperandHash::operator()(const Operand &operand) const {
    size_t hash = 0;
    for (const lysc_node *part :
         {operand.schema, operand.anchor, operand.reference, operand.target, operand.reference_anchor}) {
        hash = (hash ^ reinterpret_cast<size_t>(part) >> 4) * 0x9e3779b97f4a7c15ull;
    }
    return hash;
}

OperandAnalysis::OperandAnalysis(const SchemaView &schema, const Operand &current, Report report,
                                 std::function<void(const lysc_node *)> counted)
    : schema_(schema), report_(std::move(report)), counted_(std::move(counted)) {
    current_set_.add(current);
}

void OperandAnalysis::touch(const OperandSet &operands, Use use) {
    for (const Operand &operand : operands) {
        if (operand.schema) report_(operand, use);
        if (use.content && !is_term(operand.schema)) everything(operand, first_value);
    }
}

// The text of an inner node is that of all leaves below.
void OperandAnalysis::everything(const Operand &inner, Use use) {
    for (const lysc_node *child : schema_.children(inner.schema)) {
        Operand below = inner;
        below.schema = child;
        report_(below, use);
        everything(below, use);
    }
}

void OperandAnalysis::operand(const Expr &expr, const OperandSet &context, Use use) { touch(of(expr, context), use); }

OperandSet OperandAnalysis::of(const Expr &expr, const OperandSet &context) {
    OperandSet result;
    switch (expr.kind) {
    case Expr::Kind::number:
    case Expr::Kind::literal:
        break;
    case Expr::Kind::negative:
        operand(*expr.operands[0], context, first_value);
        break;
    case Expr::Kind::function:
        return function(expr, context);
    case Expr::Kind::path:
        return path(expr, context);
    case Expr::Kind::chain: {
        const Operator first = expr.operators[0];
        bool with_boolean = first == Operator::either || first == Operator::both;
        for (const auto &part : expr.operands) with_boolean |= part->type == Type::boolean;
        for (const auto &part : expr.operands) {
            if (first == Operator::join) {
                result.add(of(*part, context));
            } else {
                operand(*part, context, expr.type == Type::number ? first_value : with_boolean ? there : value);
            }
        }
        break;
    }
    }
    return result;
}

OperandSet OperandAnalysis::function(const Expr &expr, const OperandSet &context) {
    Use use = first_value;
    switch (expr.function) {
    case Function::current:
        return current_set_;
    case Function::deref: {
        const OperandSet leaves = of(*expr.operands[0], context);
        touch(leaves, first_value);
        return deref(leaves);
    }
    case Function::count: {
        const OperandSet counted = of(*expr.operands[0], context);
        touch(counted, there);
        for (const Operand &operand : counted) {
            if (counted_ && operand.schema && (operand.schema->nodetype & (LYS_LIST | LYS_LEAFLIST))) counted_(operand.schema);
        }
        return {};
    }
    case Function::boolean:
    case Function::negation:
        use = there;
        break;
    case Function::local_name:
    case Function::namespace_uri:
    case Function::name:
        use = moved;
        break;
    case Function::sum:
        use = value;
        break;
    default:
        break;
    }
    for (const auto &argument : expr.operands) operand(*argument, context, use);
    if (expr.uses_context && expr.operands.empty()) touch(context, use);
    return {};
}

OperandSet OperandAnalysis::path(const Expr &expr, const OperandSet &context) {
    OperandSet result;
    if (expr.start) {
        result = of(*expr.start, context);
        predicates(expr.start_predicates, result);
    } else if (expr.absolute) {
        result.add(Operand{});
    } else {
        result = context;
    }
    for (const Step &next : expr.steps) result = step(next, result);
    return result;
}

void OperandAnalysis::predicates(const std::vector<Predicate> &predicates, const OperandSet &context) {
    for (const Predicate &predicate : predicates) {
        if (predicate.positional) touch(context, moved);
        operand(*predicate.condition, context, there);
    }
}

// The parent. Its instance is the one above the anchor's when the anchor is left.
Operand OperandAnalysis::up(const Operand &from) {
    Operand out = from;
    out.schema = xpath::data_parent(from.schema);
    if (from.anchor == from.schema) {
        out.anchor = out.schema;
    } else {
        // That the parent is reached takes the node that it is reached from.
        report_(from, there);
    }
    if (!out.anchor) out = Operand{out.schema};
    return out;
}

void OperandAnalysis::children(const Step &step, const Operand &from, bool deep, OperandSet &out) {
    const lysc_node *parent = from.schema;
    if (parent && !(parent->nodetype & LYD_NODE_INNER)) {
        // The text of a leaf stands for the leaf; an empty one has none.
        if (step.test.kind == NodeTest::Kind::node || step.test.kind == NodeTest::Kind::text) {
            report_(from, value);
            out.add(from);
        }
        return;
    }
    for (const lysc_node *child : schema_.children(parent)) {
        Operand below = from;
        below.schema = child;
        if (xpath::matches(step.test, child)) out.add(below);
        if (deep) children(step, below, deep, out);
    }
}

void OperandAnalysis::walk(const Step &step, const Operand &from, OperandSet &out) {
    const lysc_node *node = from.schema;
    const bool named = step.test.kind == NodeTest::Kind::name;
    auto take = [&](const Operand &operand) {
        if (operand.schema ? xpath::matches(step.test, operand.schema) : !named) out.add(operand);
    };
    switch (step.axis) {
    case Axis::child:
        children(step, from, step.deep, out);
        break;
    case Axis::descendant_or_self:
        take(from);
        [[fallthrough]];
    case Axis::descendant:
        children(step, from, true, out);
        break;
    case Axis::self:
        take(from);
        break;
    case Axis::parent:
        if (node) take(up(from));
        break;
    case Axis::ancestor_or_self:
        take(from);
        [[fallthrough]];
    case Axis::ancestor:
        for (Operand above = from; above.schema;) {
            above = up(above);
            take(above);
        }
        break;
    case Axis::following_sibling:
    case Axis::preceding_sibling: {
        if (!node) break;
        OperandSet found;
        children(step, up(from), false, found);
        report_(from, moved);
        touch(found, moved);
        out.add(found);
        break;
    }
    case Axis::following:
    case Axis::preceding: {
        OperandSet found;
        children(step, Operand{}, true, found);
        if (node) report_(from, moved);
        touch(found, moved);
        out.add(found);
        break;
    }
    case Axis::attribute:
        out.add(from);
        break;
    case Axis::namespaces:
        break;
    }
}

OperandSet OperandAnalysis::step(const Step &step, const OperandSet &from) {
    OperandSet found;
    for (const Operand &operand : from) walk(step, operand, found);
    if (!step.keys.empty()) found = narrowed(step, found);
    predicates(step.predicates, found);
    return found;
}

// Do the values of both leaves come to the same leaf when leafrefs are followed?
bool OperandAnalysis::same_values(const lysc_node *referrer, const lysc_node *target) const {
    auto next = [&](const lysc_node *leaf) -> const lysc_node * {
        const auto *references = schema_.references(leaf);
        return references && references->size() == 1 ? references->front().target : nullptr;
    };
    unsigned steps = 0;
    for (const lysc_node *one = referrer; one && steps < 64; one = next(one)) {
        for (const lysc_node *other = target; other && steps < 64; other = next(other), steps++) {
            if (one == other) return true;
        }
    }
    return false;
}

// Entries chosen by a leaf that equals a leafref near the context: they lead back to the context by their referrers.
OperandSet OperandAnalysis::narrowed(const Step &step, const OperandSet &found) {
    OperandSet out;
    for (const Operand &entry : found) {
        std::vector<Operand> ways;
        for (const KeyTest &key : step.keys) {
            if (entry.reference || !ways.empty() || key.value->type != Type::nodes) continue;
            const lysc_node *target = key.name.kind == NodeTest::Kind::node ? entry.schema : nullptr;
            for (const lysc_node *child : schema_.children(target ? nullptr : entry.schema)) {
                if (!target && xpath::matches(key.name, child)) target = child;
            }
            if (!is_term(target)) continue;
            // What is asked here is asked again, and reported, when the predicate is looked at.
            OperandAnalysis quiet(schema_, *current_set_.begin(), [](const Operand &, Use) {});
            for (const Operand &leaf : quiet.run(*key.value)) {
                const auto *references = is_term(leaf.schema) ? schema_.references(leaf.schema) : nullptr;
                const bool indexed = references && references->size() == 1 && references->front().required();
                if (leaf.reference || !indexed || !same_values(leaf.schema, target)) {
                    ways.clear();
                    break;
                }
                ways.push_back({entry.schema, entry.schema, leaf.schema, target, leaf.anchor});
            }
        }
        for (const Operand &way : ways) out.add(way);
        if (ways.empty()) out.add(entry);
    }
    return out;
}

OperandSet OperandAnalysis::deref(const OperandSet &leaves) {
    OperandSet out;
    for (const Operand &leaf : leaves) {
        if (!is_term(leaf.schema)) continue;
        if (SchemaView::instance_identifier(leaf.schema, false)) {
            everything(Operand{}, there);
            std::function<void(const lysc_node *)> any = [&](const lysc_node *parent) {
                for (const lysc_node *child : schema_.children(parent)) {
                    out.add(Operand{child});
                    any(child);
                }
            };
            any(nullptr);
        }
        const auto *references = schema_.references(leaf.schema);
        if (!references || derefs_ > 8) continue;
        for (const Reference &reference : *references) {
            // The path is evaluated from the leaf, so what it looks at is bound to the context as the leaf is.
            OperandAnalysis inner(schema_, leaf, report_);
            inner.derefs_ = derefs_ + 1;
            const OperandSet targets = inner.run(reference.path->top());
            for (const Operand &target : targets) {
                const bool indexed = references->size() == 1 && reference.required() && !leaf.reference && is_term(target.schema);
                out.add(indexed ? Operand{target.schema, target.schema, leaf.schema, target.schema, leaf.anchor} : target);
            }
        }
    }
    touch(out, first_value);
    return out;
}

}  // namespace libyang_js
