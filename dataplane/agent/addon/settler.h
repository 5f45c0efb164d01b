// Ways back from native threads into a JavaScript environment that may die at any moment: a promise that is settled from
// elsewhere, and a callback for events. Neither keeps its environment alive.
#pragma once

#include <napi.h>

#include <functional>
#include <string>

#include "engine.h"

namespace weft::addon {

// Makes a promise of a text. The returned function settles it, from any thread, once.
std::function<void(std::string)> settler(Napi::Env env, Napi::Promise &promise);

// Calls back with each event of the engine, until the environment dies.
void forward_events(Napi::Env env, Napi::Function callback);

}  // namespace weft::addon
