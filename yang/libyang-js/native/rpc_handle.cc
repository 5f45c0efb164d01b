#include "convert.h"
#include "handles.h"
#include "ly_error.h"

namespace libyang_js {

std::atomic<int> &FragmentHandle::count(Shared &) {
    static std::atomic<int> uncounted{0};
    return uncounted;
}

Napi::Value FragmentHandle::byte_length(const Napi::CallbackInfo &info) {
    check(info.Env());
    return Napi::Number::New(info.Env(), static_cast<double>(held_.data->bytes.size));
}

Napi::Function FragmentHandle::define(Napi::Env env) {
    return DefineClass(env, "NativeFragment",
                       {InstanceMethod<&FragmentHandle::byte_length>("byteLength"),
                        InstanceMethod<&FragmentHandle::dispose>("dispose")});
}

Napi::Value FilterHandle::kind(const Napi::CallbackInfo &info) {
    check(info.Env());
    return Napi::String::New(info.Env(), held_.data->xpath ? "xpath" : "subtree");
}

Napi::Value FilterHandle::on_the_way(const Napi::CallbackInfo &info) {
    check(info.Env());
    return Napi::Boolean::New(info.Env(), held_.data->filter->pattern() != nullptr);
}

Napi::Value FilterHandle::may_match(const Napi::CallbackInfo &info) {
    check(info.Env());
    const bool may = held_.data->filter->may_match(required(info, 0, "schemaPath"));
    clear_errors(held_.data->schema->context());
    return Napi::Boolean::New(info.Env(), may);
}

Napi::Value FilterHandle::divides(const Napi::CallbackInfo &info) {
    check(info.Env());
    const auto *node = schema_node(info.Env(), held_.data->schema->context(), required(info, 0, "schemaPath"));
    return Napi::Boolean::New(info.Env(), held_.data->filter->divides(node));
}

Napi::Value FilterHandle::values(const Napi::CallbackInfo &info) {
    check(info.Env());
    std::vector<std::string> values;
    const bool named = held_.data->filter->values(required(info, 0, "leafPath"), values);
    clear_errors(held_.data->schema->context());
    return named ? strings(info.Env(), values) : info.Env().Undefined();
}

Napi::Function FilterHandle::define(Napi::Env env) {
    return DefineClass(env, "NativeFilter",
                       {InstanceMethod<&FilterHandle::kind>("kind"),
                        InstanceMethod<&FilterHandle::on_the_way>("onTheWay"),
                        InstanceMethod<&FilterHandle::may_match>("mayMatch"),
                        InstanceMethod<&FilterHandle::divides>("divides"),
                        InstanceMethod<&FilterHandle::values>("values"),
                        InstanceMethod<&FilterHandle::dispose>("dispose")});
}

Napi::Value RpcHandle::describe(const Napi::CallbackInfo &info) {
    check(info.Env());
    const auto &rpc = *held_.data;
    auto object = Napi::Object::New(info.Env());
    object["messageId"] = rpc.has_message_id ? Napi::String::New(info.Env(), rpc.message_id) : info.Env().Undefined();
    object["attributes"] = rpc.attributes;
    object["path"] = rpc.operation->path.empty() ? info.Env().Undefined() : Napi::String::New(info.Env(), rpc.operation->path);
    return object;
}

Napi::Value RpcHandle::operation(const Napi::CallbackInfo &info) {
    check(info.Env());
    const auto &operation = *held_.data->operation;
    return Napi::String::New(info.Env(), operation.name + " " + operation.module + " " + operation.ns + (operation.path.empty() ? "" : " action"));
}

Napi::Value RpcHandle::value(const Napi::CallbackInfo &info) {
    check(info.Env());
    const auto value = rpc_value(*held_.data, required(info, 0, "path"));
    return value ? Napi::String::New(info.Env(), *value) : info.Env().Undefined();
}

Napi::Value RpcHandle::given(const Napi::CallbackInfo &info) {
    check(info.Env());
    return Napi::Boolean::New(info.Env(), rpc_given(*held_.data, required(info, 0, "path")));
}

Napi::Value RpcHandle::values(const Napi::CallbackInfo &info) {
    check(info.Env());
    return strings(info.Env(), rpc_values(*held_.data, required(info, 0, "path")));
}

Napi::Value RpcHandle::fragment(const Napi::CallbackInfo &info) {
    check(info.Env());
    const auto *cut = held_.data->operation->cut(required(info, 0, "path"));
    if (cut == nullptr) {
        return info.Env().Undefined();
    }
    return FragmentHandle::make(info.Env(), Addon::of(info.Env()).fragment_class, held_.shared,
                                std::make_shared<Fragment>(cut->content));
}

Napi::Value RpcHandle::filter(const Napi::CallbackInfo &info) {
    check(info.Env());
    std::shared_ptr<FilterData> filter;
    try {
        filter = rpc_filter(*held_.data);
    } catch (const Failure &failure) {
        raise(info.Env(), failure.errors);
    }
    return filter ? FilterHandle::make(info.Env(), Addon::of(info.Env()).filter_class, held_.shared, std::move(filter))
                  : info.Env().Undefined();
}

Napi::Value RpcHandle::texts(const Napi::CallbackInfo &info) {
    check(info.Env());
    auto array = Napi::Array::New(info.Env());
    for (const auto &[text, namespaces] : rpc_texts(*held_.data, required(info, 0, "name"))) {
        auto entry = Napi::Object::New(info.Env());
        auto prefixes = Napi::Object::New(info.Env());
        for (const auto &[prefix, uri] : namespaces) {
            prefixes[prefix] = uri;
        }
        entry["text"] = text;
        entry["namespaces"] = prefixes;
        array[array.Length()] = entry;
    }
    return array;
}

Napi::Function RpcHandle::define(Napi::Env env) {
    return DefineClass(env, "NativeRpc",
                       {InstanceMethod<&RpcHandle::describe>("describe"), InstanceMethod<&RpcHandle::operation>("operation"),
                        InstanceMethod<&RpcHandle::value>("value"),
                        InstanceMethod<&RpcHandle::given>("given"),
                        InstanceMethod<&RpcHandle::values>("values"),
                        InstanceMethod<&RpcHandle::fragment>("fragment"), InstanceMethod<&RpcHandle::filter>("filter"),
                        InstanceMethod<&RpcHandle::texts>("texts"),
                        InstanceMethod<&RpcHandle::dispose>("dispose")});
}

}  // namespace libyang_js
