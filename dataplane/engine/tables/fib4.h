// IPv4 longest prefix match of one VRF: its routes by exact prefix (route_store.h), the writer's, and the table that packets
// look addresses up in (table4.h), painted from them. The table grows by itself: prepare() builds the next form aside from what
// there is, adopt() publishes it by one pointer, and the old one goes when no reader can have it any more; it never shrinks.
// 0.0.0.0/0 stands beside the table, so that a change of it paints nothing.
// Workers call lookup() and its like, in an epoch; everything else is the programming lock's. An update costs the painting
// of its prefix; that of a /24 or longer one about two cache misses, which prefetch() brings in ahead.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <utility>

#include "dir24.h"
#include "route_store.h"
#include "trie4.h"

namespace weft {

struct Prefix4 {
    uint32_t bits;
    uint8_t length;
};

class Fib4 {
  public:
    using Store = RouteStore<uint32_t>;

    // `epochs` and `nodes` are there longer; what was retired is freed before this is destroyed (Epochs::free_all).
    Fib4(Epochs &epochs, TrieNodes &nodes);
    ~Fib4();
    Fib4(const Fib4 &) = delete;

    // Gives `use` the table in the form that it has.
    template <class Use>
    auto with_table(Use use) const {
        const Table4 *table = table_.load(std::memory_order_acquire);
        switch (table->form) {
            case Table4::Form::narrow:
                return use(static_cast<const Narrow4 &>(*table));
            case Table4::Form::wide:
                return use(static_cast<const Wide4 &>(*table));
            default:
                return use(static_cast<const Trie4 &>(*table));
        }
    }

    // Object, or -1.
    int64_t lookup(uint32_t address) const {
        uint32_t object;
        lookup(&address, &object, 1);
        return object == no_object ? int64_t{-1} : int64_t{object};
    }
    // Of each address: its object, or no_object.
    void lookup(const uint32_t *addresses, uint32_t *objects, size_t n) const;
    // Asks for the memory that lookup() will read, some time before it. Of the table as it is now: not to be kept beyond a burst.
    class Ahead {
      public:
        explicit Ahead(const Fib4 *fib) {
            const Table4 *table = fib ? fib->table_.load(std::memory_order_acquire) : nullptr;
            if (!table || table->form == Table4::Form::trie) return;  // small enough to lie near
            wide_ = table->form == Table4::Form::wide;
            entries_ = static_cast<const uint8_t *>(wide_ ? static_cast<const Wide4 *>(table)->entry(0)
                                                          : static_cast<const Narrow4 *>(table)->entry(0));
        }
        void prefetch(uint32_t address) const {
            if (entries_) __builtin_prefetch(entries_ + (size_t{address >> 8} << (wide_ ? 2 : 1)));
        }

      private:
        const uint8_t *entries_ = nullptr;
        bool wide_ = false;
    };
    // Object of 0.0.0.0/0, or -1.
    int64_t default_object() const { return static_cast<int64_t>(leaf(default_.load(std::memory_order_acquire))) - 1; }
    // A route longer than 0.0.0.0/0 covers the address.
    bool beyond_default(uint32_t address) const {
        return with_table([&](const auto &table) { return table.lookup(address) != no_object; });
    }

    // Makes room for routes, so that set() can't fail; the number of trie nodes that it may take. `objects`: above the numbers
    // of all their objects. Throws bad_alloc, and packets see nothing of it in any case.
    size_t prepare(std::span<const Prefix4> routes, uint32_t objects);
    void cancel() { next_.reset(); }
    void adopt();

    // Length of the route that covers the address; 0: the default one, or none. The programming lock's.
    uint8_t match_length(uint32_t address) const { return covering(address, 33).second; }

    const Table4 &table() const { return *table_.load(std::memory_order_acquire); }
    size_t size() const { return store_.size(); }
    Table4::Form form() const { return table_.load(std::memory_order_relaxed)->form; }
    // Ahead of set() or erase(): asks for the memory that they will touch.
    void prefetch(uint32_t prefix, uint8_t length) const {
        store_.prefetch(prefix, length);
        table_.load(std::memory_order_relaxed)->prefetch(prefix);
    }
    // The object that the route had, or -1.
    int64_t set(uint32_t prefix, uint8_t length, uint32_t object, bool generation);
    // The route is to go, unless set() comes for it again.
    void doom(uint32_t prefix, uint8_t length) { store_.doom(prefix, length); }
    // The object that the route had; -1: there was no such route, or it is kept and `even_kept` is false.
    int64_t erase(uint32_t prefix, uint8_t length, bool even_kept);
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
    static constexpr size_t trie_routes = 16384;  // at most, of a VRF that has a trie

    static uint32_t leaf(uint64_t d) { return static_cast<uint32_t>(d); }
    void set_default(uint32_t leaf);
    void erase(Store::Slot &slot);
    // The next shorter route that covers a prefix, 0.0.0.0/0 left out: object + 1 and length, both 0 when there is none.
    std::pair<uint32_t, uint8_t> covering(uint32_t prefix, uint8_t length) const;
    // How many of the routes are not there yet; those that come twice count twice.
    size_t fresh(std::span<const Prefix4> routes) const;
    // How many groups (dir24.h) the routes take beside those that `has` knows.
    template <class Has>
    static size_t groups(std::span<const Prefix4> routes, Has has);
    std::unique_ptr<Table4> grown(std::span<const Prefix4> routes, uint32_t objects) const;

    Epochs &epochs_;
    Store store_;
    std::atomic<Table4 *> table_;
    std::unique_ptr<Table4> next_;
    std::atomic<uint64_t> default_{0};  // how often it changed, and object + 1
    std::array<uint32_t, 33> lengths_{};  // routes of each length
    uint64_t present_ = 0;                // bit n: there are routes of length n
    uint32_t objects_ = 0;                // above the numbers of all objects there ever were
};

}  // namespace weft
