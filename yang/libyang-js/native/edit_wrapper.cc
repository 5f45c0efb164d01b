#include "edit_wrapper.h"

namespace libyang_js {

namespace {

using std::string_view;

bool blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

bool read_tag(string_view text, size_t at, bool details, Tag &tag) {
    size_t i = at + 1;
    while (i < text.size() && !blank(text[i]) && text[i] != '>' && text[i] != '/') {
        i++;
    }
    tag.name_end = i;
    while (i < text.size() && text[i] != '>') {
        if (text[i] == '/' || blank(text[i])) {
            i++;
            continue;
        }
        const size_t start = i;
        while (i < text.size() && text[i] != '=' && text[i] != '>' && !blank(text[i])) {
            i++;
        }
        const auto name = text.substr(start, i - start);
        while (i < text.size() && text[i] != '"' && text[i] != '\'' && text[i] != '>') {
            i++;
        }
        if (i >= text.size() || text[i] == '>') {
            break;
        }
        const size_t open = i;
        const size_t close = text.find(text[i], i + 1);
        if (close == string_view::npos) {
            return false;
        }
        i = close + 1;
        if (!details) {
            continue;
        }
        if (name == "xmlns" || name.starts_with("xmlns:")) {
            tag.declarations.emplace_back(name, text.substr(start, i - start));
        } else {
            tag.attributes.push_back({name, text.substr(open + 1, close - open - 1), start, i});
        }
    }
    if (i >= text.size()) {
        return false;
    }
    tag.closed = text[i - 1] == '/';
    tag.end = i + 1;
    return true;
}

size_t skip_special(string_view text, size_t at) {
    auto after = [&](string_view end) {
        const size_t found = text.find(end, at);
        return found == string_view::npos ? 0 : found + end.size();
    };
    const auto rest = text.substr(at, 9);
    return rest.starts_with("<!--")        ? after("-->")
           : rest.starts_with("<![CDATA[") ? after("]]>")
           : rest.starts_with("<?")        ? after("?>")
                                           : 0;
}

Unwrapped unwrap(const std::string &xml) {
    Unwrapped result;
    const string_view text(xml);
    size_t at = text.find('<');
    while (at != string_view::npos && (text.substr(at).starts_with("<?") || text.substr(at).starts_with("<!--"))) {
        const size_t next = skip_special(text, at);
        at = next == 0 ? string_view::npos : text.find('<', next);
    }
    Tag wrapper;
    if (at == string_view::npos || !read_tag(text, at, true, wrapper)) {
        result.xml = xml;
        result.empty = text.find_first_not_of(" \t\r\n") == string_view::npos;
        return result;
    }
    if (wrapper.closed) {
        return result;
    }
    const size_t end = text.rfind("</");
    if (end == string_view::npos || end < wrapper.end) {
        result.xml = xml;
        result.empty = false;
        return result;
    }
    const auto content = text.substr(0, end);
    result.xml.reserve(content.size() + 256);
    size_t copied = wrapper.end;
    size_t depth = 0;
    for (at = content.find('<', wrapper.end); at != string_view::npos; at = content.find('<', at)) {
        const char next = at + 1 < content.size() ? content[at + 1] : '\0';
        if (next == '/') {
            depth -= depth > 0 ? 1 : 0;
            at += 2;
            continue;
        }
        if (next == '!' || next == '?') {
            at = skip_special(content, at);
            if (at == 0) {
                break;
            }
            continue;
        }
        Tag tag;
        if (!read_tag(content, at, depth == 0, tag)) {
            break;
        }
        if (depth == 0) {
            result.empty = false;
            result.xml.append(content.substr(copied, tag.name_end - copied));
            copied = tag.name_end;
            for (const auto &[name, declaration] : wrapper.declarations) {
                bool has = false;
                for (const auto &own : tag.declarations) {
                    has = has || own.first == name;
                }
                if (!has) {
                    result.xml.append(" ").append(declaration);
                }
            }
        }
        depth += tag.closed ? 0 : 1;
        at = tag.end;
    }
    result.xml.append(content.substr(copied));
    result.empty = result.empty && result.xml.find_first_not_of(" \t\r\n") == std::string::npos;
    return result;
}

}  // namespace libyang_js
