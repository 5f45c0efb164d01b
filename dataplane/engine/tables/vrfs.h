// VRFs, which are the network instances of the configuration: one FIB for each family, and a layer-3 device into the namespace of
// the host's side. VRF 0 is always there. Workers reach a VRF through an interface, an object or the port of its device; the table of
// interfaces and the bodies of objects own those that they may lead to, so that one that is deleted goes when no burst can have it
// any more. All else is the programming lock's.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fib4.h"
#include "fib6.h"

namespace weft {

struct PortHandle;

struct Vrf {
    Vrf(uint32_t number, std::string called, Epochs &epochs, TrieNodes &nodes4, Trie6Nodes &nodes6)
        : id(number), name(std::move(called)), fib4(epochs, nodes4), fib6(epochs, nodes6) {}
    const uint32_t id;
    const std::string name;
    Fib4 fib4;
    Fib6 fib6;
    std::atomic<PortHandle *> inject{nullptr};  // the layer-3 device of its namespace, once there is one
};

using VrfList = std::vector<std::shared_ptr<Vrf>>;

class Vrfs {
  public:
    static constexpr size_t limit = 4096;

    Vrfs(Epochs &epochs, TrieNodes &nodes4, Trie6Nodes &nodes6) : epochs_(epochs), nodes4_(nodes4), nodes6_(nodes6) { make(0, {}); }

    Vrf *find(uint32_t id) const { return share(id).get(); }
    std::shared_ptr<Vrf> share(uint32_t id) const {
        const auto found = all_.find(id);
        return found == all_.end() ? nullptr : found->second;
    }
    size_t size() const { return all_.size(); }
    void make(uint32_t id, std::string name) {
        all_.emplace(id, std::make_shared<Vrf>(id, std::move(name), epochs_, nodes4_, nodes6_));
        list_.reset();
    }
    void erase(uint32_t id) {
        all_.erase(id);
        list_.reset();
    }
    // All of them, for who keeps them alive.
    std::shared_ptr<const VrfList> list() const {
        if (list_) return list_;
        auto made = std::make_shared<VrfList>();
        for (const auto &[id, vrf] : all_) made->push_back(vrf);
        return list_ = std::move(made);
    }
    template <class Visit>
    void each(Visit visit) const {
        for (const auto &[id, vrf] : all_) visit(*vrf);
    }

  private:
    Epochs &epochs_;
    TrieNodes &nodes4_;
    Trie6Nodes &nodes6_;
    std::unordered_map<uint32_t, std::shared_ptr<Vrf>> all_;
    mutable std::shared_ptr<const VrfList> list_;  // null: not made since one came or went
};

}  // namespace weft
