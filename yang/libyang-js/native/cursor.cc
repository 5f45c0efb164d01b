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

namespace {

constexpr auto turn_time = std::chrono::milliseconds(4);
constexpr auto short_turn = std::chrono::microseconds(200);

// True when it wants another turn before a piece is ready.
bool one_turn(Cursor &cursor, std::chrono::microseconds time) {
    const bool again = cursor.advance(Cursor::Clock::now() + time);
    cursor.last = !again && cursor.ended();
    return again;
}

}  // namespace

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
                again = !opening && one_turn(*cursor, turn_time);
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
        if (!cursor->light()) {
            shared->pool->drop(std::move(cursor));
        }
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

// False when a thread has to do it. Throws Failure.
bool CursorHandle::begin_here(Cursor &cursor) {
    if (!cursor.quick()) {
        return false;
    }
    const auto lease = std::make_shared<Lease>(cursor.turns);
    const auto turn = std::make_shared<Lease>(cursor.each ? std::vector<Turn>{{cursor.each, false}} : std::vector<Turn>{});
    if (!lease->take_now() || !turn->take_now()) {
        return false;
    }
    cursor.lease = lease;
    cursor.turns.clear();
    cursor.open();
    cursor.opened = true;
    cursor.ready = !one_turn(cursor, short_turn);
    if (cursor.last) {
        cursor.lease.reset();
    }
    return true;
}

Napi::Value CursorHandle::start(Napi::Env env, bool opening) {
    if (!held_.data) {
        return env.Undefined();
    }
    auto &cursor = *held_.data;
    try {
        const bool begun = !cursor.opened && begin_here(cursor);
        if (opening ? begun : cursor.ready || cursor.last) {
            const auto piece = !opening && cursor.ready ? cursor.take(env) : env.Undefined();
            cursor.ready = cursor.ready && opening;
            return piece;
        }
    } catch (...) {
        cursor.lease.reset();
        auto deferred = Napi::Promise::Deferred::New(env);
        deferred.Reject(rejection(env, current_errors()));
        return deferred.Promise();
    }
    auto deferred = Napi::Promise::Deferred::New(env);
    auto &addon = Addon::of(env);
    auto job = std::make_shared<Job>(Job{deferred, held_.data, held_.shared, addon, opening});
    addon.begin();
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
