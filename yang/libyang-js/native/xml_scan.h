// A strict scanner of XML 1.0 with namespaces, for the envelopes of messages whose content may be very big.
//
// It checks that the text, which has passed xml_input, is well formed, resolves namespaces, and gives byte offsets, so
// that content can be kept as the bytes that came. Document type declarations are refused, and with them every entity of
// a message's own. Inside skipped content it checks the tags, not the references: libyang does, when it reads the content.
// Nothing is copied; the text outlives the scanner. Throws Failure with tag malformed-message.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "filter.h"

namespace libyang_js {

class XmlScanner {
  public:
    enum class Event : uint8_t { start, end, text, done };
    struct Attribute {
        std::string_view prefix, name;
        std::string_view raw;  // the value as it stands
    };

    // `many`: elements one after another, as data trees are written.
    enum class Roots : uint8_t { one, many };

    explicit XmlScanner(std::string_view text, Roots roots = Roots::one);
    Event next();

    // Of the last start or end.
    std::string_view prefix() const { return prefix_; }
    std::string_view name() const { return name_; }
    // Of the last start. Namespace declarations are not among the attributes.
    const std::vector<Attribute> &attributes() const { return attributes_; }
    bool empty() const { return empty_; }
    // All attributes and declarations of the last start tag, as they stand.
    std::string_view attribute_text() const { return attribute_text_; }
    // Offsets of the last event's first byte, and of the one behind it.
    size_t begin() const { return begin_; }
    size_t end() const { return at_; }
    // Of the last text: it holds more than white space.
    bool significant() const { return significant_; }
    // After a start: goes to the end tag that belongs to it, which is the next event. Returns the content's last offset.
    size_t skip();

    // Offsets of white space in attribute values, skipped ones too, that is to be read as spaces (XML 1.0, section 3.3.3).
    const std::vector<size_t> &breaks() const { return breaks_; }

    // Namespace of a prefix in scope; the empty string for the default one when none is declared. Null when unknown.
    const std::string *ns(std::string_view prefix) const;
    // Throws when the prefix of the last start is not declared.
    const std::string &element_ns() const;
    Prefixes in_scope() const;
    [[noreturn]] void fail(const std::string &what) const { fail_at(begin_, what); }

  private:
    static constexpr size_t max_depth = 500;
    struct Binding {
        std::string_view prefix;
        std::string uri;
        size_t depth;
    };

    [[noreturn]] void fail_at(size_t offset, const std::string &what) const;
    void declaration();
    bool at(std::string_view what) const { return text_.substr(at_, what.size()) == what; }
    void past(std::string_view what, const char *of);
    bool skip_markup();  // a comment, a processing instruction or a CDATA section
    void check_text(size_t from, size_t to);
    void check_reference(size_t offset) const;
    std::string_view qualified_name();
    void spaces();
    void start_tag(bool bind);
    void attribute(bool bind);
    void end_tag();
    void close_element();
    void split(std::string_view qualified, std::string_view &prefix, std::string_view &name, size_t offset) const;

    std::string_view text_;
    Roots roots_;
    size_t at_ = 0;
    size_t begin_ = 0;
    std::string_view prefix_, name_, attribute_text_;
    std::vector<Attribute> attributes_;
    std::set<std::pair<std::string_view, std::string_view>> names_;  // of the attributes, when they are many
    bool empty_ = false, pending_end_ = false, significant_ = false, root_seen_ = false;
    std::vector<std::string_view> open_;
    std::vector<size_t> breaks_;
    std::optional<bool> sections_;  // whether ]]> stands anywhere; unknown before the first skip
    std::vector<Binding> bindings_;
};

}  // namespace libyang_js
