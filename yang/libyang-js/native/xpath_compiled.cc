// Compiled expressions: made once, evaluated often.
#include <cstring>

#include "xpath_eval.h"
#include "xpath_parser.h"
#include "xpath_reach.h"

namespace libyang_js::xpath {

namespace {

bool find_current(Expr &expr) {
    bool found = expr.kind == Expr::Kind::function && expr.function == Function::current;
    auto look = [&](std::vector<Predicate> &predicates) {
        for (Predicate &predicate : predicates) found |= find_current(*predicate.condition);
    };
    for (auto &operand : expr.operands) found |= find_current(*operand);
    if (expr.start) found |= find_current(*expr.start);
    look(expr.start_predicates);
    for (Step &step : expr.steps) look(step.predicates);
    return expr.uses_current = found;
}

// Where the last step of a path of a leafref starts (RFC 7950, section 9.9.2); npos when there is only one.
size_t last_step(std::string_view path) {
    size_t last = std::string_view::npos;
    unsigned brackets = 0;
    char quote = '\0';
    for (size_t at = 0; at < path.size(); at++) {
        const char c = path[at];
        if (quote) {
            if (c == quote) quote = '\0';
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (c == '[' || c == '(') {
            brackets++;
        } else if (c == ']' || c == ')') {
            brackets--;
        } else if (c == '/' && brackets == 0) {
            last = at + 1;
        }
    }
    return last;
}

std::string_view trimmed(std::string_view text) {
    constexpr const char *spaces = " \t\r\n";
    const size_t from = text.find_first_not_of(spaces);
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(spaces) - from + 1);
}

bool is_name(std::string_view step) { return !step.empty() && step.find_first_of("[](). \t\r\n") == std::string_view::npos; }

// Is what the path looks at under this name a leaf-list?
bool ends_at_leaf_list(const lysc_type_leafref *type, const lysc_node *leaf, std::string_view step) {
    const std::string_view name = step.substr(step.find(':') == std::string_view::npos ? 0 : step.find(':') + 1);
    ly_set *atoms = nullptr;
    Quiet quiet;
    bool found = false;
    if (lys_find_expr_atoms(leaf, leaf->module, type->path, type->prefixes, 0, &atoms) == LY_SUCCESS) {
        for (uint32_t i = 0; i < atoms->count; i++) found |= atoms->snodes[i]->nodetype == LYS_LEAFLIST && name == atoms->snodes[i]->name;
    }
    ly_set_free(atoms, nullptr);
    return found;
}

// The path with its last step made a lookup, where it has the form for it.
std::string narrowed(const lysc_type_leafref *type, const lysc_node *leaf) {
    const std::string path(trimmed(lyxp_get_expr(type->path)));
    const size_t at = last_step(path);
    if (at == std::string::npos || at < 2) return path;
    const std::string step(trimmed(std::string_view(path).substr(at)));
    if (!is_name(step)) return path;
    if (ends_at_leaf_list(type, leaf, step)) return path + "[. = current()]";
    const std::string before(trimmed(std::string_view(path).substr(0, at - 1)));
    const size_t parent = last_step(before);
    const std::string_view parent_step = trimmed(std::string_view(before).substr(parent == std::string::npos ? 0 : parent));
    if (parent_step.empty() || parent_step[0] == '.' || parent_step.back() == ')') return path;
    return before + "[" + step + " = current()]/" + step;
}

}  // namespace

std::unique_ptr<Expression> Expression::compile(const ly_ctx *context, std::string_view text, const Names &names,
                                                Errors &errors) {
    std::unique_ptr<Expression> result(new Expression());
    result->context_ = context;
    result->text_ = text;
    result->names_ = names;
    Parser parser(context, result->text_, result->names_, errors);
    result->top_ = parser.parse();
    if (!result->top_) return nullptr;
    result->ids_ = parser.ids();
    find_current(*result->top_);
    return result;
}

Expression::~Expression() = default;

bool Expression::evaluate(const lyd_node *root, const lyd_node *node, Budget &budget, Value &out, Errors &errors) const {
    const size_t before = errors.size();
    try {
        Evaluator evaluator(*this);
        evaluator.start(root, node, budget, errors);
        out = evaluator.evaluate(*top_, {node ? Item::element(node) : Item::root()});
        return true;
    } catch (const Abort &) {
        if (errors.size() > before) return false;
    }
    errors.push_back(budget_passed(budget));
    return false;
}

const Expression *Expression::leafref(const lysc_type_leafref *type, const lysc_node *leaf, Errors &errors) const {
    const std::lock_guard guard(leafrefs_lock_);
    auto &known = leafrefs_[{type, leaf}];
    if (!known) {
        Names names;
        names.compiled = type->prefixes;
        names.unprefixed = leaf->module;
        known = compile(context_, narrowed(type, leaf), names, errors);
    }
    return known.get();
}

Evaluation::Evaluation(const Expression &expression) : evaluator_(std::make_unique<Evaluator>(expression)) {
    evaluator_->keep_between(true);
}

Evaluation::~Evaluation() = default;
Evaluation::Evaluation(Evaluation &&) noexcept = default;

bool Evaluation::holds(const lyd_node *root, const lyd_node *node, Budget &budget, bool &out, Errors &errors) {
    const size_t before = errors.size();
    try {
        evaluator_->start(root, node, budget, errors);
        out = evaluator_->truth(evaluator_->expression().top(), {node ? Item::element(node) : Item::root()});
        return true;
    } catch (const Abort &) {
        if (errors.size() > before) return false;
    }
    errors.push_back(budget_passed(budget));
    return false;
}

void Evaluation::forget() { evaluator_->forget(); }

}  // namespace libyang_js::xpath
