// A subtree filter after compilation: the elements with their part in RFC 6241, section 6.2, and their modules.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "filter_xml.h"
#include "xpath.h"

namespace libyang_js {

struct FilterNode {
    enum class Part : uint8_t { containment, selection, match };

    Part part = Part::selection;
    std::string name;
    bool any_module = false;              // the element has no namespace
    const lys_module *module = nullptr;   // null: of a namespace without a module, matches nothing
    std::vector<FilterElement::Attribute> attributes;
    std::string text;
    xpath::Names names;
    // The sibling set of a containment node.
    std::vector<std::unique_ptr<FilterNode>> matches;
    std::vector<std::unique_ptr<FilterNode>> others;
    size_t id = 0;

    bool fits(const lysc_node *schema) const {
        return (any_module || schema->module == module) && name == schema->name;
    }
};

class SubtreeFilter : public Filter {
  public:
    SubtreeFilter(const ly_ctx *context, std::unique_ptr<FilterNode> top, size_t ids);
    std::unique_ptr<Selection> select(const lyd_node *root, Budget &budget, Errors &errors) const override;
    bool may_match(const std::string &schema_path) const override;

  private:
    const ly_ctx *context_;
    std::unique_ptr<FilterNode> top_;
    size_t ids_;
};

}  // namespace libyang_js
