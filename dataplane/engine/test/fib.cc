// Longest prefix match against a naive one, under random churn.
#include <map>
#include <random>

#include "lab.h"

namespace weft {
namespace {

struct Naive {
    std::map<std::pair<uint8_t, std::pair<uint64_t, uint64_t>>, uint32_t> routes;
    int64_t lookup6(const Ip6 &a) const {
        for (int l = 128; l >= 0; l--) {
            const Ip6 p = mask6(a, static_cast<unsigned>(l));
            const auto f = routes.find({static_cast<uint8_t>(l), {p.high, p.low}});
            if (f != routes.end()) return f->second;
        }
        return -1;
    }
};

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
                fib.set(bits, length, object, false);
                naive.routes[key] = object;
            } else {
                CHECK_EQUAL(fib.erase(bits, length, true) >= 0, naive.routes.erase(key) == 1);
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
