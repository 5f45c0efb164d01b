// What is wrong with data, complete enough for one rpc-error (RFC 6241, section 4.3).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libyang_js {

struct Error {
    std::string type = "application";  // transport, rpc, protocol, application
    std::string tag = "operation-failed";
    std::string message;
    std::string path;     // instance path, empty when there is none
    std::string app_tag;  // empty when there is none
    std::vector<std::pair<std::string, std::string>> info;  // error-info children: name, text
};

using Errors = std::vector<Error>;

// Carries errors through our own code up to the border of N-API.
struct Failure {
    Errors errors;
};

// Of very many errors of one kind the first thousand are told, and how many more there are. `from`: the first that counts.
inline void bound(Errors &errors, size_t from) {
    constexpr size_t most = 1000;
    if (errors.size() <= from + most) {
        return;
    }
    Error rest;
    rest.message = "and " + std::to_string(errors.size() - from - most) + " more errors";
    errors.resize(from + most);
    errors.push_back(std::move(rest));
}

inline std::string quoted(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

}  // namespace libyang_js
