// Comparisons (XPath 1.0, section 3.4). With node-sets one pair for which the comparison holds is enough; none of the
// cases looks at all pairs.
#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "xpath_eval.h"

namespace libyang_js::xpath {

namespace {

bool is_equality(Operator operation) { return operation == Operator::equal || operation == Operator::unequal; }

Operator mirrored(Operator operation) {
    switch (operation) {
    case Operator::less: return Operator::more;
    case Operator::less_equal: return Operator::more_equal;
    case Operator::more: return Operator::less;
    case Operator::more_equal: return Operator::less_equal;
    default: return operation;
    }
}

bool compare_numbers(Operator operation, double a, double b) {
    switch (operation) {
    case Operator::equal: return a == b;
    case Operator::unequal: return a != b;
    case Operator::less: return a < b;
    case Operator::less_equal: return a <= b;
    case Operator::more: return a > b;
    default: return a >= b;
    }
}

}  // namespace

bool Evaluator::compare(Operator operation, const Value &left, const Value &right) {
    if (left.type == Type::nodes && right.type == Type::nodes) return compare_nodes(operation, left, right);
    if (right.type == Type::nodes) return compare(mirrored(operation), right, left);
    if (left.type == Type::boolean || right.type == Type::boolean) {
        const bool a = to_boolean(left);
        const bool b = to_boolean(right);
        return compare_numbers(operation, a, b);
    }
    if (left.type == Type::nodes) {
        if (right.type == Type::string && is_equality(operation)) {
            return compare_text(operation == Operator::equal, left.nodes.items, right.string);
        }
        return compare_number(operation, left.nodes.items, number(right));
    }
    const bool numbers = left.type == Type::number || right.type == Type::number || !is_equality(operation);
    if (numbers) return compare_numbers(operation, number(left), number(right));
    return (left.string == right.string) == (operation == Operator::equal);
}

bool Evaluator::compare_text(bool equal, const Nodes &nodes, std::string_view wanted) {
    std::string scratch;
    for (const Item &item : nodes) {
        spend();
        const std::string_view value = text(item, scratch);
        const lyd_node *node = item.kind() == Item::Kind::attribute ? nullptr : item.node();
        const bool term = node && node->schema && (node->schema->nodetype & LYD_NODE_TERM);
        const bool same = value == wanted || (term && value == canonical_.find(node->schema, wanted));
        if (same == equal) return true;
    }
    return false;
}

bool Evaluator::compare_number(Operator operation, const Nodes &nodes, double wanted) {
    std::string scratch;
    for (const Item &item : nodes) {
        spend();
        if (compare_numbers(operation, to_number(text(item, scratch)), wanted)) return true;
    }
    return false;
}

// A large set that is kept for the whole evaluation is indexed at its first use.
bool Evaluator::has_text(const Value &nodes, std::string_view wanted) {
    std::string scratch;
    const auto index = texts_.find(&nodes);
    if (index == texts_.end()) {
        for (const Item &item : nodes.nodes.items) {
            spend();
            if (text(item, scratch) == wanted) return true;
        }
        return false;
    }
    if (index->second.empty()) {
        for (const Item &item : nodes.nodes.items) {
            spend();
            index->second.emplace(text(item, scratch));
        }
    }
    spend();
    return index->second.count(std::string(wanted)) > 0;
}

bool Evaluator::compare_nodes(Operator operation, const Value &left, const Value &right) {
    const Nodes &a = left.nodes.items;
    const Nodes &b = right.nodes.items;
    if (a.empty() || b.empty()) return false;
    std::string scratch;
    if (operation == Operator::equal) {
        const Value &small = a.size() < b.size() ? left : right;
        const Value &large = a.size() < b.size() ? right : left;
        if (small.nodes.items.size() == 1 || texts_.count(&large)) {
            for (const Item &item : small.nodes.items) {
                std::string one;
                if (has_text(large, text(item, one))) return true;
            }
            return false;
        }
        std::unordered_set<std::string> known;
        for (const Item &item : small.nodes.items) {
            spend();
            known.emplace(text(item, scratch));
        }
        for (const Item &item : large.nodes.items) {
            spend();
            if (known.count(std::string(text(item, scratch)))) return true;
        }
        return false;
    }
    if (operation == Operator::unequal) {
        const std::string first(text(a[0], scratch));
        for (const Nodes *nodes : {&a, &b}) {
            for (const Item &item : *nodes) {
                spend();
                if (text(item, scratch) != first) return true;
            }
        }
        return false;
    }
    // An order holds for some pair when it holds for the two extremes.
    auto extreme = [&](const Nodes &nodes, bool least, double &out) {
        bool any = false;
        for (const Item &item : nodes) {
            spend();
            const double number = to_number(text(item, scratch));
            if (std::isnan(number)) continue;
            out = !any ? number : least ? std::min(out, number) : std::max(out, number);
            any = true;
        }
        return any;
    };
    const bool less = operation == Operator::less || operation == Operator::less_equal;
    double from = 0;
    double to = 0;
    return extreme(a, less, from) && extreme(b, !less, to) && compare_numbers(operation, from, to);
}

}  // namespace libyang_js::xpath
