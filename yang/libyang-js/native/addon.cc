#include "addon.h"

#include <cstring>

#include "convert.h"

namespace libyang_js {

Addon::Addon(Napi::Env env) : env_(env) {
    napi_value name = Napi::String::New(env, "libyang-js");
    const auto status = napi_create_threadsafe_function(
        env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this,
        [](napi_env env, napi_value, void *addon, void *) {
            if (env != nullptr) {
                static_cast<Addon *>(addon)->drain(env);
            }
        },
        &outbox_->wake);
    if (status != napi_ok) {
        throw Napi::Error::New(env, "libyang-js: no thread-safe function");
    }
    napi_unref_threadsafe_function(env, outbox_->wake);
    napi_add_env_cleanup_hook(
        env, [](void *addon) { static_cast<Addon *>(addon)->close(); }, this);
}

Addon::~Addon() = default;

std::shared_ptr<Pool> Addon::pool(size_t readers) {
    std::erase_if(pools_, [](const auto &pool) { return pool->done(); });
    auto pool = std::make_shared<Pool>(readers);
    pools_.push_back(pool);
    return std::shared_ptr<Pool>(pool.get(), [pool](Pool *) { pool->close(); });
}

void Addon::begin() {
    if (pending_++ == 0) {
        napi_ref_threadsafe_function(env_, outbox_->wake);
    }
}

void Addon::complete(std::function<void(Napi::Env)> finish) {
    outbox_->push({std::move(finish), true});
}

void Addon::Outbox::push(Completion completion) {
    std::scoped_lock lock(mutex);
    completions.push_back(std::move(completion));
    if (!closed && completions.size() == 1) {
        napi_call_threadsafe_function(wake, nullptr, napi_tsfn_nonblocking);
    }
}

void Addon::drain(Napi::Env env) {
    std::deque<Completion> completions;
    {
        std::scoped_lock lock(outbox_->mutex);
        completions.swap(outbox_->completions);
    }
    for (auto &completion : completions) {
        Napi::HandleScope scope(env);
        if (completion.counted && --pending_ == 0) {
            napi_unref_threadsafe_function(env_, outbox_->wake);
        }
        try {
            completion.finish(env);
        } catch (const Napi::Error &) {
            // The environment is ending: nobody is left to tell.
        }
        completion.finish = nullptr;
    }
}

void Addon::close() {
    for (auto &pool : pools_) {
        pool->abort();
    }
    for (auto &pool : pools_) {
        pool->join();
    }
    std::deque<Completion> completions;
    {
        std::scoped_lock lock(outbox_->mutex);
        outbox_->closed = true;
        completions.swap(outbox_->completions);
    }
    napi_release_threadsafe_function(outbox_->wake, napi_tsfn_abort);
}

Bytes Addon::bytes(Napi::Value value) {
    constexpr size_t small = 64 << 10;
    if (value.IsBuffer() || value.IsTypedArray()) {
        auto array = value.As<Napi::Uint8Array>();
        const auto *data = reinterpret_cast<const char *>(array.Data());
        const size_t size = array.ByteLength();
        if (size > small) {
            // The reference must be deleted on the environment's thread, wherever the bytes are last used.
            auto *reference = new Napi::Reference<Napi::Value>(Napi::Reference<Napi::Value>::New(value, 1));
            std::shared_ptr<const void> owner(reference, [outbox = outbox_](const void *held) {
                auto *reference = static_cast<const Napi::Reference<Napi::Value> *>(held);
                outbox->push({[reference](Napi::Env) { delete reference; }, false});
            });
            return {data, size, std::move(owner)};
        }
        auto copy = std::make_shared<const std::string>(data, size);
        return {copy->data(), copy->size(), copy};
    }
    if (!value.IsString()) {
        throw Napi::TypeError::New(value.Env(), "expected a Buffer or a string");
    }
    auto copy = std::make_shared<const std::string>(value.As<Napi::String>().Utf8Value());
    return {copy->data(), copy->size(), copy};
}

Errors current_errors() {
    Error error;
    try {
        throw;
    } catch (const Failure &failure) {
        return failure.errors;
    } catch (const std::bad_alloc &) {
        error.tag = "resource-denied";
        error.message = "out of memory";
    } catch (const std::exception &exception) {
        error.message = exception.what();
    }
    return {error};
}

}  // namespace libyang_js
