// Between our values and JavaScript's.
#pragma once

#include <libyang/libyang.h>

#include "addon.h"

namespace libyang_js {

Napi::Value to_js(Napi::Env env, const Errors &errors);
// An undefined or null value is an empty string.
std::string text(Napi::Value value);
std::string required(const Napi::CallbackInfo &info, size_t index, const char *name);
// A LibyangError thrown at once.
[[noreturn]] void raise(Napi::Env env, const Errors &errors);
// A buffer that takes the string over without a copy.
Napi::Value buffer(Napi::Env env, std::string &&text);
// The schema node at a path; throws a TypeError when there is none.
const lysc_node *schema_node(Napi::Env env, const ly_ctx *context, const std::string &path);
Napi::Value strings(Napi::Env env, const std::vector<std::string> &list);

}  // namespace libyang_js
