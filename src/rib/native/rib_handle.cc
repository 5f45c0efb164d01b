#include "rib_handle.h"

#include <cmath>

#include "convert.h"

namespace weft::rib {

namespace {

constexpr size_t rejection_limit = 20;

double number_at(const Napi::CallbackInfo &info, size_t at) {
    if (!info[at].IsNumber()) throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(at) + " is a number");
    return info[at].As<Napi::Number>().DoubleValue();
}

std::string text_at(const Napi::CallbackInfo &info, size_t at) {
    if (!info[at].IsString()) throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(at) + " is a string");
    return info[at].As<Napi::String>();
}

Napi::Object object_at(const Napi::CallbackInfo &info, size_t at) {
    if (!info[at].IsObject()) throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(at) + " is an object");
    return info[at].As<Napi::Object>();
}

Budget budget_at(const Napi::CallbackInfo &info, size_t at) {
    return Budget(std::chrono::microseconds(static_cast<int64_t>(number_at(info, at))));
}

uint16_t source_at(const Napi::CallbackInfo &info, size_t at, const Sources &sources) {
    const double number = number_at(info, at);
    if (number >= 0 && number < sources.size()) return static_cast<uint16_t>(number);
    throw Napi::TypeError::New(info.Env(), "no source has the number " + std::to_string(number));
}

Family family_at(const Napi::CallbackInfo &info, size_t at) { return number_at(info, at) == 4 ? 4 : 6; }

}  // namespace

Napi::Function RibHandle::define(Napi::Env env) {
    return DefineClass(env, "Rib",
                       {InstanceMethod("begin", &RibHandle::begin),
                        InstanceMethod("vacant", &RibHandle::vacant),
                        InstanceMethod("empty", &RibHandle::empty),
                        InstanceMethod("setInterface", &RibHandle::set_interface),
                        InstanceMethod("setImports", &RibHandle::set_imports),
                        InstanceMethod("source", &RibHandle::source),
                        InstanceMethod("nextHop", &RibHandle::next_hop),
                        InstanceMethod("set", &RibHandle::set),
                        InstanceMethod("delete", &RibHandle::remove),
                        InstanceMethod("load", &RibHandle::load_rows),
                        InstanceMethod("linkChanged", &RibHandle::link_changed),
                        InstanceMethod("finish", &RibHandle::finish),
                        InstanceMethod("adopt", &RibHandle::adopt),
                        InstanceMethod("abandon", &RibHandle::abandon),
                        InstanceMethod("settle", &RibHandle::settle),
                        InstanceMethod("track", &RibHandle::track),
                        InstanceMethod("moved", &RibHandle::moved),
                        InstanceMethod("link", &RibHandle::link),
                        InstanceMethod("linkUp", &RibHandle::link_up),
                        InstanceMethod("interfaces", &RibHandle::interfaces),
                        InstanceMethod("sizes", &RibHandle::sizes),
                        InstanceMethod("prefixes", &RibHandle::prefixes),
                        InstanceMethod("page", &RibHandle::page),
                        InstanceMethod("entry", &RibHandle::entry)});
}

RibHandle::RibHandle(const Napi::CallbackInfo &info) : Napi::ObjectWrap<RibHandle>(info) {
    key_bits_ = static_cast<unsigned>(number_at(info, 0));
    store_ = std::make_unique<Store>(links_down_, key_bits_);
}

Napi::Value RibHandle::begin(const Napi::CallbackInfo &info) {
    if (info[1].ToBoolean()) return Napi::Number::New(info.Env(), --last_update_);
    last_++;
    if (info[0].ToBoolean()) full_.insert(last_);
    return Napi::Number::New(info.Env(), last_);
}

bool RibHandle::holds(const Napi::CallbackInfo &info) const { return holder_ != 0 && number_at(info, 0) == holder_; }

Store &RibHandle::hold(const Napi::CallbackInfo &info) {
    const double transaction = number_at(info, 0);
    if (transaction != holder_) {
        const bool update = transaction < 0;
        if (update ? transaction >= last_held_update_ || holder_ != 0 : transaction <= last_holder_) {
            throw Napi::Error::New(info.Env(), "this transaction of the RIB is void");
        }
        if (holder_ != 0) {
            if (!fresh_) store_->abandon();
            close();
        }
        Budget whole;
        store_->settle(whole);
        holder_ = transaction;
        (update ? last_held_update_ : last_holder_) = transaction;
        if (full_.contains(transaction)) {
            fresh_ = std::make_unique<Store>(links_down_, key_bits_);
            fresh_->open();
            for (const Tracked &one : tracked_) track(*fresh_, one, true);
        } else {
            store_->open();
        }
        full_.erase(full_.begin(), full_.upper_bound(transaction));
    }
    return fresh_ ? *fresh_ : *store_;
}

