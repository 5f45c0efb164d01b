#include "store.h"

namespace weft::rib {

Table *Store::find(uint32_t vrf, Family family) {
    const auto found = tables_.find({vrf, family});
    return found == tables_.end() ? nullptr : found->second.get();
}

Table &Store::table(uint32_t vrf, Family family) {
    std::unique_ptr<Table> &table = tables_[{vrf, family}];
    if (!table) table = std::make_unique<Table>(vrf, family, sources);
    return *table;
}

void Store::open() {
    phase_ = Phase::open;
    transaction_++;
}

bool Store::untouched() const {
    if (interfaces.changed() || imports.changed()) return false;
    for (const auto &[of, table] : tables_) {
        if (!table->touched.empty()) return false;
    }
    return true;
}

void Store::refer(uint32_t number, int64_t by) {
    Object &object = objects[number];
    object.change += by;
    if (object.listed) return;
    object.listed = true;
    referred.push_back(number);
}

std::vector<uint32_t> Store::adopt(double now) {
    phase_ = Phase::adopted;
    now_ = now;
    for (const auto &[of, table] : tables_) {
        table->size = static_cast<uint32_t>(table->size + table->growth);
        table->growth = 0;
    }
    imports.adopt();
    return interfaces.adopt();
}

void Store::abandon() {
    phase_ = Phase::abandoned;
    interfaces.abandon();
    imports.abandon();
}

bool Store::settle(Budget &budget) {
    if (phase_ == Phase::idle) return true;
    const bool adopt = phase_ == Phase::adopted;
    for (; settled_references_ < referred.size(); settled_references_++) {
        if (budget.over()) return false;
        Object &object = objects[referred[settled_references_]];
        if (adopt) object.references += object.change;
        object.change = 0;
        object.listed = false;
    }
    // Where next hops led to may end with this, and be one of those above.
    if (!objects.settle(adopt, budget)) return false;
    for (const auto &[of, table] : tables_) {
        if (!table->settle(adopt, now_, objects, budget)) return false;
    }
    std::erase_if(tables_, [](const auto &entry) { return entry.second->prefixes.size() == 0 && entry.second->next_hops.size() == 0; });
    referred.clear();
    links_changed = {};
    settled_references_ = 0;
    phase_ = Phase::idle;
    return true;
}

Sizes Store::sizes() const {
    Sizes sizes;
    for (const auto &[of, table] : tables_) {
        sizes.prefixes += table->size;
        sizes.next_hops += table->next_hops.tracked();
    }
    sizes.objects = objects.size();
    return sizes;
}

}  // namespace weft::rib
