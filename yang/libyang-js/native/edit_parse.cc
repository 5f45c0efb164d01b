#include "edit_parse.h"

#include <libyang/plugins_types.h>

#include <cstring>
#include <string_view>

#include "edit_markup.h"
#include "edit_path.h"
#include "edit_repeats.h"
#include "edit_wrapper.h"
#include "ly_error.h"
#include "ly_value_error.h"
#include "node_text.h"
#include "schema_hint.h"
#include "xml_text.h"

namespace libyang_js {

namespace {


bool deletes(const lyd_node *node) {
    const char *operation = operation_of(node);
    return operation != nullptr && (std::strcmp(operation, "delete") == 0 || std::strcmp(operation, "remove") == 0);
}

// Collects what is wrong with a tolerantly parsed tree.
class ConfigCheck {
  public:
    ConfigCheck(const ly_ctx *context, bool state, Errors &errors) : context_(context), state_(state), errors_(errors) {}

    // The children of a node with this schema; null: the top level.
    void siblings(const lyd_node *first, const lysc_node *parent) {
        for (const lyd_node *node = first; node != nullptr; node = node->next) {
            node->schema != nullptr ? known(node) : unparsed(node, parent);
        }
    }

    size_t deleted = 0;

  private:
    // Siblings share what is above them: keys may have to be looked for among very many.
    std::string path_of(const lyd_node *node) {
        const lyd_node *parent = lyd_parent(node);
        if (parent != nullptr && parent != parent_) {
            parent_path_ = config_path(parent);
            parent_ = parent;
        }
        return config_path(node, parent == nullptr ? "" : parent_path_);
    }

    Error error_at(const lyd_node *node, const char *tag, std::string message) {
        Error error;
        error.tag = tag;
        error.path = path_of(node);
        error.message = std::move(message);
        return error;
    }

    void known(const lyd_node *node) {
        if (!state_ && (node->schema->flags & LYS_CONFIG_R) != 0) {
            state(node, node->schema);
        } else if ((node->schema->nodetype & LYD_NODE_INNER) != 0) {
            siblings(lyd_child(node), node->schema);
        }
    }

    void state(const lyd_node *node, const lysc_node *schema) {
        auto error = error_at(node, "invalid-value", std::string("\"") + schema->name + "\" is state, it cannot be configured");
        error.info.emplace_back("bad-element", schema->name);
        errors_.push_back(std::move(error));
    }

    void unparsed(const lyd_node *node, const lysc_node *parent) {
        const auto &name = opaque(node)->name;
        const auto *module = name.module_ns == nullptr ? nullptr : ly_ctx_get_module_implemented_ns(context_, name.module_ns);
        if (module == nullptr) {
            const std::string ns = name.module_ns == nullptr ? "" : name.module_ns;
            auto error = error_at(node, "unknown-namespace",
                                  ns.empty() ? std::string("\"") + name.name + "\" has no namespace, it needs that of its module"
                                             : "no module of this server has the namespace \"" + ns + "\" of \"" + name.name + "\"");
            error.info = {{"bad-element", name.name}, {"bad-namespace", ns}};
            errors_.push_back(std::move(error));
            return;
        }
        const lysc_node *schema = schema_of(node, parent);
        if (schema == nullptr) {
            auto error = error_at(node, "unknown-element", std::string("module \"") + module->name + "\" has no node \"" +
                                                               name.name + "\" here" + hint(parent, module, name.name));
            error.info.emplace_back("bad-element", name.name);
            errors_.push_back(std::move(error));
        } else if (!state_ && (schema->flags & LYS_CONFIG_R) != 0) {
            state(node, schema);
        } else if (schema->nodetype == LYS_LEAF && deletes(node) && empty(node) && (schema->flags & LYS_KEY) == 0) {
            deleted++;
        } else if (schema->nodetype == LYS_LEAFLIST && deletes(node) && empty(node)) {
            auto error = error_at(node, "invalid-value", std::string("\"") + operation_of(node) + "\" of \"" + schema->name +
                                                             "\" needs the value that is to go");
            error.info.emplace_back("bad-element", schema->name);
            errors_.push_back(std::move(error));
        } else if (schema->nodetype == LYS_LIST) {
            list(node, schema);
        } else {
            invalid(node, schema);
        }
    }

    // It takes a look through the module: not for each of very many.
    std::string hint(const lysc_node *parent, const lys_module *module, const char *name) const {
        constexpr size_t most = 1000;
        return errors_.size() < most ? hint_of_unknown(context_, parent, module, name) : "";
    }

