// Characters of XML 1.0: UTF-8, white space, references.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace libyang_js {

// What the prefix xml is bound to.
constexpr std::string_view xml_namespace = "http://www.w3.org/XML/1998/namespace";
// Of NETCONF (RFC 6241), and of what it says of defaults (RFC 6243).
constexpr std::string_view netconf_namespace = "urn:ietf:params:xml:ns:netconf:base:1.0";
constexpr std::string_view with_defaults_namespace = "urn:ietf:params:xml:ns:netconf:default:1.0";

inline bool is_xml_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Octets of the character at the start of a text; 0 when it is not UTF-8.
size_t utf8_length(std::string_view text);
// Offset of the first byte that is not UTF-8; npos when all are.
size_t invalid_utf8(std::string_view text);

void append_utf8(std::string &out, uint32_t code);

// The character of a reference, by what stands between & and ;, or 0 when it is none that XML itself knows.
uint32_t xml_reference(std::string_view name);

// An attribute's value with its references replaced, which are known to be good.
std::string xml_attribute(std::string_view raw);
// What one piece of an element's text stands for: characters with good references, a CDATA section, or markup that is none.
std::string xml_content(std::string_view raw);

}  // namespace libyang_js
