#include "xml_text.h"

#include <cstring>

namespace libyang_js {

size_t utf8_length(std::string_view text) {
    const auto *bytes = reinterpret_cast<const unsigned char *>(text.data());
    const unsigned char lead = bytes[0];
    const size_t length = lead < 0x80                    ? 1
                          : lead >= 0xc2 && lead < 0xe0 ? 2
                          : lead >= 0xe0 && lead < 0xf0 ? 3
                          : lead >= 0xf0 && lead < 0xf5 ? 4
                                                        : 0;
    bool good = length != 0 && length <= text.size();
    for (size_t k = 1; good && k < length; k++) {
        good = (bytes[k] & 0xc0) == 0x80;
    }
    if (good && length > 2) {
        const unsigned char second = bytes[1];
        good = !(lead == 0xe0 && second < 0xa0) && !(lead == 0xed && second >= 0xa0) && !(lead == 0xf0 && second < 0x90) &&
               !(lead == 0xf4 && second >= 0x90);
    }
    return good ? length : 0;
}

size_t invalid_utf8(std::string_view text) {
    for (size_t i = 0; i < text.size();) {
        uint64_t eight;
        if (i + 8 <= text.size() && (std::memcpy(&eight, text.data() + i, 8), (eight & 0x8080808080808080) == 0)) {
            i += 8;
            continue;
        }
        const size_t length = utf8_length(text.substr(i));
        if (length == 0) {
            return i;
        }
        i += length;
    }
    return std::string_view::npos;
}

void append_utf8(std::string &out, uint32_t code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xc0 | (code >> 6));
        out += static_cast<char>(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xe0 | (code >> 12));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
        out += static_cast<char>(0x80 | (code & 0x3f));
    } else {
        out += static_cast<char>(0xf0 | (code >> 18));
        out += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
        out += static_cast<char>(0x80 | (code & 0x3f));
    }
}

uint32_t xml_reference(std::string_view name) {
    if (name == "lt") {
        return '<';
    }
    if (name == "gt") {
        return '>';
    }
    if (name == "amp") {
        return '&';
    }
    if (name == "quot") {
        return '"';
    }
    if (name == "apos") {
        return '\'';
    }
    if (name.size() < 2 || name[0] != '#' || name.size() > 10) {
        return 0;
    }
    const bool hex = name[1] == 'x';
    const auto digits = name.substr(hex ? 2 : 1);
    uint32_t code = 0;
    for (const char c : digits) {
        const int digit = c >= '0' && c <= '9'          ? c - '0'
                          : hex && c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : hex && c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                        : -1;
        if (digit < 0) {
            return 0;
        }
        code = code * (hex ? 16 : 10) + static_cast<uint32_t>(digit);
        if (code > 0x10ffff) {
            return 0;
        }
    }
    const bool character = code == 9 || code == 10 || code == 13 || (code >= 0x20 && code < 0xd800) ||
                           (code >= 0xe000 && code != 0xfffe && code != 0xffff);
    return digits.empty() || !character ? 0 : code;
}

namespace {

std::string replaced(std::string_view raw, bool attribute) {
    std::string out;
    for (size_t i = 0; i < raw.size(); i++) {
        if (raw[i] == '&') {
            const auto end = raw.find(';', i);
            append_utf8(out, xml_reference(raw.substr(i + 1, end - i - 1)));
            i = end;
        } else {
            out += attribute && is_xml_space(raw[i]) ? ' ' : raw[i];
        }
    }
    return out;
}

}  // namespace

std::string xml_attribute(std::string_view raw) {
    return replaced(raw, true);
}

std::string xml_content(std::string_view raw) {
    constexpr std::string_view open = "<![CDATA[", close = "]]>";
    if (raw.starts_with(open)) {
        return std::string(raw.substr(open.size(), raw.size() - open.size() - close.size()));
    }
    return raw.starts_with('<') ? "" : replaced(raw, false);
}

}  // namespace libyang_js