    static bool empty(const lyd_node *node) {
        return opaque(node)->child == nullptr && (opaque(node)->value == nullptr || *opaque(node)->value == '\0');
    }

    // A list is opaque when keys are missing or invalid.
    void list(const lyd_node *node, const lysc_node *schema) {
        bool missing = false;
        const lysc_node *key = nullptr;
        while ((key = lys_getnext(key, schema, nullptr, 0)) != nullptr && (key->flags & LYS_KEY) != 0) {
            bool found = false;
            for (const lyd_node *child = opaque(node)->child; child != nullptr && !found; child = child->next) {
                found = schema_of(child, schema) == key || child->schema == key;
            }
            if (!found) {
                auto error = error_at(node, "missing-element",
                                      std::string("the key \"") + key->name + "\" of an entry of \"" + schema->name + "\" is missing");
                error.info.emplace_back("bad-element", key->name);
                errors_.push_back(std::move(error));
                missing = true;
            }
        }
        const auto before = errors_.size();
        for (const lyd_node *child = opaque(node)->child; child != nullptr; child = child->next) {
            if (child->schema != nullptr) {
                continue;
            }
            const lysc_node *leaf = schema_of(child, schema);
            if (leaf == nullptr) {
                unparsed(child, schema);
            } else if ((leaf->nodetype & (LYS_LEAF | LYS_LEAFLIST)) != 0 && !(deletes(child) && empty(child))) {
                const auto *type = reinterpret_cast<const lysc_node_leaf *>(leaf)->type;
                holds_prefixes(type) ? prefixed_value(child, leaf, type) : value(child, leaf);
            }
        }
        if (!missing && errors_.size() == before) {
            auto error = error_at(node, "invalid-value", std::string("an entry of \"") + schema->name + "\" has an invalid key");
            error.info.emplace_back("bad-element", schema->name);
            errors_.push_back(std::move(error));
        }
    }

    // Below an opaque parent, where libyang's own check of an opaque node does not look.
    void value(const lyd_node *node, const lysc_node *schema) {
        clear_errors(context_);
        const char *text = opaque(node)->value == nullptr ? "" : opaque(node)->value;
        const auto result = lyd_value_validate(context_, schema, text, std::strlen(text), nullptr, nullptr, nullptr);
        if (result != LY_SUCCESS && result != LY_EINCOMPLETE) {
            refuse(node, schema);
        }
    }

    // The same of a value whose prefixes are those that the node has.
    void prefixed_value(const lyd_node *node, const lysc_node *schema, const lysc_type *type) {
        const auto *o = opaque(node);
        const char *text = o->value == nullptr ? "" : o->value;
        lyd_value stored{};
        ly_err_item *problem = nullptr;
        const auto result = type->plugin->store(context_, type, text, std::strlen(text), 0, o->format, o->val_prefix_data, o->hints, schema,
                                                &stored, nullptr, &problem);
        if (result == LY_SUCCESS || result == LY_EINCOMPLETE) {
            type->plugin->free(context_, &stored);
            return;
        }
        auto error = error_at(node, "invalid-value", problem != nullptr && problem->msg != nullptr ? problem->msg : "the value is none");
        ly_err_free(problem);
        explain_value(schema, error);
        error.info = {{"bad-element", schema->name}};
        errors_.push_back(std::move(error));
    }

    void invalid(const lyd_node *node, const lysc_node *schema) {
        clear_errors(context_);
        if (node->parent == nullptr || lyd_parent(node)->schema != nullptr) {
            lyd_parse_opaq_error(node);
        }
        refuse(node, schema);
    }

    // With the error that libyang has just left.
    void refuse(const lyd_node *node, const lysc_node *schema) {
        auto found = take_errors(context_, std::string("\"") + schema->name + "\" has an invalid value", schema);
        auto &error = found.front();
        error.type = "application";
        error.tag = "invalid-value";
        error.path = path_of(node);
        error.info = {{"bad-element", schema->name}};
        errors_.push_back(std::move(error));
    }

