// A subtree filter after compilation: the elements with their part in RFC 6241, section 6.2, and their modules. An
// XPath filter that does no more than name nodes from the top down, and entries by `leaf = 'value'`, takes the same form.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "filter_xml.h"
#include "xpath.h"

namespace libyang_js {

struct FilterNode {
    enum class Part : uint8_t { containment, selection, match };

    // any: of whatever module; exact: of `module`, where null is a namespace without a module.
    enum class Module : uint8_t { any, exact };

    Part part = Part::selection;
    std::string name;                     // empty: of any name
    Module rule = Module::exact;
    const lys_module *module = nullptr;
    std::vector<FilterElement::Attribute> attributes;
    std::string text;
    xpath::Names names;
    // The sibling set of a containment node.
    std::vector<std::unique_ptr<FilterNode>> matches;
    std::vector<std::unique_ptr<FilterNode>> others;
    // Of a containment node: what its content matches ask for is not itself selected.
    bool silent = false;

    bool fits(const lysc_node *schema) const;
};

// See Filter::reach.
Pick reach(const FilterNode &top, const lysc_node *schema);

// See Filter::divides.
bool divides(const FilterNode &top, const lysc_node *schema);

// Can the filter select or look at anything at or under a schema path? True when unsure.
bool may_match(const ly_ctx *context, const FilterNode &top, const std::string &schema_path);

// See Filter::values.
bool values_of(const ly_ctx *context, const FilterNode &top, const std::string &leaf_path, std::vector<std::string> &out);

// The text of a content match under the type of a leaf.
std::string match_text(const lysc_node *leaf, const FilterNode &match);

// The filter that selects what the expression does, or null when it says more than such a filter can.
std::unique_ptr<FilterNode> as_subtree(const xpath::Expression &expression);

}  // namespace libyang_js