void RibHandle::close() {
    finish_.reset();
    fresh_.reset();
    finished_ = false;
    holder_ = 0;
}

Napi::Value RibHandle::vacant(const Napi::CallbackInfo &info) { return Napi::Boolean::New(info.Env(), holder_ == 0); }

Napi::Value RibHandle::empty(const Napi::CallbackInfo &info) {
    return Napi::Boolean::New(info.Env(), !holds(info) || hold(info).untouched());
}

void RibHandle::set_interface(const Napi::CallbackInfo &info) {
    Store &store = hold(info);
    std::optional<InterfaceState> state;
    if (!info[2].IsUndefined()) state = interface_state_of(object_at(info, 2));
    store.interfaces.set(store.interfaces.number(text_at(info, 1)), state);
}

void RibHandle::set_imports(const Napi::CallbackInfo &info) {
    hold(info).imports.set(static_cast<uint32_t>(number_at(info, 1)), imports_of(info[2]));
}

Napi::Value RibHandle::source(const Napi::CallbackInfo &info) {
    Store &store = hold(info);
    return Napi::Number::New(info.Env(), source_of(info[1], store.sources));
}

Napi::Value RibHandle::next_hop(const Napi::CallbackInfo &info) {
    Store &store = hold(info);
    const Family family = family_at(info, 2);
    Table &table = store.table(static_cast<uint32_t>(number_at(info, 1)), family);
    return Napi::Number::New(info.Env(), table.next_hops.intern(next_hop_of(info[3], family, store.interfaces)));
}

void RibHandle::set(const Napi::CallbackInfo &info) {
    Store &store = hold(info);
    Family family = 4;
    const Prefix prefix = prefix_of(info[3], info[4], family);
    Table &table = store.table(static_cast<uint32_t>(number_at(info, 2)), family);
    const double next_hop = number_at(info, 5);
    if (!(next_hop >= 0 && next_hop < table.next_hops.end()) || !table.next_hops.has(static_cast<uint32_t>(next_hop))) {
        throw Napi::TypeError::New(info.Env(), "no next hop of this table has the number " + std::to_string(next_hop));
    }
    table.say(prefix, source_at(info, 1, store.sources), static_cast<uint32_t>(next_hop));
}

void RibHandle::remove(const Napi::CallbackInfo &info) {
    Store &store = hold(info);
    Family family = 4;
    const Prefix prefix = prefix_of(info[3], info[4], family);
    store.table(static_cast<uint32_t>(number_at(info, 2)), family).say(prefix, source_at(info, 1, store.sources), none);
}

Napi::Value RibHandle::load_rows(const Napi::CallbackInfo &info) {
    Store &store = hold(info);
    std::unordered_map<std::string, uint32_t> vrfs;
    const Rows rows = rows_of(object_at(info, 1), vrfs);
    auto row = static_cast<size_t>(number_at(info, 2));
    Budget budget = budget_at(info, 3);
    std::vector<Rejected> rejected;
    const size_t count = load(store, rows, row, rejected, rejection_limit, budget);
    Napi::Int32Array told = Napi::Int32Array::New(info.Env(), 2 + rejected.size() * 3);
    told[0] = static_cast<int32_t>(row);
    told[1] = static_cast<int32_t>(count);
    for (size_t i = 0; i < rejected.size(); i++) {
        told[3 * i + 2] = rejected[i].row;
        told[3 * i + 3] = static_cast<int32_t>(rejected[i].why);
        told[3 * i + 4] = rejected[i].hop;
    }
    return told;
}

void RibHandle::link_changed(const Napi::CallbackInfo &info) {
    Store &store = hold(info);
    store.links_changed.push_back(store.interfaces.number(text_at(info, 1)));
}

Napi::Value RibHandle::finish(const Napi::CallbackInfo &info) {
    Store &store = hold(info);
    if (finished_) throw Napi::Error::New(info.Env(), "this transaction of the RIB is finished");
    now_ = number_at(info, 1);
    Budget budget = budget_at(info, 2);
    if (!finish_) finish_ = std::make_unique<Finish>(store);
    try {
        if (!finish_->run(budget)) return info.Env().Undefined();
    } catch (const std::runtime_error &error) {
        throw Napi::Error::New(info.Env(), error.what());
    }
    finished_ = true;
    const Napi::Object result = to_js(info.Env(), finish_->result(), store);
    finish_.reset();
    return result;
}

void RibHandle::adopt(const Napi::CallbackInfo &info) {
    if (!holds(info) || !finished_) throw Napi::Error::New(info.Env(), "this transaction of the RIB is void");
    if (fresh_) store_ = std::move(fresh_);
    for (const uint32_t gone : store_->adopt(now_)) {
        // One of the same name is another interface, whose link is taken to be up until something else is said.
        links_down_.erase(store_->interfaces.name(gone));
    }
    close();
}

