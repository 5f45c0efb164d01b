// VRFs: one FIB for each family, made when first named and kept. Workers reach a VRF through an interface or an object's
// number; a number without a VRF is no route.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <unordered_map>

#include "fib4.h"
#include "fib6.h"

namespace weft {

struct PortHandle;

struct Vrf {
    Vrf(uint32_t number, Epochs &epochs, TrieNodes &nodes4, Trie6Nodes &nodes6)
        : id(number), fib4(epochs, nodes4), fib6(epochs, nodes6) {}
    uint32_t id;
    Fib4 fib4;
    Fib6 fib6;
    std::atomic<PortHandle *> inject{nullptr};  // the layer-3 device of its namespace, once there is one; never taken away
};

class Vrfs {
  public:
    static constexpr size_t limit = 4096;

    Vrfs(Epochs &epochs, TrieNodes &nodes4, Trie6Nodes &nodes6) : epochs_(epochs), nodes4_(nodes4), nodes6_(nodes6) {}

    // The programming lock's.
    Vrf *find(uint32_t id) const {
        const auto found = all_.find(id);
        return found == all_.end() ? nullptr : found->second.get();
    }
    // Null: too many.
    Vrf *make(uint32_t id) {
        if (Vrf *vrf = find(id)) return vrf;
        if (all_.size() >= limit) return nullptr;
        return all_.emplace(id, std::make_unique<Vrf>(id, epochs_, nodes4_, nodes6_)).first->second.get();
    }
    template <class Visit>
    void each(Visit visit) const {
        for (const auto &[id, vrf] : all_) visit(*vrf);
    }

  private:
    Epochs &epochs_;
    TrieNodes &nodes4_;
    Trie6Nodes &nodes6_;
    std::unordered_map<uint32_t, std::unique_ptr<Vrf>> all_;
};

}  // namespace weft
