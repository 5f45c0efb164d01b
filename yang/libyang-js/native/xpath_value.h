// Values of nodes and the conversions between the types of XPath (XPath 1.0, section 4; RFC 7950, section 6.4.1).
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "xpath.h"

namespace libyang_js::xpath {

// The canonical value of a leaf. Printed into `scratch`, without storing it in the tree, when the tree has none yet.
std::string_view canonical_value(const lyd_node *leaf, std::string &scratch);

// The canonical form of a text under the type of a leaf, with prefixes resolved; the text itself when it does not fit
// the type (then no leaf of the type has it).
std::string canonical_text(const lysc_node *leaf, const Names &names, std::string_view text, bool *fits = nullptr);

// Remembers canonical_text of one evaluation.
class CanonicalTexts {
  public:
    explicit CanonicalTexts(const Names &names) : names_(names) {}
    std::string_view find(const lysc_node *leaf, std::string_view text);

  private:
    const Names &names_;
    const lysc_node *last_leaf_ = nullptr;
    std::string last_text_;
    const std::string *last_ = nullptr;
    std::unordered_map<const lysc_node *, std::unordered_map<std::string, std::string>> known_;
};

// Keeps libyang from logging and from storing errors on this thread.
class Quiet {
  public:
    Quiet() {
        if (depth_++ == 0) ly_temp_log_options(&options_);
    }
    ~Quiet() {
        if (--depth_ == 0) ly_temp_log_options(nullptr);
    }
    Quiet(const Quiet &) = delete;
    Quiet &operator=(const Quiet &) = delete;

  private:
    static thread_local unsigned depth_;
    static thread_local uint32_t options_;
};

}  // namespace libyang_js::xpath
