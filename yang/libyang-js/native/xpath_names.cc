#include "xpath_names.h"

namespace libyang_js::xpath {

bool resolve_prefix(const ly_ctx *context, const Names &names, std::string_view prefix, const lys_module *&module) {
    module = nullptr;
    const std::string name(prefix);
    if (names.compiled) {
        LY_ARRAY_COUNT_TYPE i;
        LY_ARRAY_FOR(names.compiled, i) {
            if (names.compiled[i].prefix && name == names.compiled[i].prefix) {
                module = names.compiled[i].mod;
                return true;
            }
        }
    }
    const auto declared = names.prefixes.find(name);
    if (declared != names.prefixes.end()) {
        module = ly_ctx_get_module_implemented_ns(context, declared->second.c_str());
        return true;
    }
    module = ly_ctx_get_module_implemented(context, name.c_str());
    return module || ly_ctx_get_module_latest(context, name.c_str());
}

std::string with_module_names(const ly_ctx *context, const Names &names, std::string_view value) {
    auto in_name = [](char c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return letter || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    };
    std::string out;
    // Of the step before, in an instance identifier.
    const lys_module *before = nullptr;
    const bool inherits = value.substr(0, 1) == "/";
    char quote = '\0';
    for (size_t at = 0; at < value.size();) {
        const char c = value[at];
        if (quote) {
            if (c == quote) quote = '\0';
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (in_name(c)) {
            size_t end = at;
            while (end < value.size() && in_name(value[end])) end++;
            const std::string_view word = value.substr(at, end - at);
            const lys_module *module = nullptr;
            if (end < value.size() && value[end] == ':' && resolve_prefix(context, names, word, module) && module) {
                if (inherits && module == before) {
                    end++;
                } else {
                    out += module->name;
                }
                before = module;
            } else {
                out += word;
            }
            at = end;
            continue;
        }
        out += c;
        at++;
    }
    return out;
}

}  // namespace libyang_js::xpath
