// The JavaScript handles of native objects. A handle shares its object with the calls under way; what is big is
// destroyed on a thread of the pool. `dispose` lets go at once, the garbage collector is the safety net.
#pragma once

#include <atomic>

#include "access.h"
#include "addon.h"
#include "edit.h"
#include "filter.h"
#include "lock_scopes.h"
#include "rpc.h"
#include "rpc_cache.h"
#include "schema.h"

namespace libyang_js {

// What all handles of one context share.
struct Shared {
    std::shared_ptr<Schema> schema;
    std::shared_ptr<Pool> pool;
    std::atomic<int> trees{0}, journals{0}, rpcs{0}, filters{0}, accesses{0};
    RpcCache rpc_cache;
};

// The object is destroyed before what it needs.
template <class Data>
struct Held {
    std::shared_ptr<Shared> shared;
    std::shared_ptr<Data> data;
    std::shared_ptr<Gate> gate = std::make_shared<Gate>();
};

// A handle that is made natively: its constructor takes the object that it is to hold.
template <class Self, class Data>
class Handle : public Napi::ObjectWrap<Self> {
  public:
    explicit Handle(const Napi::CallbackInfo &info) : Napi::ObjectWrap<Self>(info) {
        if (!info[0].IsExternal()) {
            throw Napi::TypeError::New(info.Env(), "libyang-js makes these objects itself");
        }
        held_ = std::move(*info[0].As<Napi::External<Held<Data>>>().Data());
        Self::count(*held_.shared)++;
    }
    ~Handle() override { release(); }

    static Napi::Value make(Napi::Env env, const Napi::FunctionReference &constructor, const std::shared_ptr<Shared> &shared,
                            std::shared_ptr<Data> data) {
        Held<Data> held;
        held.shared = shared;
        held.data = std::move(data);
        return constructor.New({Napi::External<Held<Data>>::New(env, &held)});
    }
    // Of an argument; throws a TypeError when it is something else or disposed.
    static Self &of(Napi::Value value, const char *what, const Napi::FunctionReference &constructor) {
        if (!value.IsObject() || !value.As<Napi::Object>().InstanceOf(constructor.Value())) {
            throw Napi::TypeError::New(value.Env(), std::string("expected a ") + what);
        }
        auto *self = Napi::ObjectWrap<Self>::Unwrap(value.As<Napi::Object>());
        self->check(value.Env());
        return *self;
    }
    const Held<Data> &held() const { return held_; }
    // For an object that is to be used together with one of `shared`.
    void same_context(Napi::Env env, const Shared &shared) const {
        if (held_.shared->schema != shared.schema) {
            throw Napi::Error::New(env, std::string("this ") + Self::noun + " is of another context");
        }
    }
    void check(Napi::Env env) const {
        if (!held_.data) {
            throw Napi::Error::New(env, std::string("this ") + Self::noun + " is disposed");
        }
    }

    // To be destroyed at once, because that takes less time than to have another thread do it.
    static bool light(const Data &) { return false; }

  protected:
    void release() {
        if (!held_.data) {
            return;
        }
        Self::count(*held_.shared)--;
        auto pool = held_.shared->pool;
        // With the schema, which has to outlive the object.
        Held<Data> held = std::move(held_);
        if (!Self::light(*held.data) || held.shared.use_count() == 1) {
            pool->drop(std::make_shared<Held<Data>>(std::move(held)));
        }
    }
    Held<Data> held_;
};

class FragmentHandle : public Handle<FragmentHandle, Fragment> {
  public:
    using Handle::Handle;
    static constexpr const char *noun = "fragment";
    static std::atomic<int> &count(Shared &shared);
    static bool light(const Fragment &) { return true; }
    static Napi::Function define(Napi::Env env);

  private:
    void dispose(const Napi::CallbackInfo &) { release(); }
    Napi::Value byte_length(const Napi::CallbackInfo &info);
};

class FilterHandle : public Handle<FilterHandle, FilterData> {
  public:
    using Handle::Handle;
    static constexpr const char *noun = "filter";
    static std::atomic<int> &count(Shared &shared) { return shared.filters; }
    static bool light(const FilterData &filter) { return filter.size <= small_message; }
    static Napi::Function define(Napi::Env env);

