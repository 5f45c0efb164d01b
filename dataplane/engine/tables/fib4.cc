#include "fib4.h"

#include <algorithm>
#include <bit>
#include <new>
#include <vector>

namespace weft {

Fib4::Fib4(Epochs &epochs, TrieNodes &nodes) : epochs_(epochs), table_(new Trie4(epochs, nodes)) {}

Fib4::~Fib4() { delete table_.load(); }

// What the table does not have is the default route's. Only with the same default before and after was it so at the moment
// when the table was read: a route and the default may change places in between.
void Fib4::lookup(const uint32_t *addresses, uint32_t *objects, size_t n) const {
    uint64_t before = default_.load(std::memory_order_acquire);
    for (;;) {
        with_table([&](const auto &table) { table.lookup(addresses, objects, n, leaf(before)); });
        const uint64_t after = default_.load(std::memory_order_acquire);
        if (after == before) [[likely]]
            return;
        before = after;
    }
}

size_t Fib4::fresh(std::span<const Prefix4> routes) const {
    constexpr size_t ahead = 16;
    size_t n = 0;
    for (size_t i = 0; i < routes.size(); i++) {
        if (i + ahead < routes.size()) store_.prefetch(routes[i + ahead].bits, routes[i + ahead].length);
        n += store_.find(routes[i].bits, routes[i].length) == nullptr;
    }
    return n;
}

template <class Has>
size_t Fib4::groups(std::span<const Prefix4> routes, Has has) {
    std::vector<uint32_t> found;
    for (const Prefix4 &route : routes)
        if (route.length > 24 && !has(route.bits)) found.push_back(route.bits >> 8);
    std::sort(found.begin(), found.end());
    return static_cast<size_t>(std::unique(found.begin(), found.end()) - found.begin());
}

size_t Fib4::prepare(std::span<const Prefix4> routes, uint32_t objects) {
    next_.reset();
    const bool is_trie = form() == Table4::Form::trie;
    size_t more = routes.size();
    if (size() + more > store_.room() || (is_trie && size() + more > trie_routes)) more = fresh(routes);
    store_.reserve(more);
    if (!is_trie || size() + more > trie_routes) {
        next_ = grown(routes, std::max(objects, objects_));
        return 0;
    }
    size_t above8 = 0, above16 = 0, above24 = 0;
    for (const Prefix4 &route : routes) {
        above8 += route.length > 8;
        above16 += route.length > 16;
        above24 += route.length > 24;
    }
    return std::min<size_t>(above8, 256) + std::min<size_t>(above16, 65536) + above24;
}

// The table's next form; null when it will do as it is.
std::unique_ptr<Table4> Fib4::grown(std::span<const Prefix4> routes, uint32_t objects) const {
    const Table4 *table = table_.load(std::memory_order_relaxed);
    const auto no_room = [&](const auto &dir) {
        return groups(routes, [&](uint32_t prefix) { return dir.has_group(prefix); }) > dir.free_groups();
    };
    switch (table->form) {
        case Table4::Form::trie: {
            std::vector<Prefix4> all(routes.begin(), routes.end());
            store_.each([&](const Store::Slot &slot) { all.push_back({slot.bits, slot.length()}); });
            const bool narrow = objects <= Narrow4::most_objects && groups(all, [](uint32_t) { return false; }) <= Narrow4::most_groups;
            std::unique_ptr<Table4> next;
            if (narrow)
                next = std::make_unique<Narrow4>(epochs_);
            else
                next = std::make_unique<Wide4>(epochs_);
            store_.each([&](const Store::Slot &slot) {
                if (slot.length() > 0) next->set(slot.bits, slot.length(), slot.object + 1u, true);
            });
            return next;
        }
        case Table4::Form::narrow: {
            const auto &narrow = static_cast<const Narrow4 &>(*table);
            if (objects <= Narrow4::most_objects && !no_room(narrow)) return nullptr;
            auto wide = std::make_unique<Wide4>(epochs_);
            wide->copy(narrow);
            if (no_room(*wide)) throw std::bad_alloc();
            return wide;
        }
        case Table4::Form::wide:
            if (no_room(static_cast<const Wide4 &>(*table))) throw std::bad_alloc();
            return nullptr;
    }
    return nullptr;
}

void Fib4::adopt() {
    if (!next_) return;
    Table4 *old = table_.exchange(next_.release(), std::memory_order_acq_rel);
    epochs_.retire([old] { delete old; });
}

int64_t Fib4::set(uint32_t prefix, uint8_t length, uint32_t object, bool generation) {
    bool fresh;
    const int64_t before = store_.set(prefix, length, object, generation, fresh);
    if (before == static_cast<int64_t>(object)) return before;
    objects_ = std::max(objects_, object + 1);
    if (fresh && lengths_[length]++ == 0) present_ |= uint64_t{1} << length;
    if (length == 0)
        set_default(object + 1);
    else
        table_.load(std::memory_order_relaxed)->set(prefix, length, object + 1, fresh);
    return before;
}

int64_t Fib4::erase(uint32_t prefix, uint8_t length, bool even_kept) {
    Store::Slot *slot = store_.doomed(prefix, length, even_kept);
    if (!slot) return -1;
    const int64_t object = slot->object;
    erase(*slot);
    return object;
}

void Fib4::erase(Store::Slot &slot) {
    const uint32_t prefix = slot.bits;
    const uint8_t length = slot.length();
    store_.erase(slot);
    if (--lengths_[length] == 0) present_ &= ~(uint64_t{1} << length);
    if (length == 0) return set_default(0);
    const auto [next, depth] = covering(prefix, length);
    table_.load(std::memory_order_relaxed)->erase(prefix, length, next, depth);
}

void Fib4::set_default(uint32_t leaf) {
    const uint64_t changes = default_.load(std::memory_order_relaxed) >> 32;
    default_.store((changes + 1) << 32 | leaf, std::memory_order_release);
}

std::pair<uint32_t, uint8_t> Fib4::covering(uint32_t prefix, uint8_t length) const {
    uint64_t shorter = present_ & ((uint64_t{1} << length) - 2);
    while (shorter) {
        // Some at a time, the longest first, so that their cache misses overlap.
        std::array<uint8_t, 8> tried;
        size_t n = 0;
        for (; shorter && n < tried.size(); n++) {
            tried[n] = static_cast<uint8_t>(63 - std::countl_zero(shorter));
            shorter &= ~(uint64_t{1} << tried[n]);
            store_.prefetch(prefix & mask4(tried[n]), tried[n]);
        }
        for (size_t i = 0; i < n; i++)
            if (const Store::Slot *slot = store_.find(prefix & mask4(tried[i]), tried[i])) return {slot->object + 1u, tried[i]};
    }
    return {0, 0};
}

}  // namespace weft
