// Location steps (XPath 1.0, section 2): axes, node tests, predicates, and which of these can be looked up.
#include "xpath_names.h"
#include "xpath_parser.h"

namespace libyang_js::xpath {

namespace {

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

}  // namespace

bool is_node_type(std::string_view name) {
    return name == "node" || name == "text" || name == "comment" || name == "processing-instruction";
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
    } else if (!wildcard && names_.unprefixed) {
        test.rule = NodeTest::Module::exact;
        test.module = names_.unprefixed;
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
