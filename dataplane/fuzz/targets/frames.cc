// The parsers of the nodes: octets as they come, on the ports and host devices of a box with the usual configuration.
//
//   u8 where (low bits: port, tap or inject), u8 how (1: checksums are mended, 2: with offload), u16 length, frame
#include "../box.h"
#include "../target.h"

namespace weft::fuzz {
namespace {

void receive(Box &box, Reader &in) {
    const unsigned where = in.u8(), how = in.u8(), port = 1 + where / 8 % port_count;
    Offload o;
    if (how & 2) o = offload(in);
    Bytes f = in.bytes(in.u16() % 4096);
    if (how & 4) f.resize(std::min<size_t>(f.size() * 40, 65000));
    if (how & 1) mend(f);
    if (where % 8 == 6) {
        box.witness().tap("if" + std::to_string(port), std::move(f), o);
    } else if (where % 8 == 7) {
        f.erase(f.begin(), f.begin() + static_cast<ptrdiff_t>(std::min<size_t>(14, f.size())));
        box.witness().inject(0, std::move(f), o);
    } else {
        box.witness().port(port, std::move(f), o, how & 8 ? 0x8100 : 0);
    }
}

}  // namespace
}  // namespace weft::fuzz

FUZZ_TARGET(in) {
    weft::fuzz::Box box;
    box.standard();
    for (unsigned frames = 0; in.more() && frames < 64; frames++) {
        weft::fuzz::receive(box, in);
        box.turn(frames % 8 ? 0 : 200000);
    }
    box.finish();
}
