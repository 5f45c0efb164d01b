// Longest prefix match against a naive one, under random churn.
#include <map>
#include <random>

#include "lab.h"

namespace weft {
namespace {

struct Naive {
    std::map<std::pair<uint8_t, std::pair<uint64_t, uint64_t>>, uint32_t> routes;
    int64_t lookup4(uint32_t a) const {
        for (int l = 32; l >= 0; l--) {
            const auto f = routes.find({static_cast<uint8_t>(l), {0, a & mask4(static_cast<unsigned>(l))}});
            if (f != routes.end()) return f->second;
        }
        return -1;
    }
    int64_t lookup6(const Ip6 &a) const {
        for (int l = 128; l >= 0; l--) {
            const Ip6 p = mask6(a, static_cast<unsigned>(l));
            const auto f = routes.find({static_cast<uint8_t>(l), {p.high, p.low}});
            if (f != routes.end()) return f->second;
        }
        return -1;
    }
};

TEST("fib4: answers as a naive longest match does while routes come, change and go") {
    std::mt19937 random(1);
    Epochs epochs;
    TrieNodes nodes;
    {
        Fib4 fib(epochs, nodes);
        Naive naive;
        const size_t before = nodes.available();
        for (int step = 0; step < 60000; step++) {
            const uint8_t length = static_cast<uint8_t>(random() % 33);
            // Few distinct bits, so that prefixes nest and collide.
            const uint32_t bits = (random() & 0x81c18183u) & mask4(length);
            const auto key = std::make_pair(length, std::make_pair(uint64_t{0}, uint64_t{bits}));
            if (random() % 100 < (step < 40000 ? 55u : 20u)) {
                const uint32_t object = random() % 50;
                int64_t had;
                fib.set(bits, length, object, had);
                const auto found = naive.routes.find(key);
                CHECK_EQUAL(had, found == naive.routes.end() ? int64_t{-1} : int64_t{found->second});
                naive.routes[key] = object;
            } else if (auto *slot = fib.find(bits, length)) {
                CHECK_EQUAL(naive.routes.erase(key), size_t{1});
                fib.erase(*slot);
            } else {
                CHECK(!naive.routes.count(key));
            }
            if (step % 100 == 0) epochs.collect();
            for (int probe = 0; probe < 3; probe++) {
                const uint32_t a = probe ? random() & 0x81c18183u : random();
                CHECK_EQUAL(fib.lookup(a), naive.lookup4(a));
            }
        }
        CHECK_EQUAL(fib.size(), naive.routes.size());
        std::vector<std::pair<uint32_t, uint8_t>> rest;
        fib.each([&](auto &slot) { rest.emplace_back(slot.bits, slot.length); });
        for (const auto &[bits, length] : rest) fib.erase(*fib.find(bits, length));
        for (int probe = 0; probe < 1000; probe++) CHECK_EQUAL(fib.lookup(random()), int64_t{-1});
        epochs.collect();
        CHECK_EQUAL(nodes.available(), before);
    }
    epochs.free_all();
}

TEST("fib6: answers as a naive longest match does while routes come, change and go") {
    std::mt19937_64 random(2);
    Epochs epochs;
    {
        Fib6 fib(epochs);
        Naive naive;
        const auto some = [&] { return Ip6{random() & 0xe000000081018181ull, random() & 0x8100000000008103ull}; };
        for (int step = 0; step < 40000; step++) {
            const uint8_t length = static_cast<uint8_t>(random() % 129);
            const Ip6 bits = mask6(some(), length);
            const auto key = std::make_pair(length, std::make_pair(bits.high, bits.low));
            if (random() % 100 < (step < 25000 ? 60u : 20u)) {
                const uint32_t object = static_cast<uint32_t>(random() % 50);
                int64_t had;
                fib.set(bits, length, object, had);
                naive.routes[key] = object;
            } else if (auto *slot = fib.find(bits, length)) {
                CHECK_EQUAL(naive.routes.erase(key), size_t{1});
                fib.erase(*slot);
            }
            if (step % 100 == 0) epochs.collect();
            const Ip6 a = some();
            CHECK_EQUAL(fib.lookup(a), naive.lookup6(a));
        }
        CHECK_EQUAL(fib.size(), naive.routes.size());
    }
    epochs.free_all();
}

}  // namespace
}  // namespace weft
