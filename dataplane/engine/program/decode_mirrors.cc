#include "decode_mirrors.h"

namespace weft {

std::string decode_mirror(Reader &r, Transaction &t, bool remove) {
    MirrorOp op;
    op.remove = remove;
    op.spec.name = r.str();
    if (!remove) {
        const std::string what = "mirror " + quoted(op.spec.name);
        op.spec.destination = r.str();
        const uint32_t rate = r.u32();
        const std::string program = r.str();
        for (unsigned left = r.u16(); left > 0 && r.good(); left--) {
            std::string source = r.str();
            const uint8_t points = r.u8();
            if (r.good() && (points == 0 || points > (watch_in | watch_out)))
                return what + " takes neither what comes in nor what leaves by " + quoted(source);
            op.spec.sources.emplace_back(std::move(source), points);
        }
        if (!r.good()) return {};
        constexpr uint32_t most = 1000000;
        if (rate > most) return what + " has a rate of " + std::to_string(rate) + ", above " + std::to_string(most);
        // As much at once as comes in a tenth of a second.
        op.spec.limit = {rate, rate ? std::max(rate / 10, 1u) : 0};
        std::string error;
        auto filter = Bpf::read(program, error);
        if (!filter) return what + ": " + error;
        op.spec.filter = std::move(*filter);
    }
    if (r.good()) t.mirrors.push_back(std::move(op));
    return {};
}

}  // namespace weft
