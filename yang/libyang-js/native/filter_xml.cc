#include "filter_xml.h"

#include "xml_text.h"

namespace libyang_js {

namespace {

struct Malformed {
    std::string what;
};

bool starts_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (static_cast<unsigned char>(c) & 0x80);
}
bool in_name(char c) { return starts_name(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; }

class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    std::unique_ptr<FilterElement> document() {
        misc();
        if (!at("<")) throw Malformed{"an element is missing"};
        auto scope = std::make_shared<const Prefixes>(Prefixes{{"xml", "http://www.w3.org/XML/1998/namespace"}});
        auto element = this->element(scope, 0);
        misc();
        if (at_ < text_.size()) throw Malformed{"something follows the element"};
        return element;
    }
    size_t line() const {
        size_t line = 1;
        for (size_t i = 0; i < at_ && i < text_.size(); i++) line += text_[i] == '\n';
        return line;
    }

  private:
    struct Raw {
        std::string_view prefix, name;
        std::string value;
    };

    bool at(std::string_view token) const { return text_.substr(at_, token.size()) == token; }
    bool take(std::string_view token) {
        if (!at(token)) return false;
        at_ += token.size();
        return true;
    }
    void need(std::string_view token) {
        if (!take(token)) throw Malformed{"'" + std::string(token) + "' is missing"};
    }
    void space() {
        while (at_ < text_.size() && is_xml_space(text_[at_])) at_++;
    }
    void skip_past(std::string_view token, const char *what) {
        const size_t end = text_.find(token, at_);
        if (end == std::string_view::npos) throw Malformed{std::string(what) + " is not closed"};
        at_ = end + token.size();
    }
    // Comments and processing instructions.
    bool skip() {
        if (take("<!--")) {
            skip_past("-->", "a comment");
        } else if (take("<?")) {
            skip_past("?>", "a processing instruction");
        } else if (at("<!DOCTYPE")) {
            throw Malformed{"a document type declaration is not allowed"};
        } else {
            return false;
        }
        return true;
    }
    void misc() {
        do space();
        while (skip());
    }
    std::string_view identifier() {
        const size_t begin = at_;
        if (at_ >= text_.size() || !starts_name(text_[at_])) throw Malformed{"a name is missing"};
        while (at_ < text_.size() && in_name(text_[at_])) at_++;
        return text_.substr(begin, at_ - begin);
    }
    void qualified(std::string_view &prefix, std::string_view &name) {
        name = identifier();
        if (!take(":")) return;
        prefix = name;
        name = identifier();
    }
    void reference(std::string &out) {
        const size_t end = text_.find(';', at_);
        if (end == std::string_view::npos || end - at_ > 12) throw Malformed{"a reference is not closed"};
        const std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
        static const std::pair<std::string_view, char> known[] = {
            {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
        for (const auto &[entity, character] : known) {
            if (name != entity) continue;
            out += character;
            return;
        }
        if (name.size() < 2 || name[0] != '#') throw Malformed{"there is no entity &" + std::string(name) + ";"};
        const bool hex = name[1] == 'x';
        uint32_t code = 0;
        for (const char c : name.substr(hex ? 2 : 1)) {
            const int digit = c >= '0' && c <= '9' ? c - '0' : hex && c >= 'a' && c <= 'f' ? c - 'a' + 10
                            : hex && c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
            if (digit < 0 || code > 0x10ffff) throw Malformed{"a character reference is malformed"};
            code = code * (hex ? 16 : 10) + static_cast<uint32_t>(digit);
        }
        character(code, out);
    }
    static void character(uint32_t code, std::string &out) {
        const bool surrogate = code >= 0xd800 && code <= 0xdfff;
        const bool control = code < 0x20 && code != '\t' && code != '\n' && code != '\r';
        if (control || surrogate || code > 0x10ffff) throw Malformed{"a character reference is to no character"};
        auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | (code >> shift & 0x3f)); };
        if (code < 0x80) {
            out += static_cast<char>(code);
        } else if (code < 0x800) {
            out += static_cast<char>(0xc0 | code >> 6);
            tail(0);
        } else if (code < 0x10000) {
            out += static_cast<char>(0xe0 | code >> 12);
            tail(6);
            tail(0);
        } else {
            out += static_cast<char>(0xf0 | code >> 18);
            tail(12);
            tail(6);
            tail(0);
        }
    }
    std::string attribute_value() {
        const char quote = at_ < text_.size() ? text_[at_] : '\0';
        if (quote != '"' && quote != '\'') throw Malformed{"the value of an attribute is not quoted"};
        at_++;
        std::string out;
        while (at_ < text_.size() && text_[at_] != quote) {
            if (text_[at_] == '<') throw Malformed{"a '<' stands in an attribute"};
            if (text_[at_] == '&') {
                reference(out);
            } else {
                out += text_[at_++];
            }
        }
        if (at_ >= text_.size()) throw Malformed{"an attribute is not closed"};
        at_++;
        return out;
    }
    static std::string resolve(const Prefixes &scope, std::string_view prefix) {
        const auto found = scope.find(std::string(prefix));
        if (found != scope.end()) return found->second;
        if (prefix.empty()) return {};
        throw Malformed{"the prefix \"" + std::string(prefix) + "\" is not declared"};
    }

    std::unique_ptr<FilterElement> element(std::shared_ptr<const Prefixes> scope, unsigned depth) {
        if (depth > max_filter_depth) throw Malformed{"elements are nested deeper than " + std::to_string(max_filter_depth)};
        auto result = std::make_unique<FilterElement>();
        std::string_view prefix;
        std::string_view name;
        result->line = line_at();
        need("<");
        qualified(prefix, name);
        result->name = name;
        std::vector<Raw> raw;
        std::shared_ptr<Prefixes> inner;
        while (true) {
            const size_t before = at_;
            space();
            if (at(">") || at("/>")) break;
            if (before == at_) throw Malformed{"the tag of <" + result->name + "> is malformed"};
            Raw attribute;
            qualified(attribute.prefix, attribute.name);
            space();
            need("=");
            space();
            attribute.value = attribute_value();
            const bool of_default = attribute.prefix.empty() && attribute.name == "xmlns";
            if (!of_default && attribute.prefix != "xmlns") {
                raw.push_back(std::move(attribute));
                continue;
            }
            if (!inner) inner = std::make_shared<Prefixes>(*scope);
            if (!of_default && attribute.value.empty()) throw Malformed{"a prefix is declared without a namespace"};
            (*inner)[of_default ? std::string() : std::string(attribute.name)] = attribute.value;
        }
        if (inner) scope = inner;
        result->prefixes = scope;
        result->ns = resolve(*scope, prefix);
        for (Raw &attribute : raw) {
            const std::string ns = attribute.prefix.empty() ? std::string() : resolve(*scope, attribute.prefix);
            for (const auto &other : result->attributes) {
                if (other.ns == ns && other.name == attribute.name) {
                    throw Malformed{"the attribute \"" + other.name + "\" is given twice"};
                }
            }
            result->attributes.push_back({ns, std::string(attribute.name), std::move(attribute.value)});
        }
        if (take("/>")) return result;
        need(">");
        content(*result, scope, depth);
        std::string_view end_prefix;
        std::string_view end_name;
        qualified(end_prefix, end_name);
        if (end_prefix != prefix || end_name != name) {
            throw Malformed{"</" + std::string(end_name) + "> closes <" + result->name + ">"};
        }
        space();
        need(">");
        return result;
    }
    void content(FilterElement &element, const std::shared_ptr<const Prefixes> &scope, unsigned depth) {
        while (true) {
            if (at_ >= text_.size()) throw Malformed{"<" + element.name + "> is not closed"};
            if (take("</")) break;
            if (take("<![CDATA[")) {
                const size_t begin = at_;
                skip_past("]]>", "a CDATA section");
                element.text += text_.substr(begin, at_ - 3 - begin);
            } else if (skip()) {
                continue;
            } else if (text_[at_] == '<') {
                element.children.push_back(this->element(scope, depth + 1));
            } else if (text_[at_] == '&') {
                reference(element.text);
            } else {
                element.text += text_[at_++];
            }
        }
        size_t from = 0;
        size_t to = element.text.size();
        while (from < to && is_xml_space(element.text[from])) from++;
        while (to > from && is_xml_space(element.text[to - 1])) to--;
        element.text = element.text.substr(from, to - from);
    }
    size_t line_at() {
        for (; counted_ < at_; counted_++) line_ += text_[counted_] == '\n';
        return line_;
    }

    std::string_view text_;
    size_t at_ = 0;
    size_t counted_ = 0;
    size_t line_ = 1;
};

}  // namespace

std::unique_ptr<FilterElement> parse_filter(std::string_view xml, Errors &errors) {
    Scanner scanner(xml);
    try {
        return scanner.document();
    } catch (const Malformed &malformed) {
        Error error;
        error.type = "rpc";
        error.tag = "malformed-message";
        error.message = "Subtree filter, line " + std::to_string(scanner.line()) + ": " + malformed.what;
        errors.push_back(std::move(error));
        return nullptr;
    }
}

}  // namespace libyang_js
