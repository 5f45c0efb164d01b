// Ways back from native threads into a JavaScript environment that may die at any moment: a promise that is settled from
// elsewhere, and a callback for events. Neither keeps its environment alive.
#pragma once

#include <napi.h>

#include <functional>
#include <string>
#include <vector>

#include "engine.h"

namespace weft::addon {

// How a promise is settled, in its own environment.
using Settlement = std::function<void(Napi::Env, const Napi::Promise::Deferred &)>;

// Makes a promise. The returned function settles it, from any thread, once.
std::function<void(Settlement)> value_settler(Napi::Env env, Napi::Promise &promise);
// Makes a promise of a text. The returned function settles it, from any thread, once.
std::function<void(std::string)> settler(Napi::Env env, Napi::Promise &promise);

// Makes a promise of what prepare said. The returned function settles it, from any thread, once.
std::function<void(std::string, std::vector<Refusal>)> prepared_settler(Napi::Env env, Napi::Promise &promise);

// Calls back with each event of the engine, until the environment dies.
void forward_events(Napi::Env env, Napi::Function callback);

}  // namespace weft::addon
