#include "rules.h"

#include "rules_build.h"
#include "xpath_eval.h"

namespace libyang_js {

namespace {

const NodeRules none;

std::string data_path(const lysc_node *schema) {
    if (!schema) return "/";
    std::string path;
    for (; schema; schema = xpath::data_parent(schema)) {
        const lysc_node *parent = xpath::data_parent(schema);
        const bool same = parent && parent->module == schema->module;
        path = "/" + (same ? "" : std::string(schema->module->name) + ":") + schema->name + path;
    }
    return path;
}

const char *name_of(Rule::Kind kind) {
    switch (kind) {
    case Rule::Kind::when: return "when";
    case Rule::Kind::must: return "must";
    case Rule::Kind::type: return "type";
    case Rule::Kind::mandatory: return "mandatory";
    case Rule::Kind::elements: return "elements";
    default: return "unique";
    }
}

}  // namespace

Rules::Rules(const ly_ctx *context) : context_(context) { RulesBuilder(*this).run(); }

Rules::~Rules() = default;

const NodeRules &Rules::of(const lysc_node *schema) {
    return schema->priv ? *static_cast<const NodeRules *>(schema->priv) : none;
}

std::vector<std::string> Rules::describe(const lysc_node *operand) {
    std::vector<std::string> lines;
    for (const Dependant &dependant : of(operand).dependants) {
        const Rule &rule = *dependant.rule;
        std::string line = std::string(name_of(rule.kind)) + " of " + data_path(rule.schema) + " from " + data_path(dependant.anchor);
        if (dependant.reference) {
            line += " by referrers " + data_path(dependant.reference) + " of " + data_path(dependant.target) + " to " +
                    data_path(dependant.reference_anchor);
        }
        if (dependant.content) line += ", content";
        if (dependant.order) line += ", order";
        lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace libyang_js
