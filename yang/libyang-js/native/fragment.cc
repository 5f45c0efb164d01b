#include "escape.h"
#include "rpc.h"

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

}  // namespace libyang_js
