#include "journal_place.h"

#include "journal_text.h"
#include "ly_error.h"
#include "node_text.h"

namespace libyang_js {

namespace {

using std::string_view;

// Behind the object that begins at `at`; npos when it has no end.
size_t object_end(string_view text, size_t at) {
    bool quoted = false;
    for (size_t depth = 0; at < text.size(); at++) {
        const char c = text[at];
        if (quoted) {
            if (c == '\\') {
                at++;
            } else if (c == '"') {
                quoted = false;
            }
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{') {
            depth++;
        } else if (c == '}' && --depth == 0) {
            return at + 1;
        }
    }
    return string_view::npos;
}

const lysc_node *named(const ly_ctx *context, const lyd_node *parent, string_view name) {
    const auto colon = name.find(':');
    const lys_module *module = parent == nullptr ? nullptr : parent->schema->module;
    if (colon != string_view::npos) {
        module = ly_ctx_get_module_implemented(context, std::string(name.substr(0, colon)).c_str());
        name.remove_prefix(colon + 1);
    }
    return module == nullptr ? nullptr
                             : lys_find_child(parent == nullptr ? nullptr : parent->schema, module, name.data(),
                                              static_cast<uint32_t>(name.size()), 0, 0);
}

// An entry with these keys, a JSON object, below `parent`.
lyd_node *make_entry(const ly_ctx *context, lyd_node *parent, const lysc_node *list, string_view keys) {
    const auto json = "{" + member_name(list, nullptr) + "[" + std::string(keys) + "]}";
    try {
        NodeBuilder builder(context, parent == nullptr ? nullptr : parent->schema, true);
        build_json(builder, json);
        auto nodes = builder.take();
        if (nodes.size() == 1 && (parent == nullptr || lyd_insert_child(parent, nodes.front()) == LY_SUCCESS)) {
            return nodes.front();
        }
        for (lyd_node *node : nodes) {
            lyd_free_tree(node);
        }
        return nullptr;
    } catch (const Unusual &) {
        clear_errors(context);
    }
    ly_in *in = nullptr;
    if (ly_in_new_memory(json.c_str(), &in) != LY_SUCCESS) {
        throw std::bad_alloc();
    }
    lyd_node *node = nullptr;
    const auto result = lyd_parse_data(context, parent, in, LYD_JSON, LYD_PARSE_ONLY | LYD_PARSE_STRICT, 0,
                                       parent == nullptr ? &node : nullptr);
    ly_in_free(in, 0);
    if (result != LY_SUCCESS) {
        lyd_free_all(node);
        return nullptr;
    }
    return parent == nullptr ? node : lyd_child_no_keys(parent);
}

lyd_node *make_step(const ly_ctx *context, lyd_node *parent, string_view name, string_view keys) {
    const auto *schema = named(context, parent, name);
    if (schema == nullptr) {
        return nullptr;
    }
    if (schema->nodetype == LYS_LIST && !keys.empty()) {
        return make_entry(context, parent, schema, keys);
    }
    lyd_node *node = nullptr;
    if (schema->nodetype != LYS_CONTAINER || !keys.empty() ||
        lyd_new_inner(parent, schema->module, schema->name, 0, &node) != LY_SUCCESS) {
        return nullptr;
    }
    return node;
}

}  // namespace

std::string place_step(const lysc_node *schema, const lysc_node *above, const lyd_node *entry) {
    auto text = step_of(schema, above, nullptr);
    if (schema->nodetype == LYS_LIST && entry != nullptr) {
        text += '{';
        for (const lyd_node *key = lyd_child(entry); key != nullptr && lysc_is_key(key->schema); key = key->next) {
            text += text.back() == '{' ? "" : ",";
            text += member_name(key->schema, schema);
            write_value(key, false, SIZE_MAX / 2, text);
        }
        text += '}';
    }
    return text;
}

std::string place_text(const Place *place) {
    if (place == nullptr) {
        return "";
    }
    const Place *parent = place->parent.get();
    return place_text(parent) + place_step(place->schema, parent == nullptr ? nullptr : parent->schema, place->entry.get());
}

std::string place_text(const lyd_node *node) {
    if (node == nullptr) {
        return "";
    }
    const auto *parent = lyd_parent(node);
    return place_text(parent) + place_step(node->schema, parent == nullptr ? nullptr : parent->schema, node);
}

lyd_node *make_place(const ly_ctx *context, string_view text, lyd_node **top) {
    *top = nullptr;
    lyd_node *node = nullptr;
    const auto keys = text.find_first_of("[{");
    if (keys != string_view::npos && text[keys] == '[') {
        if (lyd_new_path2(nullptr, context, std::string(text).c_str(), nullptr, 0, LYD_ANYDATA_STRING, 0, top, &node) != LY_SUCCESS) {
            node = nullptr;
        }
        text = {};
    }
    while (!text.empty()) {
        const auto end = text.find_first_of("/{", 1);
        const auto name = text.substr(1, end == string_view::npos ? end : end - 1);
        size_t behind = end == string_view::npos ? text.size() : end;
        string_view object;
        if (behind < text.size() && text[behind] == '{') {
            behind = object_end(text, end);
            object = behind == string_view::npos ? string_view() : text.substr(end, behind - end);
        }
        lyd_node *step = text.front() != '/' || behind == string_view::npos ? nullptr : make_step(context, node, name, object);
        if (step == nullptr) {
            node = nullptr;
            break;
        }
        node = step;
        *top = *top == nullptr ? node : *top;
        text.remove_prefix(behind);
    }
    if (node == nullptr || (node->schema->nodetype & LYD_NODE_INNER) == 0) {
        lyd_free_all(*top);
        *top = nullptr;
        return nullptr;
    }
    return node;
}

}  // namespace libyang_js
