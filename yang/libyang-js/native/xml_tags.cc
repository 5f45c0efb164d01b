// The tags of the scanner: names, attributes, namespace declarations.
#include "xml_scan.h"
#include "xml_text.h"

namespace libyang_js {

namespace {

bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_name(char c) {
    return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

}  // namespace

std::string_view XmlScanner::qualified_name() {
    const size_t from = at_;
    if (at_ < text_.size() && is_name_start(text_[at_])) {
        while (at_ < text_.size() && (is_name(text_[at_]) || text_[at_] == ':')) {
            at_++;
        }
    }
    if (at_ == from) {
        fail_at(from, from >= text_.size() ? "the message ends inside a tag" : "a name is expected here");
    }
    return text_.substr(from, at_ - from);
}

void XmlScanner::split(std::string_view qualified, std::string_view &prefix, std::string_view &name, size_t offset) const {
    const auto colon = qualified.find(':');
    prefix = colon == std::string_view::npos ? std::string_view() : qualified.substr(0, colon);
    name = colon == std::string_view::npos ? qualified : qualified.substr(colon + 1);
    if (colon != std::string_view::npos &&
        (prefix.empty() || name.empty() || !is_name_start(name[0]) || name.find(':') != std::string_view::npos)) {
        fail_at(offset, "not a qualified name: " + std::string(qualified));
    }
}

void XmlScanner::attribute(bool bind) {
    const size_t from = at_;
    const auto qualified = qualified_name();
    spaces();
    if (at_ >= text_.size() || text_[at_] != '=') {
        fail_at(at_, "an attribute without a value");
    }
    at_++;
    spaces();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '"' && quote != '\'') {
        fail_at(at_, "an attribute's value without quotes");
    }
    const size_t value = ++at_;
    const auto end = text_.find(quote, at_);
    if (end == std::string_view::npos) {
        fail_at(value, "the end of an attribute's value is missing");
    }
    at_ = end + 1;
    for (size_t i = value; i < end; i++) {
        if (text_[i] == '\n' || text_[i] == '\t') {
            breaks_.push_back(i);
        }
    }
    if (!bind) {
        return;
    }
    const auto raw = text_.substr(value, end - value);
    for (size_t i = value; i < end; i++) {
        if (text_[i] == '<') {
            fail_at(i, "< in an attribute's value");
        }
        if (text_[i] == '&') {
            check_reference(i);
        }
    }
    Attribute attribute;
    split(qualified, attribute.prefix, attribute.name, from);
    attribute.raw = raw;
    if (qualified == "xmlns" || attribute.prefix == "xmlns") {
        const auto prefix = qualified == "xmlns" ? std::string_view() : attribute.name;
        for (const auto &binding : bindings_) {
            if (binding.depth == open_.size() && binding.prefix == prefix) {
                fail_at(from, "a namespace declared twice");
            }
        }
        auto uri = xml_attribute(raw);
        if (prefix == "xmlns" || (!prefix.empty() && uri.empty()) || (prefix == "xml") != (uri == xml_namespace)) {
            fail_at(from, "a namespace declaration that is not allowed");
        }
        bindings_.push_back({prefix, std::move(uri), open_.size()});
        return;
    }
    // Few are compared with each other, more are looked up.
    constexpr size_t few = 16;
    if (attributes_.size() == few) {
        for (const auto &other : attributes_) {
            names_.emplace(other.prefix, other.name);
        }
    }
    bool twice = false;
    if (attributes_.size() >= few) {
        twice = !names_.emplace(attribute.prefix, attribute.name).second;
    } else {
        for (const auto &other : attributes_) {
            twice = twice || (other.prefix == attribute.prefix && other.name == attribute.name);
        }
    }
    if (twice) {
        fail_at(from, "the attribute " + std::string(qualified) + " twice");
    }
    attributes_.push_back(attribute);
}

// At '<' and a name. Inside skipped content nothing is bound.
void XmlScanner::start_tag(bool bind) {
    begin_ = at_++;
    if (open_.empty() && root_seen_ && roots_ == Roots::one) {
        fail_at(begin_, "a second element behind the end of the message");
    }
    root_seen_ = true;
    const auto qualified = qualified_name();
    if (open_.size() >= max_depth) {
        fail_at(begin_, "elements are nested deeper than " + std::to_string(max_depth));
    }
    open_.push_back(qualified);
    attributes_.clear();
    names_.clear();
    empty_ = false;
    const size_t from = at_;
    for (;;) {
        const size_t before = at_;
        spaces();
        if (at_ >= text_.size()) {
            fail_at(begin_, "the message ends inside a tag");
        }
        if (text_[at_] == '>' || at("/>")) {
            break;
        }
        if (before == at_) {
            fail_at(at_, "white space is missing before an attribute");
        }
        attribute(bind);
    }
    attribute_text_ = text_.substr(from, at_ - from);
    empty_ = text_[at_] == '/';
    at_ += empty_ ? 2 : 1;
    if (bind) {
        split(qualified, prefix_, name_, begin_);
        for (const auto &attribute : attributes_) {
            if (!attribute.prefix.empty() && ns(attribute.prefix) == nullptr) {
                fail_at(begin_, "the prefix " + std::string(attribute.prefix) + " is not declared");
            }
        }
    }
}

void XmlScanner::end_tag() {
    begin_ = at_;
    at_ += 2;
    const auto qualified = qualified_name();
    spaces();
    if (at_ >= text_.size() || text_[at_] != '>') {
        fail_at(at_, "the end of an end tag is missing");
    }
    at_++;
    if (open_.empty() || open_.back() != qualified) {
        fail_at(begin_, "</" + std::string(qualified) + "> where " +
                            (open_.empty() ? "no element is open" : "</" + std::string(open_.back()) + "> is expected"));
    }
    split(qualified, prefix_, name_, begin_);
    close_element();
}

void XmlScanner::close_element() {
    while (!bindings_.empty() && bindings_.back().depth == open_.size()) {
        bindings_.pop_back();
    }
    open_.pop_back();
}

}  // namespace libyang_js
