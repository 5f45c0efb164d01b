#include "xml_scan.h"

#include <algorithm>

#include "xml_input.h"
#include "xml_text.h"

namespace libyang_js {

namespace {

const std::string no_namespace;
const std::string of_xml(xml_namespace);

}  // namespace

XmlScanner::XmlScanner(std::string_view text, Roots roots) : text_(text), roots_(roots) {
    if (text_.starts_with("\xef\xbb\xbf")) {
        at_ = 3;
    }
    declaration();
}

void XmlScanner::fail_at(size_t offset, const std::string &what) const {
    fail_malformed(text_, offset, what);
}

void XmlScanner::declaration() {
    if (!at("<?xml") || at_ + 5 >= text_.size() || !is_xml_space(text_[at_ + 5])) {
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
        if (at("<?xml") && at_ + 5 < text_.size() && is_xml_space(text_[at_ + 5])) {
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
    if (end == std::string_view::npos || end - offset > 12 || xml_reference(text_.substr(offset + 1, end - offset - 1)) == 0) {
        fail_at(offset, "not a character or predefined entity reference");
    }
}

void XmlScanner::check_text(size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        const char c = text_[i];
        if (c == '&') {
            check_reference(i);
        } else if (c == ']' && text_.substr(i, 3) == "]]>") {
            fail_at(i, "]]> in text, where it is written ]]&gt;");
        }
        significant_ = significant_ || !is_xml_space(c);
    }
}

void XmlScanner::spaces() {
    while (at_ < text_.size() && is_xml_space(text_[at_])) {
        at_++;
    }
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
    if (!sections_) {
        sections_ = text_.find("]]>") != std::string_view::npos;
    }
    for (;;) {
        const auto found = text_.find('<', at_);
        if (found == std::string_view::npos) {
            fail_at(text_.size(), "the message ends inside <" + std::string(open_.back()) + ">");
        }
        if (const auto close = *sections_ ? text_.substr(at_, found - at_).find("]]>") : std::string_view::npos;
            close != std::string_view::npos) {
            fail_at(at_ + close, "]]> in text, where it is written ]]&gt;");
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
    return prefix.empty() ? &no_namespace : prefix == "xml" ? &of_xml : nullptr;
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

}  // namespace libyang_js
