#include "edit_anchor.h"

#include <set>

#include "xml_text.h"

namespace libyang_js {

namespace {

using std::string_view;

string_view trimmed(string_view text) {
    while (!text.empty() && is_xml_space(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_xml_space(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

// Reads one `[p:name='value']` and goes behind it. The name; empty when it is none.
string_view predicate_name(string_view &text, const lysc_node *list, const Bound &bound) {
    const auto equals = text.find('=');
    if (!text.starts_with('[') || equals == text.npos) {
        return {};
    }
    auto name = trimmed(text.substr(1, equals - 1));
    const auto value = text.find_first_not_of(" \t\r\n", equals + 1);
    const char quote = value == text.npos ? '\0' : text[value];
    const auto close = quote == '\'' || quote == '"' ? text.find(quote, value + 1) : text.npos;
    const auto end = close == text.npos ? close : text.find(']', close);
    if (end == text.npos || trimmed(text.substr(close + 1, end - close - 1)) != "") {
        return {};
    }
    text.remove_prefix(end + 1);
    if (const auto colon = name.find(':'); colon != name.npos) {
        if (bound(name.substr(0, colon)) != string_view(list->module->ns)) {
            return {};
        }
        name.remove_prefix(colon + 1);
    }
    return name;
}

bool names_entry(string_view text, const lysc_node *list, const Bound &bound) {
    std::set<string_view> keys;
    for (const lysc_node *key = lysc_node_child(list); key != nullptr && (key->flags & LYS_KEY) != 0; key = key->next) {
        keys.insert(key->name);
    }
    while (!text.empty()) {
        if (keys.erase(predicate_name(text, list, bound)) == 0) {
            return false;
        }
    }
    return keys.empty();
}

std::string example(const lysc_node *list) {
    std::string text;
    for (const lysc_node *key = lysc_node_child(list); key != nullptr && (key->flags & LYS_KEY) != 0; key = key->next) {
        text += std::string("[") + list->module->prefix + ":" + key->name + "='…']";
    }
    return text;
}

}  // namespace

std::string wrong_anchor(string_view attribute, const std::string &value, const lysc_node *schema, const Bound &bound) {
    const std::string name = std::string("\"") + schema->name + "\"";
    const bool list = schema->nodetype == LYS_LIST;
    if (!list && schema->nodetype != LYS_LEAFLIST) {
        return name + " is no list or leaf-list, it takes no \"" + std::string(attribute) + "\"";
    }
    if (list != (attribute == "key")) {
        return "a place in " + name + " is named by \"" + (list ? "key" : "value") + "\", not by \"" + std::string(attribute) + "\"";
    }
    if (!list || names_entry(value, schema, bound)) {
        return {};
    }
    return "\"" + value + "\" names no entry of " + name + ", as " + example(schema) + " would, with a prefix of namespace " +
           schema->module->ns;
}

}  // namespace libyang_js
