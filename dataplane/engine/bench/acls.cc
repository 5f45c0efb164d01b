#include "acls.h"

namespace weft::bench {
namespace {

bool is_host(uint32_t a) {
    const uint32_t first = a >> 24;
    return first != 0 && first != 127 && first != 192 && first < 224 && a >> 16 != 0xa9fe;
}

}  // namespace

void set(Box &box, AclSpec list) {
    for (AclEntry &e : list.entries) e.action = AclAction::pass;
    const auto record = access_list_record(list);
    box.commit(Block().raw(record.data(), record.size()));
}

void bind(Box &box, const std::string &name) { box.commit(Block().u8(13).str("if1").u8(0).u8(4).str(name)); }

Traffic traffic_of(const Box &box, const AclSpec &list, size_t count) {
    const Fib4 &fib = box.core->vrfs.find(0)->fib4;
    std::vector<Flow> flows;
    for (const Header &h : headers(list, count)) {
        const Flow f{static_cast<uint32_t>(h.source.low), static_cast<uint32_t>(h.destination.low), h.source_port,
                     h.destination_port, h.protocol};
        if (is_host(f.source) && is_host(f.destination) && fib.lookup(f.destination) >= 0) flows.push_back(f);
    }
    return traffic4(std::move(flows));
}

}  // namespace weft::bench