  private:
    void dispose(const Napi::CallbackInfo &) { release(); }
    Napi::Value kind(const Napi::CallbackInfo &info);
    Napi::Value on_the_way(const Napi::CallbackInfo &info);
    Napi::Value may_match(const Napi::CallbackInfo &info);
    Napi::Value divides(const Napi::CallbackInfo &info);
    Napi::Value values(const Napi::CallbackInfo &info);
};

struct AccessData {
    std::shared_ptr<Schema> schema;
    Access access;
    AccessData(std::shared_ptr<Schema> of, AccessRules rules) : schema(std::move(of)), access(schema->context(), std::move(rules)) {}
};

class AccessHandle : public Handle<AccessHandle, AccessData> {
  public:
    using Handle::Handle;
    static constexpr const char *noun = "access";
    static std::atomic<int> &count(Shared &shared) { return shared.accesses; }
    static Napi::Function define(Napi::Env env);
    static AccessHandle &argument(Napi::Value value, const Shared &shared);

  private:
    void dispose(const Napi::CallbackInfo &) { release(); }
    Napi::Value executes(const Napi::CallbackInfo &info);
    Napi::Value executes_at(const Napi::CallbackInfo &info);
    Napi::Value reads(const Napi::CallbackInfo &info);
    Napi::Value hidden(const Napi::CallbackInfo &info);
    Napi::Value reads_all(const Napi::CallbackInfo &info);
    Napi::Value writes_all(const Napi::CallbackInfo &info);
    Napi::Value reads_none(const Napi::CallbackInfo &info);
    Napi::Value clears(const Napi::CallbackInfo &info);
    Napi::Value denied(const Napi::CallbackInfo &info);
    Napi::Value refused(const Napi::CallbackInfo &info);
};

class RpcHandle : public Handle<RpcHandle, RpcMessage> {
  public:
    using Handle::Handle;
    static constexpr const char *noun = "rpc";
    static std::atomic<int> &count(Shared &shared) { return shared.rpcs; }
    static bool light(const RpcMessage &rpc) { return rpc.size <= small_message; }
    static Napi::Function define(Napi::Env env);

  private:
    void dispose(const Napi::CallbackInfo &) { release(); }
    Napi::Value describe(const Napi::CallbackInfo &info);
    Napi::Value operation(const Napi::CallbackInfo &info);
    Napi::Value value(const Napi::CallbackInfo &info);
    Napi::Value given(const Napi::CallbackInfo &info);
    Napi::Value values(const Napi::CallbackInfo &info);
    Napi::Value fragment(const Napi::CallbackInfo &info);
    Napi::Value filter(const Napi::CallbackInfo &info);
    Napi::Value texts(const Napi::CallbackInfo &info);
};

class JournalHandle : public Handle<JournalHandle, Journal> {
  public:
    using Handle::Handle;
    static constexpr const char *noun = "journal";
    static std::atomic<int> &count(Shared &shared) { return shared.journals; }
    static Napi::Function define(Napi::Env env);
    static JournalHandle &argument(Napi::Value value);

  private:
    void dispose(const Napi::CallbackInfo &) { release(); }
    void idle(Napi::Env env, bool writing) const;
    Napi::Value sizes(const Napi::CallbackInfo &info);
    Napi::Value touches(const Napi::CallbackInfo &info);
    void append(const Napi::CallbackInfo &info);
    Napi::Value net(const Napi::CallbackInfo &info);
    Napi::Value copy(const Napi::CallbackInfo &info);
    Napi::Value reversed(const Napi::CallbackInfo &info);
    Napi::Value rebased(const Napi::CallbackInfo &info);
    Napi::Value derive(const Napi::CallbackInfo &info, std::function<std::shared_ptr<Journal>(const Journal &)> make_one);
    Napi::Value encode(const Napi::CallbackInfo &info);
    Napi::Value describe(const Napi::CallbackInfo &info);
    Napi::Value visible(const Napi::CallbackInfo &info);
    Napi::Value patch(const Napi::CallbackInfo &info);
    double sizes_[3] = {0, 0, 0};
};

class TreeHandle : public Handle<TreeHandle, TreeData> {
  public:
    using Handle::Handle;
    static constexpr const char *noun = "tree";
    static std::atomic<int> &count(Shared &shared) { return shared.trees; }
    static Napi::Function define(Napi::Env env);

