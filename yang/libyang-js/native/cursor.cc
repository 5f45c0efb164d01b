#include "cursor.h"

#include "convert.h"

namespace libyang_js {

Bounds::Bounds(Napi::Value value) : deadline_(std::chrono::minutes(1)), nodes_(UINT64_MAX) {
    if (value.IsObject()) {
        auto object = value.As<Napi::Object>();
        deadline_ = std::chrono::milliseconds(object.Get("deadline").ToNumber().Int64Value());
        const double nodes = object.Get("nodes").ToNumber().DoubleValue();
        nodes_ = nodes < 0 ? 0 : nodes >= 9e15 ? UINT64_MAX : static_cast<uint64_t>(nodes);
    }
}

Budget Bounds::start() const {
    return Budget(deadline_, nodes_);
}

std::atomic<int> &CursorHandle::count(Shared &) {
    static std::atomic<int> uncounted{0};
    return uncounted;
}

Napi::Value CursorHandle::next(const Napi::CallbackInfo &info) {
    Napi::Env env = info.Env();
    auto deferred = Napi::Promise::Deferred::New(env);
    if (!held_.data) {
        deferred.Resolve(env.Undefined());
        return deferred.Promise();
    }
    struct Job {
        Napi::Promise::Deferred deferred;
        std::shared_ptr<Cursor> cursor;
        std::shared_ptr<Shared> shared;
        Errors errors;
    };
    auto &addon = Addon::of(env);
    auto job = std::make_shared<Job>(Job{deferred, held_.data, held_.shared, {}});
    addon.begin();
    auto run = [job, &addon] {
        bool again = false;
        try {
            again = job->cursor->advance();
        } catch (...) {
            job->errors = current_errors();
        }
        if (again) {
            return true;
        }
        if (!job->errors.empty() || job->cursor->ended()) {
            job->cursor->lease.reset();
        }
        addon.complete([job](Napi::Env env) {
            if (job->errors.empty()) {
                job->deferred.Resolve(job->cursor->take(env));
            } else {
                job->deferred.Reject(rejection(env, job->errors));
            }
            job->shared->pool->drop(std::move(job->cursor));
        });
        return false;
    };
    Pool &pool = *held_.shared->pool;
    auto &cursor = *held_.data;
    if (!cursor.turns.empty()) {
        cursor.lease = std::make_shared<Lease>(std::move(cursor.turns));
        cursor.turns.clear();
        cursor.lease->take([&pool, run] { pool.post(Lane::read, run); });
    } else {
        pool.post(Lane::read, run);
    }
    return deferred.Promise();
}

// The lease is given back at once, unless a piece is being made: then by the one who makes it, who owns the rest.
void CursorHandle::close() {
    if (held_.data && held_.data.use_count() == 1) {
        held_.data->lease.reset();
    }
    release();
}

Napi::Function CursorHandle::define(Napi::Env env) {
    return DefineClass(
        env, "NativeCursor",
        {InstanceMethod<&CursorHandle::next>("next"), InstanceMethod<&CursorHandle::dispose>("close")});
}

}  // namespace libyang_js
