#include "xpath_parser.h"

#include "xpath_names.h"

namespace libyang_js::xpath {

namespace {

const FunctionInfo functions[] = {
    {"last", Function::last, Type::number, 0, 0, false},
    {"position", Function::position, Type::number, 0, 0, false},
    {"count", Function::count, Type::number, 1, 1, false},
    {"id", Function::id, Type::nodes, 1, 1, false},
    {"local-name", Function::local_name, Type::string, 0, 1, true},
    {"namespace-uri", Function::namespace_uri, Type::string, 0, 1, true},
    {"name", Function::name, Type::string, 0, 1, true},
    {"string", Function::string, Type::string, 0, 1, true},
    {"concat", Function::concat, Type::string, 2, 1000, false},
    {"starts-with", Function::starts_with, Type::boolean, 2, 2, false},
    {"contains", Function::contains, Type::boolean, 2, 2, false},
    {"substring-before", Function::substring_before, Type::string, 2, 2, false},
    {"substring-after", Function::substring_after, Type::string, 2, 2, false},
    {"substring", Function::substring, Type::string, 2, 3, false},
    {"string-length", Function::string_length, Type::number, 0, 1, true},
    {"normalize-space", Function::normalize_space, Type::string, 0, 1, true},
    {"translate", Function::translate, Type::string, 3, 3, false},
    {"boolean", Function::boolean, Type::boolean, 1, 1, false},
    {"not", Function::negation, Type::boolean, 1, 1, false},
    {"true", Function::yes, Type::boolean, 0, 0, false},
    {"false", Function::no, Type::boolean, 0, 0, false},
    {"lang", Function::lang, Type::boolean, 1, 1, false},
    {"number", Function::number, Type::number, 0, 1, true},
    {"sum", Function::sum, Type::number, 1, 1, false},
    {"floor", Function::floor, Type::number, 1, 1, false},
    {"ceiling", Function::ceiling, Type::number, 1, 1, false},
    {"round", Function::round, Type::number, 1, 1, false},
    {"current", Function::current, Type::nodes, 0, 0, false},
    {"deref", Function::deref, Type::nodes, 1, 1, false},
    {"re-match", Function::re_match, Type::boolean, 2, 2, false},
    {"derived-from", Function::derived_from, Type::boolean, 2, 2, false},
    {"derived-from-or-self", Function::derived_from_or_self, Type::boolean, 2, 2, false},
    {"enum-value", Function::enum_value, Type::number, 1, 1, false},
    {"bit-is-set", Function::bit_is_set, Type::boolean, 2, 2, false},
};

// The arguments of these are node-sets; nothing else converts to one (XPath 1.0, section 4).
bool wants_nodes(Function function, size_t argument) {
    switch (function) {
    case Function::count:
    case Function::sum:
    case Function::local_name:
    case Function::namespace_uri:
    case Function::name:
    case Function::deref:
    case Function::derived_from:
    case Function::derived_from_or_self:
    case Function::enum_value:
    case Function::bit_is_set:
        return argument == 0;
    default:
        return false;
    }
}

const std::pair<std::string_view, Axis> axes[] = {
    {"ancestor", Axis::ancestor},
    {"ancestor-or-self", Axis::ancestor_or_self},
    {"attribute", Axis::attribute},
    {"child", Axis::child},
    {"descendant", Axis::descendant},
    {"descendant-or-self", Axis::descendant_or_self},
    {"following", Axis::following},
    {"following-sibling", Axis::following_sibling},
    {"namespace", Axis::namespaces},
    {"parent", Axis::parent},
    {"preceding", Axis::preceding},
    {"preceding-sibling", Axis::preceding_sibling},
    {"self", Axis::self},
};

bool operator_at(unsigned level, Token token, Operator &out) {
    auto is = [&](Token wanted, Operator found) {
        if (token != wanted) return false;
        out = found;
        return true;
    };
    switch (level) {
    case 0: return is(Token::or_name, Operator::either);
    case 1: return is(Token::and_name, Operator::both);
    case 2: return is(Token::equal, Operator::equal) || is(Token::unequal, Operator::unequal);
    case 3:
        return is(Token::less, Operator::less) || is(Token::less_equal, Operator::less_equal) ||
               is(Token::more, Operator::more) || is(Token::more_equal, Operator::more_equal);
    case 4: return is(Token::plus, Operator::add) || is(Token::minus, Operator::subtract);
    case 5:
        return is(Token::multiply, Operator::multiply) || is(Token::div_name, Operator::divide) ||
               is(Token::mod_name, Operator::modulo);
    default: return false;
    }
}

bool is_node_type(std::string_view name) {
    return name == "node" || name == "text" || name == "comment" || name == "processing-instruction";
}

}  // namespace

const FunctionInfo *find_function(std::string_view name) {
    for (const FunctionInfo &info : functions) {
        if (name == info.name) return &info;
    }
    return nullptr;
}

Parser::Parser(const ly_ctx *context, std::string_view text, const Names &names, Errors &errors)
    : context_(context), text_(text), names_(names), errors_(errors) {}

std::unique_ptr<Expr> Parser::parse() {
    if (text_.size() > max_expression_bytes) {
        Error error;
        error.type = "protocol";
        error.tag = "invalid-value";
        error.message = "XPath: the expression has " + std::to_string(text_.size()) + " bytes; at most " +
                        std::to_string(max_expression_bytes) + " are allowed";
        errors_.push_back(std::move(error));
        return nullptr;
    }
    if (!tokenize(text_, lexemes_, errors_)) return nullptr;
    Result result = chain(0);
    if (result && now().token != Token::end) return fail("something is left over");
    return result;
}

bool Parser::take(Token token) {
    if (now().token != token) return false;
    at_++;
    return true;
}

std::unique_ptr<Expr> Parser::fail(const std::string &what) {
    errors_.push_back(malformed(text_, now().offset, what));
    return nullptr;
}

std::unique_ptr<Expr> Parser::make(Expr::Kind kind, Type type) {
    auto expr = std::make_unique<Expr>();
    expr->kind = kind;
    expr->type = type;
    expr->id = ids_++;
    return expr;
}

std::unique_ptr<Expr> Parser::chain(unsigned level) {
    if (level > 5) return unary();
    if (level == 0 && ++depth_ > max_expression_depth) {
        return fail("brackets are nested deeper than " + std::to_string(max_expression_depth));
    }
    Result first = chain(level + 1);
    Operator found;
    if (first && operator_at(level, now().token, found)) {
        Result whole = make(Expr::Kind::chain, level < 4 ? Type::boolean : Type::number);
        whole->operands.push_back(std::move(first));
        while (operator_at(level, now().token, found)) {
            at_++;
            Result next = chain(level + 1);
            if (!next) return nullptr;
            whole->operators.push_back(found);
            whole->operands.push_back(std::move(next));
        }
        for (const auto &operand : whole->operands) {
            whole->uses_position |= operand->uses_position;
            whole->uses_context |= operand->uses_context;
        }
        first = std::move(whole);
    }
    if (level == 0) depth_--;
    return first;
}

std::unique_ptr<Expr> Parser::unary() {
    unsigned signs = 0;
    while (take(Token::minus)) signs++;
    Result operand = join();
    if (!operand || signs == 0) return operand;
    Result result = make(Expr::Kind::negative, Type::number);
    result->uses_position = operand->uses_position;
    result->uses_context = operand->uses_context;
    result->number = signs % 2 ? -1 : 1;
    result->operands.push_back(std::move(operand));
    return result;
}

std::unique_ptr<Expr> Parser::join() {
    Result first = path();
    if (!first || now().token != Token::bar) return first;
    Result whole = make(Expr::Kind::chain, Type::nodes);
    while (true) {
        if (first->type != Type::nodes) return fail("'|' joins node-sets only; what stands before this is none");
        whole->uses_position |= first->uses_position;
        whole->uses_context |= first->uses_context;
        whole->operands.push_back(std::move(first));
        if (!take(Token::bar)) break;
        whole->operators.push_back(Operator::join);
        first = path();
        if (!first) return nullptr;
    }
    return whole;
}

std::unique_ptr<Expr> Parser::path() {
    const Lexeme &first = now();
    const bool call_of_function =
        first.token == Token::name && after().token == Token::open && !(first.prefix.empty() && is_node_type(first.text));
    const bool from_primary = first.token == Token::open || first.token == Token::literal || first.token == Token::number ||
                              first.token == Token::variable || call_of_function;
    if (from_primary) {
        Result start = primary();
        if (!start) return nullptr;
        const Token next = now().token;
        if (next != Token::bracket_open && next != Token::slash && next != Token::slashes) return start;
        if (start->type != Type::nodes) return fail("only a node-set can be followed by '/' or '['");
        Result result = make(Expr::Kind::path, Type::nodes);
        result->uses_position = start->uses_position;
        result->uses_context = start->uses_context;
        result->start = std::move(start);
        if (!predicates(result->start_predicates)) return nullptr;
        if (now().token == Token::slash || now().token == Token::slashes) {
            const bool deep = now().token == Token::slashes;
            at_++;
            if (!steps(*result, deep)) return nullptr;
        }
        return result;
    }
    Result result = make(Expr::Kind::path, Type::nodes);
    if (take(Token::slash)) {
        result->absolute = true;
        switch (now().token) {
        case Token::name:
        case Token::star:
        case Token::dot:
        case Token::dots:
        case Token::at:
            break;
        default:
            return result;  // the root alone
        }
        return steps(*result, false) ? std::move(result) : nullptr;
    }
    if (take(Token::slashes)) {
        result->absolute = true;
        return steps(*result, true) ? std::move(result) : nullptr;
    }
    result->uses_context = true;
    return steps(*result, false) ? std::move(result) : nullptr;
}

std::unique_ptr<Expr> Parser::primary() {
    const Lexeme lexeme = now();
    switch (lexeme.token) {
    case Token::open: {
        at_++;
        Result inner = chain(0);
        if (!inner) return nullptr;
        if (!take(Token::close)) return fail("a ')' is missing");
        return inner;
    }
    case Token::literal: {
        at_++;
        Result result = make(Expr::Kind::literal, Type::string);
        result->text = lexeme.text;
        return result;
    }
    case Token::number: {
        at_++;
        Result result = make(Expr::Kind::number, Type::number);
        result->number = to_number(lexeme.text);
        return result;
    }
    case Token::variable:
        return fail("there are no variables");
    default:
        return call();
    }
}

std::unique_ptr<Expr> Parser::call() {
    const Lexeme lexeme = now();
    const FunctionInfo *info = lexeme.prefix.empty() ? find_function(lexeme.text) : nullptr;
    if (!info) return fail("there is no such function");
    at_ += 2;
    Result result = make(Expr::Kind::function, info->type);
    result->function = info->function;
    result->text = info->name;
    if (now().token != Token::close) {
        do {
            Result argument = chain(0);
            if (!argument) return nullptr;
            if (wants_nodes(info->function, result->operands.size()) && argument->type != Type::nodes) {
                return fail(result->text + "() wants a node-set");
            }
            result->uses_position |= argument->uses_position;
            result->uses_context |= argument->uses_context;
            result->operands.push_back(std::move(argument));
        } while (take(Token::comma));
    }
    if (now().token != Token::close) return fail("a ')' or ',' is missing");
    const size_t given = result->operands.size();
    if (given < info->least || given > info->most) {
        return fail(result->text + "() takes " + std::to_string(info->least) +
                    (info->most == info->least ? "" : info->most > 3 ? " or more" : " to " + std::to_string(info->most)) +
                    " arguments, not " + std::to_string(given));
    }
    at_++;
    if (info->function == Function::position || info->function == Function::last) result->uses_position = true;
    if ((info->of_context && given == 0) || info->function == Function::lang) result->uses_context = true;
    return result;
}

bool Parser::steps(Expr &path, bool deep) {
    while (true) {
        if (!step(path, deep)) return false;
        if (now().token == Token::slash) {
            deep = false;
        } else if (now().token == Token::slashes) {
            deep = true;
        } else {
            return true;
        }
        at_++;
    }
}

bool Parser::step(Expr &path, bool deep) {
    Step step;
    const bool abbreviated = now().token == Token::dot || now().token == Token::dots;
    if (abbreviated) {
        step.axis = now().token == Token::dot ? Axis::self : Axis::parent;
        at_++;
        if (now().token == Token::bracket_open) return fail("'.' and '..' take no predicate; write self::node()[…]"), false;
    } else {
        if (take(Token::at)) {
            step.axis = Axis::attribute;
        } else if (now().token == Token::name && after().token == Token::axis_mark) {
            bool known = false;
            for (const auto &[name, axis] : axes) {
                if (!now().prefix.empty() || now().text != name) continue;
                step.axis = axis;
                known = true;
            }
            if (!known) return fail("there is no such axis"), false;
            at_ += 2;
        }
        if (!node_test(step)) return false;
        if (!predicates(step.predicates)) return false;
    }
    for (const Predicate &predicate : step.predicates) step.positional |= predicate.positional;
    const bool named = step.test.kind == NodeTest::Kind::name;
    if (deep) {
        if (step.axis == Axis::child && named) {
            step.deep = true;
        } else if (step.axis == Axis::child && !step.positional) {
            step.axis = Axis::descendant;
        } else {
            Step all;
            all.axis = Axis::descendant_or_self;
            all.id = ids_++;
            path.steps.push_back(std::move(all));
        }
    } else if (step.axis == Axis::descendant && named && !step.positional) {
        step.axis = Axis::child;
        step.deep = true;
    }
    if (step.axis == Axis::child) find_keys(step);
    step.id = ids_++;
    path.steps.push_back(std::move(step));
    return true;
}

bool Parser::node_test(Step &step) {
    const Lexeme lexeme = now();
    NodeTest &test = step.test;
    if (lexeme.token != Token::name && lexeme.token != Token::star) return fail("a name, '*' or node() is missing"), false;
    if (lexeme.token == Token::name && lexeme.prefix.empty() && after().token == Token::open) {
        if (!is_node_type(lexeme.text)) return fail("there is no such node test"), false;
        at_ += 2;
        test.kind = lexeme.text == "node" ? NodeTest::Kind::node
                    : lexeme.text == "text" ? NodeTest::Kind::text : NodeTest::Kind::nothing;
        if (lexeme.text == "processing-instruction") take(Token::literal);
        if (!take(Token::close)) return fail("a ')' is missing"), false;
        return true;
    }
    const bool wildcard = lexeme.token == Token::star;
    const std::string_view prefix = lexeme.prefix;
    test.kind = wildcard ? NodeTest::Kind::wildcard : NodeTest::Kind::name;
    if (!wildcard) test.name = lexeme.text;
    if (!prefix.empty()) {
        test.rule = NodeTest::Module::exact;
        if (!resolve_prefix(context_, names_, prefix, test.module)) {
            Error error = malformed(text_, lexeme.offset, "the prefix \"" + std::string(prefix) +
                                                              "\" is neither declared nor the name of a module,");
            error.tag = "unknown-namespace";
            error.info.emplace_back("bad-namespace", prefix);
            errors_.push_back(std::move(error));
            return false;
        }
    } else if (wildcard) {
        test.rule = NodeTest::Module::any;
    } else if (names_.unprefixed) {
        test.rule = NodeTest::Module::exact;
        test.module = names_.unprefixed;
    } else {
        test.rule = NodeTest::Module::inherited;
    }
    at_++;
    return true;
}

bool Parser::predicates(std::vector<Predicate> &out) {
    while (take(Token::bracket_open)) {
        Result condition = chain(0);
        if (!condition) return false;
        if (!take(Token::bracket_close)) return fail("a ']' is missing"), false;
        const bool conjunction = condition->kind == Expr::Kind::chain && condition->operators[0] == Operator::both;
        bool divisible = conjunction && !condition->uses_position;
        for (const auto &operand : condition->operands) divisible &= operand->type != Type::number;
        if (divisible) {
            for (auto &operand : condition->operands) out.push_back({std::move(operand), false});
            continue;
        }
        const bool positional = condition->uses_position || condition->type == Type::number;
        out.push_back({std::move(condition), positional});
    }
    return true;
}

void Parser::find_keys(Step &step) {
    for (size_t i = 0; i < step.predicates.size() && !step.predicates[i].positional; i++) {
        const Expr &condition = *step.predicates[i].condition;
        const bool equality = condition.kind == Expr::Kind::chain && condition.operators.size() == 1 &&
                              condition.operators[0] == Operator::equal;
        if (!equality) continue;
        if (!key_test(*condition.operands[0], *condition.operands[1], i, step)) {
            key_test(*condition.operands[1], *condition.operands[0], i, step);
        }
    }
}

bool Parser::key_test(const Expr &left, const Expr &right, size_t predicate, Step &step) {
    const bool relative = left.kind == Expr::Kind::path && !left.absolute && !left.start && left.steps.size() == 1;
    if (!relative || !right.invariant() || right.type == Type::boolean) return false;
    const Step &name = left.steps[0];
    const bool child = name.axis == Axis::child && !name.deep && name.test.kind == NodeTest::Kind::name;
    const bool self = name.axis == Axis::self && name.test.kind == NodeTest::Kind::node;
    if (!(child || self) || !name.predicates.empty()) return false;
    step.keys.push_back({name.test, &right, predicate});
    return true;
}

}  // namespace libyang_js::xpath
