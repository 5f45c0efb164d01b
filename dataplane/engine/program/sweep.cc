// After a full transaction: routes that it did not set are those that should not be there.
#include "../core.h"

namespace weft {

uint64_t Core::sweep() {
    uint64_t swept = 0;
    const auto drop = [&](uint32_t object) {
        objects.drop(object);
        swept++;
    };
    vrfs.each([&](Vrf &vrf) {
        vrf.fib4.sweep(generation, drop);
        vrf.fib6.sweep(generation, drop);
    });
    return swept;
}

}  // namespace weft
