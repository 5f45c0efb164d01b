#include "fib6.h"

#include <algorithm>
#include <bit>

namespace weft {

// Runs `trie` to the words of an unchanging ::/0, and makes objects of them.
template <class Trie>
void Fib6::settle(Trie trie, uint32_t *objects, size_t count) const {
    uint64_t before = default_.load(std::memory_order_acquire), after;
    for (;; before = after) {
        trie();
        std::atomic_thread_fence(std::memory_order_acquire);
        after = default_.load(std::memory_order_relaxed);
        if (before == after) break;
    }
    const auto otherwise = static_cast<uint32_t>(after);
    for (size_t i = 0; i < count; i++) objects[i] = (objects[i] ? objects[i] : otherwise) - 1;
}

void Fib6::lookup(const Ip6 *addresses, uint32_t *objects, size_t count) const {
    settle([&] { trie_.lookup(addresses, objects, count); }, objects, count);
}

void Fib6::lookup_portable(const Ip6 *addresses, uint32_t *objects, size_t count) const {
    settle([&] { trie_.lookup_portable(addresses, objects, count); }, objects, count);
}

int64_t Fib6::lookup(const Ip6 &address) const {
    uint64_t before = default_.load(std::memory_order_acquire);
    for (;;) {
        if (const Word word = trie_.lookup(address)) return static_cast<int64_t>(word) - 1;
        std::atomic_thread_fence(std::memory_order_acquire);
        const uint64_t after = default_.load(std::memory_order_relaxed);
        if (before == after) return static_cast<int64_t>(static_cast<uint32_t>(after)) - 1;
        before = after;
    }
}

void Fib6::set_default(Word word) {
    const uint64_t changes = default_.load(std::memory_order_relaxed) >> 32;
    default_.store((changes + 1) << 32 | word, std::memory_order_release);
}

size_t Fib6::prepare(std::span<const Prefix6> routes) {
    size_t more = routes.size();
    if (size() + more > store_.room()) {
        more = 0;
        for (size_t i = 0; i < routes.size(); i++) {
            if (i + 16 < routes.size()) store_.prefetch(routes[i + 16].bits, routes[i + 16].length);
            more += store_.find(routes[i].bits, routes[i].length) == nullptr;
        }
    }
    store_.reserve(more);
    trie_.reserve(more);
    return Trie6::lines_for(more);
}

int64_t Fib6::set(const Ip6 &prefix, uint8_t length, uint32_t object, bool generation) {
    bool fresh;
    const int64_t before = store_.set(prefix, length, object, generation, fresh);
    if (before == static_cast<int64_t>(object)) return before;
    if (fresh && lengths_[length]++ == 0) present_[length / 64] |= uint64_t{1} << (length % 64);
    if (length == 0)
        set_default(object + 1);
    else if (fresh)
        trie_.insert(prefix, length, object);
    else
        trie_.replace(prefix, length, object);
    return before;
}

int64_t Fib6::erase(const Ip6 &prefix, uint8_t length, bool even_kept) {
    Store::Slot *slot = store_.doomed(prefix, length, even_kept);
    if (!slot) return -1;
    const int64_t object = slot->object;
    erase(*slot);
    return object;
}

void Fib6::erase(Store::Slot &slot) {
    const Ip6 prefix = slot.bits;
    const uint8_t length = slot.length();
    store_.erase(slot);
    if (--lengths_[length] == 0) present_[length / 64] &= ~(uint64_t{1} << (length % 64));
    if (length == 0)
        set_default(0);
    else
        trie_.erase(prefix, length);
}

Trie6::Leaf Fib6::longest(const Ip6 &address, unsigned longer_than, unsigned shorter_than) const {
    std::array<uint8_t, 8> tried;
    for (unsigned below = shorter_than; below > longer_than + 1;) {
        // Some at a time, the longest first, so that their cache misses overlap.
        size_t n = 0;
        while (n < tried.size() && below > longer_than + 1) {
            const unsigned top = below - 1;
            const uint64_t shorter = present_[top / 64] & (~uint64_t{0} >> (63 - top % 64));
            below = shorter ? (top & ~63u) | (63 - static_cast<unsigned>(std::countl_zero(shorter))) : top & ~63u;
            if (!shorter) continue;
            if (below <= longer_than) break;
            tried[n++] = static_cast<uint8_t>(below);
            store_.prefetch(mask6(address, below), static_cast<uint8_t>(below));
        }
        for (size_t i = 0; i < n; i++)
            if (const Store::Slot *slot = store_.find(mask6(address, tried[i]), tried[i]))
                return {static_cast<Word>(slot->object + 1), tried[i]};
    }
    return {};
}

std::vector<Trie6::Route> Fib6::sorted() const {
    std::vector<Trie6::Route> routes;
    routes.reserve(size());
    store_.each([&](const Store::Slot &slot) {
        if (slot.length()) routes.push_back({slot.bits, slot.length(), static_cast<uint32_t>(slot.object)});
    });
    std::sort(routes.begin(), routes.end(), [](const Trie6::Route &a, const Trie6::Route &b) {
        if (a.prefix.high != b.prefix.high) return a.prefix.high < b.prefix.high;
        return a.prefix.low != b.prefix.low ? a.prefix.low < b.prefix.low : a.length < b.length;
    });
    return routes;
}

}  // namespace weft
