// Captures behind Node-API: beginCapture(number, request), readCapture(number, most), endCapture(number), forgetCaptures().
#pragma once

#include <napi.h>

#include "engine.h"

namespace weft::addon {

// Throws what is wrong with the request.
void begin_capture(const Napi::CallbackInfo &info, Engine &engine);
// {octets, packets, overRate, ringFull, ended}; undefined: there is no such capture.
Napi::Value read_capture(const Napi::CallbackInfo &info, Engine &engine);
void end_capture(const Napi::CallbackInfo &info, Engine &engine);

}  // namespace weft::addon
