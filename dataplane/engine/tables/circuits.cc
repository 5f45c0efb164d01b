#include "circuits.h"

namespace weft {

std::string text_of(const CircuitSpec &circuit) {
    std::string text;
    for (const VlanTag &tag : circuit.tags) {
        if (!text.empty()) text += ", ";
        text += (tag.tpid == type_qinq ? "802.1ad " : "802.1Q ") + std::to_string(tag.vid);
    }
    switch (circuit.match) {
        case CircuitMatch::untagged: return "untagged frames";
        case CircuitMatch::rest: return "all other frames";
        case CircuitMatch::tag_and_any: return text + " with any second tag";
        case CircuitMatch::tag:
        case CircuitMatch::two_tags: break;
    }
    return text;
}

Circuits::Circuits(std::vector<Entry> entries) : entries_(std::move(entries)) {
    const auto table_in = [](std::unique_ptr<Table> (&tables)[2], const VlanTag &tag) -> Table & {
        auto &table = tables[tag.tpid == type_qinq];
        if (!table) table = std::make_unique<Table>();
        return *table;
    };
    const auto branch_at = [&](uint32_t &place) -> Branch & {
        if (!(place & branches)) {
            branches_.push_back({place, none, {}});
            place = branches | static_cast<uint32_t>(branches_.size() - 1);
        }
        return branches_[place & ~branches];
    };
    for (const Entry &e : entries_) {
        const uint32_t interface = e.interface + 1;
        if (e.match == CircuitMatch::untagged || e.match == CircuitMatch::rest) {
            (e.match == CircuitMatch::rest ? rest_ : untagged_) = interface;
            continue;
        }
        uint32_t &outer = table_in(outer_, e.tags[0]).at[e.tags[0].vid];
        switch (e.match) {
            case CircuitMatch::tag:
                (outer & branches ? branches_[outer & ~branches].alone : outer) = interface;
                break;
            case CircuitMatch::tag_and_any:
                branch_at(outer).any = interface;
                break;
            default:
                table_in(branch_at(outer).inner, e.tags[1]).at[e.tags[1].vid] = interface;
        }
    }
    if (untagged_ == none) untagged_ = rest_;
}

}  // namespace weft