void RibHandle::abandon(const Napi::CallbackInfo &info) {
    if (!holds(info)) return;
    if (!fresh_) store_->abandon();
    close();
}

Napi::Value RibHandle::settle(const Napi::CallbackInfo &info) {
    if (holder_ != 0) return Napi::Boolean::New(info.Env(), true);
    Budget budget = budget_at(info, 0);
    return Napi::Boolean::New(info.Env(), store_->settle(budget));
}

void RibHandle::track(Store &store, const Tracked &one, bool tracked) {
    NextHopValue value;
    Hop hop;
    hop.has_address = true;
    hop.address = one.address;
    value.hops.push_back(std::move(hop));
    value.by_default = one.by_default;
    store.table(one.vrf, one.family).track(value, tracked);
}

void RibHandle::track(const Napi::CallbackInfo &info) {
    Store &store = hold(info);
    Tracked one{.vrf = static_cast<uint32_t>(number_at(info, 1)), .family = 4, .address = {}, .by_default = info[3].ToBoolean()};
    const Napi::Value width = Napi::Number::New(info.Env(), static_cast<double>(info[2].As<Napi::Uint8Array>().ByteLength() * 8));
    one.address = prefix_of(info[2], width, one.family).address;
    const bool tracked = info[4].ToBoolean();
    if (tracked) {
        tracked_.insert(one);
    } else {
        tracked_.erase(one);
    }
    track(store, one, tracked);
}

Napi::Value RibHandle::moved(const Napi::CallbackInfo &info) {
    auto left = static_cast<size_t>(number_at(info, 0));
    Napi::Array told = Napi::Array::New(info.Env());
    for (const auto &[of, table] : store_->tables()) {
        for (; left > 0 && !table->moved.empty(); left--) {
            const uint32_t number = table->moved.take_last();
            if (table->next_hops.has(number) && table->next_hops[number].tracked)
                told[told.Length()] = resolution_of(info.Env(), *store_, *table, number);
        }
        if (table->moved.empty()) table->moved.clear();
    }
    return told.Length() == 0 && left > 0 ? info.Env().Undefined() : Napi::Value(told);
}

Napi::Value RibHandle::link(const Napi::CallbackInfo &info) {
    const std::string name = text_at(info, 0);
    const bool changed = info[1].ToBoolean() ? links_down_.erase(name) > 0 : links_down_.insert(name).second;
    return Napi::Boolean::New(info.Env(), changed);
}

Napi::Value RibHandle::link_up(const Napi::CallbackInfo &info) {
    return Napi::Boolean::New(info.Env(), !links_down_.contains(text_at(info, 0)));
}

Napi::Value RibHandle::interfaces(const Napi::CallbackInfo &info) {
    static constexpr const char *states[] = {"none", "off", "on"};
    Napi::Array found = Napi::Array::New(info.Env());
    for (const auto &[number, state] : store_->interfaces.all()) {
        Napi::Object one = Napi::Object::New(info.Env());
        one["name"] = store_->interfaces.name(number);
        one["vrf"] = Napi::Number::New(info.Env(), state.vrf);
        one["neighbours"] = Napi::Boolean::New(info.Env(), state.neighbours);
        one["ipv4"] = states[static_cast<size_t>(state.ipv4)];
        one["ipv6"] = states[static_cast<size_t>(state.ipv6)];
        found[found.Length()] = one;
    }
    return found;
}

Napi::Value RibHandle::sizes(const Napi::CallbackInfo &info) {
    const Sizes sizes = store_->sizes();
    Napi::Object told = Napi::Object::New(info.Env());
    told["prefixes"] = Napi::Number::New(info.Env(), static_cast<double>(sizes.prefixes));
    told["nextHops"] = Napi::Number::New(info.Env(), static_cast<double>(sizes.next_hops));
    told["objects"] = Napi::Number::New(info.Env(), static_cast<double>(sizes.objects));
    return told;
}

Napi::Value RibHandle::prefixes(const Napi::CallbackInfo &info) {
    const Table *table = store_->find(static_cast<uint32_t>(number_at(info, 0)), family_at(info, 1));
    return Napi::Number::New(info.Env(), table ? table->size : 0);
}

Napi::Value RibHandle::page(const Napi::CallbackInfo &info) {
    const Table *table = store_->find(static_cast<uint32_t>(number_at(info, 0)), family_at(info, 1));
    return page_of(info.Env(), *store_, table, static_cast<uint32_t>(number_at(info, 2)),
                   static_cast<size_t>(number_at(info, 3)));
}

Napi::Value RibHandle::entry(const Napi::CallbackInfo &info) {
    Family family = 4;
    const Prefix prefix = prefix_of(info[1], info[2], family);
    return entry_of(info.Env(), *store_, store_->find(static_cast<uint32_t>(number_at(info, 0)), family), prefix);
}

}  // namespace weft::rib
