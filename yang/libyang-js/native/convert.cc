#include "convert.h"

#include <algorithm>

#include "ly_error.h"

namespace libyang_js {

Napi::Value to_js(Napi::Env env, const Errors &errors) {
    auto array = Napi::Array::New(env, errors.size());
    uint32_t index = 0;
    for (const auto &error : errors) {
        auto object = Napi::Object::New(env);
        object["type"] = error.type;
        object["tag"] = error.tag;
        object["message"] = error.message;
        if (!error.path.empty()) {
            object["path"] = error.path;
        }
        if (!error.app_tag.empty()) {
            object["appTag"] = error.app_tag;
        }
        if (!error.info.empty()) {
            auto info = Napi::Object::New(env);
            for (const auto &[name, value] : error.info) {
                const auto others = std::count_if(error.info.begin(), error.info.end(),
                                                  [&name](const auto &other) { return other.first == name; });
                if (others == 1) {
                    info[name] = value;
                    continue;
                }
                if (!info.HasOwnProperty(name)) {
                    info[name] = Napi::Array::New(env);
                }
                auto values = info.Get(name).As<Napi::Array>();
                values[values.Length()] = value;
            }
            object["info"] = info;
        }
        array[index++] = object;
    }
    return array;
}

Napi::Value rejection(Napi::Env env, const Errors &errors) {
    return Addon::of(env).error_class.New({to_js(env, errors)});
}

void raise(Napi::Env env, const Errors &errors) {
    throw Napi::Error(env, rejection(env, errors));
}

std::string text(Napi::Value value) {
    if (value.IsUndefined() || value.IsNull()) {
        return {};
    }
    return value.ToString().Utf8Value();
}

std::string required(const Napi::CallbackInfo &info, size_t index, const char *name) {
    if (!info[index].IsString()) {
        throw Napi::TypeError::New(info.Env(), std::string(name) + ": expected a string");
    }
    auto value = info[index].As<Napi::String>().Utf8Value();
    if (value.find('\0') != std::string::npos) {
        throw Napi::TypeError::New(info.Env(), std::string(name) + ": a zero character");
    }
    return value;
}

Napi::Value buffer(Napi::Env env, std::string &&text) {
    // Less work than to have the garbage collector look after a string of ours.
    constexpr size_t small = 8 << 10;
    if (text.size() <= small) {
        return Napi::Buffer<char>::Copy(env, text.data(), text.size());
    }
    auto *held = new std::string(std::move(text));
    return Napi::Buffer<char>::NewOrCopy(
        env, held->data(), held->size(), [](Napi::Env, char *, std::string *held) { delete held; }, held);
}

Napi::Value strings(Napi::Env env, const std::vector<std::string> &list) {
    auto array = Napi::Array::New(env, list.size());
    for (size_t i = 0; i < list.size(); i++) {
        array[static_cast<uint32_t>(i)] = list[i];
    }
    return array;
}

const lysc_node *schema_node(Napi::Env env, const ly_ctx *context, const std::string &path) {
    const auto *node = lys_find_path(context, nullptr, path.c_str(), 0);
    clear_errors(context);
    if (node == nullptr) {
        throw Napi::TypeError::New(env, "not a path of the schema: " + path);
    }
    return node;
}

}  // namespace libyang_js
