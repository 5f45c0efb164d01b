#include "settler.h"

#include <memory>

#include "host.h"
#include "state.h"

namespace weft::addon {

namespace {

// Events beyond these that the environment has not taken yet are left out: state is to be asked for, events only hint.
constexpr size_t most_waiting_events = 4096;

napi_threadsafe_function make_function(Napi::Env env, napi_value callback, size_t most_waiting, void *context,
                                       napi_finalize finalize, napi_threadsafe_function_call_js call) {
    napi_threadsafe_function function = nullptr;
    const Napi::String name = Napi::String::New(env, "weft-engine");
    if (napi_create_threadsafe_function(env, callback, nullptr, name, most_waiting, 1, context, finalize, context,
                                        call, &function) != napi_ok) {
        throw Napi::Error::New(env, "a way back from the engine's threads can't be made");
    }
    return function;
}

void delete_deferred(napi_env, void *data, void *) { delete static_cast<Napi::Promise::Deferred *>(data); }

void settle(napi_env env, napi_value, void *context, void *data) {
    const std::unique_ptr<Settlement> settlement(static_cast<Settlement *>(data));
    if (env == nullptr) return;  // the environment is going away, and its promises with it
    const Napi::HandleScope scope(env);
    (*settlement)(env, *static_cast<Napi::Promise::Deferred *>(context));
}

struct Subscription {
    napi_threadsafe_function function = nullptr;
    uint64_t number = 0;
};

const char *kind_of(Event::Kind kind) {
    switch (kind) {
        case Event::Kind::link: return "link";
        case Event::Kind::neighbour: return "neighbour";
        case Event::Kind::port_lost: return "port-lost";
        case Event::Kind::resolve: return "resolve";
        case Event::Kind::condition: return "condition";
        case Event::Kind::member: return "member";
    }
    return "";
}

void deliver(napi_env env, napi_value callback, void *, void *data) {
    const std::unique_ptr<Event> event(static_cast<Event *>(data));
    if (env == nullptr) return;
    const Napi::HandleScope scope(env);
    Napi::Object object = Napi::Object::New(env);
    object["kind"] = kind_of(event->kind);
    object["interface"] = event->interface;
    object["up"] = event->up;
    if (event->kind == Event::Kind::resolve) object["resolve"] = resolve_event(env, event->resolve);
    try {
        Napi::Function(env, callback).Call({object});
    } catch (const Napi::Error &) {
        // A handler's mistake is no reason to end the process; handlers report their own.
    }
}

// Runs before the threadsafe function itself is taken down.
void end_subscription(void *data) {
    const std::unique_ptr<Subscription> subscription(static_cast<Subscription *>(data));
    Host::instance().unsubscribe(subscription->number);
    napi_release_threadsafe_function(subscription->function, napi_tsfn_abort);
}

}  // namespace

std::function<void(Settlement)> value_settler(Napi::Env env, Napi::Promise &promise) {
    auto *deferred = new Napi::Promise::Deferred(env);
    promise = deferred->Promise();
    const napi_threadsafe_function function = make_function(env, nullptr, 0, deferred, delete_deferred, settle);
    return [function](Settlement settlement) {
        auto *copy = new Settlement(std::move(settlement));
        // When the environment is closing the function must not be touched again, not even to be released.
        const napi_status status = napi_call_threadsafe_function(function, copy, napi_tsfn_nonblocking);
        if (status == napi_ok) napi_release_threadsafe_function(function, napi_tsfn_release);
        else delete copy;
    };
}

std::function<void(std::string, std::vector<Refusal>)> prepared_settler(Napi::Env env, Napi::Promise &promise) {
    return [settle = value_settler(env, promise)](std::string text, std::vector<Refusal> refusals) {
        settle([text = std::move(text), refusals = std::move(refusals)](Napi::Env where, const Napi::Promise::Deferred &deferred) {
            deferred.Resolve(outcome(where, text, refusals));
        });
    };
}

std::function<void(std::string)> settler(Napi::Env env, Napi::Promise &promise) {
    return [settle = value_settler(env, promise)](std::string text) {
        settle([text = std::move(text)](Napi::Env where, const Napi::Promise::Deferred &deferred) {
            deferred.Resolve(Napi::String::New(where, text));
        });
    };
}

void forward_events(Napi::Env env, Napi::Function callback) {
    auto *subscription = new Subscription;
    subscription->function = make_function(env, callback, most_waiting_events, nullptr, nullptr, deliver);
    napi_unref_threadsafe_function(env, subscription->function);
    const napi_threadsafe_function function = subscription->function;
    subscription->number = Host::instance().subscribe([function](const Event &event) {
        auto *copy = new Event(event);
        if (napi_call_threadsafe_function(function, copy, napi_tsfn_nonblocking) != napi_ok) delete copy;
    });
    napi_add_env_cleanup_hook(env, end_subscription, subscription);
}

}  // namespace weft::addon
