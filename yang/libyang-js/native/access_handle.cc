#include "access_edit.h"
#include "access_journal.h"
#include "convert.h"
#include "handles.h"
#include "ly_error.h"

namespace libyang_js {

namespace {

uint8_t operations(Napi::Value value) {
    static const std::pair<const char *, uint8_t> names[] = {
        {"create", access_create}, {"read", access_read}, {"update", access_update}, {"delete", access_delete}, {"exec", access_exec}};
    uint8_t bits = 0;
    const auto list = value.As<Napi::Array>();
    for (uint32_t i = 0; i < list.Length(); i++) {
        const auto name = text(list[i]);
        for (const auto &[known, bit] : names) {
            if (name == known) bits |= bit;
        }
    }
    return bits;
}

AccessRule rule_of(Napi::Object from) {
    AccessRule rule;
    rule.module = text(from.Get("module"));
    rule.operations = operations(from.Get("access"));
    rule.permit = from.Get("permit").ToBoolean();
    const std::pair<const char *, AccessRule::Kind> kinds[] = {{"operation", AccessRule::Kind::operation},
                                                               {"notification", AccessRule::Kind::notification},
                                                               {"path", AccessRule::Kind::data}};
    for (const auto &[name, kind] : kinds) {
        const auto value = from.Get(name);
        if (value.IsUndefined()) continue;
        rule.kind = kind;
        (kind == AccessRule::Kind::data ? rule.path : rule.name) = text(value);
    }
    return rule;
}

}  // namespace

Napi::Value ContextHandle::access(const Napi::CallbackInfo &info) {
    const auto &shared = this->shared(info.Env());
    const auto from = info[0].ToObject();
    AccessRules rules;
    const auto list = from.Get("rules").As<Napi::Array>();
    for (uint32_t i = 0; i < list.Length(); i++) rules.rules.push_back(rule_of(Napi::Value(list[i]).ToObject()));
    rules.defaults = operations(from.Get("defaults"));
    const auto sensitive = from.Get("sensitive");
    if (sensitive.IsArray()) {
        const auto paths = sensitive.As<Napi::Array>();
        for (uint32_t i = 0; i < paths.Length(); i++) rules.sensitive.push_back(text(paths[i]));
    }
    return submit<std::shared_ptr<AccessData>>(
        info.Env(), shared->pool, Lane::read, {},
        [schema = shared->schema, rules = std::move(rules)] {
            return std::make_shared<AccessData>(schema, rules);
        },
        [shared](Napi::Env env, std::shared_ptr<AccessData> &access) {
            return AccessHandle::make(env, Addon::of(env).access_class, shared, std::move(access));
        });
}

AccessHandle &AccessHandle::argument(Napi::Value value, const Shared &shared) {
    auto &handle = of(value, "Access", Addon::of(value.Env()).access_class);
    handle.same_context(value.Env(), shared);
    return handle;
}

Napi::Value AccessHandle::executes(const Napi::CallbackInfo &info) {
    check(info.Env());
    return Napi::Boolean::New(info.Env(), held_.data->access.executes(required(info, 0, "module"), required(info, 1, "name")));
}

Napi::Value AccessHandle::executes_at(const Napi::CallbackInfo &info) {
    check(info.Env());
    return Napi::Boolean::New(info.Env(), held_.data->access.executes_at(required(info, 0, "path"), required(info, 1, "action")));
}

Napi::Value AccessHandle::reads(const Napi::CallbackInfo &info) {
    check(info.Env());
    return Napi::Boolean::New(info.Env(), held_.data->access.reads(required(info, 0, "path")));
}

Napi::Value AccessHandle::hidden(const Napi::CallbackInfo &info) {
    check(info.Env());
    const auto path = required(info, 0, "path");
    Access::Hidden hidden;
    if (!held_.data->access.hides(path, hidden)) return info.Env().Undefined();
    auto object = Napi::Object::New(info.Env());
    object["path"] = path.substr(0, hidden.end);
    object["above"] = path.substr(0, hidden.begin);
    object["entry"] = Napi::Boolean::New(info.Env(), hidden.entry);
    return object;
}

Napi::Value AccessHandle::reads_all(const Napi::CallbackInfo &info) {
    check(info.Env());
    const auto &access = held_.data->access;
    return Napi::Boolean::New(info.Env(), info[0].IsUndefined() ? access.top()->all : access.reads_all(required(info, 0, "schemaPath")));
}

Napi::Value AccessHandle::writes_all(const Napi::CallbackInfo &info) {
    check(info.Env());
    return Napi::Boolean::New(info.Env(), held_.data->access.top()->writable);
}

Napi::Value AccessHandle::reads_none(const Napi::CallbackInfo &info) {
    check(info.Env());
    return Napi::Boolean::New(info.Env(), held_.data->access.reads_none(required(info, 0, "schemaPath")));
}

Napi::Value AccessHandle::clears(const Napi::CallbackInfo &info) {
    check(info.Env());
    auto &filter = FilterHandle::of(info[0], "Filter", Addon::of(info.Env()).filter_class);
    filter.same_context(info.Env(), *held_.shared);
    return Napi::Boolean::New(info.Env(), held_.data->access.clears(*filter.held().data->filter));
}

Napi::Value AccessHandle::denied(const Napi::CallbackInfo &info) {
    check(info.Env());
    auto &journal = JournalHandle::argument(info[0]);
    journal.same_context(info.Env(), *held_.shared);
    const auto limit = info[1].ToNumber().Int64Value();
    const auto whose = required(info, 2, "whose");
    const auto asked = whose == "own" ? Asked::own : Asked::any;
    return submit<Errors>(
        info.Env(), held_.shared->pool, Lane::read, {{journal.held().gate, false}},
        [access = held_.data, changes = journal.held().data, limit, asked] {
            return libyang_js::denied(access->access, *changes, limit < 0 ? 0 : static_cast<size_t>(limit), asked);
        },
        [](Napi::Env env, Errors &errors) { return to_js(env, errors); });
}

Napi::Value AccessHandle::refused(const Napi::CallbackInfo &info) {
    check(info.Env());
    const auto config = FragmentHandle::of(info[0], "Fragment", Addon::of(info.Env()).fragment_class).held().data;
    const auto name = required(info, 1, "defaultOperation");
    const auto operation = name == "none" ? DefaultOperation::none : name == "replace" ? DefaultOperation::replace : DefaultOperation::merge;
    const auto limit = info[2].ToNumber().Int64Value();
    return submit<Errors>(
        info.Env(), held_.shared->pool, Lane::read, {},
        [access = held_.data, config, operation, limit] {
            return libyang_js::refused(access->access, config->wrapped("config"), operation, limit < 0 ? 0 : static_cast<size_t>(limit));
        },
        [](Napi::Env env, Errors &errors) { return to_js(env, errors); });
}

Napi::Function AccessHandle::define(Napi::Env env) {
    return DefineClass(env, "NativeAccess",
                       {InstanceMethod<&AccessHandle::executes>("executes"), InstanceMethod<&AccessHandle::executes_at>("executesAt"),
                        InstanceMethod<&AccessHandle::reads>("reads"), InstanceMethod<&AccessHandle::hidden>("hidden"), InstanceMethod<&AccessHandle::reads_all>("readsAll"),
                        InstanceMethod<&AccessHandle::reads_none>("readsNone"), InstanceMethod<&AccessHandle::writes_all>("writesAll"),
                        InstanceMethod<&AccessHandle::clears>("clears"),
                        InstanceMethod<&AccessHandle::denied>("denied"), InstanceMethod<&AccessHandle::refused>("refused"), InstanceMethod<&AccessHandle::dispose>("dispose")});
}

Napi::Value JournalHandle::visible(const Napi::CallbackInfo &info) {
    check(info.Env());
    const auto access = AccessHandle::argument(info[0], *held_.shared).held().data;
    return derive(info, [access](const Journal &journal) {
        return std::shared_ptr<Journal>(libyang_js::visible(access->access, journal));
    });
}

Napi::Value TreeHandle::prune(const Napi::CallbackInfo &info) {
    check(info.Env());
    const auto access = AccessHandle::argument(info[0], *held_.shared).held().data;
    return submit<bool>(
        info.Env(), held_.shared->pool, Lane::write, {{held_.gate, true}},
        [tree = held_.data, access] {
            libyang_js::prune(access->access, *tree);
            return true;
        },
        [](Napi::Env env, bool &) { return env.Undefined(); });
}

}  // namespace libyang_js
