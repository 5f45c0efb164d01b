// Frames in a bridge domain of two members, each with a source and a destination that are drawn from all that the domain knows, next
// to the same frames in a cross-connect of the two.
//
//   bridge      with 100,000 addresses
//   bridge-few  with 100
#include <algorithm>
#include <cstdio>

#include "../tables/hash.h"
#include "services.h"

namespace weft::bench {
namespace {

constexpr unsigned rounds = 5;
constexpr size_t frames = 100000;

std::array<uint8_t, 12> ends(uint32_t to, uint32_t from) {
    std::array<uint8_t, 12> octets{2, 2, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0};
    store32(&octets[2], to);
    store32(&octets[8], from);
    return octets;
}

// As many stations behind each of the two.
double with(double seconds, uint32_t stations) {
    Box box(0);
    Block plain;
    for (const char *n : {"1", "2"}) plain.u8(3).str(std::string("if") + n).u32(0).str(std::string("p") + n).u8(1).u16(0).u8(0).u16(0);
    box.commit(plain);
    Block joined, left, domain, none;
    joined.u8(50).str("x").str("if1").str("if2");
    left.u8(51).str("x");
    none.u8(62).str("d");
    domain.u8(61).str("d").u8(3).u32(300).u32(4 * stations);
    for (size_t n = 0; n < flood_classes; n++) domain.u8(0).u32(0).u32(0);
    domain.u32(0).u32(10).u32(0).str("").u16(2);
    for (const char *i : {"if1", "if2"}) domain.str(i).u16(0).u32(MacTable::no_limit);
    domain.u32(0);

    Traffic traffic, back;
    uint64_t draw = 1;
    const auto any = [&] { return static_cast<uint32_t>((draw = mix(draw)) % stations); };
    for (size_t n = 0; n < frames; n++) traffic.macs.push_back(ends(any(), any()));
    for (uint32_t n = 0; n < stations; n++) {
        back.macs.push_back(ends(0, 0));
        std::swap_ranges(back.macs[n].begin(), back.macs[n].begin() + 6, back.macs[n].begin() + 6);
        store32(&back.macs[n][8], n);
    }
    Worker &worker = *box.core->workers[0];
    const auto learn = [&] {
        box.out->play(back);
        box.out->left = stations;
        const size_t before = box.in->sent;
        while (box.out->left > 0) worker.step(worker.now + 1);
        worker.step(worker.now + 1);
        box.nanoseconds(traffic, 0);
        if (box.in->sent == before || box.core->registry.macs->size() < stations) {
            std::fprintf(stderr, "services-bench: %u of %u addresses are learned\n", box.core->registry.macs->size(), stations);
            std::exit(1);
        }
    };
    double bridged = 1e9, exchanged = 1e9;
    for (unsigned n = 0; n < rounds; n++) {
        box.commit(joined);
        exchanged = std::min(exchanged, box.nanoseconds(traffic, seconds));
        box.commit(left);
        box.commit(domain);
        learn();
        bridged = std::min(bridged, box.nanoseconds(traffic, seconds));
        box.commit(none);
    }
    return bridged - exchanged;
}

}  // namespace

void bridge(double seconds, const std::string &only) {
    for (const auto &[name, stations] : {std::pair{"bridge", 50000u}, std::pair{"bridge-few", 50u}})
        if (std::string(name).starts_with(only)) std::printf("%s %.2f\n", name, with(seconds, stations));
}

}  // namespace weft::bench
