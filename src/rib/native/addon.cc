// The addon: the RIB and the keys of forwarding objects. Nothing in it is shared between environments.
#include <napi.h>

#include "load.h"
#include "objects.h"
#include "rib_handle.h"

namespace weft::rib {

namespace {

Napi::Value key_of(const Napi::CallbackInfo &info) {
    if (!info[0].IsString()) throw Napi::TypeError::New(info.Env(), "an identity is a string");
    return Napi::BigInt::New(info.Env(), object_key(info[0].As<Napi::String>().Utf8Value()));
}

Napi::Value vrf_number_of(const Napi::CallbackInfo &info) {
    if (!info[0].IsString()) throw Napi::TypeError::New(info.Env(), "the name of a network instance is a string");
    return Napi::Number::New(info.Env(), vrf_number(info[0].As<Napi::String>().Utf8Value()));
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
    exports["Rib"] = RibHandle::define(env);
    exports["objectKey"] = Napi::Function::New(env, key_of, "objectKey");
    exports["vrfNumber"] = Napi::Function::New(env, vrf_number_of, "vrfNumber");
    return exports;
}

}  // namespace

}  // namespace weft::rib

static Napi::Object init_rib(Napi::Env env, Napi::Object exports) { return weft::rib::init(env, exports); }
NODE_API_MODULE(weft_rib, init_rib)
