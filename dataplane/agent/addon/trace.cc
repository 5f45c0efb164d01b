#include "trace.h"

#include <memory>

#include "settler.h"

namespace weft::addon {
namespace {

// Absent, empty or out of its range: any.
int number(const Napi::Object &fields, const char *name, int most) {
    const Napi::Value value = fields.Get(name);
    if (!value.IsNumber()) return -1;
    const double n = value.As<Napi::Number>().DoubleValue();
    return n >= 0 && n <= most ? static_cast<int>(n) : -1;
}

std::string text(const Napi::Object &fields, const char *name) {
    const Napi::Value value = fields.Get(name);
    return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}

std::optional<HostAddress> prefix(const Napi::Object &fields, const char *name, const char *length) {
    const Napi::Value value = fields.Get(name);
    if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) return {};
    const auto bytes = value.As<Napi::Uint8Array>();
    const size_t size = bytes.ByteLength();
    if (size == 0) return {};
    const int bits = number(fields, length, size == 4 ? 32 : 128);
    if ((size != 4 && size != 16) || bits < 0)
        throw Napi::TypeError::New(fields.Env(), std::string(name) + " is a prefix of 4 or 16 bytes and its length");
    HostAddress address;
    address.family = size == 4 ? 4 : 6;
    address.prefix_length = static_cast<uint8_t>(bits);
    std::copy(bytes.Data(), bytes.Data() + size, address.bytes.begin());
    return address;
}

TraceRequest request_of(const Napi::Object &fields) {
    TraceRequest r;
    r.count = static_cast<uint32_t>(std::max(1, number(fields, "count", 1000)));
    r.seconds = static_cast<uint32_t>(std::max(1, number(fields, "seconds", 60)));
    r.interface = text(fields, "interface");
    const std::string from = text(fields, "from");
    if (from == "port") r.from = TraceRequest::From::port;
    if (from == "host") r.from = TraceRequest::From::host;
    r.family = static_cast<uint8_t>(std::max(0, number(fields, "family", 6)));
    r.source = prefix(fields, "source", "sourceLength");
    r.destination = prefix(fields, "destination", "destinationLength");
    r.protocol = number(fields, "protocol", 255);
    r.source_port = number(fields, "sourcePort", 65535);
    r.destination_port = number(fields, "destinationPort", 65535);
    return r;
}

Napi::Value value_of(Napi::Env env, const std::vector<TracedPacket> &packets) {
    Napi::Array all = Napi::Array::New(env, packets.size());
    for (uint32_t n = 0; n < packets.size(); n++) {
        const Napi::HandleScope scope(env);
        const TracedPacket &p = packets[n];
        Napi::Object packet = Napi::Object::New(env);
        packet["time"] = Napi::Number::New(env, static_cast<double>(p.time));
        packet["interface"] = p.interface;
        packet["length"] = p.length;
        packet["description"] = p.description;
        packet["result"] = p.result;
        Napi::Array steps = Napi::Array::New(env, p.steps.size());
        for (uint32_t i = 0; i < p.steps.size(); i++) {
            Napi::Object step = Napi::Object::New(env);
            step["node"] = p.steps[i].node;
            step["decision"] = p.steps[i].decision;
            step["other"] = p.steps[i].other;
            steps.Set(i, step);
        }
        packet["steps"] = steps;
        all.Set(n, packet);
    }
    return all;
}

}  // namespace

Napi::Value trace(const Napi::CallbackInfo &info, Engine &engine) {
    const Napi::Env env = info.Env();
    if (!info[0].IsObject()) throw Napi::TypeError::New(env, "a trace's request is an object");
    const TraceRequest request = request_of(info[0].As<Napi::Object>());
    Napi::Promise promise;
    const auto settle = value_settler(env, promise);
    const std::string error = engine.trace(request, [settle](std::vector<TracedPacket> packets) {
        auto shared = std::make_shared<std::vector<TracedPacket>>(std::move(packets));
        settle([shared](Napi::Env where, const Napi::Promise::Deferred &deferred) { deferred.Resolve(value_of(where, *shared)); });
    });
    if (!error.empty())
        settle([error](Napi::Env where, const Napi::Promise::Deferred &deferred) {
            deferred.Reject(Napi::Error::New(where, error).Value());
        });
    return promise;
}

}  // namespace weft::addon
