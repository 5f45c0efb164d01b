// IPv6 longest prefix match of one VRF: the routes by exact prefix, which are the programmer's (route_store.h), and the trie that
// packets are looked up in (trie6.h). ::/0 stands beside the trie, so that a change of it is one store; a burst that saw it change
// is looked up again.
//
// The programming lock's, but for what workers ask, in an epoch: the lookups, default_object, beyond_default and depth.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include "route_store.h"
#include "trie6.h"

namespace weft {

struct Prefix6 {
    Ip6 bits;
    uint8_t length;
};

class Fib6 final : private Trie6::Routes {
  public:
    using Store = RouteStore<Ip6>;

    // `epochs` and `nodes` are there longer.
    Fib6(Epochs &epochs, Trie6Nodes &nodes) : trie_(epochs, nodes, *this) {}

    // Of each address: its object, or no_object.
    void lookup(const Ip6 *addresses, uint32_t *objects, size_t count) const;
    // The same by the instructions that every machine has.
    void lookup_portable(const Ip6 *addresses, uint32_t *objects, size_t count) const;
    // Object, or -1.
    int64_t lookup(const Ip6 &address) const;
    // Object of ::/0, or -1.
    int64_t default_object() const { return static_cast<int64_t>(static_cast<uint32_t>(default_.load(std::memory_order_acquire))) - 1; }
    // A route longer than ::/0 covers the address.
    bool beyond_default(const Ip6 &address) const { return trie_.lookup(address) != 0; }
    // Length of the longest match, for people to read; 0 when there is none or ::/0. Beside a writer it may be another route's.
    uint8_t depth(const Ip6 &address) const { return trie_.depth(address); }

    Trie6::Beginning beginning() const { return trie_.beginning(); }
    size_t size() const { return store_.size(); }
    // Makes room for routes, so that set() can't fail; the number of lines that they may take. Throws bad_alloc, and packets see
    // nothing of it in any case.
    size_t prepare(std::span<const Prefix6> routes);
    // Ahead of set() or erase(): asks for the memory that they will touch.
    void prefetch(const Ip6 &prefix, uint8_t length) const {
        store_.prefetch(prefix, length);
        trie_.prefetch(prefix);
    }
    // The object that the route had, or -1.
    int64_t set(const Ip6 &prefix, uint8_t length, uint32_t object, bool generation);
    // The route is to go, unless set() comes for it again.
    void doom(const Ip6 &prefix, uint8_t length) { store_.doom(prefix, length); }
    // The object that the route had; -1: there was no such route, or it is kept and `even_kept` is false.
    int64_t erase(const Ip6 &prefix, uint8_t length, bool even_kept);
    // Erases the routes of another generation and gives their objects to `visit`.
    template <class Visit>
    void sweep(bool generation, Visit visit) {
        store_.each([&](Store::Slot &slot) {
            if (slot.generation == generation) return;
            visit(static_cast<uint32_t>(slot.object));
            erase(slot);
        });
    }

  private:
    Trie6::Leaf longest(const Ip6 &address, unsigned longer_than, unsigned shorter_than) const override;
    std::vector<Trie6::Route> sorted() const override;
    template <class Trie>
    void settle(Trie trie, uint32_t *objects, size_t count) const;
    void set_default(Word word);
    void erase(Store::Slot &slot);

    Store store_;
    Trie6 trie_;
    std::atomic<uint64_t> default_{0};   // how often it changed, then object + 1 or 0
    std::array<uint32_t, 129> lengths_{};  // routes of each length
    std::array<uint64_t, 3> present_{};    // bit n: there are routes of length n
};

}  // namespace weft
