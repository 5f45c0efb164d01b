#include "validate_error.h"

#include <algorithm>

#include "edit_path.h"
#include "error.h"
#include "journal.h"
#include "validate_instances.h"

namespace libyang_js {

namespace {

std::string path_to(const lyd_node *node) {
    return node == nullptr ? std::string() : config_path(node);
}

// Path of a schema node in data, without choices, cases and keys.
std::string path_to(const lysc_node *schema) {
    char *path = schema == nullptr ? nullptr : lysc_path(schema, LYSC_PATH_DATA, nullptr, 0);
    std::string text = path == nullptr ? "/" : path;
    free(path);
    return text;
}

// Path of a node that is missing below `parent` (null: top level).
std::string path_below(const lyd_node *parent, const lysc_node *missing) {
    const bool same = parent != nullptr && parent->schema->module == missing->module;
    return path_to(parent) + "/" + (same ? "" : std::string(missing->module->name) + ":") + missing->name;
}

std::string name_of(const lyd_node *parent) {
    return parent == nullptr ? "the top level" : quoted(parent->schema->name);
}

// The last step of the path of an entry: name and keys.
std::string entry_of(const lyd_node *entry) {
    return step_of(entry->schema, lysc_data_parent(entry->schema), entry).substr(1);
}

void must(const Finding &finding, Error &error) {
    const lysc_must &must = *finding.rule->must;
    error.app_tag = must.eapptag != nullptr ? must.eapptag : "must-violation";
    error.message = must.emsg != nullptr ? must.emsg
                                         : quoted(finding.node->schema->name) + " must fulfil " +
                                               quoted(finding.rule->expression->text()) + ", which is not true";
}

void reference(const Finding &finding, Error &error) {
    const Rule &rule = *finding.rule;
    const std::string value = quoted(lyd_get_value(finding.node));
    const std::string name = quoted(finding.node->schema->name);
    error.tag = "data-missing";
    error.app_tag = "instance-required";
    std::string wanted;
    if (rule.references != nullptr) {
        for (const auto &reference : *rule.references) {
            const auto path = reference.target != nullptr ? path_to(reference.target) : reference.path->text();
            wanted += (wanted.empty() ? "there is no " : ", nor a ") + path + " with the value " + value;
        }
    }
    if (rule.instance_identifier) {
        wanted += (wanted.empty() ? "there is no node " : ", nor a node ") + std::string(lyd_get_value(finding.node));
    }
    error.message = wanted + ", and " + name + (rule.is_union ? " fits no other of its types" : " must refer to one that is there");
}

void missing(const Finding &finding, Error &error) {
    const lysc_node *schema = finding.rule->schema;
    error.tag = "data-missing";
    if (schema->nodetype != LYS_CHOICE) {
        error.path = path_below(finding.node, schema);
        error.message = quoted(schema->name) + " is mandatory in " + name_of(finding.node);
        error.info.emplace_back("bad-element", schema->name);
        return;
    }
    error.app_tag = "missing-choice";
    error.info.emplace_back("missing-choice", schema->name);
    std::string cases;
    for (const lysc_node *in = lysc_node_child(schema); in != nullptr; in = in->next) {
        cases += (cases.empty() ? "" : ", ") + quoted(in->name);
    }
    error.message = "the choice " + quoted(schema->name) + " in " + name_of(finding.node) + " needs one of its cases: " + cases;
}

void elements(const DataTree &tree, const Finding &finding, Error &error) {
    const Rule &rule = *finding.rule;
    const size_t count = count_elements(tree, finding.node, rule.schema, SIZE_MAX);
    const bool few = count < rule.least;
    error.app_tag = few ? "too-few-elements" : "too-many-elements";
    error.path = path_below(finding.node, rule.schema);
    error.message = quoted(rule.schema->name) + (few ? " needs at least " : " takes at most ") +
                    std::to_string(few ? rule.least : rule.most) + ", there " + (count == 1 ? "is " : "are ") + std::to_string(count);
}

void not_unique(const DataTree &tree, const Finding &finding, Error &error) {
    const Rule &rule = *finding.rule;
    error.app_tag = "data-not-unique";
    std::string names;
    std::string values;
    for (const lysc_node *leaf : rule.leaves) {
        names += (names.empty() ? "" : ", ") + quoted(leaf->name);
        const lyd_node *node = leaf_below(tree, finding.node, leaf);
        values += (values.empty() ? "" : ", ") + quoted(node == nullptr ? "" : lyd_get_value(node));
    }
    for (const lyd_node *entry : finding.entries) {
        for (const lysc_node *leaf : rule.leaves) {
            if (const lyd_node *node = leaf_below(tree, entry, leaf)) {
                error.info.emplace_back("non-unique", path_to(node));
            }
        }
    }
    error.message = names + " must be unique: " + entry_of(finding.entries[0]) + " and " + entry_of(finding.entries[1]) +
                    (finding.entries.size() > 2 ? " and others" : "") + " have " + values;
}

}  // namespace

lyd_node *leaf_below(const DataTree &tree, const lyd_node *entry, const lysc_node *leaf) {
    const lysc_node *above = lysc_data_parent(leaf);
    const lyd_node *parent = above == entry->schema ? entry : leaf_below(tree, entry, above);
    return parent == nullptr ? nullptr : tree.find(parent, leaf);
}

size_t count_elements(const DataTree &tree, const lyd_node *parent, const lysc_node *list, size_t most) {
    size_t count = 0;
    for (const lyd_node *node = tree.find(parent, list); node != nullptr && node->schema == list && count <= most; node = node->next) {
        count++;
    }
    return count;
}

Error error_of(const DataTree &tree, const Finding &finding) {
    const Rule &rule = *finding.rule;
    Error error;
    error.path = path_to(finding.node);
    switch (rule.kind) {
    case Rule::Kind::when:
        error.tag = "unknown-element";
        error.info.emplace_back("bad-element", rule.subject->name);
        error.message = quoted(rule.subject->name) + " cannot exist: when condition " +
                        quoted(rule.conditions.front()->expression->text()) + " is not satisfied";
        break;
    case Rule::Kind::must:
        must(finding, error);
        break;
    case Rule::Kind::type:
        reference(finding, error);
        break;
    case Rule::Kind::mandatory:
        missing(finding, error);
        break;
    case Rule::Kind::elements:
        elements(tree, finding, error);
        break;
    case Rule::Kind::unique:
        not_unique(tree, finding, error);
        break;
    }
    return error;
}

Error error_of_more(const Error &first, const Finding &finding, size_t count, bool alike) {
    Error error = first;
    error.path = path_to(finding.rule->kind == Rule::Kind::unique || finding.rule->subject == nullptr ? finding.rule->schema
                                                                                                      : finding.rule->subject);
    error.message = "and " + std::to_string(count) + " more" + (alike ? " like this: " + first.message : " of this kind, for other values");
    std::erase_if(error.info, [](const auto &each) { return each.first == "non-unique"; });
    return error;
}

}  // namespace libyang_js