  private:
    void dispose(const Napi::CallbackInfo &) { release(); }
    // One call that reads or writes the tree, and a journal with it when there is one.
    template <class T>
    Napi::Value call(Napi::Env env, Lane lane, JournalHandle *journal, bool writes_journal,
                     std::function<T(TreeData &, Journal *)> work, Result<T> result);

    Napi::Value edit(const Napi::CallbackInfo &info);
    Napi::Value set(const Napi::CallbackInfo &info);
    Napi::Value remove(const Napi::CallbackInfo &info);
    Napi::Value apply(const Napi::CallbackInfo &info);
    Napi::Value redo(const Napi::CallbackInfo &info);
    Napi::Value validate(const Napi::CallbackInfo &info);
    Napi::Value check_all(const Napi::CallbackInfo &info);
    Napi::Value validate_by_libyang(const Napi::CallbackInfo &info);
    Napi::Value copy(const Napi::CallbackInfo &info);
    Napi::Value difference(const Napi::CallbackInfo &info);
    Napi::Value extract(const Napi::CallbackInfo &info);
    Napi::Value prune(const Napi::CallbackInfo &info);
    Napi::Value print(const Napi::CallbackInfo &info);
    Napi::Value value(const Napi::CallbackInfo &info);
    Napi::Value find(const Napi::CallbackInfo &info);
    Napi::Value json(const Napi::CallbackInfo &info);
    Napi::Value entries(const Napi::CallbackInfo &info);
    Napi::Value snapshot(const Napi::CallbackInfo &info);
    Napi::Value indexed(const Napi::CallbackInfo &info);
    Napi::Value load(const Napi::CallbackInfo &info);
};

class LockScopesHandle : public Handle<LockScopesHandle, LockScopes> {
  public:
    using Handle::Handle;
    static constexpr const char *noun = "set of locks";
    static std::atomic<int> &count(Shared &shared);
    static Napi::Function define(Napi::Env env);

  private:
    void dispose(const Napi::CallbackInfo &) { release(); }
    Napi::Value lock(const Napi::CallbackInfo &info);
    Napi::Value release_lock(const Napi::CallbackInfo &info);
    Napi::Value touched(const Napi::CallbackInfo &info);
    Napi::Value follow(const Napi::CallbackInfo &info);
    Napi::Value nodes(const Napi::CallbackInfo &info);
};

class ContextHandle : public Napi::ObjectWrap<ContextHandle> {
  public:
    explicit ContextHandle(const Napi::CallbackInfo &info);
    ~ContextHandle() override { release(); }
    static Napi::Function define(Napi::Env env);
    static Napi::Value create(const Napi::CallbackInfo &info);

  private:
    void release();
    const std::shared_ptr<Shared> &shared(Napi::Env env) const;
    void dispose(const Napi::CallbackInfo &) { release(); }
    Napi::Value modules(const Napi::CallbackInfo &info);
    Napi::Value tree(const Napi::CallbackInfo &info);
    Napi::Value journal(const Napi::CallbackInfo &info);
    Napi::Value lock_scopes(const Napi::CallbackInfo &info);
    Napi::Value parse(const Napi::CallbackInfo &info);
    Napi::Value parse_rpc(const Napi::CallbackInfo &info);
    Napi::Value fragment(const Napi::CallbackInfo &info);
    Napi::Value content(const Napi::CallbackInfo &info);
    Napi::Value xpath_filter(const Napi::CallbackInfo &info);
    Napi::Value subtree_filter(const Napi::CallbackInfo &info);
    Napi::Value access(const Napi::CallbackInfo &info);
    Napi::Value source(const Napi::CallbackInfo &info);
    Napi::Value decode_journal(const Napi::CallbackInfo &info);
    Napi::Value alive(const Napi::CallbackInfo &info);
    Napi::Value dependants(const Napi::CallbackInfo &info);
    std::shared_ptr<Shared> shared_;
};

}  // namespace libyang_js
