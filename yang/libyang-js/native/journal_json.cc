#include <cstring>

#include "journal_text.h"

namespace libyang_js {

namespace {

void write_string(const char *text, std::string &out) {
    out += '"';
    for (const char *at = text; *at != '\0'; at++) {
        const auto c = static_cast<unsigned char>(*at);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += *at;
        } else if (c < 0x20) {
            constexpr const char *hex = "0123456789abcdef";
            out += "\\u00";
            out += hex[c >> 4];
            out += hex[c & 15];
        } else {
            out += *at;
        }
    }
    out += '"';
}

void write_term(const lyd_node *node, std::string &out) {
    const lyd_value *value = &reinterpret_cast<const lyd_node_term *>(node)->value;
    while (value->realtype->basetype == LY_TYPE_UNION) {
        value = &value->subvalue->value;
    }
    switch (value->realtype->basetype) {
    case LY_TYPE_INT8:
    case LY_TYPE_INT16:
    case LY_TYPE_INT32:
    case LY_TYPE_UINT8:
    case LY_TYPE_UINT16:
    case LY_TYPE_UINT32:
    case LY_TYPE_BOOL:
        out += lyd_get_value(node);
        break;
    case LY_TYPE_EMPTY:
        out += "[null]";
        break;
    default:
        write_string(lyd_get_value(node), out);
    }
}

void write_any(const lyd_node *node, std::string &out) {
    char *text = nullptr;
    lyd_print_mem(&text, node, LYD_JSON, LYD_PRINT_SHRINK);
    const char *start = text == nullptr ? nullptr : std::strstr(text, "\":");
    const char *end = text == nullptr ? nullptr : std::strrchr(text, '}');
    if (start != nullptr && end != nullptr && end > start + 2) {
        out.append(start + 2, end);
    } else {
        out += "{}";
    }
    free(text);
}

}  // namespace

std::string member_name(const lysc_node *schema, const lysc_node *parent) {
    std::string text = "\"";
    if (parent == nullptr || parent->module != schema->module) {
        text.append(schema->module->name).append(":");
    }
    return text.append(schema->name).append("\":");
}

bool write_value(const lyd_node *node, bool shell, size_t limit, std::string &out) {
    const size_t end = out.size() + limit;
    if ((node->schema->nodetype & LYD_NODE_TERM) != 0) {
        write_term(node, out);
        return true;
    }
    if ((node->schema->nodetype & LYD_NODE_ANY) != 0) {
        write_any(node, out);
        return true;
    }
    out += '{';
    const lysc_node *last = nullptr;
    bool array = false;
    for (const lyd_node *child = lyd_child(node); child != nullptr; child = child->next) {
        if ((child->flags & LYD_DEFAULT) != 0 || (shell && !lysc_is_key(child->schema))) {
            continue;
        }
        const bool first = child->schema != last;
        if (first) {
            out += array ? "]" : "";
            out += last == nullptr ? "" : ",";
            if (child->schema->module != node->schema->module) {
                out += member_name(child->schema, node->schema);
            } else {
                ((out += '"') += child->schema->name) += "\":";
            }
            array = (child->schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0;
            out += array ? "[" : "";
            last = child->schema;
        } else {
            out += ',';
        }
        if (!write_value(child, false, end > out.size() ? end - out.size() : 0, out) || out.size() > end) {
            return false;
        }
    }
    out += array ? "]}" : "}";
    return true;
}

}  // namespace libyang_js
