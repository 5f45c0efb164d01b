#include "convert.h"
#include "cursor.h"
#include "handles.h"
#include "ly_error.h"

namespace libyang_js {

namespace {

struct Nothing {};

std::vector<ScopedText> expressions_of(Napi::Value value) {
    std::vector<ScopedText> expressions;
    const auto array = value.As<Napi::Array>();
    for (uint32_t i = 0; i < array.Length(); i++) {
        const auto entry = array.Get(i).ToObject();
        ScopedText expression{text(entry.Get("text")), {}};
        for (const auto &[prefix, uri] : entry.Get("namespaces").ToObject()) {
            expression.namespaces[text(prefix)] = text(uri);
        }
        expressions.push_back(std::move(expression));
    }
    return expressions;
}

Napi::Value to_js(Napi::Env env, const LockScopes::Conflict &conflict) {
    auto object = Napi::Object::New(env);
    object["path"] = conflict.path;
    object["owner"] = conflict.owner;
    return object;
}

}  // namespace

std::atomic<int> &LockScopesHandle::count(Shared &) {
    static std::atomic<int> uncounted{0};
    return uncounted;
}

Napi::Value LockScopesHandle::lock(const Napi::CallbackInfo &info) {
    check(info.Env());
    auto &tree = TreeHandle::of(info[0], "Tree", Addon::of(info.Env()).tree_class);
    tree.same_context(info.Env(), *held_.shared);
    return submit<LockScopes::Granted>(
        info.Env(), held_.shared->pool, Lane::read, {{held_.gate, true}, {tree.held().gate, false}},
        [scopes = held_.data, tree = tree.held().data, id = info[1].ToNumber().Uint32Value(), owner = info[2].ToNumber().Uint32Value(),
         expressions = expressions_of(info[3]), bounds = Bounds(info[4])] {
            auto budget = bounds.start();
            return scopes->lock(*tree, id, owner, expressions, budget);
        },
        [](Napi::Env env, LockScopes::Granted &granted) -> Napi::Value {
            auto object = Napi::Object::New(env);
            object["nodes"] = strings(env, granted.paths);
            if (granted.conflict) {
                object["conflict"] = to_js(env, *granted.conflict);
            }
            return object;
        });
}

Napi::Value LockScopesHandle::release_lock(const Napi::CallbackInfo &info) {
    check(info.Env());
    return submit<Nothing>(
        info.Env(), held_.shared->pool, Lane::read, {{held_.gate, true}},
        [scopes = held_.data, id = info[0].ToNumber().Uint32Value()] {
            scopes->release(id);
            return Nothing{};
        },
        [](Napi::Env env, Nothing &) { return env.Undefined(); });
}

Napi::Value LockScopesHandle::touched(const Napi::CallbackInfo &info) {
    check(info.Env());
    auto &journal = JournalHandle::argument(info[0]);
    journal.same_context(info.Env(), *held_.shared);
    return submit<std::vector<LockScopes::Conflict>>(
        info.Env(), held_.shared->pool, Lane::read, {{held_.gate, false}, {journal.held().gate, false}},
        [scopes = held_.data, schema = held_.shared->schema, journal = journal.held().data, owner = info[1].ToNumber().Uint32Value(),
         limit = info[2].ToNumber().Uint32Value()] { return scopes->touched(*journal, owner, limit); },
        [](Napi::Env env, std::vector<LockScopes::Conflict> &conflicts) -> Napi::Value {
            auto array = Napi::Array::New(env);
            for (const auto &conflict : conflicts) {
                array[array.Length()] = to_js(env, conflict);
            }
            return array;
        });
}

Napi::Value LockScopesHandle::follow(const Napi::CallbackInfo &info) {
    check(info.Env());
    auto &journal = JournalHandle::argument(info[0]);
    journal.same_context(info.Env(), *held_.shared);
    return submit<Nothing>(
        info.Env(), held_.shared->pool, Lane::read, {{held_.gate, true}, {journal.held().gate, false}},
        [scopes = held_.data, schema = held_.shared->schema, journal = journal.held().data] {
            scopes->follow(*journal);
            return Nothing{};
        },
        [](Napi::Env env, Nothing &) { return env.Undefined(); });
}

Napi::Value LockScopesHandle::nodes(const Napi::CallbackInfo &info) {
    check(info.Env());
    return submit<std::vector<std::string>>(
        info.Env(), held_.shared->pool, Lane::read, {{held_.gate, false}},
        [scopes = held_.data, id = info[0].ToNumber().Uint32Value()] { return scopes->paths(id); },
        [](Napi::Env env, std::vector<std::string> &paths) { return strings(env, paths); });
}

Napi::Function LockScopesHandle::define(Napi::Env env) {
    return DefineClass(env, "NativeLockScopes",
                       {InstanceMethod<&LockScopesHandle::lock>("lock"), InstanceMethod<&LockScopesHandle::release_lock>("release"),
                        InstanceMethod<&LockScopesHandle::touched>("touched"), InstanceMethod<&LockScopesHandle::follow>("follow"),
                        InstanceMethod<&LockScopesHandle::nodes>("nodes"),
                        InstanceMethod<&LockScopesHandle::dispose>("dispose")});
}

}  // namespace libyang_js
