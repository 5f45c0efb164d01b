#include "convert.h"
#include "handles.h"
#include "ly_error.h"

namespace libyang_js {

JournalHandle &JournalHandle::argument(Napi::Value value) {
    return of(value, "Journal", Addon::of(value.Env()).journal_class);
}

void JournalHandle::idle(Napi::Env env, bool writing) const {
    check(env);
    if (writing ? held_.gate->used() : held_.gate->written()) {
        throw Napi::Error::New(env, "this journal is in use by a call that has not ended: await it first");
    }
}

Napi::Value JournalHandle::sizes(const Napi::CallbackInfo &info) {
    check(info.Env());
    if (!held_.gate->written()) {
        sizes_[0] = static_cast<double>(held_.data->size());
        sizes_[1] = static_cast<double>(held_.data->explicit_size());
        sizes_[2] = static_cast<double>(held_.data->bytes());
    }
    auto array = Napi::Array::New(info.Env(), 3);
    for (uint32_t i = 0; i < 3; i++) {
        array[i] = sizes_[i];
    }
    return array;
}

Napi::Value JournalHandle::touches(const Napi::CallbackInfo &info) {
    idle(info.Env(), false);
    const bool touched = held_.data->touches(required(info, 0, "schemaPath"));
    clear_errors(held_.shared->schema->context());
    return Napi::Boolean::New(info.Env(), touched);
}

void JournalHandle::append(const Napi::CallbackInfo &info) {
    check(info.Env());
    auto &other = argument(info[0]);
    other.same_context(info.Env(), *held_.shared);
    idle(info.Env(), true);
    other.idle(info.Env(), true);
    if (&other == this) {
        throw Napi::Error::New(info.Env(), "a journal cannot be appended to itself");
    }
    held_.data->append(*other.held_.data);
}

Napi::Value JournalHandle::net(const Napi::CallbackInfo &info) {
    check(info.Env());
    return submit<bool>(
        info.Env(), held_.shared->pool, Lane::write, {{held_.gate, true}},
        [schema = held_.shared->schema, journal = held_.data] {
            journal->net();
            return true;
        },
        [](Napi::Env env, bool &) { return env.Undefined(); });
}

// A journal made of this one.
Napi::Value JournalHandle::derive(const Napi::CallbackInfo &info, std::function<std::shared_ptr<Journal>(const Journal &)> make_one) {
    check(info.Env());
    return submit<std::shared_ptr<Journal>>(
        info.Env(), held_.shared->pool, Lane::read, {{held_.gate, false}},
        [schema = held_.shared->schema, journal = held_.data, make_one = std::move(make_one)] { return make_one(*journal); },
        [shared = held_.shared](Napi::Env env, std::shared_ptr<Journal> &journal) {
            return make(env, Addon::of(env).journal_class, shared, std::move(journal));
        });
}

Napi::Value JournalHandle::copy(const Napi::CallbackInfo &info) {
    return derive(info, [](const Journal &journal) { return std::shared_ptr<Journal>(journal.copy()); });
}

Napi::Value JournalHandle::reversed(const Napi::CallbackInfo &info) {
    return derive(info, [](const Journal &journal) { return std::shared_ptr<Journal>(journal.reversed()); });
}

Napi::Value JournalHandle::rebased(const Napi::CallbackInfo &info) {
    check(info.Env());
    auto &over = argument(info[0]);
    over.same_context(info.Env(), *held_.shared);
    struct Rebased {
        std::shared_ptr<Journal> journal;
        Errors conflicts;
    };
    return submit<Rebased>(
        info.Env(), held_.shared->pool, Lane::read, {{held_.gate, false}, {over.held_.gate, false}},
        [schema = held_.shared->schema, journal = held_.data, over = over.held_.data] {
            Rebased result;
            result.journal = journal->rebased(*over, result.conflicts);
            return result;
        },
        [shared = held_.shared](Napi::Env env, Rebased &result) -> Napi::Value {
            auto object = Napi::Object::New(env);
            object["journal"] = make(env, Addon::of(env).journal_class, shared, std::move(result.journal));
            object["conflicts"] = to_js(env, result.conflicts);
            return object;
        });
}

Napi::Value JournalHandle::encode(const Napi::CallbackInfo &info) {
    check(info.Env());
    const auto bytes = info[0].ToNumber().Int64Value();
    if (bytes < 1) {
        throw Napi::RangeError::New(info.Env(), "chunkBytes: expected a number above 0");
    }
    return submit<std::vector<std::string>>(
        info.Env(), held_.shared->pool, Lane::read, {{held_.gate, false}},
        [schema = held_.shared->schema, journal = held_.data, bytes] { return journal->encode(static_cast<size_t>(bytes)); },
        [](Napi::Env env, std::vector<std::string> &chunks) -> Napi::Value {
            auto array = Napi::Array::New(env, chunks.size());
            for (uint32_t i = 0; i < chunks.size(); i++) {
                array[i] = buffer(env, std::move(chunks[i]));
            }
            return array;
        });
}

Napi::Value JournalHandle::describe(const Napi::CallbackInfo &info) {
    check(info.Env());
    const auto limit = info[0].ToNumber().Int64Value();
    return submit<std::vector<std::string>>(
        info.Env(), held_.shared->pool, Lane::read, {{held_.gate, false}},
        [schema = held_.shared->schema, journal = held_.data, limit] { return journal->describe(limit < 0 ? 0 : static_cast<size_t>(limit)); },
        [](Napi::Env env, std::vector<std::string> &lines) { return strings(env, lines); });
}

Napi::Value JournalHandle::patch(const Napi::CallbackInfo &info) {
    check(info.Env());
    const auto limit = info[0].ToNumber().Int64Value();
    return submit<std::vector<std::string>>(
        info.Env(), held_.shared->pool, Lane::read, {{held_.gate, false}},
        [schema = held_.shared->schema, journal = held_.data, limit] { return journal->patch(limit < 0 ? 0 : static_cast<size_t>(limit)); },
        [](Napi::Env env, std::vector<std::string> &edits) { return strings(env, edits); });
}

Napi::Function JournalHandle::define(Napi::Env env) {
    return DefineClass(env, "NativeJournal",
                       {InstanceMethod<&JournalHandle::sizes>("sizes"), InstanceMethod<&JournalHandle::touches>("touches"),
                        InstanceMethod<&JournalHandle::append>("append"), InstanceMethod<&JournalHandle::net>("net"),
                        InstanceMethod<&JournalHandle::reversed>("reversed"), InstanceMethod<&JournalHandle::copy>("copy"),
                        InstanceMethod<&JournalHandle::rebased>("rebased"), InstanceMethod<&JournalHandle::encode>("encode"),
                        InstanceMethod<&JournalHandle::describe>("describe"), InstanceMethod<&JournalHandle::visible>("visible"),
                        InstanceMethod<&JournalHandle::patch>("patch"),
                        InstanceMethod<&JournalHandle::dispose>("dispose")});
}

}  // namespace libyang_js
