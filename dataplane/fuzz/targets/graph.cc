// The whole graph: a script of configuration, frames, time and links for one box (box.h).
#include "../box.h"
#include "../target.h"

FUZZ_TARGET(in) {
    weft::fuzz::Box box;
    if (in.u8() % 4) box.standard();
    for (unsigned steps = 0; in.more() && steps < 100; steps++) box.step(in);
    box.finish();
}
