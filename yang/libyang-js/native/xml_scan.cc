#include "xml_scan.h"

#include <algorithm>
#include <cstring>

#include "addon.h"

namespace libyang_js {

namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_name(char c) {
    return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

const std::string no_namespace;
const std::string xml_namespace = "http://www.w3.org/XML/1998/namespace";

void append_utf8(std::string &out, uint32_t code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xc0 | (code >> 6));
        out += static_cast<char>(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xe0 | (code >> 12));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
        out += static_cast<char>(0x80 | (code & 0x3f));
    } else {
        out += static_cast<char>(0xf0 | (code >> 18));
        out += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
        out += static_cast<char>(0x80 | (code & 0x3f));
    }
}

// The character of `&…;`, or 0 when there is no such one.
uint32_t reference(std::string_view name) {
    if (name == "lt") {
        return '<';
    }
    if (name == "gt") {
        return '>';
    }
    if (name == "amp") {
        return '&';
    }
    if (name == "quot") {
        return '"';
    }
    if (name == "apos") {
        return '\'';
    }
    if (name.size() < 2 || name[0] != '#' || name.size() > 10) {
        return 0;
    }
    const bool hex = name[1] == 'x';
    const auto digits = name.substr(hex ? 2 : 1);
    uint32_t code = 0;
    for (const char c : digits) {
        const int digit = c >= '0' && c <= '9'          ? c - '0'
                          : hex && c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : hex && c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                        : -1;
        if (digit < 0) {
            return 0;
        }
        code = code * (hex ? 16 : 10) + static_cast<uint32_t>(digit);
        if (code > 0x10ffff) {
            return 0;
        }
    }
    const bool character = code == 9 || code == 10 || code == 13 || (code >= 0x20 && code < 0xd800) ||
                           (code >= 0xe000 && code != 0xfffe && code != 0xffff);
    return digits.empty() || !character ? 0 : code;
}

}  // namespace

XmlScanner::XmlScanner(std::string_view text, Roots roots) : text_(text), roots_(roots) {
    check_utf8();
    if (text_.starts_with("\xef\xbb\xbf")) {
        at_ = 3;
    }
    declaration();
}

void XmlScanner::fail_at(size_t offset, const std::string &what) const {
    offset = std::min(offset, text_.size());
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<ptrdiff_t>(offset), '\n');
    Error error;
    error.type = "rpc";
    error.tag = "malformed-message";
    error.message = what + " (line " + std::to_string(line) + ", byte " + std::to_string(offset) + ")";
    throw Failure{{error}};
}

void XmlScanner::check_utf8() const {
    const auto *bytes = reinterpret_cast<const unsigned char *>(text_.data());
    const size_t size = text_.size();
    for (size_t i = 0; i < size;) {
        uint64_t eight;
        if (i + 8 <= size && (std::memcpy(&eight, bytes + i, 8), (eight & 0x8080808080808080) == 0)) {
            i += 8;
            continue;
        }
        const unsigned char lead = bytes[i];
        const size_t length = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
        bool good = length != 0 && i + length <= size;
        for (size_t k = 1; good && k < length; k++) {
            good = (bytes[i + k] & 0xc0) == 0x80;
        }
        if (good && length > 2) {
            const unsigned char second = bytes[i + 1];
            good = !(lead == 0xe0 && second < 0xa0) && !(lead == 0xed && second >= 0xa0) && !(lead == 0xf0 && second < 0x90) &&
                   !(lead == 0xf4 && second >= 0x90);
        }
        if (!good) {
            fail_at(i, "not UTF-8");
        }
        i += length;
    }
}

void XmlScanner::declaration() {
    if (!at("<?xml") || at_ + 5 >= text_.size() || !is_space(text_[at_ + 5])) {
        return;
    }
    const size_t from = at_;
    past("?>", "the XML declaration");
    const auto declared = text_.substr(from, at_ - from);
    const auto found = declared.find("encoding");
    if (found != std::string_view::npos) {
        auto value = declared.substr(declared.find_first_of("'\"", found) + 1);
        std::string encoding(value.substr(0, value.find_first_of("'\"")));
        std::transform(encoding.begin(), encoding.end(), encoding.begin(), [](unsigned char c) { return std::tolower(c); });
        if (encoding != "utf-8" && encoding != "us-ascii") {
            fail_at(from, "the encoding is " + encoding + ": only UTF-8 is read");
        }
    }
}

void XmlScanner::past(std::string_view what, const char *of) {
    const auto found = text_.find(what, at_);
    if (found == std::string_view::npos) {
        fail_at(at_, std::string("the end of ") + of + " is missing");
    }
    at_ = found + what.size();
}

