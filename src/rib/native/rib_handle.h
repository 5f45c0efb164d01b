// A RIB behind Node-API: what src/rib/native.ts declares. One transaction at a time holds what is changed; it is named by a
// number, and one that begins later makes void what was not closed before.
//
// Everything happens on the thread of its environment, in slices that the caller bounds.
#pragma once

#include <napi.h>

#include <memory>

#include "finish.h"
#include "store.h"

namespace weft::rib {

class RibHandle : public Napi::ObjectWrap<RibHandle> {
  public:
    static Napi::Function define(Napi::Env env);
    explicit RibHandle(const Napi::CallbackInfo &info);

  private:
    Napi::Value begin(const Napi::CallbackInfo &info);
    Napi::Value vacant(const Napi::CallbackInfo &info);
    Napi::Value empty(const Napi::CallbackInfo &info);
    void set_interface(const Napi::CallbackInfo &info);
    Napi::Value source(const Napi::CallbackInfo &info);
    Napi::Value next_hop(const Napi::CallbackInfo &info);
    void set(const Napi::CallbackInfo &info);
    void remove(const Napi::CallbackInfo &info);
    void set_imports(const Napi::CallbackInfo &info);
    Napi::Value load_rows(const Napi::CallbackInfo &info);
    void link_changed(const Napi::CallbackInfo &info);
    Napi::Value finish(const Napi::CallbackInfo &info);
    void adopt(const Napi::CallbackInfo &info);
    void abandon(const Napi::CallbackInfo &info);
    Napi::Value settle(const Napi::CallbackInfo &info);
    void track(const Napi::CallbackInfo &info);
    Napi::Value moved(const Napi::CallbackInfo &info);
    Napi::Value link(const Napi::CallbackInfo &info);
    Napi::Value link_up(const Napi::CallbackInfo &info);
    Napi::Value interfaces(const Napi::CallbackInfo &info);
    Napi::Value sizes(const Napi::CallbackInfo &info);
    Napi::Value prefixes(const Napi::CallbackInfo &info);
    Napi::Value page(const Napi::CallbackInfo &info);
    Napi::Value entry(const Napi::CallbackInfo &info);

    // The store that the transaction changes, which it holds from now on. Throws when it is void.
    Store &hold(const Napi::CallbackInfo &info);
    // Is it the one that holds?
    bool holds(const Napi::CallbackInfo &info) const;
    void close();

    // What is tracked, whichever store resolves it.
    struct Tracked {
        uint32_t vrf;
        Family family;
        Address address;
        bool by_default;
        auto operator<=>(const Tracked &) const = default;
    };
    static void track(Store &store, const Tracked &one, bool tracked);

    unsigned key_bits_ = 64;
    std::set<Tracked> tracked_;
    LinksDown links_down_;
    std::unique_ptr<Store> store_;
    // Of a transaction that begins from nothing.
    std::unique_ptr<Store> fresh_;
    std::unique_ptr<Finish> finish_;
    bool finished_ = false;
    double now_ = 0;
    double last_ = 0;
    double holder_ = 0;
    double last_holder_ = 0;
    // Updates have numbers below zero, and make no transaction void.
    double last_update_ = 0;
    double last_held_update_ = 0;
    std::set<double> full_;
};

}  // namespace weft::rib
