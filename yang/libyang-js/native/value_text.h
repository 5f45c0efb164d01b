// Values of a tree as text, read without a write to the tree.
#pragma once

#include <libyang/libyang.h>

#include <string_view>

namespace libyang_js {

// Fills every value's cached canonical string, so that reading the tree is pure from then on.
void prime_siblings(lyd_node *siblings);

// The value as text of a format (LY_VALUE_XML, LY_VALUE_JSON, LY_VALUE_CANON) without a write to it. For XML,
// `modules` collects those whose prefixes the text uses; it may be null otherwise.
class ValueText {
  public:
    ValueText(const ly_ctx *context, const lyd_value &value, LY_VALUE_FORMAT format, ly_set *modules = nullptr);
    ~ValueText();
    ValueText(const ValueText &) = delete;
    ValueText &operator=(const ValueText &) = delete;
    std::string_view view() const { return {text_, size_}; }

  private:
    const char *text_ = nullptr;
    size_t size_ = 0;
    bool dynamic_ = false;
    bool copied_ = false;
    const ly_ctx *context_;
    lyd_value copy_{};
};

}  // namespace libyang_js
