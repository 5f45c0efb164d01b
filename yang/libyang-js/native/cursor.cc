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

struct CursorHandle::Job {
    Napi::Promise::Deferred deferred;
    std::shared_ptr<Cursor> cursor;
    std::shared_ptr<Shared> shared;
    Addon &addon;
    bool opening;
    Errors errors = {};

    // True when there is more to do.
    bool run() {
        bool again = false;
        try {
            if (!cursor->opened) {
                cursor->open();
                cursor->opened = true;
                again = !opening;
            } else {
                again = !opening && cursor->advance();
            }
        } catch (...) {
            errors = current_errors();
        }
        return again;
    }

    void finish(Napi::Env env) {
        if (errors.empty()) {
            deferred.Resolve(opening ? env.Undefined() : cursor->take(env));
        } else {
            deferred.Reject(rejection(env, errors));
        }
        shared->pool->drop(std::move(cursor));
    }
};

void CursorHandle::work(const std::shared_ptr<Job> &job) {
    Pool &pool = *job->shared->pool;
    auto run = [job] {
        const bool again = job->run();
        auto &cursor = *job->cursor;
        cursor.turn.reset();
        if (again && cursor.each) {
            work(job);
            return false;
        }
        if (again) {
            return true;
        }
        if (!job->errors.empty() || (!job->opening && cursor.ended())) {
            cursor.lease.reset();
        }
        job->addon.complete([job](Napi::Env env) { job->finish(env); });
        return false;
    };
    auto &cursor = *job->cursor;
    if (cursor.each) {
        cursor.turn = std::make_shared<Lease>(std::vector<Turn>{{cursor.each, false}});
        cursor.turn->take([&pool, run] { pool.post(Lane::read, run); });
    } else {
        pool.post(Lane::read, run);
    }
}

Napi::Value CursorHandle::start(Napi::Env env, bool opening) {
    auto deferred = Napi::Promise::Deferred::New(env);
    if (!held_.data) {
        deferred.Resolve(env.Undefined());
        return deferred.Promise();
    }
    auto &addon = Addon::of(env);
    auto job = std::make_shared<Job>(Job{deferred, held_.data, held_.shared, addon, opening});
    addon.begin();
    auto &cursor = *held_.data;
    if (!cursor.turns.empty()) {
        cursor.lease = std::make_shared<Lease>(std::move(cursor.turns));
        cursor.turns.clear();
        cursor.lease->take([job] { work(job); });
    } else {
        work(job);
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
        {InstanceMethod<&CursorHandle::begin>("begin"), InstanceMethod<&CursorHandle::next>("next"),
         InstanceMethod<&CursorHandle::dispose>("close")});
}

}  // namespace libyang_js
