#include "decode_circuits.h"

namespace weft {
namespace {

constexpr size_t most_tags = 2;

std::string decode_tags(Reader &r, const std::string &what, size_t count, std::vector<VlanTag> &tags) {
    if (r.good() && count > most_tags) return what + " has " + std::to_string(count) + " tags, above " + std::to_string(most_tags);
    while (tags.size() < count && r.good()) {
        VlanTag tag;
        tag.tpid = r.u16();
        tag.vid = r.u16();
        if (!r.good()) break;
        if (!is_tag(tag.tpid)) return what + " has a tag of TPID " + std::to_string(tag.tpid) + ", which is neither 802.1Q's nor 802.1ad's";
        if (tag.vid == 0 || tag.vid > 4094) return what + " has VLAN " + std::to_string(tag.vid) + ", which is not 1 to 4094";
        tags.push_back(tag);
    }
    return {};
}

size_t tags_of(CircuitMatch match) {
    switch (match) {
        case CircuitMatch::untagged:
        case CircuitMatch::rest: return 0;
        case CircuitMatch::tag:
        case CircuitMatch::tag_and_any: return 1;
        case CircuitMatch::two_tags: return 2;
    }
    return 0;
}

}  // namespace

std::string decode_circuit(Reader &r, Transaction &t, bool remove) {
    CircuitOp op;
    op.remove = remove;
    op.interface = r.str();
    if (!remove) {
        const std::string what = "circuit " + quoted(op.interface);
        op.spec.parent = r.str();
        const uint8_t match = r.u8();
        if (r.good() && match > static_cast<uint8_t>(CircuitMatch::rest)) return what + " has unknown match " + std::to_string(match);
        op.spec.match = static_cast<CircuitMatch>(match);
        if (std::string e = decode_tags(r, what, tags_of(op.spec.match), op.spec.tags); !e.empty()) return e;
        op.spec.pop = r.u8();
        if (r.good() && op.spec.pop > op.spec.tags.size())
            return what + " takes " + std::to_string(op.spec.pop) + " tags off frames of which it knows " + std::to_string(op.spec.tags.size());
        if (std::string e = decode_tags(r, what, r.u8(), op.spec.push); !e.empty()) return e;
    }
    if (r.good()) t.circuits.push_back(std::move(op));
    return {};
}

std::string decode_cross_connect(Reader &r, Transaction &t, bool remove) {
    CrossConnectOp op;
    op.remove = remove;
    op.name = r.str();
    if (!remove)
        for (std::string &end : op.ends) end = r.str();
    if (r.good()) t.cross_connects.push_back(std::move(op));
    return {};
}

}  // namespace weft
