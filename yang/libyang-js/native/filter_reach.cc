// What a subtree filter can reach in the schema, and which values of a leaf it asks for.
#include <algorithm>

#include "filter_subtree.h"
#include "xpath_eval.h"
#include "xpath_value.h"

namespace libyang_js {

namespace {

using Path = std::vector<const lysc_node *>;

Path path_to(const lysc_node *schema) {
    Path path;
    for (; schema; schema = xpath::data_parent(schema)) path.push_back(schema);
    std::reverse(path.begin(), path.end());
    return path;
}

// The schema nodes from the top level down; empty when there is no such node.
Path path_to(const ly_ctx *context, const std::string &schema_path) {
    xpath::Quiet quiet;
    return path_to(lys_find_path(context, nullptr, schema_path.c_str(), 0));
}

Pick reaches(const FilterNode &node, const Path &path, size_t at) {
    if (at > 0 && node.others.empty()) return Pick::all;
    if (at == path.size()) return Pick::descend;
    Pick most = Pick::none;
    for (const auto &match : node.matches) {
        if (match->fits(path[at])) return Pick::all;
    }
    for (const auto &other : node.others) {
        if (!other->fits(path[at])) continue;
        const Pick pick = other->part == FilterNode::Part::selection ? Pick::all : reaches(*other, path, at + 1);
        most = std::max(most, pick);
    }
    return most;
}

// Does some branch go on below the last node of the path?
bool passes(const FilterNode &node, const Path &path, size_t at) {
    if (at == path.size()) return node.part == FilterNode::Part::containment;
    for (const auto &other : node.others) {
        if (other->fits(path[at]) && passes(*other, path, at + 1)) return true;
    }
    return false;
}

// `node` stands for path[at - 1], the top for the root. False when every entry may matter.
bool collect(const FilterNode &node, const Path &path, size_t at, std::vector<std::string> &out) {
    if (at + 1 == path.size()) {
        bool named = false;
        for (const auto &match : node.matches) {
            if (named || !match->fits(path[at])) continue;
            named = true;
            auto text = match_text(path[at], *match);
            if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(std::move(text));
        }
        return named;
    }
    if (at > 0 && node.others.empty()) return false;
    for (const auto &other : node.others) {
        if (!other->fits(path[at])) continue;
        if (other->part == FilterNode::Part::selection || !collect(*other, path, at + 1, out)) return false;
    }
    return true;
}

}  // namespace

bool FilterNode::fits(const lysc_node *schema) const {
    if (!name.empty() && name != schema->name) return false;
    return rule == Module::any || schema->module == module;
}

Pick reach(const FilterNode &top, const lysc_node *schema) { return reaches(top, path_to(schema), 0); }

bool divides(const FilterNode &top, const lysc_node *schema) { return passes(top, path_to(schema), 0); }

bool may_match(const ly_ctx *context, const FilterNode &top, const std::string &schema_path) {
    if (top.others.empty() && top.matches.empty()) return false;
    if (schema_path.empty() || schema_path == "/") return true;
    const auto path = path_to(context, schema_path);
    return path.empty() || reaches(top, path, 0) != Pick::none;
}

bool values_of(const ly_ctx *context, const FilterNode &top, const std::string &leaf_path, std::vector<std::string> &out) {
    const auto path = path_to(context, leaf_path);
    if (path.size() < 2 || path.back()->nodetype != LYS_LEAF || path[path.size() - 2]->nodetype != LYS_LIST) return false;
    return collect(top, path, 0, out);
}

std::string match_text(const lysc_node *leaf, const FilterNode &match) {
    xpath::Quiet quiet;
    const auto of_default = match.names.prefixes.find("");
    if (match.text.find(':') == std::string::npos && of_default != match.names.prefixes.end()) {
        // An identity without a prefix is of the default namespace.
        const lys_module *module = ly_ctx_get_module_implemented_ns(leaf->module->ctx, of_default->second.c_str());
        const lysc_type *type = leaf->nodetype == LYS_LEAF ? reinterpret_cast<const lysc_node_leaf *>(leaf)->type
                                                           : reinterpret_cast<const lysc_node_leaflist *>(leaf)->type;
        bool fits = false;
        if (module && type->basetype == LY_TYPE_IDENT) {
            auto text = xpath::canonical_text(leaf, match.names, module->name + (":" + match.text), &fits);
            if (fits) return text;
        }
    }
    return xpath::canonical_text(leaf, match.names, match.text);
}

}  // namespace libyang_js
