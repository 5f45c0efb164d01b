#include "json_scan.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "error.h"
#include "xml_text.h"

namespace libyang_js {

namespace {

constexpr size_t max_depth = 500;

class JsonScanner {
  public:
    explicit JsonScanner(const std::string &text) : text_(text) {}

    struct Pair {
        size_t offset;
        uint32_t code;
    };

    // Arrays and objects are kept on a stack of ours: nesting costs no stack of the thread.
    std::vector<Pair> scan() {
        value();
        while (!open_.empty()) {
            spaces();
            const char closing = open_.back();
            if (peek() == ',') {
                at_++;
                member();
            } else if (peek() == closing) {
                at_++;
                open_.pop_back();
            } else {
                fail(closing == '}' ? ", or } is expected" : ", or ] is expected");
            }
        }
        spaces();
        if (at_ != text_.size()) {
            fail("text behind the end of the value");
        }
        return std::move(pairs_);
    }

  private:
    [[noreturn]] void fail(const std::string &what) const {
        const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<ptrdiff_t>(at_), '\n');
        Error error;
        error.type = "rpc";
        error.tag = "malformed-message";
        error.message = "not JSON: " + std::string(at_ >= text_.size() ? "the text ends where " : "") + what + " (line " +
                        std::to_string(line) + ", byte " + std::to_string(at_) + ")";
        throw Failure{{error}};
    }

    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    void spaces() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
            at_++;
        }
    }

    void member() {
        if (open_.back() == '}') {
            spaces();
            string();
            spaces();
            if (peek() != ':') {
                fail(": is expected");
            }
            at_++;
        }
        value();
    }

    // One value; of an array or object that is not empty only the start and the first of its values.
    void value() {
        for (;;) {
            spaces();
            const char c = peek();
            if (c != '{' && c != '[') {
                scalar(c);
                return;
            }
            at_++;
            spaces();
            const char closing = c == '{' ? '}' : ']';
            if (peek() == closing) {
                at_++;
                return;
            }
            if (open_.size() >= max_depth) {
                fail("nothing is nested deeper than " + std::to_string(max_depth));
            }
            open_.push_back(closing);
            if (c == '{') {
                string();
                spaces();
                if (peek() != ':') {
                    fail(": is expected");
                }
                at_++;
            }
        }
    }

    void scalar(char c) {
        if (c == '"') {
            string();
            return;
        }
        for (const std::string_view word : {"true", "false", "null"}) {
            if (text_.compare(at_, word.size(), word) == 0) {
                at_ += word.size();
                return;
            }
        }
        number();
    }

    bool digits() {
        const size_t from = at_;
        while (peek() >= '0' && peek() <= '9') {
            at_++;
        }
        return at_ != from;
    }

    void number() {
        at_ += peek() == '-' ? 1 : 0;
        const bool zero = peek() == '0';
        const size_t from = at_;
        if (!digits()) {
            fail("a value is expected");
        }
        if (zero && at_ - from > 1) {
            fail("a number starts with 0");
        }
        if (peek() == '.') {
            at_++;
            if (!digits()) {
                fail("a digit is expected");
            }
        }
        if (peek() == 'e' || peek() == 'E') {
            at_++;
            at_ += peek() == '+' || peek() == '-' ? 1 : 0;
            if (!digits()) {
                fail("a digit is expected");
            }
        }
    }

    uint32_t hex() {
        uint32_t code = 0;
        for (int i = 0; i < 4; i++, at_++) {
            const char c = peek();
            const int digit = c >= '0' && c <= '9'   ? c - '0'
                              : c >= 'a' && c <= 'f' ? c - 'a' + 10
                              : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                     : -1;
            if (digit < 0) {
                fail("four hexadecimal digits are expected");
            }
            code = code * 16 + static_cast<uint32_t>(digit);
        }
        return code;
    }

    void string() {
        if (peek() != '"') {
            fail("a string is expected");
        }
        for (at_++;;) {
            const char c = peek();
            if (c == '"') {
                at_++;
                return;
            }
            if (static_cast<unsigned char>(c) < 0x20) {
                fail("a string goes on or ends, without control characters");
            }
            at_++;
            if (c == '\\') {
                escape();
            }
        }
    }

    void escape() {
        const size_t start = at_ - 1;
        const char c = peek();
        if (c != 'u') {
            if (c == '\0' || std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos) {
                fail("an escape is expected");
            }
            at_++;
            return;
        }
        at_++;
        const uint32_t first = hex();
        if (first < 0xd800 || first > 0xdfff) {
            return;
        }
        if (first > 0xdbff || text_.compare(at_, 2, "\\u") != 0) {
            fail("the second half of a surrogate pair is expected");
        }
        at_ += 2;
        const uint32_t second = hex();
        if (second < 0xdc00 || second > 0xdfff) {
            fail("the second half of a surrogate pair is expected");
        }
        pairs_.push_back({start, 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)});
    }

    const std::string &text_;
    size_t at_ = 0;
    std::vector<char> open_;  // the closing character of each that is open
    std::vector<Pair> pairs_;
};

}  // namespace

void check_json(std::string &text) {
    const auto pairs = JsonScanner(text).scan();
    if (pairs.empty()) {
        return;
    }
    std::string out;
    out.reserve(text.size());
    size_t copied = 0;
    for (const auto &[offset, code] : pairs) {
        out.append(text, copied, offset - copied);
        append_utf8(out, code);
        copied = offset + 12;
    }
    out.append(text, copied);
    text = std::move(out);
}

}  // namespace libyang_js