bool XmlScanner::skip_markup() {
    if (at("<!--")) {
        const size_t from = at_;
        at_ += 4;
        past("--", "a comment");
        if (at_ >= text_.size() || text_[at_] != '>') {
            fail_at(from, "-- inside a comment");
        }
        at_++;
        return true;
    }
    if (at("<?")) {
        if (at("<?xml") && at_ + 5 < text_.size() && is_space(text_[at_ + 5])) {
            fail_at(at_, "an XML declaration that is not at the start");
        }
        past("?>", "a processing instruction");
        return true;
    }
    if (at("<![CDATA[")) {
        if (open_.empty()) {
            fail_at(at_, "text outside of the document's element");
        }
        past("]]>", "a CDATA section");
        return true;
    }
    if (at("<!")) {
        fail_at(at_, at("<!DOCTYPE") ? "a document type declaration is not accepted" : "unknown markup");
    }
    return false;
}

void XmlScanner::check_reference(size_t offset) const {
    const auto end = text_.find(';', offset);
    if (end == std::string_view::npos || end - offset > 12 || reference(text_.substr(offset + 1, end - offset - 1)) == 0) {
        fail_at(offset, "not a character or predefined entity reference");
    }
}

void XmlScanner::check_text(size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        const char c = text_[i];
        if (c == '&') {
            check_reference(i);
        } else if (static_cast<unsigned char>(c) < 0x20 && !is_space(c)) {
            fail_at(i, "a control character");
        } else if (c == ']' && text_.substr(i, 3) == "]]>") {
            fail_at(i, "]]> in text");
        }
        significant_ = significant_ || !is_space(c);
    }
}

void XmlScanner::spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) {
        at_++;
    }
}

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
        auto uri = decode(raw);
        if (prefix == "xmlns" || (!prefix.empty() && uri.empty()) || (prefix == "xml") != (uri == xml_namespace)) {
            fail_at(from, "a namespace declaration that is not allowed");
        }
        bindings_.push_back({prefix, std::move(uri), open_.size()});
        return;
    }
    for (const auto &other : attributes_) {
        if (other.prefix == attribute.prefix && other.name == attribute.name) {
            fail_at(from, "the attribute " + std::string(qualified) + " twice");
        }
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

XmlScanner::Event XmlScanner::next() {
    if (pending_end_) {
        pending_end_ = false;
        begin_ = at_;
        split(open_.back(), prefix_, name_, begin_);
        close_element();
        return Event::end;
    }
    begin_ = at_;
    if (at_ < text_.size() && text_[at_] != '<') {
        const auto found = text_.find('<', at_);
        at_ = found == std::string_view::npos ? text_.size() : found;
        significant_ = false;
        check_text(begin_, at_);
        if (significant_ && open_.empty()) {
            fail_at(begin_, "text outside of the document's element");
        }
        return Event::text;
    }
    if (at_ >= text_.size()) {
        if (!open_.empty()) {
            fail_at(at_, "the message ends inside <" + std::string(open_.back()) + ">");
        }
        if (!root_seen_) {
            fail_at(at_, "there is no element");
        }
        return Event::done;
    }
    if (at("</")) {
        end_tag();
        return Event::end;
    }
    const bool cdata = at("<![CDATA[");
    if (skip_markup()) {
        significant_ = cdata;
        return Event::text;
    }
    start_tag(true);
    pending_end_ = empty_;
    return Event::start;
}

size_t XmlScanner::skip() {
    if (pending_end_) {
        return at_;
    }
    const size_t depth = open_.size();
    const auto prefix = prefix_;
    const auto name = name_;
    for (;;) {
        const auto found = text_.find('<', at_);
        if (found == std::string_view::npos) {
            fail_at(text_.size(), "the message ends inside <" + std::string(open_.back()) + ">");
        }
        at_ = found;
        if (at("</")) {
            if (open_.size() == depth) {
                prefix_ = prefix;
                name_ = name;
                return at_;
            }
            end_tag();
        } else if (!skip_markup()) {
            start_tag(false);
            if (empty_) {
                close_element();
            }
        }
    }
}

const std::string *XmlScanner::ns(std::string_view prefix) const {
    for (auto binding = bindings_.rbegin(); binding != bindings_.rend(); ++binding) {
        if (binding->prefix == prefix) {
            return &binding->uri;
        }
    }
    return prefix.empty() ? &no_namespace : prefix == "xml" ? &xml_namespace : nullptr;
}

const std::string &XmlScanner::element_ns() const {
    const auto *uri = ns(prefix_);
    if (uri == nullptr) {
        fail_at(begin_, "the prefix " + std::string(prefix_) + " is not declared");
    }
    return *uri;
}

Prefixes XmlScanner::in_scope() const {
    Prefixes prefixes;
    for (const auto &binding : bindings_) {
        prefixes[std::string(binding.prefix)] = binding.uri;
    }
    return prefixes;
}

std::string XmlScanner::decode(std::string_view raw) const {
    std::string out;
    for (size_t i = 0; i < raw.size(); i++) {
        if (raw[i] == '&') {
            const auto end = raw.find(';', i);
            append_utf8(out, reference(raw.substr(i + 1, end - i - 1)));
            i = end;
        } else {
            out += is_space(raw[i]) ? ' ' : raw[i];
        }
    }
    return out;
}

}  // namespace libyang_js
