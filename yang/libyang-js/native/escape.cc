#include "escape.h"

#include <cstdio>

namespace libyang_js {

namespace {

template <class Entity>
void replace(std::string &out, std::string_view text, Entity entity) {
    size_t kept = 0;
    for (size_t i = 0; i < text.size(); i++) {
        const char *instead = entity(text[i]);
        if (instead != nullptr) {
            out.append(text, kept, i - kept);
            out += instead;
            kept = i + 1;
        }
    }
    out.append(text, kept);
}

const char *text_entity(char c) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\r':
        return "&#xD;";
    default:
        return nullptr;
    }
}

}  // namespace

void escape_text(std::string &out, std::string_view text) {
    replace(out, text, text_entity);
}

void escape_attribute(std::string &out, std::string_view text) {
    replace(out, text, [](char c) {
        switch (c) {
        case '"':
            return "&quot;";
        case '\n':
            return "&#xA;";
        case '\t':
            return "&#x9;";
        default:
            return text_entity(c);
        }
    });
}

void escape_json(std::string &out, std::string_view text) {
    char code[8];
    out += '"';
    replace(out, text, [&code](char c) -> const char * {
        switch (c) {
        case '"':
            return "\\\"";
        case '\\':
            return "\\\\";
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        default:
            if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
                return nullptr;
            }
            std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
            return code;
        }
    });
    out += '"';
}

}  // namespace libyang_js
