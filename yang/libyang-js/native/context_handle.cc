#include "convert.h"
#include "cursor.h"
#include "handles.h"
#include "ly_error.h"
#include "parse.h"
#include "xml_input.h"
#include "xpath_value.h"

namespace libyang_js {

namespace {

std::vector<std::string> string_list(Napi::Value value) {
    std::vector<std::string> list;
    if (value.IsArray()) {
        auto array = value.As<Napi::Array>();
        for (uint32_t i = 0; i < array.Length(); i++) {
            list.push_back(text(array[i]));
        }
    }
    return list;
}

std::vector<ModuleRequest> requests(Napi::Value value) {
    std::vector<ModuleRequest> list;
    if (!value.IsArray()) {
        throw Napi::TypeError::New(value.Env(), "modules: expected an array");
    }
    auto array = value.As<Napi::Array>();
    for (uint32_t i = 0; i < array.Length(); i++) {
        auto object = Napi::Value(array[i]).ToObject();
        ModuleRequest request;
        request.name = text(object.Get("name"));
        request.revision = text(object.Get("revision"));
        request.features = string_list(object.Get("features"));
        request.import_only = object.Get("importOnly").ToBoolean();
        list.push_back(std::move(request));
    }
    return list;
}

Napi::Value optional_text(Napi::Env env, const std::string &value) {
    return value.empty() ? env.Undefined() : Napi::String::New(env, value);
}

}  // namespace

ContextHandle::ContextHandle(const Napi::CallbackInfo &info) : Napi::ObjectWrap<ContextHandle>(info) {
    if (!info[0].IsExternal()) {
        throw Napi::TypeError::New(info.Env(), "libyang-js makes contexts by createContext");
    }
    shared_ = std::move(*info[0].As<Napi::External<std::shared_ptr<Shared>>>().Data());
}

void ContextHandle::release() {
    if (shared_) {
        auto pool = shared_->pool;
        pool->drop(std::move(shared_));
    }
}

const std::shared_ptr<Shared> &ContextHandle::shared(Napi::Env env) const {
    if (!shared_) {
        throw Napi::Error::New(env, "this context is disposed");
    }
    return shared_;
}

Napi::Value ContextHandle::create(const Napi::CallbackInfo &info) {
    auto options = info[0].ToObject();
    auto folders = string_list(options.Get("searchDirs"));
    auto modules = requests(options.Get("modules"));
    size_t readers = 2;
    if (options.Get("readers").IsNumber()) {
        const auto wanted = options.Get("readers").As<Napi::Number>().Int64Value();
        if (wanted < 1 || wanted > 64) {
            throw Napi::RangeError::New(info.Env(), "readers: expected 1 to 64");
        }
        readers = static_cast<size_t>(wanted);
    }
    auto pool = Addon::of(info.Env()).pool(readers);
    return submit<std::shared_ptr<Shared>>(
        info.Env(), pool, Lane::write, {},
        [folders = std::move(folders), modules = std::move(modules)] {
            auto shared = std::make_shared<Shared>();
            shared->schema = std::make_shared<Schema>(folders, modules);
            return shared;
        },
        [pool](Napi::Env env, std::shared_ptr<Shared> &shared) -> Napi::Value {
            shared->pool = pool;
            return Addon::of(env).context_class.New({Napi::External<std::shared_ptr<Shared>>::New(env, &shared)});
        });
}

Napi::Value ContextHandle::modules(const Napi::CallbackInfo &info) {
    Napi::Env env = info.Env();
    const auto &modules = shared(env)->schema->modules();
    auto array = Napi::Array::New(env, modules.size());
    for (uint32_t i = 0; i < modules.size(); i++) {
        const auto &from = modules[i];
        auto object = Napi::Object::New(env);
        object["name"] = from.name;
        object["revision"] = optional_text(env, from.revision);
        object["namespace"] = from.ns;
        object["prefix"] = from.prefix;
        object["implemented"] = Napi::Boolean::New(env, from.implemented);
        object["features"] = strings(env, from.features);
        object["deviations"] = strings(env, from.deviations);
        auto submodules = Napi::Array::New(env, from.submodules.size());
        for (uint32_t j = 0; j < from.submodules.size(); j++) {
            auto submodule = Napi::Object::New(env);
            submodule["name"] = from.submodules[j].first;
            submodule["revision"] = optional_text(env, from.submodules[j].second);
            submodules[j] = submodule;
        }
        object["submodules"] = submodules;
        array[i] = object;
    }
    return array;
}

Napi::Value ContextHandle::tree(const Napi::CallbackInfo &info) {
    const auto &shared = this->shared(info.Env());
    return TreeHandle::make(info.Env(), Addon::of(info.Env()).tree_class, shared, std::make_shared<TreeData>(shared->schema));
}

Napi::Value ContextHandle::journal(const Napi::CallbackInfo &info) {
    const auto &shared = this->shared(info.Env());
    return JournalHandle::make(info.Env(), Addon::of(info.Env()).journal_class, shared,
                               std::make_shared<Journal>(shared->schema->context()));
}

Napi::Value ContextHandle::lock_scopes(const Napi::CallbackInfo &info) {
    return LockScopesHandle::make(info.Env(), Addon::of(info.Env()).lock_scopes_class, shared(info.Env()),
                                  std::make_shared<LockScopes>());
}

Napi::Value ContextHandle::parse(const Napi::CallbackInfo &info) {
    const auto &shared = this->shared(info.Env());
    const auto format = required(info, 1, "format");
    if (format != "xml" && format != "json") {
        throw Napi::TypeError::New(info.Env(), "format: expected 'xml' or 'json'");
    }
    const auto bytes = Addon::of(info.Env()).bytes(info[0]);
    return submit<std::shared_ptr<TreeData>>(
        info.Env(), shared->pool, Lane::write, {},
        [schema = shared->schema, bytes, json = format == "json"] { return parse_data(schema, bytes, json ? LYD_JSON : LYD_XML); },
        [shared](Napi::Env env, std::shared_ptr<TreeData> &tree) {
            return TreeHandle::make(env, Addon::of(env).tree_class, shared, std::move(tree));
        });
}

Napi::Value ContextHandle::parse_rpc(const Napi::CallbackInfo &info) {
    const auto &shared = this->shared(info.Env());
    const auto bytes = Addon::of(info.Env()).bytes(info[0]);
    struct Parsed {
        std::shared_ptr<RpcMessage> rpc;
        RpcFailure failure;
    };
    const bool here = bytes.size <= small_message;
    const std::function<Parsed()> parse = [shared, bytes, here] {
        const auto &schema = shared->schema;
        Parsed parsed;
        try {
            parsed.rpc = libyang_js::parse_rpc(schema, bytes, here ? &shared->rpc_cache : nullptr);
        } catch (const RpcFailure &failure) {
            parsed.failure = failure;
        }
        clear_errors(schema->context());
        return parsed;
    };
    const Result<Parsed> result = [shared](Napi::Env env, Parsed &parsed) -> Napi::Value {
        if (parsed.rpc) {
            return RpcHandle::make(env, Addon::of(env).rpc_class, shared, std::move(parsed.rpc));
        }
        auto message = Napi::Object::New(env);
        const auto &failure = parsed.failure;
        if (failure.has_message_id) {
            message["messageId"] = failure.message_id;
        }
        message["attributes"] = failure.attributes;
        throw Napi::Error(env, Addon::of(env).error_class.New({to_js(env, failure.errors), message}));
    };
    return here ? work_here(info.Env(), parse, result)
                : submit(info.Env(), shared->pool, Lane::read, {}, parse, result);
}

Napi::Value ContextHandle::fragment(const Napi::CallbackInfo &info) {
    auto fragment = std::make_shared<Fragment>();
    try {
        fragment->bytes = xml_input(Addon::of(info.Env()).bytes(info[0]));
    } catch (const Failure &failure) {
        raise(info.Env(), failure.errors);
    }
    return FragmentHandle::make(info.Env(), Addon::of(info.Env()).fragment_class, shared(info.Env()), std::move(fragment));
}

Napi::Value ContextHandle::content(const Napi::CallbackInfo &info) {
    const auto &shared = this->shared(info.Env());
    const auto name = required(info, 1, "name");
    const auto ns = required(info, 2, "namespace");
    return submit<std::shared_ptr<Fragment>>(
        info.Env(), shared->pool, Lane::read, {},
        [document = Addon::of(info.Env()).bytes(info[0]), name, ns] {
            return std::make_shared<Fragment>(content_of(document, name, ns));
        },
        [shared](Napi::Env env, std::shared_ptr<Fragment> &content) {
            return FragmentHandle::make(env, Addon::of(env).fragment_class, shared, std::move(content));
        });
}

Napi::Value ContextHandle::xpath_filter(const Napi::CallbackInfo &info) {
    const auto &shared = this->shared(info.Env());
    Prefixes prefixes;
    if (info[1].IsObject()) {
        auto object = info[1].As<Napi::Object>();
        for (const auto &[name, value] : object) {
            prefixes[text(name)] = text(value);
        }
    }
    Errors errors;
    auto data = std::make_shared<FilterData>();
    data->schema = shared->schema;
    data->xpath = true;
    const auto expression = required(info, 0, "expression");
    data->size = expression.size();
    data->filter = compile_xpath(shared->schema->context(), expression, prefixes, errors);
    clear_errors(shared->schema->context());
    if (!data->filter) {
        raise(info.Env(), errors);
    }
    return FilterHandle::make(info.Env(), Addon::of(info.Env()).filter_class, shared, std::move(data));
}

Napi::Value ContextHandle::subtree_filter(const Napi::CallbackInfo &info) {
    const auto &shared = this->shared(info.Env());
    Fragment fragment;
    try {
        fragment.bytes = xml_input(Addon::of(info.Env()).bytes(info[0]));
    } catch (const Failure &failure) {
        raise(info.Env(), failure.errors);
    }
    Errors errors;
    auto data = std::make_shared<FilterData>();
    data->schema = shared->schema;
    data->size = fragment.bytes.size;
    data->filter = compile_subtree(shared->schema->context(), fragment.wrapped("filter"), errors);
    clear_errors(shared->schema->context());
    if (!data->filter) {
        raise(info.Env(), errors);
    }
    return FilterHandle::make(info.Env(), Addon::of(info.Env()).filter_class, shared, std::move(data));
}

Napi::Value ContextHandle::source(const Napi::CallbackInfo &info) {
    const auto &shared = this->shared(info.Env());
    return submit<std::string>(
        info.Env(), shared->pool, Lane::read, {},
        [schema = shared->schema, name = required(info, 0, "name"), revision = text(info[1])] {
            return schema->source(name, revision);
        },
        [](Napi::Env env, std::string &source) -> Napi::Value { return Napi::String::New(env, source); });
}

Napi::Value ContextHandle::decode_journal(const Napi::CallbackInfo &info) {
    const auto &shared = this->shared(info.Env());
    if (!info[0].IsArray()) {
        throw Napi::TypeError::New(info.Env(), "chunks: expected an array of buffers");
    }
    std::vector<Bytes> chunks;
    auto array = info[0].As<Napi::Array>();
    for (uint32_t i = 0; i < array.Length(); i++) {
        chunks.push_back(Addon::of(info.Env()).bytes(array[i]));
    }
    return submit<std::shared_ptr<Journal>>(
        info.Env(), shared->pool, Lane::write, {},
        [schema = shared->schema, chunks = std::move(chunks)] {
            std::vector<std::string> texts;
            for (const auto &chunk : chunks) {
                texts.emplace_back(chunk.view());
            }
            Errors errors;
            auto journal = std::shared_ptr<Journal>(Journal::decode(schema->context(), texts, errors));
            if (!journal) {
                throw Failure{errors.empty() ? take_errors(schema->context(), "not a journal") : errors};
            }
            clear_errors(schema->context());
            return journal;
        },
        [shared](Napi::Env env, std::shared_ptr<Journal> &journal) {
            return JournalHandle::make(env, Addon::of(env).journal_class, shared, std::move(journal));
        });
}

Napi::Value ContextHandle::dependants(const Napi::CallbackInfo &info) {
    const auto path = required(info, 0, "schemaPath");
    xpath::Quiet quiet;
    const auto *schema = lys_find_path(shared(info.Env())->schema->context(), nullptr, path.c_str(), 0);
    if (schema == nullptr) {
        throw Napi::Error::New(info.Env(), "schemaPath: there is no data node " + path);
    }
    return strings(info.Env(), Rules::describe(schema));
}

Napi::Value ContextHandle::alive(const Napi::CallbackInfo &info) {
    const auto &shared = this->shared(info.Env());
    auto object = Napi::Object::New(info.Env());
    object["trees"] = shared->trees.load();
    object["journals"] = shared->journals.load();
    object["rpcs"] = shared->rpcs.load();
    object["filters"] = shared->filters.load();
    object["accesses"] = shared->accesses.load();
    return object;
}

Napi::Function ContextHandle::define(Napi::Env env) {
    return DefineClass(
        env, "NativeContext",
        {InstanceMethod<&ContextHandle::modules>("modules"), InstanceMethod<&ContextHandle::tree>("tree"),
         InstanceMethod<&ContextHandle::journal>("journal"),
         InstanceMethod<&ContextHandle::lock_scopes>("lockScopes"), InstanceMethod<&ContextHandle::parse>("parse"),
         InstanceMethod<&ContextHandle::parse_rpc>("parseRpc"), InstanceMethod<&ContextHandle::fragment>("fragment"),
         InstanceMethod<&ContextHandle::content>("content"),
         InstanceMethod<&ContextHandle::xpath_filter>("xpathFilter"),
         InstanceMethod<&ContextHandle::subtree_filter>("subtreeFilter"), InstanceMethod<&ContextHandle::access>("access"), InstanceMethod<&ContextHandle::source>("source"),
         InstanceMethod<&ContextHandle::decode_journal>("decodeJournal"), InstanceMethod<&ContextHandle::alive>("alive"),
         InstanceMethod<&ContextHandle::dependants>("dependants"),
         InstanceMethod<&ContextHandle::dispose>("dispose")});
}

}  // namespace libyang_js
