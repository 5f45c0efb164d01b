// The elements of a subtree filter: a small scanner of XML 1.0 with namespaces. It is exact where libyang's tolerant
// parse is not: elements without a namespace, attributes, and leafs without content stay as they were written.
// No document type declaration; depth is bounded.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "filter.h"

namespace libyang_js {

constexpr unsigned max_filter_depth = 128;

struct FilterElement {
    std::string name;
    std::string ns;  // empty: none
    struct Attribute {
        std::string ns, name, value;
    };
    std::vector<Attribute> attributes;  // without declarations of namespaces
    std::shared_ptr<const Prefixes> prefixes;  // in scope; "" is the default namespace
    std::vector<std::unique_ptr<FilterElement>> children;
    std::string text;  // without white space around it
    size_t line = 1;
};

// Null, with an error that gives the line, when the text is not one well-formed element.
std::unique_ptr<FilterElement> parse_filter(std::string_view xml, Errors &errors);

}  // namespace libyang_js
