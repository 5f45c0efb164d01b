// What one JavaScript environment (the main thread, or one worker_thread) has of this binding: the way results
// come back to it, the threads of its contexts, and its constructors.
//
// At the end of the environment a cleanup hook drops queued work, waits for what runs, and only then lets the way
// back be closed. Handles that are finalised later free what they own at once.
#pragma once

#include <napi.h>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "bytes.h"
#include "error.h"
#include "gate.h"
#include "pool.h"

namespace libyang_js {

class Addon {
  public:
    static Addon &of(Napi::Env env) { return *env.GetInstanceData<Addon>(); }
    explicit Addon(Napi::Env env);
    ~Addon();

    // A pool that closes when the last copy of the pointer is gone.
    std::shared_ptr<Pool> pool(size_t readers);
    // Keeps the event loop alive until `complete` has been called as often.
    void begin();
    // Calls `finish` on the environment's thread; from any thread.
    void complete(std::function<void(Napi::Env)> finish);
    // The bytes of a buffer or of a string, without a copy of big buffers.
    Bytes bytes(Napi::Value value);

    Napi::FunctionReference error_class;
    Napi::FunctionReference context_class, tree_class, journal_class, rpc_class, fragment_class, filter_class, access_class,
        cursor_class, lock_scopes_class;

  private:
    // What waits to be done on the environment's thread. Outlives the environment when it must.
    struct Completion {
        std::function<void(Napi::Env)> finish;
        bool counted;
    };
    struct Outbox {
        std::mutex mutex;
        bool closed = false;
        std::deque<Completion> completions;
        napi_threadsafe_function wake = nullptr;
        void push(Completion completion);
    };
    void drain(Napi::Env env);
    void close();

    Napi::Env env_;
    size_t pending_ = 0;
    std::shared_ptr<Outbox> outbox_ = std::make_shared<Outbox>();
    std::vector<std::shared_ptr<Pool>> pools_;
};

// Runs `work` on a thread of the pool once the lease is granted, and settles a promise with `result(env, value)`.
// `work` may throw Failure. What it captures is destroyed on the pool's thread; `result` captures nothing of size.
template <class Value>
using Result = std::function<Napi::Value(Napi::Env, Value &)>;

Napi::Value rejection(Napi::Env env, const Errors &errors);
Errors current_errors();  // of the exception now being handled

template <class Value>
Napi::Promise submit(Napi::Env env, const std::shared_ptr<Pool> &pool, Lane lane, std::vector<Turn> turns,
                     std::function<Value()> work, Result<Value> result) {
    struct Job {
        Napi::Promise::Deferred deferred;
        std::function<Value()> work;
        Result<Value> result;
        std::shared_ptr<Lease> lease;
        std::shared_ptr<Pool> pool;
        std::optional<Value> value;
        Errors errors;
    };
    Addon &addon = Addon::of(env);
    auto job = std::make_shared<Job>(
        Job{Napi::Promise::Deferred::New(env), std::move(work), std::move(result), nullptr, pool, std::nullopt, {}});
    job->lease = std::make_shared<Lease>(std::move(turns));
    const auto promise = job->deferred.Promise();
    addon.begin();
    Pool &threads = *pool;
    auto run = [job, &addon] {
        try {
            job->value.emplace(job->work());
        } catch (...) {
            job->errors = current_errors();
        }
        job->work = nullptr;
        job->lease.reset();
        addon.complete([job](Napi::Env env) {
            try {
                if (job->value) {
                    job->deferred.Resolve(job->result(env, *job->value));
                } else {
                    job->deferred.Reject(rejection(env, job->errors));
                }
            } catch (const Napi::Error &error) {
                job->deferred.Reject(error.Value());
            }
            job->pool.reset();
        });
        return false;
    };
    job->lease->take([&threads, lane, run] { threads.post(lane, run); });
    return promise;
}

// As submit, but at once and on this thread: for work that takes less time than the way to another thread and back.
// Answers with what it is, or with a promise that is rejected.
template <class Value>
Napi::Value work_here(Napi::Env env, const std::function<Value()> &work, const Result<Value> &result) {
    const auto rejected = [env](Napi::Value reason) {
        auto deferred = Napi::Promise::Deferred::New(env);
        deferred.Reject(reason);
        return deferred.Promise();
    };
    try {
        auto value = work();
        return result(env, value);
    } catch (const Napi::Error &error) {
        return rejected(error.Value());
    } catch (...) {
        return rejected(rejection(env, current_errors()));
    }
}

}  // namespace libyang_js
