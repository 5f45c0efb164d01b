// After a full transaction: routes that it did not set are those that should not be there.
#include "../core.h"

namespace weft {

uint64_t Core::sweep(uint64_t since) {
    uint64_t swept = 0;
    const auto stale = [&](auto &fib) {
        fib.each([&](auto &slot) {
            if (slot.mark >= since) return;
            const uint32_t object = slot.value.load() - Fib4::Map::first;
            fib.erase(slot);
            objects.drop(object);
            swept++;
        });
    };
    vrfs.each([&](Vrf &vrf) {
        stale(vrf.fib4);
        stale(vrf.fib6);
    });
    return swept;
}

}  // namespace weft
