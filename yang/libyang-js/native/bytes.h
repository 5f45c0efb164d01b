// Bytes that are shared and never copied: of a JavaScript buffer, or of a string of ours.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace libyang_js {

struct Bytes {
    const char *data = nullptr;
    size_t size = 0;
    std::shared_ptr<const void> owner;  // keeps them alive
    std::string_view view() const { return {data, size}; }
};

}  // namespace libyang_js
