#include "xpath_eval.h"

#include <cmath>
#include <utility>

#include "xpath_order.h"

namespace libyang_js::xpath {

namespace {

size_t size_of(const Value &value) { return value.nodes.items.size() + value.string.size() / sizeof(Item); }

}  // namespace

Evaluator::Evaluator(const Expression &expression, unsigned depth)
    : expression_(expression), depth_(depth), canonical_(expression.names()), states_(expression.ids()),
      kept_(expression.ids()) {}

void Evaluator::start(const lyd_node *root, const lyd_node *current, Budget &budget, Errors &errors) {
    if (!keep_between_ || root != root_) {
        forget();
    } else {
        for (const Expr *expr : kept_of_current_) drop(*expr);
        kept_of_current_.clear();
    }
    loops_ = 0;
    root_ = root;
    current_ = current;
    budget_ = &budget;
    errors_ = &errors;
}

void Evaluator::drop(const Expr &expr) {
    auto &kept = kept_[expr.id];
    texts_.erase(kept.get());
    kept_size_ -= size_of(*kept);
    kept.reset();
    kept_count_--;
}

void Evaluator::forget() {
    kept_of_current_.clear();
    for (auto &[path, evaluator] : inner_) evaluator->forget();
    if (kept_count_ == 0) return;
    for (auto &kept : kept_) kept.reset();
    texts_.clear();
    kept_size_ = kept_count_ = 0;
}

void Evaluator::fail(const std::string &message) {
    Error error;
    error.type = "protocol";
    error.tag = "invalid-value";
    error.message = "XPath: " + message;
    errors_->push_back(std::move(error));
    throw Abort();
}

// What is asked for once is not kept; nor is what would take much memory, since an expression can have many of it.
const Value &Evaluator::value(const Expr &expr, const Context &context, Value &scratch) {
    const bool again = loops_ > 0 || (keep_between_ && !expr.uses_current && expr.kind > Expr::Kind::literal);
    if (!expr.invariant() || !again) {
        scratch = evaluate(expr, context);
        return scratch;
    }
    auto &kept = kept_[expr.id];
    if (kept) return *kept;
    const unsigned loops = std::exchange(loops_, 0);
    scratch = evaluate(expr, context);
    loops_ = loops;
    const size_t size = size_of(scratch);
    if (kept_size_ + size > max_kept_items) return scratch;
    kept_size_ += size;
    kept_count_++;
    if (expr.uses_current) kept_of_current_.push_back(&expr);
    kept = std::make_unique<Value>(std::move(scratch));
    if (kept->type == Type::nodes && size > 16) texts_.try_emplace(kept.get());
    return *kept;
}

void Evaluator::check_size(size_t bytes) {
    if (bytes <= max_string_bytes) return;
    Error error;
    error.tag = "resource-denied";
    error.message = "The XPath expression makes a string of more than " + std::to_string(max_string_bytes >> 20) +
                    " MiB; take the string of a smaller part of the tree";
    errors_->push_back(std::move(error));
    throw Abort();
}

Value Evaluator::evaluate(const Expr &expr, const Context &context) {
    Value result;
    switch (expr.kind) {
    case Expr::Kind::number:
        result.type = Type::number;
        result.number = expr.number;
        return result;
    case Expr::Kind::literal:
        result.type = Type::string;
        result.string = expr.text;
        return result;
    case Expr::Kind::negative: {
        Value scratch;
        result.type = Type::number;
        result.number = expr.number * number(value(*expr.operands[0], context, scratch));
        return result;
    }
    case Expr::Kind::chain:
        return chain(expr, context);
    case Expr::Kind::function:
        return function(expr, context);
    case Expr::Kind::path:
        return path(expr, context);
    }
    return result;
}

bool Evaluator::truth(const Expr &expr, const Context &context) {
    Value scratch;
    return to_boolean(value(expr, context, scratch));
}

Value Evaluator::chain(const Expr &expr, const Context &context) {
    Value result;
    if (expr.operators[0] == Operator::join) {
        result = evaluate(*expr.operands[0], context);
        for (size_t i = 1; i < expr.operands.size(); i++) {
            Value scratch;
            const Value &next = value(*expr.operands[i], context, scratch);
            spend(1 + next.nodes.items.size());
            if (next.nodes.items.empty()) continue;
            if (result.nodes.items.empty()) {
                result = next;
                continue;
            }
            result.nodes.items.insert(result.nodes.items.end(), next.nodes.items.begin(), next.nodes.items.end());
            result.nodes.ordered = result.nodes.disjoint = false;
            distinct(result.nodes);
        }
        return result;
    }
    if (expr.operators[0] == Operator::either || expr.operators[0] == Operator::both) {
        const bool stop = expr.operators[0] == Operator::either;
        result.type = Type::boolean;
        result.boolean = !stop;
        for (const auto &operand : expr.operands) {
            if (truth(*operand, context) != stop) continue;
            result.boolean = stop;
            break;
        }
        return result;
    }
    Value left_scratch;
    const Value *left = &value(*expr.operands[0], context, left_scratch);
    for (size_t i = 0; i < expr.operators.size(); i++) {
        Value scratch;
        const Value &right = value(*expr.operands[i + 1], context, scratch);
        spend();
        if (expr.type == Type::boolean) {
            result.boolean = compare(expr.operators[i], *left, right);
        } else {
            const double a = number(*left);
            const double b = number(right);
            switch (expr.operators[i]) {
            case Operator::add: result.number = a + b; break;
            case Operator::subtract: result.number = a - b; break;
            case Operator::multiply: result.number = a * b; break;
            case Operator::divide: result.number = a / b; break;
            default: result.number = std::fmod(a, b); break;
            }
        }
        result.type = expr.type;
        left = &result;
    }
    return result;
}

Value Evaluator::path(const Expr &expr, const Context &context) {
    Value result;
    NodeSet &nodes = result.nodes;
    if (expr.start) {
        result = evaluate(*expr.start, context);
        if (!expr.start_predicates.empty()) {
            for (const Predicate &predicate : expr.start_predicates) {
                if (predicate.positional && !sort(nodes, root_, *budget_)) throw Abort();
            }
            keep(nodes.items, 0, expr.start_predicates, 0);
        }
    } else {
        nodes.items.push_back(expr.absolute ? Item::root() : context.node);
    }
    NodeSet next;
    for (const Step &current : expr.steps) {
        next.items.clear();
        next.ordered = next.disjoint = true;
        step(current, nodes, next);
        std::swap(nodes, next);
        if (nodes.items.empty()) break;
    }
    return result;
}

// Of the nodes from `from` on, in axis order, keeps those for which all predicates hold. `skip`: a bit for each of the
// first predicates that are known to hold.
void Evaluator::keep(Nodes &nodes, size_t from, const std::vector<Predicate> &predicates, size_t skip) {
    const LoopGuard guard(loops_);
    for (size_t i = 0; i < predicates.size() && nodes.size() > from; i++) {
        if (i < 64 && (skip >> i & 1)) continue;
        const Expr &condition = *predicates[i].condition;
        const size_t size = nodes.size() - from;
        if (condition.kind == Expr::Kind::number) {
            const bool inside = condition.number >= 1 && condition.number <= static_cast<double>(size) &&
                                condition.number == std::floor(condition.number);
            const size_t place = inside ? static_cast<size_t>(condition.number) - 1 : 0;
            if (inside) nodes[from] = nodes[from + place];
            nodes.erase(nodes.begin() + static_cast<ptrdiff_t>(from + inside), nodes.end());
            continue;
        }
        size_t kept = from;
        for (size_t j = 0; j < size; j++) {
            spend();
            const Context inner{nodes[from + j], j + 1, size};
            bool holds;
            if (condition.type == Type::number) {
                Value scratch;
                holds = value(condition, inner, scratch).number == static_cast<double>(j + 1);
            } else {
                holds = truth(condition, inner);
            }
            if (holds) nodes[kept++] = nodes[from + j];
        }
        nodes.erase(nodes.begin() + static_cast<ptrdiff_t>(kept), nodes.end());
    }
}

std::string_view Evaluator::text(const Item &item, std::string &scratch) {
    const lyd_node *top = item.node();
    if (item.kind() == Item::Kind::attribute) {
        scratch = lyd_get_meta_value(item.meta());
        return scratch;
    }
    if (top && top->schema && (top->schema->nodetype & LYD_NODE_TERM)) return canonical_value(top, scratch);
    // The concatenation of all texts below, in document order.
    scratch.clear();
    std::string one;
    const lyd_node *node = top ? lyd_child(top) : root_;
    const lyd_node *any = top && top->schema && (top->schema->nodetype & LYD_NODE_ANY) ? top : nullptr;
    if (any) node = any;
    while (node) {
        spend();
        if (node->schema && (node->schema->nodetype & LYD_NODE_TERM)) {
            scratch += canonical_value(node, one);
        } else if (node->schema && (node->schema->nodetype & LYD_NODE_ANY)) {
            char *printed = nullptr;
            Quiet quiet;
            if (lyd_any_value_str(node, &printed) == LY_SUCCESS && printed) scratch += printed;
            free(printed);
        }
        spend_bytes(one.size());
        check_size(scratch.size());
        if (node == any) break;
        if (const lyd_node *child = lyd_child(node)) {
            node = child;
            continue;
        }
        while (node && !node->next) {
            node = lyd_parent(node);
            if (node == top) node = nullptr;
        }
        if (node) node = node->next;
    }
    return scratch;
}

std::string Evaluator::string(const Value &value) {
    switch (value.type) {
    case Type::number: return to_string(value.number);
    case Type::string: return value.string;
    case Type::boolean: return value.boolean ? "true" : "false";
    case Type::nodes: break;
    }
    if (value.nodes.items.empty()) return {};
    std::string scratch;
    if (value.nodes.ordered || value.nodes.items.size() == 1) return std::string(text(value.nodes.items[0], scratch));
    NodeSet sorted = value.nodes;
    if (!sort(sorted, root_, *budget_)) throw Abort();
    return std::string(text(sorted.items[0], scratch));
}

double Evaluator::number(const Value &value) {
    switch (value.type) {
    case Type::number: return value.number;
    case Type::boolean: return value.boolean ? 1 : 0;
    default: return to_number(string(value));
    }
}

}  // namespace libyang_js::xpath
