#include "xpath_lexer.h"

#include "xml_text.h"

namespace libyang_js::xpath {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (static_cast<unsigned char>(c) & 0x80);
}
bool in_name(char c) { return starts_name(c) || is_digit(c) || c == '-' || c == '.'; }

// A token after which `*` is a name test and `and` is a name.
bool wants_operand(Token last) {
    switch (last) {
    case Token::close:
    case Token::bracket_close:
    case Token::dot:
    case Token::dots:
    case Token::star:
    case Token::name:
    case Token::number:
    case Token::literal:
    case Token::variable:
        return false;
    default:
        return true;
    }
}

Token operator_name(std::string_view name) {
    if (name == "and") return Token::and_name;
    if (name == "or") return Token::or_name;
    if (name == "div") return Token::div_name;
    if (name == "mod") return Token::mod_name;
    return Token::name;
}

size_t name_end(std::string_view text, size_t at) {
    while (at < text.size() && in_name(text[at])) at++;
    return at;
}

}  // namespace

Error malformed(std::string_view expression, size_t offset, const std::string &what) {
    constexpr size_t shown = 40;
    Error error;
    error.type = "protocol";
    error.tag = "invalid-value";
    error.message = "XPath: " + what + " at character " + std::to_string(offset + 1);
    if (offset < expression.size()) {
        size_t end = std::min(expression.size(), offset + shown);
        while (end < expression.size() && (static_cast<unsigned char>(expression[end]) & 0xc0) == 0x80) end++;
        error.message += ", before \"" + std::string(expression.substr(offset, end - offset)) + "\"";
    } else {
        error.message += ", at its end";
    }
    return error;
}

bool tokenize(std::string_view text, std::vector<Lexeme> &out, Errors &errors) {
    size_t at = 0;
    auto put = [&](Token token, size_t length) {
        out.push_back({token, {}, text.substr(at, length), at});
        at += length;
    };
    auto fail = [&](size_t where, const char *what) {
        errors.push_back(malformed(text, where, what));
        return false;
    };
    while (true) {
        while (at < text.size() && is_xml_space(text[at])) at++;
        if (at >= text.size()) break;
        const char c = text[at];
        const char next = at + 1 < text.size() ? text[at + 1] : '\0';
        const bool operand = out.empty() || wants_operand(out.back().token);
        switch (c) {
        case '(': put(Token::open, 1); continue;
        case ')': put(Token::close, 1); continue;
        case '[': put(Token::bracket_open, 1); continue;
        case ']': put(Token::bracket_close, 1); continue;
        case '@': put(Token::at, 1); continue;
        case ',': put(Token::comma, 1); continue;
        case '|': put(Token::bar, 1); continue;
        case '+': put(Token::plus, 1); continue;
        case '-': put(Token::minus, 1); continue;
        case '=': put(Token::equal, 1); continue;
        case '*': put(operand ? Token::star : Token::multiply, 1); continue;
        case '/': next == '/' ? put(Token::slashes, 2) : put(Token::slash, 1); continue;
        case '<': next == '=' ? put(Token::less_equal, 2) : put(Token::less, 1); continue;
        case '>': next == '=' ? put(Token::more_equal, 2) : put(Token::more, 1); continue;
        case '!':
            if (next != '=') return fail(at, "a '!' is not followed by '='");
            put(Token::unequal, 2);
            continue;
        case ':':
            if (next != ':') return fail(at, "a ':' stands alone");
            put(Token::axis_mark, 2);
            continue;
        case '"':
        case '\'': {
            const size_t end = text.find(c, at + 1);
            if (end == std::string_view::npos) return fail(at, "a string is not closed");
            out.push_back({Token::literal, {}, text.substr(at + 1, end - at - 1), at});
            at = end + 1;
            continue;
        }
        default:
            break;
        }
        if (c == '.' && !is_digit(next)) {
            next == '.' ? put(Token::dots, 2) : put(Token::dot, 1);
            continue;
        }
        if (is_digit(c) || c == '.') {
            size_t end = at;
            while (end < text.size() && is_digit(text[end])) end++;
            if (end < text.size() && text[end] == '.') {
                end++;
                while (end < text.size() && is_digit(text[end])) end++;
            }
            put(Token::number, end - at);
            continue;
        }
        const bool variable = c == '$';
        const size_t begin = variable ? at + 1 : at;
        if (begin >= text.size() || !starts_name(text[begin])) return fail(at, "a character has no place");
        size_t end = name_end(text, begin);
        if (!variable && !operand) {
            const Token token = operator_name(text.substr(begin, end - begin));
            if (token == Token::name) return fail(at, "an operator is missing");
            put(token, end - begin);
            continue;
        }
        Lexeme lexeme{variable ? Token::variable : Token::name, {}, text.substr(begin, end - begin), at};
        if (end + 1 < text.size() && text[end] == ':' && text[end + 1] != ':') {
            if (text[end + 1] == '*') {
                lexeme = {Token::star, lexeme.text, text.substr(end + 1, 1), at};
                end += 2;
            } else if (starts_name(text[end + 1])) {
                const size_t local = end + 1;
                end = name_end(text, local);
                lexeme.prefix = lexeme.text;
                lexeme.text = text.substr(local, end - local);
            } else {
                return fail(end, "a prefix has no name after it");
            }
        }
        out.push_back(lexeme);
        at = end;
    }
    out.push_back({Token::end, {}, {}, text.size()});
    return true;
}

}  // namespace libyang_js::xpath
