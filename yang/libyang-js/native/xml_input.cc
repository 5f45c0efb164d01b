#include "xml_input.h"

#include <algorithm>
#include <cstdio>

#include "xml_text.h"

namespace libyang_js {

namespace {

// So many octets are looked at with one condition, which compilers turn into a few vector instructions.
constexpr size_t block = 64;

// A block of ASCII without control characters but white space.
bool is_plain(const unsigned char *bytes, bool &returns) {
    unsigned char odd = 0;
    unsigned char carriage = 0;
    for (size_t i = 0; i < block; i++) {
        const unsigned char c = bytes[i];
        const auto outside = static_cast<unsigned char>(static_cast<unsigned char>(c - 0x20) > 0x5f);
        odd |= outside & static_cast<unsigned char>(c != '\t') & static_cast<unsigned char>(c != '\n') &
               static_cast<unsigned char>(c != '\r');
        carriage |= static_cast<unsigned char>(c == '\r');
    }
    returns = returns || carriage != 0;
    return odd == 0;
}

std::string hex(const char *format, uint32_t code) {
    char text[96];
    snprintf(text, sizeof text, format, code);
    return text;
}

std::string describe(std::string_view text, size_t offset) {
    const auto *bytes = reinterpret_cast<const unsigned char *>(text.data()) + offset;
    const size_t left = text.size() - offset;
    if (*bytes < 0x80) {
        return hex("the character U+%04X, which XML does not permit", *bytes);
    }
    if (left > 2 && (*bytes & 0xf0) == 0xe0 && (bytes[1] & 0xc0) == 0x80 && (bytes[2] & 0xc0) == 0x80) {
        const uint32_t code = (*bytes & 0x0fu) << 12 | (bytes[1] & 0x3fu) << 6 | (bytes[2] & 0x3fu);
        if (code >= 0xd800 && code < 0xe000) {
            return hex("the surrogate U+%04X, which UTF-8 does not have", code);
        }
        if (code >= 0xfffe) {
            return hex("the character U+%04X, which XML does not permit", code);
        }
    }
    return hex("the octet 0x%02X, which is not UTF-8 here", *bytes);
}

Bytes owned(std::string text) {
    auto kept = std::make_shared<const std::string>(std::move(text));
    return {kept->data(), kept->size(), kept};
}

}  // namespace

size_t forbidden_character(std::string_view text, bool &returns) {
    const auto *bytes = reinterpret_cast<const unsigned char *>(text.data());
    for (size_t i = 0; i < text.size();) {
        if (i + block <= text.size() && is_plain(bytes + i, returns)) {
            i += block;
            continue;
        }
        for (const size_t end = std::min(i + block, text.size()); i < end;) {
            const unsigned char c = bytes[i];
            if (c < 0x80) {
                if (c < 0x20 && !is_xml_space(static_cast<char>(c))) {
                    return i;
                }
                returns = returns || c == '\r';
                i++;
                continue;
            }
            const size_t length = utf8_length(text.substr(i));
            // U+FFFE and U+FFFF.
            if (length == 0 || (c == 0xef && bytes[i + 1] == 0xbf && bytes[i + 2] >= 0xbe)) {
                return i;
            }
            i += length;
        }
    }
    return std::string_view::npos;
}

Bytes xml_input(const Bytes &document) {
    const auto text = document.view();
    bool returns = false;
    if (const auto wrong = forbidden_character(text, returns); wrong != std::string_view::npos) {
        fail_malformed(text, wrong, describe(text, wrong));
    }
    if (!returns) {
        return document;
    }
    std::string lines;
    lines.reserve(text.size());
    for (size_t from = 0; from < text.size();) {
        const auto end = std::min(text.find('\r', from), text.size());
        lines += text.substr(from, end - from);
        if (end < text.size()) {
            lines += '\n';
        }
        from = end + (text.substr(end).starts_with("\r\n") ? 2 : 1);
    }
    return owned(std::move(lines));
}

Bytes with_spaces(const Bytes &document, const std::vector<size_t> &offsets) {
    std::string text(document.view());
    for (const auto offset : offsets) {
        text[offset] = ' ';
    }
    return owned(std::move(text));
}

std::string position_in(std::string_view text, size_t offset) {
    const auto before = text.substr(0, offset);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const auto last = before.substr(before.rfind('\n') + 1);  // npos + 1 is 0
    const auto column = 1 + std::count_if(last.begin(), last.end(), [](char c) { return (c & 0xc0) != 0x80; });
    return "(line " + std::to_string(line) + ", column " + std::to_string(column) + ")";
}

void fail_malformed(std::string_view text, size_t offset, const std::string &what) {
    Error error;
    error.type = "rpc";
    error.tag = "malformed-message";
    error.message = what + " " + position_in(text, std::min(offset, text.size()));
    throw Failure{{error}};
}

}  // namespace libyang_js
