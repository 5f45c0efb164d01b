#include "xpath_parser.h"

namespace libyang_js::xpath {

namespace {

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

}  // namespace

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
    if (now().token == Token::end) return fail("an expression is missing");
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

}  // namespace libyang_js::xpath
