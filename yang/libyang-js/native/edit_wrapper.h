// Takes a wrapping XML element off, so that its children can be parsed as data; reads tags for it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libyang_js {

struct Unwrapped {
    std::string xml;          // the children, each with the namespace declarations of the wrapper that it lacks
    bool empty = true;        // no element in it
};

// Well-formedness is not judged: what cannot be understood is passed on as it is.
Unwrapped unwrap(const std::string &xml);

// One start tag: `<name a="b" c='d' />`.
struct Tag {
    struct Attribute {
        std::string_view name, value;
        size_t start, end;
    };
    size_t name_end = 0;
    size_t end = 0;  // after `>`
    bool closed = false;
    std::vector<std::pair<std::string_view, std::string_view>> declarations;  // `xmlns:p`, `xmlns:p="uri"`
    std::vector<Attribute> attributes;
};

// Reads the tag at a `<`; its declarations and attributes only with `details`. False when the text ends inside.
bool read_tag(std::string_view text, size_t at, bool details, Tag &tag);
// After a comment, a CDATA section or a processing instruction that starts at `at`; 0 when it is none or has no end.
size_t skip_special(std::string_view text, size_t at);

}  // namespace libyang_js
