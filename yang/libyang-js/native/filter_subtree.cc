// Compilation of a subtree filter, and what it can reach in the schema.
#include "filter_subtree.h"

#include <algorithm>

#include "xpath_eval.h"

namespace libyang_js {

namespace {

class Compiler {
  public:
    Compiler(const ly_ctx *context, Errors &errors) : context_(context), errors_(errors) {}

    std::unique_ptr<FilterNode> compile(const FilterElement &element, bool top) {
        auto node = std::make_unique<FilterNode>();
        node->id = ids_++;
        node->name = element.name;
        node->any_module = element.ns.empty();
        if (!element.ns.empty()) node->module = ly_ctx_get_module_implemented_ns(context_, element.ns.c_str());
        if (!top) node->attributes = element.attributes;
        node->text = element.text;
        if (!element.children.empty() && !element.text.empty()) {
            Error error;
            error.type = "protocol";
            error.tag = "bad-element";
            error.message = "Subtree filter, line " + std::to_string(element.line) + ": <" + element.name +
                            "> has text beside elements; it has to be one or the other";
            error.info.emplace_back("bad-element", element.name);
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
    size_t ids() const { return ids_; }

  private:
    const ly_ctx *context_;
    Errors &errors_;
    size_t ids_ = 0;
};

// `path`: the schema nodes from the top level down.
bool reaches(const FilterNode &node, const std::vector<const lysc_node *> &path, size_t at) {
    if (at == path.size() || (at > 0 && node.others.empty())) return true;
    for (const auto &match : node.matches) {
        if (match->fits(path[at])) return true;
    }
    for (const auto &other : node.others) {
        if (!other->fits(path[at])) continue;
        if (other->part == FilterNode::Part::selection || reaches(*other, path, at + 1)) return true;
    }
    return false;
}

}  // namespace

SubtreeFilter::SubtreeFilter(const ly_ctx *context, std::unique_ptr<FilterNode> top, size_t ids)
    : context_(context), top_(std::move(top)), ids_(ids) {}

bool SubtreeFilter::may_match(const std::string &schema_path) const {
    if (top_->others.empty() && top_->matches.empty()) return false;
    if (schema_path.empty() || schema_path == "/") return true;
    xpath::Quiet quiet;
    const lysc_node *node = lys_find_path(context_, nullptr, schema_path.c_str(), 0);
    if (!node) return true;
    std::vector<const lysc_node *> path;
    for (; node; node = xpath::data_parent(node)) path.push_back(node);
    std::reverse(path.begin(), path.end());
    return reaches(*top_, path, 0);
}

std::unique_ptr<Filter> compile_subtree(const ly_ctx *context, const std::string &xml, Errors &errors) {
    const auto element = parse_filter(xml, errors);
    if (!element) return nullptr;
    Compiler compiler(context, errors);
    auto top = compiler.compile(*element, true);
    if (!top) return nullptr;
    return std::make_unique<SubtreeFilter>(context, std::move(top), compiler.ids());
}

}  // namespace libyang_js
