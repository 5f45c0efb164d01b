#include "escape.h"
#include "rpc.h"
#include "rpc_input.h"
#include "xml_input.h"
#include "xml_scan.h"

namespace libyang_js {

std::string Fragment::wrapped(const std::string &name) const {
    std::string out;
    out.reserve(bytes.size + 2 * name.size() + 64 * (namespaces.size() + 1));
    out += '<';
    out += name;
    for (const auto &[prefix, uri] : namespaces) {
        out += prefix.empty() ? " xmlns" : " xmlns:";
        out += prefix;
        out += "=\"";
        escape_attribute(out, uri);
        out += '"';
    }
    out += '>';
    out += bytes.view();
    out += "</";
    out += name;
    out += '>';
    return out;
}

Fragment content_of(const Bytes &given, const std::string &name, const std::string &ns) {
    const auto document = xml_input(given);
    XmlScanner scanner(document.view());
    while (scanner.next() != XmlScanner::Event::start) {
    }
    if (scanner.name() != name || scanner.element_ns() != ns) {
        fail("application", "bad-element",
             "the document is <" + std::string(scanner.name()) + "> of namespace '" + scanner.element_ns() + "', not <" + name +
                 "> of " + ns,
             "", {{"bad-element", std::string(scanner.name())}});
    }
    Fragment content;
    content.namespaces = scanner.in_scope();
    const auto begin = scanner.end();
    content.bytes = document;
    content.bytes.data += begin;
    content.bytes.size = scanner.skip() - begin;
    while (scanner.next() != XmlScanner::Event::done) {
    }
    if (!scanner.breaks().empty()) {
        return content_of(with_spaces(document, scanner.breaks()), name, ns);
    }
    return content;
}

}  // namespace libyang_js