    const ly_ctx *context_;
    bool state_;
    Errors &errors_;
    const lyd_node *parent_ = nullptr;
    std::string parent_path_;
};

// The common case: data without a single operation, and nothing wrong with it.
bool build(const ly_ctx *context, const std::string &xml, bool state, OwnedSiblings &config) {
    lyd_node *first = nullptr;
    try {
        NodeBuilder builder(context, nullptr, state);
        build_xml(builder, xml);
        for (lyd_node *node : builder.take()) {
            lyd_insert_sibling(first, node, &first);
        }
    } catch (const Unusual &) {
        clear_errors(context);
        return false;
    }
    config.reset(first);
    return true;
}

}  // namespace

const char *operation_of(const lyd_node *node) {
    if (node->schema == nullptr) {
        for (const lyd_attr *attribute = opaque(node)->attr; attribute != nullptr; attribute = attribute->next) {
            if (attribute->name.module_ns != nullptr && attribute->name.module_ns == netconf_namespace &&
                std::strcmp(attribute->name.name, "operation") == 0) {
                return attribute->value;
            }
        }
        return nullptr;
    }
    for (const lyd_meta *meta = node->meta; meta != nullptr; meta = meta->next) {
        if (std::strcmp(meta->name, "operation") == 0 && std::strcmp(meta->annotation->module->name, "ietf-netconf") == 0) {
            return lyd_get_meta_value(meta);
        }
    }
    return nullptr;
}

bool asks_for_default(const lyd_node *node) {
    const auto set = [](const char *value) { return value != nullptr && (*value == 't' || *value == '1'); };
    if (node->schema == nullptr) {
        for (const lyd_attr *attribute = opaque(node)->attr; attribute != nullptr; attribute = attribute->next) {
            if (attribute->name.module_ns != nullptr && attribute->name.module_ns == with_defaults_namespace &&
                std::strcmp(attribute->name.name, "default") == 0) {
                return set(attribute->value);
            }
        }
        return false;
    }
    for (const lyd_meta *meta = node->meta; meta != nullptr; meta = meta->next) {
        if (std::strcmp(meta->name, "default") == 0 && meta->annotation->module->ns == with_defaults_namespace) {
            return set(lyd_get_meta_value(meta));
        }
    }
    return false;
}

namespace {

LY_ERR parse(const ly_ctx *context, const std::string &xml, uint32_t how, OwnedSiblings &config) {
    clear_errors(context);
    lyd_node *tree = nullptr;
    const auto result = lyd_parse_data_mem(context, xml.c_str(), LYD_XML, LYD_PARSE_ONLY | LYD_PARSE_NO_NEW | how, 0, &tree);
    config.reset(tree);
    return result;
}

bool malformed(const Errors &errors) {
    return errors.front().tag == "malformed-message";
}

// By libyang, which has refused the text. True when it was right but for what libyang cannot read.
bool parse_tolerantly(const ly_ctx *context, const std::string &xml, uint32_t strictly, const Errors &strict, bool state,
                      OwnedSiblings &config, Errors &errors) {
    const auto before = errors.size();
    const auto clean = check_markup(context, xml, errors);
    const bool changed = clean != xml;
    if (malformed(strict) && !changed) {
        errors.push_back(strict.front());
        return false;
    }
    if (changed && errors.size() == before && parse(context, clean, strictly, config) == LY_SUCCESS) {
        return true;
    }
    if (parse(context, clean, LYD_PARSE_OPAQ, config) != LY_SUCCESS) {
        auto found = take_errors(context, "the configuration cannot be parsed");
        if (malformed(found)) {
            errors.resize(before);
            found.resize(1);
        }
        if (errors.size() == before) {
            errors.insert(errors.end(), found.begin(), found.end());
        }
        return false;
    }
    clear_errors(context);
    ConfigCheck check(context, state, errors);
    check.siblings(config.get(), nullptr);
    if (errors.size() == before && check.deleted == 0) {
        errors.insert(errors.end(), strict.begin(), strict.end());
    }
    bound(errors, before);
    return errors.size() == before;
}

}  // namespace

bool parse_config(const ly_ctx *context, const std::string &xml, bool state, OwnedSiblings &config, Errors &errors) {
    config.reset();
    if (build(context, xml, state, config)) {
        return true;
    }
    if (!state && find_repeats(context, xml, errors)) {
        return false;
    }
    const auto unwrapped = unwrap(xml);
    if (unwrapped.empty) {
        return true;
    }
    const uint32_t strictly = LYD_PARSE_STRICT | (state ? 0 : LYD_PARSE_NO_STATE);
    Errors found;
    if (may_lack_namespaces(xml)) {
        check_markup(context, unwrapped.xml, found);
        std::erase_if(found, [](const Error &error) { return error.tag != "unknown-namespace"; });
    }
    if (found.empty()) {
        if (parse(context, unwrapped.xml, strictly, config) == LY_SUCCESS) {
            return true;
        }
        found = take_errors(context, "the configuration cannot be parsed");
    }
    return parse_tolerantly(context, unwrapped.xml, strictly, found, state, config, errors);
}

}  // namespace libyang_js
