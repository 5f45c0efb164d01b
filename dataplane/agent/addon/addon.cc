// The engine behind Node-API: what dataplane/agent/engine.ts declares. Every function may be called from any environment of
// the process (host.h); bad arguments throw a TypeError, and calls before start() an Error.
#include <napi.h>

#include <cstring>

#include "capture.h"
#include "host.h"
#include "settler.h"
#include "state.h"
#include "trace.h"

namespace weft::addon {

namespace {

Engine &running(Napi::Env env) {
    Engine *engine = Host::instance().engine();
    if (!engine) throw Napi::Error::New(env, "the engine has not been started");
    return *engine;
}

uint64_t whole_number(const Napi::CallbackInfo &info, size_t at, const char *name) {
    const double value = info[at].IsNumber() ? info[at].As<Napi::Number>().DoubleValue() : -1;
    if (value >= 0 && value <= 9007199254740991.0 && value == static_cast<double>(static_cast<uint64_t>(value))) {
        return static_cast<uint64_t>(value);
    }
    throw Napi::TypeError::New(info.Env(), std::string(name) + " is a whole number from 0 to 2^53 - 1");
}

std::string optional_name(const Napi::CallbackInfo &info) {
    if (info[0].IsUndefined()) return {};
    if (info[0].IsString()) return info[0].As<Napi::String>();
    throw Napi::TypeError::New(info.Env(), "an interface's name is a string");
}

void start(const Napi::CallbackInfo &info) {
    if (!info[0].IsString()) throw Napi::TypeError::New(info.Env(), "the keeper's path is a string");
    const uint64_t workers = whole_number(info, 1, "the number of workers");
    if (workers < 1 || workers > 256) throw Napi::TypeError::New(info.Env(), "there are 1 to 256 workers");
    Host::instance().start(info[0].As<Napi::String>(), static_cast<unsigned>(workers));
}

void stop(const Napi::CallbackInfo &) { Host::instance().stop(); }

void stage(const Napi::CallbackInfo &info) {
    running(info.Env());
    const uint64_t transaction = whole_number(info, 0, "a transaction");
    if (!info[1].IsTypedArray() || info[1].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
        throw Napi::TypeError::New(info.Env(), "records are a Uint8Array");
    }
    const auto bytes = info[1].As<Napi::Uint8Array>();
    Host::instance().stage(transaction, std::vector<uint8_t>(bytes.Data(), bytes.Data() + bytes.ByteLength()));
}

Napi::Value prepare(const Napi::CallbackInfo &info) {
    running(info.Env());
    const uint64_t transaction = whole_number(info, 0, "a transaction");
    Napi::Promise promise;
    Host::instance().prepare(transaction, info[1].ToBoolean(), prepared_settler(info.Env(), promise));
    return promise;
}

Napi::Value apply(const Napi::CallbackInfo &info) {
    running(info.Env());
    const uint64_t transaction = whole_number(info, 0, "a transaction");
    const uint64_t commit = whole_number(info, 1, "a commit");
    Napi::Promise promise;
    Host::instance().apply(transaction, commit, settler(info.Env(), promise));
    return promise;
}

Napi::Value abort(const Napi::CallbackInfo &info) {
    running(info.Env());
    const uint64_t transaction = whole_number(info, 0, "a transaction");
    Napi::Promise promise;
    Host::instance().abort(transaction, settler(info.Env(), promise));
    return promise;
}

Napi::Value reset(const Napi::CallbackInfo &info) {
    running(info.Env());
    Napi::Promise promise;
    Host::instance().reset(settler(info.Env(), promise));
    return promise;
}

void on_event(const Napi::CallbackInfo &info) {
    if (!info[0].IsFunction()) throw Napi::TypeError::New(info.Env(), "a handler is a function");
    forward_events(info.Env(), info[0].As<Napi::Function>());
}

// object(key: bigint): one or none.
Napi::Value object(const Napi::CallbackInfo &info) {
    if (!info[0].IsBigInt()) throw Napi::TypeError::New(info.Env(), "a key is a bigint");
    bool lossless;
    return objects(info.Env(), running(info.Env()).object(info[0].As<Napi::BigInt>().Uint64Value(&lossless)));
}

// objects(from, most): {objects, next}.
Napi::Value objects_from(const Napi::CallbackInfo &info) {
    const auto from = static_cast<uint32_t>(whole_number(info, 0, "a place"));
    const ObjectPage page = running(info.Env()).objects(from, whole_number(info, 1, "a number of objects"));
    Napi::Object result = Napi::Object::New(info.Env());
    result["objects"] = objects(info.Env(), page.objects);
    result["next"] = page.next;
    return result;
}

// {domain, interface, mac}, each of which may be absent or empty.
MacQuery selection(const Napi::CallbackInfo &info) {
    if (!info[0].IsObject()) throw Napi::TypeError::New(info.Env(), "a selection of addresses is an object");
    const auto object = info[0].As<Napi::Object>();
    MacQuery query;
    const auto text = [&](const char *name) {
        const Napi::Value value = object.Get(name);
        return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
    };
    query.domain = text("domain");
    query.interface = text("interface");
    const Napi::Value mac = object.Get("mac");
    if (mac.IsTypedArray() && mac.As<Napi::Uint8Array>().ByteLength() == 6) {
        query.mac.emplace();
        std::memcpy(query.mac->data(), mac.As<Napi::Uint8Array>().Data(), 6);
    }
    return query;
}

// macs(selection, from, most): {macs, next}.
Napi::Value macs_from(const Napi::CallbackInfo &info) {
    const auto from = static_cast<uint32_t>(whole_number(info, 1, "a place"));
    const MacPage page = running(info.Env()).macs(selection(info), from, whole_number(info, 2, "a number of addresses"));
    Napi::Object result = Napi::Object::New(info.Env());
    result["macs"] = macs(info.Env(), page.macs);
    result["next"] = page.next;
    return result;
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
    exports["start"] = Napi::Function::New(env, start, "start");
    exports["stop"] = Napi::Function::New(env, stop, "stop");
    exports["stage"] = Napi::Function::New(env, stage, "stage");
    exports["prepare"] = Napi::Function::New(env, prepare, "prepare");
    exports["apply"] = Napi::Function::New(env, apply, "apply");
    exports["abort"] = Napi::Function::New(env, abort, "abort");
    exports["reset"] = Napi::Function::New(env, reset, "reset");
    exports["trace"] = Napi::Function::New(
        env, [](const Napi::CallbackInfo &info) { return trace(info, running(info.Env())); });
    exports["endTrace"] = Napi::Function::New(env, [](const Napi::CallbackInfo &info) { running(info.Env()).end_trace(); });
    exports["beginCapture"] = Napi::Function::New(env, [](const Napi::CallbackInfo &info) { begin_capture(info, running(info.Env())); });
    exports["readCapture"] = Napi::Function::New(
        env, [](const Napi::CallbackInfo &info) { return read_capture(info, running(info.Env())); });
    exports["endCapture"] = Napi::Function::New(env, [](const Napi::CallbackInfo &info) { end_capture(info, running(info.Env())); });
    exports["forgetCaptures"] = Napi::Function::New(env, [](const Napi::CallbackInfo &info) { running(info.Env()).forget_captures(); });
    exports["mirrors"] = Napi::Function::New(
        env, [](const Napi::CallbackInfo &info) { return mirrors(info.Env(), running(info.Env()).mirrors()); });
    exports["onEvent"] = Napi::Function::New(env, on_event, "onEvent");
    exports["interfaces"] = Napi::Function::New(
        env, [](const Napi::CallbackInfo &info) { return interfaces(info.Env(), running(info.Env()).interfaces(optional_name(info))); });
    exports["neighbours"] = Napi::Function::New(
        env, [](const Napi::CallbackInfo &info) { return neighbours(info.Env(), running(info.Env()).neighbours(optional_name(info))); });
    exports["devices"] = Napi::Function::New(
        env, [](const Napi::CallbackInfo &info) { return devices(info.Env(), running(info.Env()).devices()); });
    exports["ports"] = Napi::Function::New(
        env, [](const Napi::CallbackInfo &info) { return ports(info.Env(), running(info.Env()).ports()); });
    exports["drops"] = Napi::Function::New(
        env, [](const Napi::CallbackInfo &info) { return drops(info.Env(), running(info.Env()).drops()); });
    exports["nodes"] = Napi::Function::New(
        env, [](const Napi::CallbackInfo &info) { return nodes(info.Env(), running(info.Env()).nodes()); });
    exports["object"] = Napi::Function::New(env, object, "object");
    exports["objects"] = Napi::Function::New(env, objects_from, "objects");
    exports["acls"] = Napi::Function::New(env, [](const Napi::CallbackInfo &info) {
        const std::string only = info[0].IsString() ? info[0].As<Napi::String>().Utf8Value() : std::string();
        return acls(info.Env(), running(info.Env()).acls(only));
    });
    exports["bridges"] = Napi::Function::New(
        env, [](const Napi::CallbackInfo &info) { return bridges(info.Env(), running(info.Env()).bridges(optional_name(info))); });
    exports["macs"] = Napi::Function::New(env, macs_from, "macs");
    exports["clearMacs"] = Napi::Function::New(env, [](const Napi::CallbackInfo &info) -> Napi::Value {
        return Napi::Number::New(info.Env(), running(info.Env()).clear_macs(selection(info)));
    });
    exports["holds"] = Napi::Function::New(
        env, [](const Napi::CallbackInfo &info) { return holds(info.Env(), running(info.Env()).holds()); });
    exports["workers"] = Napi::Function::New(
        env, [](const Napi::CallbackInfo &info) { return workers(info.Env(), running(info.Env()).workers()); });
    exports["punts"] = Napi::Function::New(
        env, [](const Napi::CallbackInfo &info) { return punts(info.Env(), running(info.Env()).punts()); });
    exports["statistics"] = Napi::Function::New(
        env, [](const Napi::CallbackInfo &info) { return statistics(info.Env(), running(info.Env()).statistics()); });
    return exports;
}

NODE_API_MODULE(weft_engine, initialise)

}  // namespace

}  // namespace weft::addon
