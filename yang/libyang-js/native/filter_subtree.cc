// Compilation of a subtree filter.
#include "filter_subtree.h"

namespace libyang_js {

namespace {

class Compiler {
  public:
    Compiler(const ly_ctx *context, Errors &errors) : context_(context), errors_(errors) {}

    std::unique_ptr<FilterNode> compile(const FilterElement &element, bool top) {
        auto node = std::make_unique<FilterNode>();
        node->name = element.name;
        node->rule = element.ns.empty() ? FilterNode::Module::any : FilterNode::Module::exact;
        if (!element.ns.empty()) node->module = ly_ctx_get_module_implemented_ns(context_, element.ns.c_str());
        if (!top) node->attributes = element.attributes;
        node->text = element.text;
        if (!element.text.empty() && (top || !element.children.empty())) {
            Error error;
            error.type = "protocol";
            error.tag = "bad-element";
            error.message = "Subtree filter, line " + std::to_string(element.line) + ": ";
            error.message += top ? "text outside of the elements that select"
                                 : "<" + element.name + "> has text beside elements; it has to be one or the other";
            if (!top) error.info.emplace_back("bad-element", element.name);  // the wrapper is not what the client named
            errors_.push_back(std::move(error));
            return nullptr;
        }
        node->part = top || !element.children.empty() ? FilterNode::Part::containment
                     : !element.text.empty()          ? FilterNode::Part::match
                                                      : FilterNode::Part::selection;
        if (node->part == FilterNode::Part::match) node->names.prefixes = *element.prefixes;
        for (const auto &child : element.children) {
            auto compiled = compile(*child, false);
            if (!compiled) return nullptr;
            auto &place = compiled->part == FilterNode::Part::match ? node->matches : node->others;
            place.push_back(std::move(compiled));
        }
        return node;
    }

  private:
    const ly_ctx *context_;
    Errors &errors_;
};

class SubtreeFilter : public Filter {
  public:
    SubtreeFilter(const ly_ctx *context, std::unique_ptr<FilterNode> top) : context_(context), top_(std::move(top)) {}
    const FilterNode *pattern() const override { return top_.get(); }
    Pick reach(const lysc_node *schema) const override { return libyang_js::reach(*top_, schema); }
    bool divides(const lysc_node *schema) const override { return libyang_js::divides(*top_, schema); }
    bool may_match(const std::string &schema_path) const override {
        return libyang_js::may_match(context_, *top_, schema_path);
    }
    bool values(const std::string &leaf_path, std::vector<std::string> &out) const override {
        return values_of(context_, *top_, leaf_path, out);
    }

  private:
    const ly_ctx *context_;
    std::unique_ptr<FilterNode> top_;
};

}  // namespace

std::unique_ptr<Filter> compile_subtree(const ly_ctx *context, const std::string &xml, Errors &errors) {
    const auto element = parse_filter(xml, errors);
    if (!element) return nullptr;
    auto top = Compiler(context, errors).compile(*element, true);
    if (!top) return nullptr;
    return std::make_unique<SubtreeFilter>(context, std::move(top));
}

}  // namespace libyang_js
