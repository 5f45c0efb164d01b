// The functions of XPath 1.0, section 4, and of RFC 7950, section 10: names, types and numbers of arguments.
#include "xpath_parser.h"

namespace libyang_js::xpath {

namespace {

const FunctionInfo functions[] = {
    {"last", Function::last, Type::number, 0, 0, false},
    {"position", Function::position, Type::number, 0, 0, false},
    {"count", Function::count, Type::number, 1, 1, false},
    {"id", Function::id, Type::nodes, 1, 1, false},
    {"local-name", Function::local_name, Type::string, 0, 1, true},
    {"namespace-uri", Function::namespace_uri, Type::string, 0, 1, true},
    {"name", Function::name, Type::string, 0, 1, true},
    {"string", Function::string, Type::string, 0, 1, true},
    {"concat", Function::concat, Type::string, 2, 1000, false},
    {"starts-with", Function::starts_with, Type::boolean, 2, 2, false},
    {"contains", Function::contains, Type::boolean, 2, 2, false},
    {"substring-before", Function::substring_before, Type::string, 2, 2, false},
    {"substring-after", Function::substring_after, Type::string, 2, 2, false},
    {"substring", Function::substring, Type::string, 2, 3, false},
    {"string-length", Function::string_length, Type::number, 0, 1, true},
    {"normalize-space", Function::normalize_space, Type::string, 0, 1, true},
    {"translate", Function::translate, Type::string, 3, 3, false},
    {"boolean", Function::boolean, Type::boolean, 1, 1, false},
    {"not", Function::negation, Type::boolean, 1, 1, false},
    {"true", Function::yes, Type::boolean, 0, 0, false},
    {"false", Function::no, Type::boolean, 0, 0, false},
    {"lang", Function::lang, Type::boolean, 1, 1, false},
    {"number", Function::number, Type::number, 0, 1, true},
    {"sum", Function::sum, Type::number, 1, 1, false},
    {"floor", Function::floor, Type::number, 1, 1, false},
    {"ceiling", Function::ceiling, Type::number, 1, 1, false},
    {"round", Function::round, Type::number, 1, 1, false},
    {"current", Function::current, Type::nodes, 0, 0, false},
    {"deref", Function::deref, Type::nodes, 1, 1, false},
    {"re-match", Function::re_match, Type::boolean, 2, 2, false},
    {"derived-from", Function::derived_from, Type::boolean, 2, 2, false},
    {"derived-from-or-self", Function::derived_from_or_self, Type::boolean, 2, 2, false},
    {"enum-value", Function::enum_value, Type::number, 1, 1, false},
    {"bit-is-set", Function::bit_is_set, Type::boolean, 2, 2, false},
};

}  // namespace

const FunctionInfo *find_function(std::string_view name) {
    for (const FunctionInfo &info : functions) {
        if (name == info.name) return &info;
    }
    return nullptr;
}

// The arguments of these are node-sets; nothing else converts to one (XPath 1.0, section 4).
bool wants_nodes(Function function, size_t argument) {
    switch (function) {
    case Function::count:
    case Function::sum:
    case Function::local_name:
    case Function::namespace_uri:
    case Function::name:
    case Function::deref:
    case Function::derived_from:
    case Function::derived_from_or_self:
    case Function::enum_value:
    case Function::bit_is_set:
        return argument == 0;
    default:
        return false;
    }
}

}  // namespace libyang_js::xpath
