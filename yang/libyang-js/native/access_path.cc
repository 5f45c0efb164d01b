#include "access.h"
#include "xpath_eval.h"
#include "xpath_literal.h"
#include "xpath_value.h"

namespace libyang_js {

namespace {

constexpr std::string_view spaces = " \t\r\n";

class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool end() const { return at_ == text_.size(); }
    size_t at() const { return at_; }
    bool take(char c) {
        if (end() || text_[at_] != c) return false;
        at_++;
        return true;
    }
    void skip() {
        while (!end() && spaces.find(text_[at_]) != std::string_view::npos) at_++;
    }
    std::string word(std::string_view stops) {
        const size_t to = std::min(text_.find_first_of(stops, at_), text_.size());
        const auto from = std::exchange(at_, to);
        return std::string(text_.substr(from, to - from));
    }
    bool quoted(std::string &out) {
        auto rest = text_.substr(at_);
        const bool taken = take_xpath_literal(rest, out);
        at_ = text_.size() - rest.size();
        return taken;
    }

  private:
    std::string_view text_;
    size_t at_ = 0;
};

std::string without_module(const std::string &name) { return name.substr(name.find(':') + 1); }

// What stands in brackets.
bool predicate(Scanner &scanner, PathStep &step) {
    scanner.skip();
    const auto key = scanner.word("=] \t\r\n");
    scanner.skip();
    if (scanner.take(']')) {
        step.position = !key.empty() && key.find_first_not_of("0123456789") == std::string::npos;
        return step.position;
    }
    std::string value;
    if (key.empty() || !scanner.take('=')) return false;
    scanner.skip();
    if (!scanner.quoted(value)) return false;
    scanner.skip();
    step.values.emplace_back(without_module(key), std::move(value));
    return scanner.take(']');
}

}  // namespace

bool parse_instance_path(std::string_view text, std::vector<PathStep> &out) {
    Scanner scanner(text);
    while (!scanner.end()) {
        if (!scanner.take('/')) return false;
        PathStep step;
        const auto name = scanner.word("/[");
        const auto colon = name.find(':');
        step.name = without_module(name);
        if (colon != std::string::npos) step.module = name.substr(0, colon);
        if (step.name.empty()) return false;
        while (scanner.take('[')) {
            if (!predicate(scanner, step)) return false;
        }
        step.end = scanner.at();
        out.push_back(std::move(step));
    }
    return !out.empty();
}

const lysc_node *schema_below(const ly_ctx *context, const lysc_node *parent, const PathStep &step) {
    const auto fits = [&](const lysc_node *node) {
        const bool module = step.module.empty() ? parent && node->module == parent->module : step.module == node->module->name;
        return module && step.name == node->name;
    };
    for (const lysc_node *child : parent ? xpath::data_children(parent) : xpath::top_level(context)) {
        if (fits(child)) return child;
    }
    return nullptr;
}

}  // namespace libyang_js
