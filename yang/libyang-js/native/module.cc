// The native module: `open(LibyangError)` once per environment, then `createContext`.
#include <libyang/version.h>

#include "convert.h"
#include "cursor.h"
#include "handles.h"

namespace libyang_js {

namespace {

Napi::Value open(const Napi::CallbackInfo &info) {
    Addon::of(info.Env()).error_class = Napi::Persistent(info[0].As<Napi::Function>());
    return info.Env().Undefined();
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
    ly_log_options(LY_LOSTORE);
    auto *addon = new Addon(env);
    env.SetInstanceData<Addon>(addon);
    addon->context_class = Napi::Persistent(ContextHandle::define(env));
    addon->tree_class = Napi::Persistent(TreeHandle::define(env));
    addon->journal_class = Napi::Persistent(JournalHandle::define(env));
    addon->rpc_class = Napi::Persistent(RpcHandle::define(env));
    addon->fragment_class = Napi::Persistent(FragmentHandle::define(env));
    addon->filter_class = Napi::Persistent(FilterHandle::define(env));
    addon->access_class = Napi::Persistent(AccessHandle::define(env));
    addon->cursor_class = Napi::Persistent(CursorHandle::define(env));
    addon->lock_scopes_class = Napi::Persistent(LockScopesHandle::define(env));
    exports["open"] = Napi::Function::New<open>(env, "open");
    exports["createContext"] = Napi::Function::New<ContextHandle::create>(env, "createContext");
    exports["version"] = LY_VERSION;
    return exports;
}

}  // namespace

NODE_API_MODULE(libyang_js, init)

}  // namespace libyang_js
