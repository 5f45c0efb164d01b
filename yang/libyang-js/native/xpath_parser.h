// Parser of XPath 1.0 expressions. Its recursion is bounded by max_expression_depth; chains of operators are flat.
#pragma once

#include <memory>

#include "xpath_expression.h"
#include "xpath_lexer.h"

namespace libyang_js::xpath {

struct FunctionInfo {
    const char *name;
    Function function;
    Type type;
    unsigned least;
    unsigned most;
    bool of_context;  // without arguments it is about the context node
};

const FunctionInfo *find_function(std::string_view name);
bool wants_nodes(Function function, size_t argument);
bool is_node_type(std::string_view name);

class Parser {
  public:
    Parser(const ly_ctx *context, std::string_view text, const Names &names, Errors &errors);
    // Null, with an error, when the expression is malformed.
    std::unique_ptr<Expr> parse();
    uint32_t ids() const { return ids_; }

  private:
    using Result = std::unique_ptr<Expr>;

    Result chain(unsigned level);
    Result unary();
    Result join();
    Result path();
    Result primary();
    Result call();
    bool steps(Expr &path, bool deep);
    bool step(Expr &path, bool deep);
    bool node_test(Step &step);
    bool predicates(std::vector<Predicate> &out);
    void find_keys(Step &step);
    bool key_test(const Expr &left, const Expr &right, size_t predicate, Step &step);

    const Lexeme &now() const { return lexemes_[at_]; }
    const Lexeme &after() const { return lexemes_[std::min(at_ + 1, lexemes_.size() - 1)]; }
    bool take(Token token);
    std::unique_ptr<Expr> fail(const std::string &what);
    std::unique_ptr<Expr> make(Expr::Kind kind, Type type);

    const ly_ctx *context_;
    std::string_view text_;
    const Names &names_;
    Errors &errors_;
    std::vector<Lexeme> lexemes_;
    size_t at_ = 0;
    unsigned depth_ = 0;
    uint32_t ids_ = 0;
};

}  // namespace libyang_js::xpath
