// The core functions of XPath 1.0, section 4. Strings are counted in characters of UTF-8.
#include <cmath>
#include <cstring>
#include <limits>

#include "xml_text.h"
#include "xpath_eval.h"
#include "xpath_order.h"

namespace libyang_js::xpath {

namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }
double round_half_up(double number) {
    if (std::isnan(number) || std::isinf(number)) return number;
    return std::floor(number + 0.5);
}

size_t characters(std::string_view text) {
    size_t count = 0;
    for (const char c : text) count += !continues(c);
    return count;
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> out;
    for (size_t at = 0; at < text.size();) {
        size_t end = at + 1;
        while (end < text.size() && continues(text[end])) end++;
        out.push_back(text.substr(at, end - at));
        at = end;
    }
    return out;
}

// memmem is linear, unlike std::string::find.
size_t find(std::string_view text, std::string_view part) {
    if (part.empty()) return 0;
    const void *found = memmem(text.data(), text.size(), part.data(), part.size());
    return found ? static_cast<size_t>(static_cast<const char *>(found) - text.data()) : std::string_view::npos;
}

// `end`: past the last character.
std::string substring(std::string_view text, double begin, double end) {
    std::string out;
    double position = 0;
    bool inside = false;
    for (const char c : text) {
        if (!continues(c)) {
            position += 1;
            inside = position >= begin && position < end;
        }
        if (inside) out += c;
    }
    return out;
}

std::string normalized(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (!is_xml_space(c)) {
            out += c;
        } else if (!out.empty() && out.back() != ' ') {
            out += ' ';
        }
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

std::string translated(std::string_view text, std::string_view from, std::string_view to) {
    std::unordered_map<std::string_view, std::string_view> map;
    const auto sources = split(from);
    const auto targets = split(to);
    for (size_t i = 0; i < sources.size(); i++) map.try_emplace(sources[i], i < targets.size() ? targets[i] : "");
    std::string out;
    for (const std::string_view character : split(text)) {
        const auto found = map.find(character);
        out += found == map.end() ? character : found->second;
    }
    return out;
}

Value of(std::string text) {
    Value value;
    value.type = Type::string;
    value.string = std::move(text);
    return value;
}

Value of(double number) {
    Value value;
    value.type = Type::number;
    value.number = number;
    return value;
}

Value of(bool boolean) {
    Value value;
    value.type = Type::boolean;
    value.boolean = boolean;
    return value;
}

std::string name_of(const Item &item, Function function) {
    const lys_module *module = nullptr;
    const char *name = nullptr;
    if (item.kind() == Item::Kind::attribute) {
        module = item.meta()->annotation->module;
        name = item.meta()->name;
    } else if (item.is_element() && item.node()->schema) {
        module = item.node()->schema->module;
        name = item.node()->schema->name;
    }
    if (!name) return {};
    if (function == Function::local_name) return name;
    if (function == Function::namespace_uri) return module->ns;
    return std::string(module->name) + ":" + name;
}

}  // namespace

const lyd_node *Evaluator::first(Value &value) {
    if (!sort(value.nodes, root_, *budget_)) throw Abort();
    for (const Item &item : value.nodes.items) {
        if (item.is_element()) return item.node();
    }
    return nullptr;
}

Value Evaluator::function(const Expr &expr, const Context &context) {
    spend();
    Value scratch;
    auto argument = [&](size_t i) -> const Value & { return value(*expr.operands[i], context, scratch); };
    auto nodes_or_context = [&]() -> Value {
        if (!expr.operands.empty()) return evaluate(*expr.operands[0], context);
        Value self;
        self.nodes.items.push_back(context.node);
        return self;
    };
    switch (expr.function) {
    case Function::last: return of(static_cast<double>(context.size));
    case Function::position: return of(static_cast<double>(context.position));
    case Function::count: return of(static_cast<double>(argument(0).nodes.items.size()));
    case Function::id: return {};
    case Function::lang: return of(false);
    case Function::local_name:
    case Function::namespace_uri:
    case Function::name: {
        Value nodes = nodes_or_context();
        if (nodes.nodes.items.empty()) return of(std::string());
        if (!sort(nodes.nodes, root_, *budget_)) throw Abort();
        return of(name_of(nodes.nodes.items[0], expr.function));
    }
    case Function::boolean: return of(to_boolean(argument(0)));
    case Function::negation: return of(!to_boolean(argument(0)));
    case Function::yes: return of(true);
    case Function::no: return of(false);
    case Function::number: return of(number(nodes_or_context()));
    case Function::sum: {
        double total = 0;
        std::string one;
        for (const Item &item : argument(0).nodes.items) {
            spend();
            total += to_number(text(item, one));
        }
        return of(total);
    }
    case Function::floor: return of(std::floor(number(argument(0))));
    case Function::ceiling: return of(std::ceil(number(argument(0))));
    case Function::round: return of(round_half_up(number(argument(0))));
    case Function::current:
    case Function::deref:
    case Function::re_match:
    case Function::derived_from:
    case Function::derived_from_or_self:
    case Function::enum_value:
    case Function::bit_is_set:
        return yang_function(expr, context);
    default:
        return string_function(expr, context);
    }
}

Value Evaluator::string_function(const Expr &expr, const Context &context) {
    std::vector<std::string> texts;
    size_t bytes = 0;
    for (const auto &operand : expr.operands) {
        Value scratch;
        texts.push_back(string(value(*operand, context, scratch)));
        bytes += texts.back().size();
        spend_bytes(texts.back().size());
        check_size(bytes);
    }
    if (texts.empty()) {
        std::string scratch;
        texts.emplace_back(text(context.node, scratch));
        spend_bytes(texts[0].size());
    }
    const std::string &first = texts[0];
    switch (expr.function) {
    case Function::string: return of(first);
    case Function::concat: {
        std::string whole;
        whole.reserve(bytes);
        for (const std::string &part : texts) whole += part;
        return of(std::move(whole));
    }
    case Function::starts_with: return of(first.compare(0, texts[1].size(), texts[1]) == 0);
    case Function::contains: return of(find(first, texts[1]) != std::string::npos);
    case Function::substring_before: {
        const size_t at = find(first, texts[1]);
        return of(at == std::string::npos ? std::string() : first.substr(0, at));
    }
    case Function::substring_after: {
        const size_t at = find(first, texts[1]);
        return of(at == std::string::npos ? std::string() : first.substr(at + texts[1].size()));
    }
    case Function::substring: {
        Value scratch;
        const double begin = round_half_up(number(value(*expr.operands[1], context, scratch)));
        double end = std::numeric_limits<double>::infinity();
        if (expr.operands.size() > 2) end = begin + round_half_up(number(value(*expr.operands[2], context, scratch)));
        return of(substring(first, begin, end));
    }
    case Function::string_length: return of(static_cast<double>(characters(first)));
    case Function::normalize_space: return of(normalized(first));
    default: return of(translated(first, texts[1], texts[2]));
    }
}

}  // namespace libyang_js::xpath
