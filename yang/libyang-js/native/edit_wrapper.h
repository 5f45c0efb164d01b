// Takes a wrapping XML element off, so that its children can be parsed as data.
#pragma once

#include <string>

namespace libyang_js {

struct Unwrapped {
    std::string xml;          // the children, each with the namespace declarations of the wrapper that it lacks
    size_t attributes = 0;    // of all elements, namespace declarations not counted
    bool empty = true;        // no element in it
};

// Well-formedness is not judged: what cannot be understood is passed on as it is.
Unwrapped unwrap(const std::string &xml);

}  // namespace libyang_js
