#include "ly_error.h"

#include <libyang/version.h>

#include <string_view>

#include "ly_value_error.h"
#include "xpath_value.h"

namespace libyang_js {

namespace {

std::string between(std::string_view text, std::string_view start, std::string_view end) {
    const auto from = text.find(start);
    if (from == std::string_view::npos) {
        return {};
    }
    const auto to = text.find(end, from + start.size());
    return std::string(text.substr(from + start.size(), to == std::string_view::npos ? to : to - from - start.size()));
}

// The text between the n-th pair of double quotes.
std::string quoted_part(std::string_view text, int index = 0) {
    size_t at = 0;
    for (;; index--) {
        const auto from = text.find('"', at);
        if (from == std::string_view::npos) {
            return {};
        }
        const auto to = text.find('"', from + 1);
        if (to == std::string_view::npos) {
            return {};
        }
        if (index == 0) {
            return std::string(text.substr(from + 1, to - from - 1));
        }
        at = to + 1;
    }
}

std::string last_name(std::string_view path) {
    const auto slash = path.rfind('/');
    auto name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (const auto colon = name.find(':'); colon != std::string_view::npos) {
        name = name.substr(colon + 1);
    }
    return std::string(name);
}

// A schema path as libyang logs it, without its choices and cases: the form of a data path.
std::string data_form(const ly_ctx *context, const std::string &path) {
    const lysc_node *node = lys_find_path(context, nullptr, path.c_str(), 0);
    if (node == nullptr) {
        return path;
    }
    std::string form;
    const lysc_node *below = nullptr;
    for (; node != nullptr; node = node->parent) {
        if ((node->nodetype & (LYS_CHOICE | LYS_CASE | LYS_INPUT | LYS_OUTPUT)) != 0) {
            continue;
        }
        if (below != nullptr && below->module == node->module) {
            form.erase(1, form.find(':'));
        }
        form.insert(0, std::string("/") + node->module->name + ":" + node->name);
        below = node;
    }
    return form;
}

// libyang logs `Schema location "/…", data location "/…", line number 3.`, each part when it knows it, where the
// data location may be the parent of the node that it speaks of.
std::string instance_path(const ly_ctx *context, const char *logged) {
    if (logged == nullptr) {
        return {};
    }
    const std::string_view text(logged);
    if (text.starts_with('/')) {
        return std::string(text);
    }
    // Values in a path may contain quotes: a location ends where the next part or the line starts.
    auto location = [&](std::string_view start) {
        auto found = between(text, start, "\", ");
        if (const auto end = found.rfind("\"."); end != std::string::npos && end + 2 == found.size()) {
            found.resize(end);
        }
        return found;
    };
    const auto data = location("ata location \"");
    auto schema = location("chema location \"");
    if (schema.empty()) {
        return data;
    }
    schema = data_form(context, schema);
    if (data.empty()) {
        return schema;
    }
    const auto plain = without_keys(data);
    return schema.starts_with(plain + "/") ? data + schema.substr(plain.size()) : data;
}

// The schema node that an item speaks of, when it names one.
const lysc_node *logged_node(const ly_ctx *context, const ly_err_item &item) {
#if LY_VERSION_MAJOR >= 3
    const std::string path = item.schema_path == nullptr ? "" : item.schema_path;
#else
    const std::string_view logged(item.path == nullptr ? "" : item.path);
    auto path = logged.starts_with('/') ? std::string(logged) : between(logged, "chema location \"", "\"");
    if (path.empty()) {
        path = between(logged, "ata location \"", "\", ");
    }
#endif
    const xpath::Quiet quiet;
    return path.empty() ? nullptr : lys_find_path(context, nullptr, without_keys(path).c_str(), 0);
}

LY_ERR code(const ly_err_item &item) {
#if LY_VERSION_MAJOR >= 3
    return item.err;
#else
    return item.no;
#endif
}

// What a `when` asks for. The form that parameters of NMDA have, an identity of another one, is said without XPath.
std::string demand(std::string_view condition) {
    const auto name_in = [](std::string_view text) {
        const auto first = text.find_first_not_of(" './\"");
        const auto last = text.find_last_not_of(" '\"");
        return first == text.npos ? std::string() : std::string(text.substr(first, last + 1 - first));
    };
    constexpr std::string_view derived = "derived-from-or-self(";
    const auto comma = condition.find(',');
    if (!condition.starts_with(derived) || comma == condition.npos || condition.find(')') + 1 != condition.size()) {
        return "\"" + std::string(condition) + "\" holds";
    }
    const auto leaf = last_name(name_in(condition.substr(derived.size(), comma - derived.size())));
    const auto identity = last_name(name_in(condition.substr(comma + 1, condition.size() - comma - 2)));
    return "<" + leaf + "> is " + identity;
}

void classify(const ly_err_item &item, Error &error) {
    const std::string_view text(error.message);
    auto starts = [&](std::string_view with) { return text.starts_with(with); };
    auto has = [&](std::string_view what) { return text.find(what) != std::string_view::npos; };
    switch (item.vecode) {
    case LYVE_SYNTAX:
    case LYVE_SYNTAX_XML:
        // Well-formed, but not what the schema has there.
        if (has("inside a terminal node")) {
            error.tag = "unknown-element";
            break;
        }
        error.tag = "malformed-message";
        error.type = "rpc";
        break;
    case LYVE_XPATH:
        error.tag = "invalid-value";
        break;
    default:
        error.tag = code(item) == LY_EMEM ? "resource-denied" : code(item) == LY_EVALID ? "invalid-value" : "operation-failed";
    }
    // Texts are known to be JSON before libyang sees them: what it calls syntax is the wrong kind of value.
    if (starts("Text value ") && has("inside an inner node")) {
        error.tag = "bad-element";
        error.type = "application";
        error.info.emplace_back("bad-element", quoted_part(text, 1));
    } else if (starts("Missing XML namespace")) {
        error.tag = "unknown-namespace";
    } else if (starts("No module with namespace") || has("with namespace \"")) {
        error.tag = "unknown-namespace";
        error.info.emplace_back("bad-element", last_name(error.path));
        error.info.emplace_back("bad-namespace", between(text, "namespace \"", "\""));
    } else if (starts("Node \"") && (has("not found") || has("is not allowed"))) {
        error.tag = "unknown-element";
        error.info.emplace_back("bad-element", quoted_part(text));
    } else if (has("is missing its key")) {
        error.tag = "missing-element";
        error.info.emplace_back("bad-element", quoted_part(text));
    } else if (starts("Mandatory node")) {
        error.tag = "missing-element";
        error.info.emplace_back("bad-element", quoted_part(text));
    } else if (starts("Annotation definition") || starts("Unknown metadata") || starts("Missing mandatory prefix for XML")) {
        error.tag = "unknown-attribute";
        error.info.emplace_back("bad-attribute", quoted_part(text));
        error.info.emplace_back("bad-element", last_name(error.path));
    } else if (starts("When condition ")) {
        const auto name = last_name(without_keys(error.path));
        const auto end = text.rfind("\" not satisfied");
        error.tag = "unknown-element";
        error.message = "<" + name + "> is taken only where " + demand(text.substr(16, end == text.npos ? end : end - 16));
        error.info.emplace_back("bad-element", name);
    } else if (starts("Duplicate instance")) {
        error.tag = "bad-element";
        error.info.emplace_back("bad-element", quoted_part(text));
    }
}

}  // namespace

std::string without_keys(std::string_view path) {
    std::string plain;
    char quote = 0;
    bool inside = false;
    for (const char c : path) {
        if (quote != 0) {
            quote = c == quote ? 0 : quote;
        } else if (inside && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c == '[') {
            inside = true;
        } else if (c == ']') {
            inside = false;
        } else if (!inside) {
            plain += c;
        }
    }
    return plain;
}

void clear_errors(const ly_ctx *context) {
    ly_err_clean(const_cast<ly_ctx *>(context), nullptr);
}

Errors take_errors(const ly_ctx *context, const std::string &otherwise, const lysc_node *node) {
    Errors errors;
    for (const ly_err_item *item = ly_err_first(context); item != nullptr; item = item->next) {
        if (item->level != LY_LLERR) {
            continue;
        }
        Error error;
        const char *message = item->msg;
#if LY_VERSION_MAJOR >= 3
        if (item->data_path != nullptr) {
            error.path = item->data_path;
        } else if (item->schema_path != nullptr) {
            error.path = data_form(context, item->schema_path);
        }
#else
        error.path = instance_path(context, item->path);
        const auto line = item->path == nullptr ? std::string() : between(item->path, "ine number ", ".");
#endif
        error.message = message == nullptr ? otherwise : message;
        if (item->apptag != nullptr) {
            error.app_tag = item->apptag;
        }
        classify(*item, error);
        explain_value(node != nullptr ? node : logged_node(context, *item), error);
#if LY_VERSION_MAJOR < 3
        if (!line.empty() && error.tag == "malformed-message") {
            error.message += " (line " + line + ")";
        }
#endif
        errors.push_back(std::move(error));
    }
    clear_errors(context);
    if (errors.empty()) {
        errors.push_back({});
        errors.back().message = otherwise;
    }
    return errors;
}

}  // namespace libyang_js
