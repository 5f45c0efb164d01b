#include "capture.h"

namespace weft::addon {
namespace {

uint64_t number_of(const Napi::CallbackInfo &info) {
    if (!info[0].IsNumber()) throw Napi::TypeError::New(info.Env(), "a capture's number is a number");
    return static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value());
}

// Absent, or of another type: as without.
template <class Value>
void read(const Napi::Object &fields, const char *name, Value &into) {
    const Napi::Value value = fields.Get(name);
    if (value.IsNumber()) into = static_cast<Value>(value.As<Napi::Number>().Int64Value());
    if (value.IsString()) into = static_cast<Value>(std::strtoull(value.As<Napi::String>().Utf8Value().c_str(), nullptr, 10));
}

std::vector<std::string> texts(const Napi::Object &fields, const char *name) {
    std::vector<std::string> all;
    const Napi::Value value = fields.Get(name);
    if (!value.IsArray()) return all;
    const auto array = value.As<Napi::Array>();
    for (uint32_t n = 0; n < array.Length(); n++) all.push_back(array.Get(n).ToString());
    return all;
}

std::string octets(const Napi::Object &fields, const char *name) {
    const Napi::Value value = fields.Get(name);
    if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) return {};
    const auto bytes = value.As<Napi::Uint8Array>();
    return {reinterpret_cast<const char *>(bytes.Data()), bytes.ByteLength()};
}

}  // namespace

void begin_capture(const Napi::CallbackInfo &info, Engine &engine) {
    const uint64_t number = number_of(info);
    if (!info[1].IsObject()) throw Napi::TypeError::New(info.Env(), "a capture's request is an object");
    const auto fields = info[1].As<Napi::Object>();
    CaptureRequest r;
    r.interfaces = texts(fields, "interfaces");
    r.in = fields.Get("in").ToBoolean();
    r.out = fields.Get("out").ToBoolean();
    r.drops = texts(fields, "drops");
    r.ethernet_filter = octets(fields, "ethernetFilter");
    r.layer3_filter = octets(fields, "layer3Filter");
    read(fields, "snapLength", r.snap_length);
    read(fields, "packets", r.packets);
    read(fields, "octets", r.octets);
    read(fields, "seconds", r.seconds);
    read(fields, "rate", r.rate);
    const std::string error = engine.begin_capture(number, r);
    if (!error.empty()) throw Napi::Error::New(info.Env(), error);
}

Napi::Value read_capture(const Napi::CallbackInfo &info, Engine &engine) {
    const Napi::Env env = info.Env();
    CaptureChunk chunk;
    uint32_t most = 0;
    if (info[1].IsNumber()) most = info[1].As<Napi::Number>();
    if (!engine.read_capture(number_of(info), most, chunk)) return env.Undefined();
    Napi::Object result = Napi::Object::New(env);
    result["octets"] = Napi::Buffer<uint8_t>::Copy(env, chunk.octets.data(), chunk.octets.size());
    result["packets"] = Napi::BigInt::New(env, chunk.packets);
    result["overRate"] = Napi::BigInt::New(env, chunk.over_rate);
    result["ringFull"] = Napi::BigInt::New(env, chunk.ring_full);
    result["ended"] = chunk.ended;
    return result;
}

void end_capture(const Napi::CallbackInfo &info, Engine &engine) { engine.end_capture(number_of(info)); }

}  // namespace weft::addon
