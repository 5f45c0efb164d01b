// The packet trace behind Node-API: a request of dataplane.proto's field names in, a promise of traced packets out.
#pragma once

#include <napi.h>

#include "engine.h"

namespace weft::addon {

Napi::Value trace(const Napi::CallbackInfo &info, Engine &engine);

}  // namespace weft::addon
